"""The bottom line: link and round trip, revision and what is in flight, frames, exports, time."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QStatusBar, QWidget

from gui.bridge import Bridge
from gui.health.speech import link_tone, link_word
from gui.health.toned import Dot, Toned
from gui.syncing.status_parts import LogParts
from gui.theme.fonts import mono_font
from gui.theme.tokens import Tokens
from sync.desk import Link

__all__ = ["StatusLine"]

TICK_MS: Final = 250
LATE_AFTER_S: Final = 1.0


class StatusLine(QStatusBar):
    """Follows the bridge; ``show_picture`` and ``show_export`` are told by whoever paints and exports.

    Signals: ``ticked`` four times a second, for what only time changes.
    """

    ticked = Signal()

    def __init__(self, bridge: Bridge, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("statusbar")
        self.setSizeGripEnabled(False)
        self.setFixedHeight(tokens.status_height)
        self._bridge = bridge
        self._dropped = 0
        self._dot = Dot(tokens)
        self.link = self._part("status/link", "State of the link to the server and its round trip")
        self.link.setProperty("role", "strong")
        self.log = LogParts(bridge, tokens)
        self.rev = self._part("status/rev", "Our newest revision of this compositor, and commits on their way")
        self.late = self._part("status/late", "How long the oldest unconfirmed value has waited")
        self.picture = self._part("status/picture", "Painted frames a second, and frames that were dropped")
        self.saved = self._part("status/saved", "Whether the file that was exported holds what the server has now")
        self.time = self._part("status/time", "Time of day")
        self.time.setFont(mono_font(tokens, tokens.small_px + 1))
        self._lay_out(tokens)
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._show_times)
        self._tick.start()
        bridge.link_shown.connect(self.show_link)
        bridge.node_shown.connect(lambda _node_id: self._show_revs())
        bridge.session_shown.connect(lambda _session: self._show_revs())
        self.show_link(bridge.desk.link)
        self._show_times()

    def show_link(self, link: Link) -> None:
        """The link in a word, with the round trip while it is up."""
        trip = f" {link.round_trip_ms:.1f} ms" if link.round_trip_ms is not None and link_tone(link) == "good" else ""
        self.link.say(f"{link_word(link)}{trip}", "" if link_tone(link) == "good" else link_tone(link))
        self.link.setToolTip(f"{link_word(link)}: {link.url}" + (f" ({link.reason})" if link.reason else ""))
        self._dot.show_tone(link_tone(link))

    def show_picture(self, frames_per_second: float | None, dropped: int, detail: str = "") -> None:
        """Frame rate of the painted picture and frames that were dropped so far; None when there is no picture.

        Amber while frames are being dropped, not ever after.
        """
        if frames_per_second is None:
            self.picture.say("no picture", "")
        else:
            tone = "late" if dropped > self._dropped else ""
            self.picture.say(f"{frames_per_second:.1f} fps · {dropped} dropped", tone)
        self._dropped = dropped
        if detail:
            self.picture.setToolTip(detail)

    def show_export(self, words: str) -> None:
        """How the exported file and the session stand to each other."""
        self.saved.say(words)

    def _part(self, name: str, tip: str) -> Toned:
        part = Toned()
        part.setObjectName(name)
        part.setAccessibleName(tip)
        part.setToolTip(tip)
        part.hide()
        return part

    def _lay_out(self, tokens: Tokens) -> None:
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(12, 0, 12, 0)
        layout.setSpacing(2 * tokens.gap)
        layout.addWidget(self._dot)
        layout.addSpacing(-tokens.gap)
        layout.addWidget(self.link)
        for widget in self.log.link_parts:
            layout.addWidget(widget)
        for part in (self.rev, self.late):
            layout.addWidget(part)
        layout.addWidget(self.log.delivery)
        layout.addWidget(self.picture)
        layout.addStretch()
        for part in (self.saved, self.time):
            layout.addWidget(part)
        self.addWidget(line, 1)

    def _show_revs(self) -> None:
        session, node_id = self._bridge.session, self._bridge.compositor_id
        if session is None or node_id is None:
            self.rev.say("")
            self.late.say("")
            return
        flying = session.store.in_flight(node_id)
        log = self._bridge.log
        rev = session.store.local_rev(node_id) if log is None else log.replica.applied
        self.rev.say(f"rev {rev} · {flying} in flight")
        waited = session.store.unconfirmed_for()
        self.late.say(f"unconfirmed for {waited:.1f} s" if waited > LATE_AFTER_S else "", "late")

    def _show_times(self) -> None:
        self.time.say(time.strftime("%H:%M:%S"))
        self._show_revs()
        self.log.refresh()
        self.ticked.emit()
