"""What the bottom line says of the ordered log: which protocol, what waits, how far the newest edit is, faults."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gui.bridge import Bridge
from gui.health.speech import counted
from gui.health.toned import Toned
from gui.syncing.delivery import DELIVERY_TIPS, DELIVERY_WORDS, TickSign
from gui.syncing.readings import state_words
from gui.theme.tokens import Tokens
from sync.log.delivery import Tick
from sync.ordered.session_log import SessionLog
from sync.ordered.status import LogState, LogStatus

__all__ = ["LogParts"]

_PROTOCOL_1 = "Protocol 1: the server keeps no ordered log of this session"


class LogParts:
    """Widgets to be laid out: ``link_parts`` beside the link, ``delivery`` beside what is in flight."""

    def __init__(self, bridge: Bridge, tokens: Tokens) -> None:
        self._bridge = bridge
        self.protocol = _part("status/protocol")
        self.waiting = _part("status/outbox")
        self.unsaved = _part("status/unsaved")
        self.faults = QLabel("FAULTS ON")
        self.faults.setObjectName("status/faults")
        self.faults.setProperty("role", "late")
        self.faults.setAccessibleName("Faults are on")
        self.faults.setToolTip("Faults are made on purpose at this desk: see Faults in the Sync dock")
        self.faults.hide()
        self.sign = TickSign(tokens)
        self.word = _part("status/delivery")
        # The word changes several times a second while a hand moves: what stands beside it must not jump.
        self.word.setMinimumWidth(max(map(self.word.fontMetrics().horizontalAdvance, DELIVERY_WORDS.values())))
        self.delivery = QWidget()
        line = QHBoxLayout(self.delivery)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(self.sign)
        line.addWidget(self.word)
        self.delivery.hide()
        bridge.session_shown.connect(lambda _session: self.refresh())
        bridge.link_shown.connect(lambda _link: self.refresh())

    @property
    def link_parts(self) -> tuple[QWidget, ...]:
        """In the order in which they stand."""
        return (self.protocol, self.faults, self.unsaved, self.waiting)

    def refresh(self) -> None:
        """Brings all of it up to date."""
        log = self._bridge.log
        status = None if log is None else log.status()
        self._show_protocol(status)
        waiting = 0 if status is None else status.waiting
        self.waiting.say(f"{waiting} waiting" if waiting else "", "late" if _is_late(status) else "")
        edits = counted(waiting, "edit")
        self.waiting.setToolTip(f"{edits} of yours the server has not decided yet; they are kept and sent again")
        self._show_unsaved(status)
        self.faults.setVisible(log is not None and log.faults.is_any)
        self._show_delivery(log)

    def _show_unsaved(self, status: LogStatus | None) -> None:
        is_unsaved = status is not None and status.journal == "not saving"
        why = "" if status is None else status.server_unsaved
        self.unsaved.say("NOT SAVING" if is_unsaved else "SERVER NOT SAVING" if why else "", "bad")
        server = f"The server does not save: {why.rstrip('.')}. Edits go on; this desk keeps its own until it does."
        self.unsaved.setToolTip(status.journal_reason if status is not None and is_unsaved else server if why else "")

    def _show_protocol(self, status: LogStatus | None) -> None:
        if self._bridge.session is None:
            self.protocol.say("")
        elif status is None:
            self.protocol.say("protocol 1" if self._bridge.log is None else "ordered log: connecting")
            self.protocol.setToolTip(_PROTOCOL_1)
        else:
            is_live = status.state is LogState.LIVE
            self.protocol.say("ordered log" if is_live else f"ordered log: {state_words(status)}", _tone(status))
            self.protocol.setToolTip(f"Protocol 2: the session’s ordered log, at rev {status.applied}")

    def _show_delivery(self, log: SessionLog | None) -> None:
        tick = None if log is None else self._bridge.deliveries.newest()
        self.delivery.setVisible(tick is not None)
        self.sign.show_tick(tick)
        if tick is not None:
            self.word.say(DELIVERY_WORDS[tick], "bad" if tick is Tick.UNDELIVERED else "")
            self.word.setToolTip(f"Your newest edit: {DELIVERY_TIPS[tick]}")
            self.sign.setToolTip(self.word.toolTip())


def _part(name: str) -> Toned:
    part = Toned()
    part.setObjectName(name)
    part.hide()
    return part


def _is_late(status: LogStatus | None) -> bool:
    return status is not None and (status.oldest_wait_s > 1.0 or status.undelivered > 0)


def _tone(status: LogStatus) -> str:
    return "late" if status.state in {LogState.WAITING, LogState.CLOSED} else ""
