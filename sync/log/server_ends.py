"""The ends of a link between two engines: one copies the other, or both number and converge (PROTOCOL.md §6.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sync.log.auth import AuthRefused, Identity
from sync.log.authority_end import AuthorityEnd, LogDesk
from sync.log.clock import Clock, common_rev
from sync.log.delta import Delta
from sync.log.end import End
from sync.log.frames import CAPABILITIES, Bulk, ControlFrame, DigestFrame, SnapshotPart, Want, Welcome
from sync.log.live_frames import BatchFrame, LiveFrame, OpFrame, SquashFrame
from sync.log.mesh import MeshPeer
from sync.log.op import Entry, MalformedOp, Path, check_places
from sync.log.oplog import OpLog, Snapshot
from sync.wire.codec import MalformedFrame

__all__ = ["CalledEnd", "FollowerEnd", "MeshEnd"]


class CalledEnd(End):
    """The called end before it is known who calls: desks and followers are served by ``make_end``, other authorities
    meet a MeshEnd."""

    def __init__(self, shared: LogDesk, make_end: Callable[[LogDesk], AuthorityEnd] = AuthorityEnd) -> None:
        self._shared = shared
        self._make_end = make_end
        self._peer: MeshPeer | None = None
        self._chosen: AuthorityEnd | MeshEnd | None = None
        self.is_desk = False

    def attach(self, peer: MeshPeer) -> None:
        """The link, for the fan-out."""
        self._peer = peer

    def left(self) -> None:
        """The link has closed."""
        if self._chosen is not None:
            self._chosen.left()

    def for_caller(self, identity: Identity) -> End:
        if identity.role == "authority" and self._shared.standby_of:
            raise AuthRefused("a standby numbers nothing that it could merge")
        end = MeshEnd(self._shared) if identity.role == "authority" else self._make_end(self._shared)
        if self._peer is not None:
            end.attach(self._peer)
        self._chosen = end
        self.is_desk = identity.role == "desk"
        return end


class _Parts:
    """Collects the pieces of a snapshot."""

    def __init__(self) -> None:
        self._parts: list[SnapshotPart] = []

    def take(self, part: SnapshotPart) -> Snapshot | None:
        """The whole state with its last piece, else None. Raises MalformedFrame."""
        if self._parts and self._parts[0].clock != part.clock:
            self._parts.clear()
        _check(each.path for each in part.registers)
        self._parts.append(part)
        if not part.is_last:
            return None
        parts, self._parts = self._parts, []
        registers = tuple(each for piece in parts for each in piece.registers)
        return Snapshot(part.clock, registers, tuple(each for piece in parts for each in piece.refusals))


class FollowerEnd(End):
    """A standby: it copies the leader's log, numbers included, until it is told to take over."""

    def __init__(
        self,
        log: OpLog,
        wall: Callable[[], float],
        record: Callable[[tuple[Entry, ...]], None] = lambda _entries: None,
        replaced: Callable[[], None] = lambda: None,
    ) -> None:
        """``record`` is told of new entries, ``replaced`` that the log has become another."""
        self.log = log
        self._wall = wall
        self._record = record
        self._replaced = replaced
        self._parts = _Parts()
        self._promised = 0  # by the digest before: what is still missing then was lost
        self.is_live = False

    def clock(self) -> Clock:
        return self.log.clock()

    def heard_clock(self, clock: Clock) -> None:
        if common_rev(clock.lineage, self.log.epoch, self.log.head) == self.log.head:
            self.log.lineage = clock.lineage

    def take_bulk(self, frame: Bulk | SnapshotPart) -> Iterable[ControlFrame]:
        if isinstance(frame, Bulk):
            return self._follow(frame.entries, frame.epoch)
        whole = self._parts.take(frame)
        if whole is not None:
            self.log.restore(whole)
            self._replaced()
        return ()

    def take_live(self, frame: LiveFrame) -> Iterable[ControlFrame]:
        match frame:
            case OpFrame():
                return self._follow((frame.entry,), frame.epoch)
            case BatchFrame():
                return self._follow(frame.entries, frame.epoch)
            case SquashFrame():
                return self.take_malformed()  # the entries themselves are wanted
        return ()

    def take_control(self, frame: ControlFrame) -> Iterable[ControlFrame]:
        if not isinstance(frame, DigestFrame):
            return ()
        promised, self._promised = self._promised, frame.clock.rev
        if frame.clock.rev == self.log.head:
            return () if frame.hash == self.log.document.digest() else (Want(whole=True, t=self._wall()),)
        return self.take_malformed() if self.log.head < promised else ()

    def take_malformed(self) -> Iterable[ControlFrame]:
        return (Want(from_rev=self.log.head, epoch=self.log.epoch, t=self._wall()),)

    def caught_up(self, _rev: int) -> None:
        self.is_live = True

    def take_over(self, epoch: str) -> None:
        """Begins to number: what the leader had admitted and not passed on comes again from the desks."""
        self.is_live = False
        self.log.begin_epoch(epoch)

    def _follow(self, entries: Sequence[Entry], epoch: str) -> Iterable[ControlFrame]:
        if entries and epoch != self.log.epoch:
            return self.take_malformed()
        _check_entries(entries)
        before = self.log.head
        try:
            for entry in entries:
                self.log.follow(entry)
        except ValueError:
            return self.take_malformed()
        finally:
            if self.log.head > before:
                self._record(tuple(self.log.entries.after(before)))
        return ()


