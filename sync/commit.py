"""Commits: the only place that turns pending edits into a message, stamps it and hands it to the link.

To a compositor always the full config, stamped; to any other node the smallest patch, unstamped (PROTOCOL.md §7, §14).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sync.clock import Clock
from sync.compositor_edit import full_config
from sync.crossing import WINDOW_ROUND_TRIPS
from sync.gesture import Gesture
from sync.intake import Decide
from sync.link_port import LinkPort
from sync.orphans import drop_orphans
from sync.pacers import Pacers
from sync.pacing import Pace
from sync.paths import REMOVED, Path, apply, read
from sync.pending import Flight
from sync.replica import Replica
from sync.signals import Signal
from sync.store import LATE_AFTER_S, Store
from sync.wire.compositor import KIND
from sync.wire.json_value import JsonObject
from sync.wire.requests import TuneNodeAsync, update_params
from sync.wire.stamp import Stamp, stamped, strip_metadata

__all__ = ["Commits", "patch_of"]

ECHO_GRACE_S = 0.5


class Commits:
    """The commits of one session, one pacer a node. ``on_sent`` hears of every commit that left.

    ``lost``: edits of a node that the server did not take.
    """

    def __init__(
        self,
        link: LinkPort,
        store: Store,
        clock: Clock,
        decide: Decide,
        on_sent: Callable[[str, Flight], None],
        pace: Pace,
    ) -> None:
        self._store, self._link, self._clock, self._decide = store, link, clock, decide
        self._on_sent = on_sent
        self.lost: Signal[str, list[Path]] = Signal()
        self._pacers = Pacers(clock, link, self._send, self._is_waiting, pace)
        self._orders = 0
        self._held_back: set[str] = set()

    @property
    def last_order(self) -> int:
        """The number of the newest commit of this session: a snapshot asked for now holds all up to it."""
        return self._orders

    def offer(self, node_id: str, *, is_final: bool = False) -> None:
        """The node has something pending; it leaves as the pacing allows."""
        self._pacers.of(node_id).offer(is_final=is_final)

    def position(self) -> int:
        """What an edit that begins now is based on; this protocol cannot tell."""
        return 0

    def finish(self, gesture: Gesture, *, is_cancelled: bool) -> None:
        """The hand let go: what it changed last leaves now; a cancelled one has put its old values there."""
        del is_cancelled
        replica = self._store.replica(gesture.node_id)
        if replica is not None and replica.has_unsent():
            self.offer(gesture.node_id, is_final=True)

    def offer_guarded(self, node_id: str) -> None:
        """A step of the history; whether somebody else was quicker is not known to this protocol."""
        self.offer(node_id, is_final=True)

    def acknowledged(self, node_id: str) -> None:
        """The node's commit was answered."""
        replica = self._store.replica(node_id)
        if replica is not None:
            self._offer_rest(node_id, replica)
        self._pacers.of(node_id).acknowledged()
        if replica is not None and not replica.flights:
            self._look_again(replica)
        self.release()

    def release(self) -> None:
        """What waited for how this server stores params may leave, if that is known now."""
        held_back, self._held_back = self._held_back, set()
        for node_id in held_back:
            self.offer(node_id, is_final=True)

    def heal(self, node_id: str) -> None:
        """Values to put back wait; they leave with the next commit, the latest when the last one is answered."""
        replica = self._store.replica(node_id)
        if replica is not None and not replica.flights:
            self._offer_rest(node_id, replica)

    def resend(self, node_ids: Iterable[str]) -> None:
        """The link is back: everything that is still pending leaves with a stamp of the new connection."""
        for node_id in node_ids:
            replica = self._store.replica(node_id)
            if replica is not None and replica.has_unsent():
                self.offer(node_id, is_final=True)

    def stop(self) -> None:
        """The link is gone: no timer stays, nothing that was stamped is kept."""
        self._pacers.stop()
        self._held_back.clear()

    def drop(self, node_id: str) -> None:
        """The node is gone."""
        self._pacers.drop(node_id)

    def reassert(self, node_id: str) -> None:
        """Sends what is shown once more, whole: a partial update of somebody else had reset the running node."""
        replica = self._store.replica(node_id)
        if replica is not None and self._link.is_open:
            self._send_now(node_id, replica)

    def _offer_rest(self, node_id: str, replica: Replica) -> None:
        if replica.has_unsent():
            is_only_heals = not replica.has_unsent_edit()
            self._pacers.of(node_id).offer(is_patient=is_only_heals and bool(replica.held))

    def _look_again(self, replica: Replica) -> None:
        if replica.is_behind:
            self._link.refetch(self._store.info.id, "a snapshot came while changes were on their way")
        elif self._store.dialect.replaces is None:
            self._link.refetch(self._store.info.id, "to see how this server stores params")

    def _is_waiting(self, node_id: str) -> bool:
        replica = self._store.replica(node_id)
        return replica is not None and bool(replica.flights)

    def _send(self, node_id: str) -> None:
        replica = self._store.replica(node_id)
        if replica is None:
            return
        drop_orphans(replica)
        if not replica.has_unsent():
            return
        if self._is_question_open(replica):
            self._held_back.add(node_id)
        else:
            self._send_now(node_id, replica)

    def _is_question_open(self, replica: Replica) -> bool:
        """While a first patch shows how this server stores params, a second one could cost what nobody would miss."""
        is_known = replica.kind == KIND or self._store.dialect.replaces is not None
        is_asked = not is_known and any(other.memory.is_at_risk for other in self._store.replicas().values())
        return is_asked and replica.is_partial(self._patch(replica))

    def _send_now(self, node_id: str, replica: Replica) -> None:
        self._orders += 1
        message, stamp = self._message(node_id, replica)
        flight = Flight(self._orders, stamp, strip_metadata(message), {}, self._clock.now())
        replica.launch(flight)
        self._on_sent(node_id, flight)
        self._link.post(TuneNodeAsync(self._store.info.id, node_id, update_params(message)))
        self._pacers.watch(node_id, LATE_AFTER_S, self._check_late)
        self._store.touch(node_id)

    def _message(self, node_id: str, replica: Replica) -> tuple[JsonObject, Stamp | None]:
        if replica.kind == KIND:
            stamp = self._link.revisions.next_stamp(self._store.info.id, node_id)
            return stamped(full_config(replica.proposal), stamp), stamp
        return self._patch(replica), None

    def _patch(self, replica: Replica) -> JsonObject:
        if self._store.dialect.replaces:
            return apply(replica.outlook(), {path: entry.value for path, entry in replica.pending.items()})
        unsent = [path for path, entry in replica.pending.items() if entry.order is None]
        return patch_of(replica.proposal, unsent)

    def _check_late(self, node_id: str) -> None:
        replica = self._store.replica(node_id)
        if replica is None or not replica.flights:
            return
        oldest = replica.flights[0]
        waits_s = self._clock.now() - oldest.sent_at
        if oldest.is_met is not None:
            self._give_up(node_id, replica)
        elif waits_s < LATE_AFTER_S:
            self._pacers.watch(node_id, LATE_AFTER_S - waits_s, self._check_late)
        else:
            self._decide(node_id, "commit", "late", f"No answer for {waits_s:.1f} s: asking the server what it has.")
            self._link.refetch(self._store.info.id, "a change was not confirmed")
            self._pacers.watch(node_id, ECHO_GRACE_S + WINDOW_ROUND_TRIPS * self._link.round_trip_s, self._check_late)
        self._store.touch(node_id)

    def _give_up(self, node_id: str, replica: Replica) -> None:
        lost = replica.abandon()
        if lost:
            self.lost.emit(node_id, lost)
        if replica.flights:
            self._pacers.watch(node_id, LATE_AFTER_S, self._check_late)
        self.acknowledged(node_id)


def patch_of(params: JsonObject, paths: Iterable[Path]) -> JsonObject:
    """The smallest patch that sets the paths to their values in ``params``; a list always travels whole."""
    patch: JsonObject = {}
    for path in paths:
        whole = next((path[:end] for end in range(1, len(path)) if isinstance(read(params, path[:end]), list)), path)
        value = read(params, whole, REMOVED)
        patch = _nested(patch, whole, None if value is REMOVED else value)
    return patch


def _nested(patch: JsonObject, path: Path, value: object) -> JsonObject:
    head, rest = path[0], path[1:]
    inner = patch.get(head)
    return {**patch, head: _nested(inner if isinstance(inner, dict) else {}, rest, value) if rest else value}
