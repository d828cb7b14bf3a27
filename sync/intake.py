"""Everything a server says about one session on its way into the store: gates, acknowledgements, heals, snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sync.clock import Clock
from sync.crossing import HealBudget, OwnEdits, overwritten_by_us, without_fragments
from sync.gate import Judgement, judge_params
from sync.journal_lines import Subject, Verdict
from sync.link_port import LinkPort
from sync.orphans import drop_orphans
from sync.paths import REMOVED, Path, forgotten, overlaps
from sync.pending import Flight, Origin
from sync.replica import Replica
from sync.signals import Signal
from sync.store import Store, is_preview
from sync.unsaved import UnsavedEdits
from sync.view_intake import accept_view_data, follow_params, reapply
from sync.wire import events
from sync.wire.compositor import KIND
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Connection
from sync.wire.stamp import read_stamp, strip_metadata
from sync.wire.state import state_from_wire

__all__ = ["Decide", "Intake", "accept_health", "names_of"]

_OPTIONAL = {"num_inputs", "image_overlays", "text_overlays"}

Decide = Callable[[str, Subject, Verdict, str], None]


class Intake:
    """The gates of one session.

    ``acknowledged``: a commit of a node was answered; ``healed``: values to put back wait for a commit;
    ``gone``: a node (empty path) or a layer was removed by somebody else; ``reset``: somebody sent a compositor less
    than a whole config, which it takes for one.
    """

    def __init__(
        self, link: LinkPort, store: Store, clock: Clock, decide: Decide, doubt: Callable[[str], None]
    ) -> None:
        """``doubt`` is told why the pipeline may not be known here as it is."""
        self.acknowledged: Signal[str] = Signal()
        self.healed: Signal[str] = Signal()
        self.gone: Signal[str, Path] = Signal()
        self.reset: Signal[str] = Signal()
        self._store, self._link, self._clock, self._decide, self._doubt = store, link, clock, decide, doubt
        self._own_edits: dict[str, OwnEdits] = {}
        self._budgets: dict[str, HealBudget] = {}
        self._unsaved: dict[str, UnsavedEdits] = {}
        self._lost_at = 0.0

    def accept(self, event: events.Event) -> None:
        """Takes any event of this session; unknown nodes are no error."""
        match event:
            case events.NodeParamsChanged():
                self._accept_params(event.node_id, event.params)
            case events.NodeViewDataUpdated():
                self.accept_view_data(event.node_id, event.data)
            case _:
                accept_health(self._store, event)
                self._accept_structure(event)

    def sent(self, node_id: str, flight: Flight) -> None:
        """A commit left: what it carried is remembered for the judgement of what comes back."""
        replica = self._store.replica(node_id)
        if replica is not None:
            before = replica.confirmed if replica.kind == KIND else replica.outlook(flight)
            self._own(node_id).sent(flight, before)
            self._budget(node_id).spend(flight, self._clock.now())

    def close(self) -> None:
        """The session is left; nothing is tied to anything."""

    def regate(self, node_id: str) -> None:
        """Applies the newest layout again: a hold ended."""
        replica = self._store.replica(node_id)
        if replica is not None:
            reapply(replica)

    def accept_view_data(self, node_id: str, data: Any) -> None:
        """Takes view data, from an event or from a snapshot."""
        replica = self._store.replica(node_id)
        if replica is None:
            self._meet_unknown(node_id)
            return
        self._store.dialect.learn(False, is_certain=True)
        nonce, local_rev = self._link.revisions.nonce, self._store.local_rev(node_id)
        judgement = accept_view_data(replica, data, nonce, local_rev)
        if judgement is Judgement.STALE:
            self._decide(
                node_id,
                "view data",
                "skipped",
                "Geometry of an older change of ours: what changed since keeps its place.",
            )
        elif judgement is not None:
            whose = "our newest change" if judgement is Judgement.CURRENT else "somebody else's or no change"
            self._decide(node_id, "view data", "applied", f"Geometry computed from {whose}.")
        self._store.touch(node_id)

    def reopened(self) -> None:
        """A new connection: nothing of the old one is on its way any more."""
        self._lost_at = self._clock.now()
        for own in self._own_edits.values():
            own.forget()

    def propose_unsaved(self, node_id: str, changes: Mapping[Path, Any]) -> None:
        """Proposes again what the server had taken and came back without; what is pending anyway is newer."""
        replica = self._store.replica(node_id)
        gone = self._unsaved.pop(node_id, UnsavedEdits()).gone_from(changes, self._lost_at)
        if replica is None:
            return
        gone = {path: value for path, value in gone.items() if not any(overlaps(path, own) for own in replica.pending)}
        if gone:
            replica.propose(gone, self._clock.now())
            self._decide(node_id, "commit", "rebased", "The server had taken this change and lost it: sent again.")

    def _accept_params(self, node_id: str, params: Any) -> None:
        replica = self._store.replica(node_id)
        if replica is None:
            self._meet_unknown(node_id)
        if replica is None or not isinstance(params, dict):
            return
        landed = self._landed(node_id, replica, params)
        if landed is None:
            self._accept_foreign(node_id, replica, params)
        elif landed:
            self._land(node_id, replica, landed)
        else:
            self._decide(node_id, "params", "skipped", "An echo of ours that was already acknowledged.")

    def _meet_unknown(self, node_id: str) -> None:
        """A node that works and was never announced: its event was lost, or is still to come."""
        if not is_preview(node_id):
            self._doubt(f"the node {node_id} is not known here")

    def _landed(self, node_id: str, replica: Replica, params: JsonObject) -> list[Flight] | None:
        """The commits that this echo acknowledges; None when it is somebody else's word."""
        revisions = self._link.revisions
        if judge_params(params, revisions.nonce, self._store.local_rev(node_id)) is Judgement.OWN:
            stamp = read_stamp(params)
            return [
                flight
                for flight in replica.flights
                if flight.stamp is not None and stamp and flight.stamp.rev <= stamp.rev
            ]
        if read_stamp(params) is not None:
            return None
        echoed = strip_metadata(params)
        for index, flight in enumerate(replica.flights):
            if flight.stamp is None and flight.params == echoed:
                return replica.flights[: index + 1]
        return None

    def _land(self, node_id: str, replica: Replica, landed: list[Flight]) -> None:
        now = self._clock.now()
        self._unsaved.setdefault(node_id, UnsavedEdits()).taken(landed, replica.confirmed, now)
        restored = replica.land(landed, now)
        self._own(node_id).acknowledged(landed[-1].order, now)
        late_ms = round((now - landed[-1].sent_at) * 1000)
        self._decide(node_id, "params", "acknowledged", f"The server took our change after {late_ms} ms.")
        if restored:
            self._decide(node_id, "params", "healed", f"The server forgot {names_of(restored)}: put back.")
        self._store.touch(node_id)
        self.acknowledged.emit(node_id)

    def _accept_foreign(self, node_id: str, replica: Replica, params: JsonObject) -> None:
        stamp, patch = read_stamp(params), strip_metadata(params)
        self._question(replica, params)
        replaces_plain = replica.kind != KIND and self._store.dialect.replaces is True
        is_whole = replaces_plain or (replica.kind == KIND and stamp is not None)
        now = self._clock.now()
        undone = self._own(node_id).undone_by(patch, is_whole, replica, now, self._link.round_trip_s)
        before = replica.confirmed
        changes = replica.merge(patch)
        self._unsaved.setdefault(node_id, UnsavedEdits()).overtaken(changes)
        heals = overwritten_by_us(changes, replica, before)
        if replica.kind == KIND:
            undone = without_fragments(undone, replica.confirmed)
        else:
            heals, undone = (_values(heals), _values(undone)) if replaces_plain else ({}, {})
        follow_params(replica, stamp, patch if is_whole else replica.confirmed)
        if replica.kind == KIND:
            self._drop_removed(node_id, replica, changes, undone)
        self._heal(node_id, replica, heals, undone)
        drop_orphans(replica)
        self._report(node_id, replica, changes)
        if replica.kind == KIND and not patch.keys() >= replica.confirmed.keys() - _OPTIONAL:
            self.reset.emit(node_id)
        self._store.touch(node_id)

    def _question(self, replica: Replica, params: JsonObject) -> None:
        """A message of a peer is a chance to learn how this server stores params, or a reason to doubt it."""
        dialect = self._store.dialect
        if dialect.is_certain or (replica.kind == KIND and read_stamp(params) is not None):
            return
        is_partial = bool(forgotten(replica.confirmed, params))
        if not is_partial and len(replica.confirmed) > 1:
            dialect.doubt()
        is_answer_due = replica.memory.is_at_risk and not replica.flights
        if is_answer_due or (is_partial and dialect.replaces is None):
            self._link.refetch(self._store.info.id, "to see how this server stores params")

    def _report(self, node_id: str, replica: Replica, changes: dict[Path, Any]) -> None:
        if not changes:
            self._decide(node_id, "params", "applied", "A peer sent what we already have.")
        elif any(replica.is_held(path) for path in changes):
            self._decide(node_id, "params", "parked", f"A peer changed {names_of(changes)} while a hand holds it.")
        else:
            self._decide(node_id, "params", "applied", f"A peer changed {names_of(changes)}.")

    def _drop_removed(self, node_id: str, replica: Replica, changes: dict[Path, Any], undone: dict[Path, Any]) -> None:
        for path, value in changes.items():
            if value is REMOVED and not any(ours[: len(path)] == path for ours in undone):
                replica.withdraw(path)
                self.gone.emit(node_id, path)

    def _heal(self, node_id: str, replica: Replica, heals: dict[Path, Any], undone: dict[Path, Any]) -> None:
        wanted = {**heals, **undone}
        if not wanted:
            return
        now = self._clock.now()
        if not self._budget(node_id).allows(wanted, now):
            self._decide(
                node_id, "params", "superseded", "Another program insists on its values: the server's word stands."
            )
            self._link.refetch(self._store.info.id, "two programs disagree")
            return
        replica.propose(wanted, now, Origin.HEAL)
        sentence = f"Two changes crossed: {names_of(wanted)} is put back with the next commit."
        self._decide(node_id, "params", "healed", sentence)
        self.healed.emit(node_id)

    def _accept_structure(self, event: events.Event) -> None:
        match event:
            case events.NodeAdded():
                self._store.add_node(event.node_id, event.kind, strip_metadata(event.params or {}))
            case events.NodeRemoved():
                self._store.remove_node(event.node_id)
                self._own_edits.pop(event.node_id, None)
                self.gone.emit(event.node_id, ())
            case events.ConnectionAdded():
                self._store.connect(Connection(event.from_node, event.from_pin, event.to_node, event.to_pin))
            case events.ConnectionRemoved():
                self._store.disconnect((event.from_node, event.from_pin, event.to_node, event.to_pin))
            case _:
                return

    def _own(self, node_id: str) -> OwnEdits:
        return self._own_edits.setdefault(node_id, OwnEdits())

    def _budget(self, node_id: str) -> HealBudget:
        return self._budgets.setdefault(node_id, HealBudget())


def accept_health(store: Store, event: events.Event) -> None:
    """Takes what is no part of a pipeline: states, counters, schemas of running nodes."""
    match event:
        case events.NodeStateChanged():
            store.set_state(event.node_id, state_from_wire(event.state))
        case events.NodeStatsUpdated():
            store.set_stats(event.node_id, event.stats)
        case events.RuntimeSchemasUpdated():
            store.runtime_schemas[event.node_id] = event.schema
            store.touch(event.node_id)
        case _:
            return


def _values(edits: Mapping[Path, Any]) -> dict[Path, Any]:
    """A plain node never loses a param on purpose."""
    return {path: value for path, value in edits.items() if value is not REMOVED}


def names_of(changes: Mapping[Path, Any]) -> str:
    """The changed fields in words, the first three of them."""
    shown = [" ".join(path) for path in list(changes)[:3]]
    more = len(changes) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
