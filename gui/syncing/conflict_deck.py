"""The refused edits that wait for the operator's decision: which one is on top, and what taking a side does."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QObject, Signal

from gui.actions.table import Action
from gui.bridge import Bridge
from gui.syncing.conflict_words import ConflictText, describe, refusal_sentence
from sync.log.conflict import Conflict
from sync.log.op import OpId

ASKED: Final = ("stale", "forged")  # our value may still be wanted: there is something to choose

__all__ = ["ConflictDeck"]


class ConflictDeck(QObject):
    """Follows the open session's log. A refusal that is no clash is told in one line and is over.

    Signals: ``changed`` when another conflict is on top, or their number is another.
    """

    changed = Signal()

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._at = 0
        self._came: dict[OpId, float] = {}
        self.open: tuple[Conflict, ...] = ()
        bridge.conflicts_shown.connect(self.refresh)
        bridge.session_shown.connect(lambda _session: self.refresh())

    @property
    def top(self) -> Conflict | None:
        """The conflict that is being asked about."""
        return self.open[self._at] if self.open else None

    @property
    def place(self) -> tuple[int, int]:
        """The number of the one on top, from 1, and how many there are."""
        return (self._at + 1 if self.open else 0, len(self.open))

    def text(self) -> ConflictText | None:
        """What the one on top is about."""
        session, log, conflict = self._bridge.session, self._bridge.log, self.top
        if session is None or log is None or conflict is None:
            return None
        now = {path: log.replica.confirmed.value(path) for path in conflict.mine}
        return describe(conflict, session.store, self._bridge.desk.definitions, self._bridge.people, now)

    def when(self) -> str:
        """When the one on top was refused, in a sentence: the time of day, as far as it was here that it came."""
        if self.top is None:
            return ""
        if self._bridge.log is not None and self.top.op.author != self._bridge.log.author:
            return "It has waited since before this session was opened here."
        return time.strftime("Refused at %H:%M:%S.", time.localtime(self._came[self.top.op.id]))

    def refresh(self) -> None:
        """Takes over what the log has."""
        log, top = self._bridge.log, self.top
        found = () if log is None else tuple(log.replica.conflicts)
        for conflict in found:
            if conflict.refusal.reason not in ASKED:
                self._say(conflict)
        stale = tuple(each for each in found if each.refusal.reason in ASKED)
        if stale == self.open:
            return
        self._came = {each.op.id: self._came.get(each.op.id, time.time()) for each in stale}
        self.open = stale
        self._at = stale.index(top) if top in stale else min(self._at, max(0, len(stale) - 1))
        self.changed.emit()

    def take_mine(self) -> None:
        """Our value again, over what stands there now."""
        if (log := self._bridge.log) is not None and self.top is not None:
            log.take_mine(self.top)
        self.refresh()

    def take_theirs(self) -> None:
        """What stands there now stays."""
        if (log := self._bridge.log) is not None and self.top is not None:
            log.take_theirs(self.top)
        self.refresh()

    def turn(self) -> None:
        """The next one is on top; after the last comes the first."""
        if self.open:
            self._at = (self._at + 1) % len(self.open)
            self.changed.emit()

    def actions(self) -> tuple[Action, ...]:
        """Both answers, and the way to the next."""

        def is_asked(_bridge: Bridge) -> bool:
            return bool(self.open)

        return (
            Action("conflict.mine", "Take mine", self.take_mine, "Send your value again over theirs",
                   shortcut="Ctrl+Shift+M", menu="Edit", is_enabled=is_asked),
            Action("conflict.theirs", "Take theirs", self.take_theirs, "Leave what the other operator made of it",
                   shortcut="Ctrl+Shift+T", menu="Edit", is_enabled=is_asked),
            Action("conflict.next", "Next conflict", self.turn, "Look at the next refused edit",
                   shortcut="Ctrl+Shift+N", menu="Edit", is_enabled=lambda _now: len(self.open) > 1),
        )  # fmt: skip

    def _say(self, conflict: Conflict) -> None:
        session, log = self._bridge.session, self._bridge.log
        if session is None or log is None:
            return
        sentence = refusal_sentence(conflict, session.store, self._bridge.desk.definitions)
        log.take_theirs(conflict)
        self._bridge.noticed.emit("warning", sentence)
