"""What an ordered log says of a session, on its way into the store: params, structure, view data, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.clock import Clock
from sync.intake import Decide, accept_health, names_of
from sync.log.conflict import Conflict
from sync.log.document import prefixes
from sync.log.live_frames import ViewFrame
from sync.log.op import NODES, Refusal
from sync.log.op import Path as Place
from sync.ordered.changes import undecided_edits, updated_params
from sync.ordered.session_log import SessionLog
from sync.orphans import drop_orphans
from sync.paths import REMOVED, Path, differences, overlaps
from sync.replica import Replica
from sync.signals import Signal
from sync.store import Store
from sync.view_intake import reapply
from sync.wire import events
from sync.wire.compositor import KIND
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Connection, Pipeline
from sync.wire.stamp import Stamp
from sync.wire.state import state_from_wire
from sync.wire.view_data import read_stamped_layout

__all__ = ["LogIntake"]


class LogIntake:
    """``acknowledged``: ops of a node were decided; ``gone``: a node (empty path) or a layer was removed by a peer.

    ``healed`` and ``reset`` are never emitted: in one log nothing crosses.
    """

    def __init__(self, log: SessionLog, store: Store, clock: Clock, decide: Decide) -> None:
        self.acknowledged: Signal[str] = Signal()
        self.healed: Signal[str] = Signal()
        self.gone: Signal[str, Path] = Signal()
        self.reset: Signal[str] = Signal()
        self._store, self._log, self._clock, self._decide = store, log, clock, decide
        self._ties = [log.settled.connect(self.follow), log.view_came.connect(self._accept_view)]
        self._ties.append(log.conflicted.connect(self._explain))

    def close(self) -> None:
        """The session is left."""
        for untie in self._ties:
            untie()

    def accept(self, event: events.Event) -> None:
        """Takes from protocol 1 what the log does not carry: states, counters, schemas."""
        accept_health(self._store, event)

    def take_pipeline(self, pipeline: Pipeline) -> None:
        """The header, states and schemas of a snapshot of protocol 1; nodes and connections are the log's."""
        self._store.take_frame(pipeline, self._connections())
        self.follow()
        for node_id, node in pipeline.nodes.items():
            if node.state is not None and self._store.has(node_id):
                self._store.set_state(node_id, state_from_wire(node.state))

    def follow(self) -> None:
        """The log has moved: whatever changed in it changes in the store."""
        changed = self._log.replica.take_changed()
        if changed.pop("", None) is not None:
            self._take_connections()
        for node_id, places in changed.items():
            self._take_node(node_id, places)
        for node_id in [each for each in self._store.replicas() if not self._log.replica.confirmed.kind(each)]:
            self._remove(node_id)

    def regate(self, node_id: str) -> None:
        """Applies the newest layout again: a hold ended."""
        replica = self._store.replica(node_id)
        if replica is not None:
            reapply(replica)

    def _take_node(self, node_id: str, places: set[Place]) -> None:
        document = self._log.replica.confirmed
        kind = document.kind(node_id)
        if not kind:
            return
        if self._store.kind(node_id) != kind:
            if self._store.has(node_id):
                self._remove(node_id)
            self._store.add_node(node_id, kind, document.params(node_id))
        self._take_params(node_id, places)

    def _take_params(self, node_id: str, places: set[Place]) -> None:
        replica = self._store.replica(node_id)
        if replica is None:
            return
        document = self._log.replica.confirmed
        params = updated_params(replica.confirmed, document, node_id, places)
        changes = differences(replica.confirmed, params)
        foreign = self._of_others(changes, places)
        decided = self._decided(replica)
        replica.settle(params, foreign, decided)
        self._relaunch(node_id, replica)
        self._drop_removed(node_id, replica, foreign)
        drop_orphans(replica)
        self._report(node_id, replica, foreign, len(decided))
        self._store.touch(node_id)
        if decided:
            self.acknowledged.emit(node_id)

    def _decided(self, replica: Replica) -> set[int]:
        """The commits under way that the log has decided, by their orders."""
        pending = {bill.slot for bill in self._log.replica.outbox.undecided()}
        return {flight.order for flight in replica.flights if flight.order not in pending}

    def _relaunch(self, node_id: str, replica: Replica) -> None:
        """Edits of an earlier run, or that a server lost with its log, are under way again: shown over the rest."""
        flying = {flight.order for flight in replica.flights}
        bills = [bill for bill in self._log.replica.outbox.undecided() if bill.slot not in flying]
        bills = [bill for bill in bills if any(each.path[:2] == (NODES, node_id) for each in bill.op.changes)]
        if bills:
            edits = undecided_edits(self._log.replica, node_id)
            replica.relaunch(edits, [bill.slot for bill in bills], self._clock.now())

    def _of_others(self, changes: Mapping[Path, Any], places: set[Place]) -> dict[Path, Any]:
        """The changes that somebody else made."""
        theirs = [place[3:] for place in places if self._author_at(place) not in ("", self._log.author)]
        return {path: value for path, value in changes.items() if any(overlaps(path, each) for each in theirs)}

    def _author_at(self, place: Place) -> str:
        """Who wrote last at a place, or swept it away from above; empty where nobody has."""
        document = self._log.replica.confirmed
        near = (document.register(each) for each in (place, *reversed([*prefixes(place)])))
        return next((register.author for register in near if register is not None), "")

    def _drop_removed(self, node_id: str, replica: Replica, foreign: Mapping[Path, Any]) -> None:
        for path, value in foreign.items():
            ours = replica.pending.get(path)
            is_remade = ours is not None and ours.order is not None and ours.value is not REMOVED
            if value is REMOVED and not is_remade:
                replica.withdraw(path)
                self.gone.emit(node_id, path)

    def _report(self, node_id: str, replica: Replica, foreign: Mapping[Path, Any], decided: int) -> None:
        if decided:
            many = "our change" if decided == 1 else f"{decided} changes of ours"
            self._decide(node_id, "params", "acknowledged", f"The log took {many}: rev {self._log.replica.applied}.")
        if not foreign:
            return
        if any(replica.is_held(path) for path in foreign):
            self._decide(node_id, "params", "parked", f"A peer changed {names_of(foreign)} while a hand holds it.")
        else:
            self._decide(node_id, "params", "applied", f"A peer changed {names_of(foreign)}.")

    def _remove(self, node_id: str) -> None:
        self._store.remove_node(node_id)
        self.gone.emit(node_id, ())

    def _take_connections(self) -> None:
        rows = {row.ends: row for row in self._connections()}
        known = {row.ends for row in self._store.connections()}
        for ends in known - rows.keys():
            self._store.disconnect(ends)
        for row in rows.values():
            self._store.connect(row)

    def _connections(self) -> list[Connection]:
        rows = self._log.replica.confirmed.connections()
        return [Connection(*row[:4], mode="best_effort" if row[4] == "best_effort" else None) for row in rows]

    def _accept_view(self, frame: ViewFrame) -> None:
        """Data of our newest op is applied whole; older data where its rows still fit what is shown (§9)."""
        replica, gate = self._store.replica(frame.node), self._log.views
        if replica is None or not gate.is_news(frame):
            return
        is_current = gate.take(frame, self._clock.now()) is not None
        replica.view_data = frame.data
        stamp = Stamp(self._log.author, frame.seen.get(self._log.author, 0))
        basis = _newest_config(replica) if is_current else replica.configs.get(stamp)
        self._apply_layout(frame.node, replica, basis, is_current=is_current)
        self._store.touch(frame.node)

    def _apply_layout(self, node_id: str, replica: Replica, basis: JsonObject | None, *, is_current: bool) -> None:
        layout = read_stamped_layout(replica.view_data) if replica.kind == KIND else None
        if layout is None:
            return
        if basis is not None:
            replica.layout, replica.layout_basis = layout, basis
            reapply(replica)
        if is_current:
            self._decide(node_id, "view data", "applied", "Geometry that knows our newest change.")
        else:
            sentence = "Geometry of an older change of ours: what changed since keeps its place."
            self._decide(node_id, "view data", "skipped", sentence)

    def _explain(self, conflict: Conflict) -> None:
        for node_id in {path[1] for path in conflict.mine if path[0] == NODES}:
            self._decide(node_id, "commit", "refused", self._why(conflict.refusal))

    def _why(self, refusal: Refusal) -> str:
        names = " and ".join(dict.fromkeys(self._log.name_of(clash.author) for clash in refusal.clashes))
        return f"{names} was faster: take mine, or take theirs." if names else refusal.sentence


def _newest_config(replica: Replica) -> JsonObject:
    """What the server works with when it knows all our ops."""
    return replica.last_sent if replica.flights and replica.last_sent is not None else replica.confirmed
