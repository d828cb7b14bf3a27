"""Two desks that send whole configs at the same time overwrite each other; this finds what has to be put back.

The server merges and the compositor replaces, so of two crossing commits the later one wins in every field, also in
those that its author did not touch. What the loser had changed is put back by the next commit ("healed"), within a
budget, so that two programs of different opinion cannot answer each other for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.compositor_edit import OVERLAYS, is_whole_overlay
from sync.paths import REMOVED, Path, apply, is_same, overlaps, read, write
from sync.pending import Flight, Origin
from sync.replica import Replica
from sync.wire.json_value import JsonObject

__all__ = ["MAX_HEALS", "HealBudget", "OwnEdits", "overwritten_by_us", "without_fragments"]

MAX_HEALS = 5
MAX_COMMITS = 240
HEAL_PERIOD_S = 2.0
MIN_WINDOW_S = 0.25
WINDOW_ROUND_TRIPS = 4
KEPT_VALUES = 256


@dataclass(slots=True)
class _Own:
    value: Any
    earlier: deque[Any]
    order: int
    acknowledged_at: float | None = None

    def set(self, value: Any, order: int) -> None:
        """A newer value of ours is on its way."""
        self.earlier.append(self.value)
        self.value, self.order, self.acknowledged_at = value, order, None


@dataclass(slots=True)
class OwnEdits:
    """The fields that the operator here changed a moment ago, with the values that they had before."""

    _fields: dict[Path, _Own] = field(default_factory=dict)

    def sent(self, flight: Flight, confirmed: JsonObject) -> None:
        """Notes the edits that a commit was the first to carry."""
        for path, value in flight.edits.items():
            before = self._before(path, confirmed)
            self._supersede(path, value, flight.order)
            own = self._fields.get(path)
            if own is None:
                self._fields[path] = _Own(value, deque([before], KEPT_VALUES), flight.order)
            else:
                own.set(value, flight.order)

    def acknowledged(self, last_order: int, now: float) -> None:
        """The commits up to ``last_order`` were taken by the server."""
        for own in self._fields.values():
            if own.acknowledged_at is None and own.order <= last_order:
                own.acknowledged_at = now

    def forget(self) -> None:
        """A new connection: what was sent on the old one proves nothing any more."""
        self._fields.clear()

    def undone_by(
        self, patch: JsonObject, is_whole: bool, replica: Replica, now: float, round_trip_s: float
    ) -> dict[Path, Any]:
        """Our own values that a foreign patch set back to what we had before: its author had not seen them yet.

        To be asked before the patch is merged. ``is_whole`` says that the patch is a full config, so that a field that
        it lacks is a field that its author did not know.
        """
        self._forget_old(now, max(MIN_WINDOW_S, WINDOW_ROUND_TRIPS * round_trip_s))
        undone: dict[Path, Any] = {}
        for path, own in self._fields.items():
            theirs = read(patch, path, REMOVED) if is_whole else read(patch, path, own.value)
            is_undone = own.acknowledged_at is not None and not is_same(theirs, own.value) and _was_ours(own, theirs)
            pending = replica.pending.get(path)
            if is_undone and (pending is None or pending.origin is Origin.HEAL):
                undone[path] = own.value
        return undone

    def _before(self, path: Path, confirmed: JsonObject) -> Any:
        outer = self._fields.get(path[:2])
        if len(path) > 2 and outer is not None and outer.value is not REMOVED:
            return read(outer.value, path[2:], REMOVED)
        return read(confirmed, path, REMOVED)

    def _supersede(self, path: Path, value: Any, order: int) -> None:
        """What was noted around ``path`` before: parts of it are over, an item that contains it has a new value."""
        for other in [other for other in self._fields if other != path and overlaps(other, path)]:
            outer = self._fields[other]
            if len(other) < len(path) and isinstance(outer.value, dict):
                outer.set(write(outer.value, path[len(other) :], value), order)
            else:
                del self._fields[other]

    def _forget_old(self, now: float, window_s: float) -> None:
        old = [
            path
            for path, own in self._fields.items()
            if own.acknowledged_at is not None and now - own.acknowledged_at > window_s
        ]
        for path in old:
            del self._fields[path]


def _was_ours(own: _Own, value: Any) -> bool:
    return own.value is REMOVED or any(is_same(value, earlier) for earlier in own.earlier)


def overwritten_by_us(changes: Mapping[Path, Any], replica: Replica, before: JsonObject) -> dict[Path, Any]:
    """The part of a foreign change that our commits in flight overwrite without meaning to: a peer's values to heal.

    ``before`` is confirmed as it was before the change. A change inside an overlay that we removed is not put back.
    """
    if not replica.flights:
        return {}
    last = replica.flights[-1].params
    carried = [path for flight in replica.flights for path in flight.edits]
    carried += [path for path, entry in replica.pending.items() if entry.origin is Origin.EDIT]
    return {
        path: value
        for path, value in changes.items()
        if not is_same(read(last, path, REMOVED), value)
        and not _is_inside_removed(path, last, before)
        and (value is REMOVED or _lacks(last, path) or not any(overlaps(path, own) for own in carried))
    }


def without_fragments(edits: Mapping[Path, Any], confirmed: JsonObject) -> dict[Path, Any]:
    """The edits without those that would bring back only parts of an overlay that is gone."""
    after = apply(confirmed, edits)
    return {
        path: value
        for path, value in edits.items()
        if value is REMOVED
        or path[0] not in OVERLAYS
        or not _lacks(confirmed, path)
        or is_whole_overlay(path[0], read(after, path[:2]))
    }


def _lacks(config: JsonObject, path: Path) -> bool:
    """True when the layer or overlay that ``path`` is of is not in ``config``."""
    return len(path) > 1 and read(config, path[:2], REMOVED) is REMOVED


def _is_inside_removed(path: Path, last: JsonObject, before: JsonObject) -> bool:
    return len(path) > 2 and path[0] in OVERLAYS and _lacks(last, path) and not _lacks(before, path)


@dataclass(slots=True)
class HealBudget:
    """At most five heals of a field with the same value within two seconds, and a bounded number of commits."""

    _healed: deque[tuple[float, Path, Any]] = field(default_factory=deque)
    _commits: deque[float] = field(default_factory=deque)

    def allows(self, heals: Mapping[Path, Any], now: float) -> bool:
        """True while the budget lasts; what is only proposed and not sent yet costs nothing."""
        while self._healed and now - self._healed[0][0] > HEAL_PERIOD_S:
            self._healed.popleft()
        while self._commits and now - self._commits[0] > HEAL_PERIOD_S:
            self._commits.popleft()
        return len(self._commits) < MAX_COMMITS and all(
            self._count(path, value) < MAX_HEALS for path, value in heals.items()
        )

    def spend(self, flight: Flight, now: float) -> None:
        """A commit left: the heals that it carries count, and so does one that carries nothing else."""
        self._healed.extend((now, path, value) for path, value in flight.heals.items())
        if flight.heals and not flight.edits:
            self._commits.append(now)

    def _count(self, path: Path, value: Any) -> int:
        return sum(1 for _, other, healed in self._healed if other == path and is_same(healed, value))
