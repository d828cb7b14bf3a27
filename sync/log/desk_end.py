"""The desk's end of a link: a replica, its outbox and what it does about gaps (PROTOCOL.md §8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sync.log.clock import Clock
from sync.log.delta import Delta
from sync.log.document import Register
from sync.log.end import End
from sync.log.frames import (
    Bulk,
    ControlFrame,
    DigestFrame,
    FilterFrame,
    PresenceFrame,
    PresentFrame,
    Reject,
    SnapshotPart,
    StandbysFrame,
    Want,
    Welcome,
)
from sync.log.live_frames import BatchFrame, LiveFrame, OpFrame, SquashFrame, ViewFrame
from sync.log.op import Entry, Op, identity_of
from sync.log.oplog import Snapshot
from sync.log.replica import GapFound, Replica

ASK_AGAIN_S = 1.0

__all__ = ["ASK_AGAIN_S", "DeskEnd"]


class DeskEnd(End):
    """One link of a replica. The replica outlives it; ``now`` is monotonic."""

    def __init__(
        self,
        replica: Replica,
        now: Callable[[], float],
        wall: Callable[[], float],
        on_view: Callable[[ViewFrame], None] = lambda _frame: None,
        on_control: Callable[[ControlFrame], None] = lambda _frame: None,
        on_settled: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_view`` gets view data before any gate, ``on_control`` presence, rejects, standbys.

        ``on_settled`` is called when entries or a state were taken, and when the link is live.
        """
        self._replica = replica
        self._now = now
        self._wall = wall
        self._on_view = on_view
        self._on_control = on_control
        self._on_settled = on_settled
        self._parts: list[SnapshotPart] = []
        self._asked_at: float | None = None
        self._promised = 0
        self._target: int | None = None
        self.welcome: Welcome | None = None
        self.decides = True  # whether own ops are numbered at the other end, as far as we know
        self.gaps = 0

    def welcomed(self, welcome: Welcome) -> None:
        self.welcome = welcome

    def clock(self) -> Clock:
        return self._replica.clock()

    @property
    def progress(self) -> float:
        """How much of what the server had when we came is here, from 0 to 1."""
        if self._target is None:
            return 0.0
        have = max(self._replica.applied, max((each.rev for part in self._parts for each in part.registers), default=0))
        return min(1.0, have / self._target) if self._target else 1.0

    @property
    def lag(self) -> int:
        """How many revs the server is known to have that are not here."""
        return max(0, max(self._promised, self._target or 0) - self._replica.applied)

    def heard_clock(self, clock: Clock) -> None:
        self._target = clock.rev
        self._replica.adopt_epoch(clock)

    def delta(self, peer: Clock | None) -> Delta:
        missing = self._replica.outbox.missing_at(peer.authors if peer is not None else {})
        self._sent(missing)
        return Delta(upto=self._replica.applied, ops=missing)

    def resync(self, want: Want) -> Delta | None:
        ops = [bill.op for op_id in want.ids if (bill := self._replica.outbox.get(op_id)) is not None]
        self._sent(ops)
        return Delta(upto=self._replica.applied, ops=ops)

    def due(self) -> list[Op]:
        """The ops to send again because nothing was heard of them."""
        due = self._replica.outbox.due(self._now())
        self._sent(due)
        for op_id in self._replica.outbox.undelivered():
            self._replica.delivery.undelivered(op_id)
        return due

    def submitted(self, op: Op) -> None:
        """An op goes to the link."""
        self._sent([op])

    def _take_reject(self, frame: Reject) -> None:
        if frame.reason in ("standby", "full"):
            self.decides = False
            self._replica.outbox.put_off()
            for op in self._replica.outbox.pending():
                self._replica.delivery.put_off(op.id)
        elif frame.reason == "forged":
            self._replica.turn_away(frame.seq, frame.sentence, "" if self.welcome is None else self.welcome.author)
            self._on_settled()

    def take_bulk(self, frame: Bulk | SnapshotPart) -> Iterable[ControlFrame]:
        if isinstance(frame, SnapshotPart):
            self._take_part(frame)
            return ()
        return self._take_entries(frame.entries, frame.epoch)

    def take_live(self, frame: LiveFrame) -> Iterable[ControlFrame]:
        match frame:
            case OpFrame():
                return self._take_entries((frame.entry,), frame.epoch, frame.stable)
            case BatchFrame():
                return self._take_entries(frame.entries, frame.epoch, frame.stable)
            case SquashFrame():
                return self._take_squash(frame)
            case ViewFrame():
                self._on_view(frame)
        return ()

    def take_control(self, frame: ControlFrame) -> Iterable[ControlFrame]:
        if isinstance(frame, DigestFrame):
            return self._compare(frame)
        if isinstance(frame, PresentFrame):
            return [answer for beat in frame.beats for answer in self.take_control(beat)]
        if isinstance(frame, PresenceFrame) and frame.author != identity_of(self._replica.author):
            self._replica.delivery.heard_applied(frame.applied)
        if isinstance(frame, FilterFrame):
            self._replica.delivery.heard_bloom(frame.of, frame.bloom)
        if isinstance(frame, Reject):
            self._take_reject(frame)
        if isinstance(frame, PresenceFrame | Reject | StandbysFrame):
            self._on_control(frame)
        return ()

    def take_malformed(self) -> Iterable[ControlFrame]:
        return self._ask()

    def caught_up(self, _rev: int) -> None:
        self._replica.is_live = True
        self._on_settled()

    def left(self) -> None:
        """The link has closed: edits go on, guarded, and wait in the outbox."""
        self._replica.is_live = False
        self._replica.outbox.link_lost()
        self._parts.clear()

    def _take_part(self, part: SnapshotPart) -> None:
        if self._parts and (self._parts[0].clock, self._parts[0].after) != (part.clock, part.after):
            self._parts.clear()  # the rest of an earlier one never came
        self._parts.append(part)
        if not part.is_last:
            return
        registers: list[Register] = [each for piece in self._parts for each in piece.registers]
        refusals: list[Entry] = [each for piece in self._parts for each in piece.refusals]
        self._parts.clear()
        if part.after:
            self._take_squash(SquashFrame(part.t, 0, part.after, part.clock, tuple(registers), tuple(refusals)))
            return
        self._replica.take_snapshot(Snapshot(part.clock, tuple(registers), tuple(refusals)))
        self._settled()

    def _take_entries(self, entries: tuple[Entry, ...], epoch: str, stable: int = 0) -> Iterable[ControlFrame]:
        try:
            self._replica.take_entries(entries, epoch)
        except GapFound:
            return self._ask()
        self._settled(stable)
        return ()

    def _take_squash(self, frame: SquashFrame) -> Iterable[ControlFrame]:
        try:
            self._replica.take_squash(frame)
        except GapFound:
            return self._ask()
        self._settled(frame.stable)
        return ()

    def _settled(self, stable: int = 0) -> None:
        self._asked_at = None
        self._replica.acknowledge_stable(stable)
        self._on_settled()

    def _ask(self) -> Iterable[ControlFrame]:
        """Asks for what is missing: at once, then once a second, not with every frame that comes meanwhile."""
        self.gaps += 1
        if self._asked_at is not None and self._now() - self._asked_at < ASK_AGAIN_S:
            return ()
        self._asked_at = self._now()
        return (Want(from_rev=self._replica.applied, epoch=self._replica.epoch, t=self._wall()),)

    def _compare(self, frame: DigestFrame) -> Iterable[ControlFrame]:
        """Equal position and another document: the whole state again. Behind for a whole period: a gap."""
        replica, promised = self._replica, self._promised
        self._promised = frame.clock.rev
        self._replica.acknowledge_stable(frame.stable)
        if frame.clock.epoch == replica.epoch and frame.clock.rev == replica.applied:
            same = frame.hash == replica.confirmed.digest()
            return () if same else (Want(whole=True, t=self._wall()),)
        return self._ask() if replica.applied < promised else ()

    def _sent(self, ops: Iterable[Op]) -> None:
        ops = list(ops)
        self._replica.outbox.sent(ops, self._now())
        for op in ops:
            self._replica.delivery.sent(op.id)
