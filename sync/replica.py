"""One node as the desk holds it: the server's params, our unconfirmed edits over them, and what a hand holds.

``confirmed`` follows the server's stored params event by event; ``proposal`` is confirmed ⊕ pending, what a commit
sends; ``shown`` is proposal ⊕ held, what the operator sees. A held or pending field only hides what is under it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.dialect import Dialect
from sync.params_memory import ParamsMemory
from sync.paths import REMOVED, Edits, Path, apply, differences, expand, forgotten, is_same, overlaps, read
from sync.pending import Flight, Origin, Pending
from sync.view_geometry import ViewGeometry
from sync.wire.compositor import KIND, CompositorLayout
from sync.wire.json_value import JsonObject
from sync.wire.stamp import Stamp

NO_STAMP = Stamp("", 0)
KEPT_CONFIGS = 64

__all__ = ["NO_STAMP", "Replica"]


@dataclass(slots=True)
class _Held:
    value: Any
    holders: int = 1


@dataclass(slots=True)
class Replica:
    """The desk's state of one node; knows nothing of links, gates or pacing."""

    kind: str
    confirmed: JsonObject = field(default_factory=dict)
    dialect: Dialect = field(default_factory=Dialect)
    pending: dict[Path, Pending] = field(default_factory=dict)
    flights: list[Flight] = field(default_factory=list)
    parked: dict[Path, Any] = field(default_factory=dict)
    geometry: ViewGeometry = field(default_factory=ViewGeometry)
    view_data: Any = None
    layout: CompositorLayout | None = None
    layout_basis: JsonObject = field(default_factory=dict)
    last_sent: JsonObject | None = None
    memory: ParamsMemory = field(default_factory=ParamsMemory)
    is_behind: bool = False
    configs: dict[Stamp, JsonObject] = field(default_factory=dict)
    _held: dict[Path, _Held] = field(default_factory=dict)
    _former: JsonObject = field(default_factory=dict)
    _proposal: JsonObject | None = None
    _shown: JsonObject | None = None

    def __post_init__(self) -> None:
        self._remember()

    @property
    def proposal(self) -> JsonObject:
        """confirmed ⊕ pending."""
        if self._proposal is None:
            self._proposal = apply(self.confirmed, {path: entry.value for path, entry in self.pending.items()})
        return self._proposal

    @property
    def shown(self) -> JsonObject:
        """confirmed ⊕ pending ⊕ held."""
        if self._shown is None:
            self._shown = apply(self.proposal, {path: entry.value for path, entry in self._held.items()})
        return self._shown

    def outlook(self, before: Flight | None = None) -> JsonObject:
        """A plain node's params when all commits on their way, or those before one of them, have arrived."""
        count = len(self.flights) if before is None else self.flights.index(before)
        return self.memory.outlook(self.flights[:count])

    @property
    def held(self) -> tuple[Path, ...]:
        """The paths that open gestures hold."""
        return tuple(self._held)

    def is_partial(self, message: JsonObject) -> bool:
        """True when a message leaves out params that a plain node is known to have."""
        return self.kind != KIND and bool(forgotten(self.confirmed, message))

    def has_unsent(self) -> bool:
        """True when some pending value was in no commit yet."""
        return any(entry.order is None for entry in self.pending.values())

    def has_unsent_edit(self) -> bool:
        """True when an edit of the operator, not only a heal, waits for a commit."""
        return any(entry.order is None and entry.origin is Origin.EDIT for entry in self.pending.values())

    def is_held(self, path: Path) -> bool:
        """True when a gesture holds the path, part of it or something that contains it."""
        return any(overlaps(held, path) for held in self._held)

    def hold(self, paths: Iterable[Path]) -> None:
        """Freezes what is shown at the paths until as many releases."""
        for path in paths:
            if path in self._held:
                self._held[path].holders += 1
            else:
                self._held[path] = _Held(read(self.shown, path, REMOVED))

    def release(self, paths: Iterable[Path]) -> None:
        """Ends one hold of each path; parked values under them show from now on."""
        for path in paths:
            entry = self._held.get(path)
            if entry is not None:
                entry.holders -= 1
                if entry.holders <= 0:
                    del self._held[path]
                    self.parked.pop(path, None)
        self._changed()

    def propose(self, edits: Edits, now: float, origin: Origin = Origin.EDIT) -> None:
        """Puts leaf edits over the confirmed params; they stay until a commit that carried them is acknowledged."""
        if origin is Origin.EDIT and self._held:
            self._move_held(edits)
        for path, value in edits.items():
            self._propose_one(path, value, now, origin)
        self._changed()

    def withdraw(self, prefix: Path) -> None:
        """Forgets pending values at and under ``prefix``."""
        self.pending = {path: entry for path, entry in self.pending.items() if path[: len(prefix)] != prefix}
        self._changed()

    def launch(self, flight: Flight) -> None:
        """Notes a commit that just left; every pending value that was in none yet is carried by it."""
        for path, entry in self.pending.items():
            if entry.order is None:
                entry.order = flight.order
                (flight.edits if entry.origin is Origin.EDIT else flight.heals)[path] = entry.value
        self.flights.append(flight)
        self.last_sent = flight.params
        self._risk(flight)
        if flight.stamp is not None:
            self.configs.setdefault(NO_STAMP, self.confirmed)
            self.remember_config(flight.stamp, flight.params)

    def remember_config(self, stamp: Stamp, config: JsonObject) -> None:
        """Notes which config a stamp stands for, so that view data can be matched with what it was computed from."""
        self.configs.pop(stamp, None)
        self.configs[stamp] = config
        if len(self.configs) > KEPT_CONFIGS:
            oldest = next(known for known in self.configs if known != NO_STAMP)
            del self.configs[oldest]

    def land(self, landed: list[Flight], now: float) -> dict[Path, Any]:
        """Acknowledges commits: confirmed takes what they carried, values that they carried are no longer pending.

        Tells what they took away from a plain node without meaning to; it is pending again.
        """
        before, last = self.confirmed, max((flight.order for flight in landed), default=0)
        self.flights = [flight for flight in self.flights if flight not in landed]
        for flight in landed:
            self._risk(flight)
            self.confirmed = self.dialect.store(self.confirmed, flight.params)
            self.memory.landed(flight)
            self._remember()
        for path in [path for path, entry in self.pending.items() if entry.order is not None and entry.order <= last]:
            del self.pending[path]
        for entry in self.pending.values():
            entry.since = max(entry.since, min((flight.sent_at for flight in self.flights), default=now))
        self._changed()
        return self.put_back({} if self.kind == KIND else forgotten(before, self.confirmed), now)

    def put_back(self, lost: Mapping[Path, Any], now: float) -> dict[Path, Any]:
        """Proposes again what a server has forgotten, but for what is pending anyway; tells what that leaves."""
        wanted = {path: value for path, value in lost.items() if not any(overlaps(path, own) for own in self.pending)}
        self.propose(wanted, now, Origin.HEAL)
        for path in wanted:
            self.pending[path].overwritten = REMOVED
        return wanted

    def merge(self, patch: JsonObject) -> dict[Path, Any]:
        """Merges somebody else's patch into confirmed and parks what it changed under held paths; tells the changes."""
        self.memory.heard()
        before, self.confirmed = self.confirmed, self.dialect.store(self.confirmed, patch)
        changes = differences(before, self.confirmed)
        self._park(changes)
        self._remember()
        self.pending = {path: entry for path, entry in self.pending.items() if not _is_outdated(path, entry, changes)}
        self._changed()
        return changes

    def replace(self, params: JsonObject, lost: Collection[Path] = ()) -> dict[Path, Any]:
        """Takes a snapshot's params as confirmed; tells the changes, but for what is ``lost`` and will be put back."""
        self.is_behind = False
        self.memory.read()
        self._former = self.proposal
        before, self.confirmed = self.confirmed, params
        changes = differences(before, params)
        changes = {path: value for path, value in changes.items() if not any(overlaps(path, gone) for gone in lost)}
        self._park(changes)
        self._remember()
        self._changed()
        return changes

    def compare(self, stored: JsonObject, last_order: int) -> None:
        """A snapshot holds all commits up to ``last_order``: notes which of them it shows.

        Nothing else is taken from it while commits are on their way: the events up to it are still to come, and
        confirmed must follow them one by one, or a commit sent meanwhile would write values of two moments.
        """
        for flight in [flight for flight in self.flights if flight.order <= last_order]:
            flight.is_met = all(is_same(read(stored, path, REMOVED), value) for path, value in flight.edits.items())
        self.is_behind = True

    def abandon(self) -> list[Path]:
        """No echo came of the commits that a snapshot was compared with: those that it did not show are lost."""
        self.land([flight for flight in self.flights if flight.is_met], 0.0)
        doubted = [flight for flight in self.flights if flight.is_met is False]
        lost = [path for flight in doubted for path in flight.edits if self._is_waiting(path, flight)]
        orders = {flight.order for flight in doubted}
        self.flights = [flight for flight in self.flights if flight not in doubted]
        self.pending = {path: entry for path, entry in self.pending.items() if entry.order not in orders}
        self._changed()
        return lost

    def ground(self, now: float) -> None:
        """The link is gone: nothing is on its way any more, everything pending waits for a new commit."""
        for path, entry in self.pending.items():
            entry.order, entry.since = None, now
            if entry.origin is Origin.HEAL and entry.overwritten is None and self.last_sent is not None:
                entry.overwritten = read(self.last_sent, path, REMOVED)
        self.flights.clear()
        self.last_sent = None
        self.memory.link_lost()
        self.configs.clear()

    def rebase(self) -> list[Path]:
        """After a snapshot on a new connection: tells which pending edits of the operator are still to be sent.

        What the snapshot holds already is settled; a heal stays only where our overwriting value still stands.
        """
        for path, entry in list(self.pending.items()):
            is_heal = entry.origin is Origin.HEAL
            if is_heal and not is_same(read(self.confirmed, path, REMOVED), entry.overwritten):
                del self.pending[path]
        edited = [path for path, entry in self.pending.items() if entry.origin is Origin.EDIT]
        for path in edited:
            self._complete(path)
        since = self.oldest_unconfirmed() or 0.0
        self._changed()
        left = differences(self.confirmed, self.proposal)
        own = {path for path in left if any(overlaps(path, other) for other in edited)}
        former, self.pending = self.pending, {}
        for path, value in left.items():
            overwritten = former[path].overwritten if path in former else None
            origin = Origin.EDIT if path in own else Origin.HEAL
            self.pending[path] = Pending(value, origin, since, overwritten=overwritten)
        self._changed()
        return list(own)

    def settle(self, confirmed: JsonObject, foreign: Mapping[Path, Any], decided: Collection[int]) -> None:
        """An ordered log has moved: confirmed is what it says, decided commits are no longer pending.

        ``foreign`` are the changes that somebody else made: those under a hand are parked.
        """
        self.confirmed = confirmed
        self.flights = [flight for flight in self.flights if flight.order not in decided]
        self.pending = {path: entry for path, entry in self.pending.items() if entry.order not in decided}
        self._park(foreign)
        self._changed()

    def relaunch(self, edits: Edits, orders: Iterable[int], now: float) -> None:
        """There are commits under way that did not begin here: ``edits`` is what all of them together change."""
        self.flights += [Flight(order, None, {}, {}, now) for order in orders]
        self.flights.sort(key=lambda flight: flight.order)
        newest = max((flight.order for flight in self.flights), default=0)
        unsent = {path: entry for path, entry in self.pending.items() if entry.order is None}
        self.pending = {
            path: Pending(value, Origin.EDIT, now, newest)
            for path, value in edits.items()
            if not any(overlaps(path, other) for other in unsent)
        } | unsent
        self._changed()

    def renew(self, edits: Edits, now: float) -> None:
        """The edits wait for a commit again, also where one has carried them."""
        for path, value in edits.items():
            self.pending.pop(path, None)
            self.pending[path] = Pending(value, Origin.EDIT, now)
        self._changed()

    def forget(self, paths: Iterable[Path]) -> None:
        """Edits that change nothing for the other end need no commit."""
        for path in paths:
            self.pending.pop(path, None)
        self._changed()

    def is_flying(self, path: Path) -> bool:
        """True when a commit on its way changes the path or something that overlaps it."""
        return any(overlaps(path, carried) for flight in self.flights for carried in flight.edits)

    def oldest_unconfirmed(self) -> float | None:
        """Since when the oldest pending value waits."""
        return min(entry.since for entry in self.pending.values()) if self.pending else None

    def _propose_one(self, path: Path, value: Any, now: float, origin: Origin) -> None:
        former = self.pending.pop(path, None)
        is_answer = former is not None and (former.order is not None or former.origin is Origin.HEAL)
        for covered in [other for other in self.pending if other[: len(path)] == path]:
            del self.pending[covered]
        is_news = is_answer or self.is_flying(path) or origin is Origin.HEAL or not self._is_confirmed(path, value)
        if is_news or any(overlaps(path, other) for other in self.pending):
            since = now if former is None else former.since
            self.pending[path] = Pending(value, origin, since)

    def _complete(self, path: Path) -> None:
        """An edit inside an object that the snapshot does not hold brings all of the object that it was made on."""
        for outer in (path[:end] for end in range(2, len(path))):
            former = read(self._former, outer)
            if isinstance(former, dict) and not isinstance(read(self.confirmed, outer), dict):
                whole = {outer: apply(former, {path[len(outer) :]: self.pending[path].value})}
                for leaf, value in expand(whole).items():
                    self.pending.setdefault(leaf, Pending(value, Origin.EDIT, self.pending[path].since))
                return

    def _move_held(self, edits: Edits) -> None:
        after = apply(self.shown, edits)
        for held, entry in self._held.items():
            if any(overlaps(held, path) for path in edits):
                entry.value = read(after, held, REMOVED)

    def _is_confirmed(self, path: Path, value: Any) -> bool:
        return is_same(read(self.confirmed, path, REMOVED), value)

    def _is_waiting(self, path: Path, flight: Flight) -> bool:
        entry = self.pending.get(path)
        return entry is not None and entry.order == flight.order

    def _park(self, changes: Mapping[Path, Any]) -> None:
        for held in self._held:
            if any(overlaps(held, path) for path in changes):
                self.parked[held] = read(self.confirmed, held, REMOVED)

    def _risk(self, flight: Flight) -> None:
        self.memory.is_at_risk |= not self.dialect.is_certain and self.is_partial(flight.params)

    def _remember(self) -> None:
        if self.kind != KIND:
            self.memory.remember(self.confirmed)

    def _changed(self) -> None:
        self._proposal = self._shown = None


def _is_outdated(path: Path, entry: Pending, changes: Mapping[Path, Any]) -> bool:
    """True for a heal whose field somebody has changed again."""
    return entry.origin is Origin.HEAL and any(overlaps(path, changed) for changed in changes)
