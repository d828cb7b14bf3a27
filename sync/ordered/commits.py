"""Commits on an ordered link: pending edits become ops, live while a hand moves, one word at its end.

Sections in this package are those of sync/log/PROTOCOL.md; this is its §8.3.
"""

from __future__ import annotations

from collections.abc import Iterable

from sync.clock import Clock
from sync.gesture import Gesture
from sync.intake import Decide
from sync.log.op import Op
from sync.ordered.changes import changes_of
from sync.ordered.session_log import LIVE_S, SessionLog
from sync.orphans import drop_orphans
from sync.pacers import Pacers
from sync.pacing import Pace
from sync.paths import Path
from sync.pending import Flight
from sync.proposals import restored
from sync.replica import Replica
from sync.signals import Signal
from sync.store import LATE_AFTER_S, Store
from sync.wire.stamp import Stamp

__all__ = ["LogCommits"]


class LogCommits:
    """The commits of one session whose server keeps an ordered log. ``lost`` is never emitted: a log loses nothing.

    ``said``: a node, and the count of the op that is the last word on all that was done to it so far; 0 for none.
    """

    def __init__(self, log: SessionLog, store: Store, clock: Clock, decide: Decide) -> None:
        self.lost: Signal[str, list[Path]] = Signal()
        self.said: Signal[str, int] = Signal()
        self._store, self._log, self._clock, self._decide = store, log, clock, decide
        self._pacers = Pacers(clock, self, self._send, self._is_waiting, Pace(shortest_s=LIVE_S))
        self._final: dict[str, int | None] = {}

    @property
    def last_order(self) -> int:
        """Snapshots of protocol 1 say nothing about ops."""
        return 0

    def position(self) -> int:
        """What an edit that begins now is based on."""
        return self._log.replica.applied

    def offer(self, node_id: str, *, is_final: bool = False, base: int | None = None) -> None:
        """The node has something pending. ``base`` guards it: nobody else may have changed the places since."""
        if is_final:
            self._final[node_id] = base
        if is_final and not self._log.is_live:
            self._send(node_id)  # nobody to pace for: it goes to the outbox, guarded
            return
        self._pacers.of(node_id).offer(is_final=is_final)

    def finish(self, gesture: Gesture, *, is_cancelled: bool) -> None:
        """The hand let go: all that the gesture changed is said again, as its last word."""
        replica = self._store.replica(gesture.node_id)
        if replica is None:
            return
        if not is_cancelled and not gesture.is_guarded:
            replica.renew(gesture.edits, self._clock.now())
        if gesture.is_guarded:  # what was typed and put back asks nothing of anybody
            replica.forget(path for path in restored(gesture) if not replica.is_flying(path))
        if replica.has_unsent():
            self.offer(gesture.node_id, is_final=True, base=gesture.base if gesture.is_guarded else None)

    def offer_guarded(self, node_id: str) -> None:
        """A step of the history: nobody else may have changed the places since what is shown now."""
        self.offer(node_id, is_final=True, base=self.position())

    def resend(self, node_ids: Iterable[str]) -> None:
        """There is a link: what only the hand had said so far leaves; the outbox goes by itself."""
        for node_id in node_ids:
            replica = self._store.replica(node_id)
            if replica is not None and replica.has_unsent():
                self.offer(node_id)

    def acknowledged(self, node_id: str) -> None:
        """The node's op was decided."""
        replica = self._store.replica(node_id)
        if replica is not None and replica.has_unsent():
            self._pacers.of(node_id).offer()
        self._pacers.of(node_id).acknowledged()

    heal = acknowledged

    def stop(self) -> None:
        """No link: no timer stays."""
        self._pacers.stop()

    def drop(self, node_id: str) -> None:
        """The node is gone."""
        self._pacers.drop(node_id)

    def reassert(self, node_id: str) -> None:
        """Nothing can reset a node that takes its params from the log."""

    # the pacer's outlet

    @property
    def is_open(self) -> bool:
        """Live ops wait for a link; the last word of a gesture does not."""
        return self._log.is_live

    def unsent_bytes(self) -> int:
        """What waits below."""
        return self._log.unsent_bytes()

    def _is_waiting(self, node_id: str) -> bool:
        replica = self._store.replica(node_id)
        return replica is not None and bool(replica.flights)

    def _send(self, node_id: str) -> None:
        is_final = node_id in self._final
        base = self._final.pop(node_id, None)
        replica = self._store.replica(node_id)
        if replica is None:
            return
        drop_orphans(replica)
        unsent = [path for path, entry in replica.pending.items() if entry.order is None]
        op = self._propose(node_id, replica, unsent, is_final=is_final, base=base)
        if is_final:
            self.said.emit(node_id, 0 if op is None else op.seq)
        if op is None:
            replica.forget(unsent)
        else:
            self._launch(node_id, replica, op)
        self._store.touch(node_id)

    def _propose(
        self, node_id: str, replica: Replica, unsent: list[Path], *, is_final: bool, base: int | None
    ) -> Op | None:
        log = self._log
        changes = changes_of(log.replica, node_id, replica.proposal, unsent)
        if not changes:
            return None
        return log.propose(
            changes, live=not is_final, gesture=node_id, guarded=base is not None, seen=base, even_if_idle=is_final
        )

    def _launch(self, node_id: str, replica: Replica, op: Op) -> None:
        slot = self._log.slot_of(op)
        flight = Flight(slot, Stamp(op.author, op.seq), replica.proposal, {}, self._clock.now())
        replica.launch(flight)
        self._watch(node_id)

    def _watch(self, node_id: str) -> None:
        """A second without an answer is told, and the marks turn late; without a link nobody answers."""
        if self._log.is_live:
            self._pacers.watch(node_id, LATE_AFTER_S, self._check_late)

    def _check_late(self, node_id: str) -> None:
        replica = self._store.replica(node_id)
        if replica is None or not replica.flights:
            return
        waits_s = self._clock.now() - replica.flights[0].sent_at
        if waits_s >= LATE_AFTER_S:
            sentence = f"No answer for {waits_s:.1f} s: it is sent again every two seconds and kept."
            self._decide(node_id, "commit", "late", sentence)
        self._watch(node_id)
        self._store.touch(node_id)