class MeshEnd(End):
    """One of two authorities that were apart: each takes what it lacks, by author and count, under its own revs."""

    def __init__(self, shared: LogDesk) -> None:
        self._shared = shared
        self._parts = _Parts()
        self._peer: MeshPeer | None = None
        self._peer_rev = 0
        self._promised: dict[str, int] = {}  # counts by the digest before: what is still missing then was lost

    def attach(self, peer: MeshPeer) -> None:
        """The link, for the fan-out."""
        self._peer = peer

    def left(self) -> None:
        """The link has closed."""
        if self._peer is not None:
            self._shared.fanout.leave(self._peer)
            self._shared.mesh.leave(self._peer)

    def admitted(self, identity: Identity) -> Welcome:
        caps = tuple(sorted(CAPABILITIES))
        return Welcome(self._shared.log.epoch, identity.author, identity.rights, caps, t=self._shared.wall())

    def clock(self) -> Clock:
        return self._shared.log.clock()

    def heard_clock(self, clock: Clock) -> None:
        self._peer_rev = clock.rev

    def delta(self, peer: Clock | None) -> Delta:
        log = self._shared.log
        known = peer.authors if peer is not None else {}
        kept = log.entries.after(log.entries.floor)
        missing = [entry for entry in kept if entry.seq > known.get(entry.author, 0)]
        covered = dict(known)
        for entry in missing:
            if entry.seq == covered.get(entry.author, 0) + 1:
                covered[entry.author] = entry.seq
        if any(covered.get(author, 0) < seq for author, seq in log.authors.items()):
            return Delta(upto=log.head, snapshot=log.snapshot())
        return Delta(upto=log.head, entries=missing)

    def resync(self, want: Want) -> Delta | None:
        log = self._shared.log
        is_lacking = want.whole or want.from_rev is not None
        if want.ids and self._peer is not None:
            is_lacking = not self._shared.mesh.asked(want, self._peer)
        return Delta(upto=log.head, snapshot=log.snapshot()) if is_lacking else None

    def take_bulk(self, frame: Bulk | SnapshotPart) -> Iterable[ControlFrame]:
        if isinstance(frame, Bulk):
            return self._merge(frame.entries)
        whole = self._parts.take(frame)
        if whole is not None:
            self._peer_rev = max(self._peer_rev, whole.clock.rev)
            self._join(whole)
        return ()

    def take_live(self, frame: LiveFrame) -> Iterable[ControlFrame]:
        match frame:
            case OpFrame():
                return self._merge((frame.entry,))
            case BatchFrame():
                return self._merge(frame.entries)
            case SquashFrame():
                _check(each.path for each in frame.registers)
                self._join(Snapshot(frame.clock, frame.registers, frame.refusals))
        return ()

    def take_control(self, frame: ControlFrame) -> Iterable[ControlFrame]:
        if not isinstance(frame, DigestFrame):
            return ()
        log, mesh = self._shared.log, self._shared.mesh
        mesh.heard(frame)
        promised, self._promised = self._promised, frame.clock.authors
        is_apart = frame.clock.authors == log.authors and frame.hash != log.document.digest()
        is_asked_for = mesh.miss(mesh.behind(promised))
        return self.take_malformed() if is_apart or not is_asked_for else ()

    def take_malformed(self) -> Iterable[ControlFrame]:
        return (Want(whole=True, t=self._shared.wall()),)

    def caught_up(self, rev: int) -> None:
        if self._peer is not None:
            self._shared.fanout.join(self._peer, rev)
            if self._peer not in self._shared.mesh:
                self._shared.mesh.join(self._peer)

    def _merge(self, entries: Sequence[Entry]) -> Iterable[ControlFrame]:
        _check_entries(entries)
        fresh, is_too_much = self._shared.mesh.take(entries)
        self._shared.merged(fresh)
        return self.take_malformed() if is_too_much else ()

    def _join(self, whole: Snapshot) -> None:
        log = self._shared.log
        self._shared.merged(log.join(whole, self._shared.wall()))
        self._shared.merged(self._shared.mesh.catch_up())


def _check_entries(entries: Sequence[Entry]) -> None:
    """Another engine is trusted with what it decides, not with the shape of what it sends. Raises MalformedFrame."""
    if any(entry.changes is None for entry in entries):
        raise MalformedFrame("a bare acknowledgement of what was never submitted")
    _check(each.path for entry in entries for each in entry.changes or ())


def _check(places: Iterable[Path]) -> None:
    try:
        check_places(places)
    except MalformedOp as error:
        raise MalformedFrame(str(error)) from error
