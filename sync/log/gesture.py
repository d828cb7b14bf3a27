"""A gesture on an ordered link: live ops at most 60/s, one commit at its end, one undo step (PROTOCOL.md §8.3)."""

from __future__ import annotations

from typing import Any, NamedTuple

from sync.log.edits import REMOVED, Edits, change
from sync.log.op import Op, Path
from sync.log.replica import Replica

LIVE_S = 0.016

__all__ = ["LIVE_S", "LiveGesture", "UndoStep", "undo"]


class UndoStep(NamedTuple):
    """What a gesture changed. ``seq`` is its last op: whoever changed one of the places after it stops the undo."""

    title: str
    before: dict[Path, Any]
    after: dict[Path, Any]
    seq: int


class LiveGesture:
    """Places under a hand: shown as the hand says, sent as fast as it makes sense, whatever comes from elsewhere."""

    def __init__(self, replica: Replica, name: str, title: str) -> None:
        self._replica = replica
        self._name = name
        self._title = title
        self._before: dict[Path, Any] = {}
        self._unsent: dict[Path, Any] = {}
        self._last_sent: float | None = None
        self._started_at_rev = replica.applied
        self.is_open = True

    def change(self, edits: Edits, now: float) -> Op | None:
        """The hand moved. The op to send now, or None: then ``due_at`` says when."""
        if not self.is_open:
            return None
        for place, value in edits.items():
            if place not in self._before:
                shown = self._replica.value(place)
                self._before[place] = REMOVED if shown is None else shown
            self._replica.held[place] = value
            self._unsent[place] = value
        return self.due(now)

    def due_at(self) -> float | None:
        """When ``due`` should be called; None while nothing waits."""
        if not self._unsent:
            return None
        return (self._last_sent + LIVE_S) if self._last_sent is not None else 0.0

    def due(self, now: float) -> Op | None:
        """The newest values as one live op when its time has come. Without a live link they wait for the release."""
        at = self.due_at()
        if at is None or now < at or not self._replica.is_live:
            return None
        self._last_sent = now
        edits, self._unsent = self._unsent, {}
        return self._replica.propose(_changes(edits), live=True, gesture=self._name)

    def release(self) -> tuple[Op | None, UndoStep | None]:
        """The hand let go: the commit to send, and the undo step (None for both when nothing changed)."""
        after = self._close()
        changed = {place: value for place, value in after.items() if value != self._before[place]}
        if not changed and self._last_sent is None:
            return None, None
        # Said again even if the last live op said it: the last hand wins, and this is the moment it let go.
        op = self._replica.propose(_changes(after), gesture=self._name, even_if_idle=True)
        if op is None or not changed:
            return op, None
        return op, UndoStep(self._title, {place: self._before[place] for place in changed}, changed, op.seq)

    def cancel(self) -> Op | None:
        """Given up: back to the old values, but a place where a peer's value has come in keeps it."""
        places = self._close()
        back = {}
        for place in places:
            foreign = self._replica.confirmed.newest_foreign(place, self._replica.author)
            if foreign is None or foreign.rev_not_by(self._replica.author) <= self._started_at_rev:
                back[place] = self._before[place]
        return self._replica.propose(_changes(back), gesture=self._name)

    def _close(self) -> dict[Path, Any]:
        self.is_open = False
        return {place: self._replica.held.pop(place) for place in self._before if place in self._replica.held}


def undo(replica: Replica, step: UndoStep) -> Op | None:
    """Puts the old values back unless somebody changed one of the places since: then all of it is refused."""
    rev = replica.rev_of(step.seq)
    return replica.propose(_changes(step.before), guarded=True, seen=rev)


def _changes(edits: Edits) -> list[Any]:
    return [change(place, value) for place, value in edits.items()]
