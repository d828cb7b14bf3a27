"""The numbering end of a link: an engine towards one desk, or towards a follower (PROTOCOL.md §6.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import msgspec

from sync.log.auth import Identity, is_signed_by
from sync.log.clock import Clock, Role
from sync.log.delta import Delta
from sync.log.end import End
from sync.log.fanout import BATCH_CAP, Fanout, Peer
from sync.log.frames import (
    CAPABILITIES,
    Bulk,
    ControlFrame,
    DigestFrame,
    PresenceFrame,
    Reject,
    SnapshotPart,
    StandbysFrame,
    Want,
    Welcome,
)
from sync.log.live_frames import LiveFrame, SubmitFrame
from sync.log.mesh import Mesh
from sync.log.op import MAX_COUNTER, MAX_NAME, Change, Entry, MalformedOp, Op, OpId
from sync.log.oplog import Admission, OpLog, Verdict
from sync.log.outbox import RESEND_S
from sync.log.presence import LeaseTable, PresenceBoard
from sync.log.rate import RateLimit
from sync.log.repair import Requests
from sync.log.standbys import MAX_REASON

ASK_AGAIN_S = 1.0
NO_ROOM = (
    "Too many programs have worked on this session: its log takes no more of them. "
    "Save it as a file and start it anew from there."
)
MAX_RUNS = 64  # names of one identity that a link may use before its ops come back in full

__all__ = ["AuthorityEnd", "LogDesk"]


class LogDesk:
    """What all links of one session share: the log, its fan-out, and who is told of new entries."""

    def __init__(
        self,
        log: OpLog,
        fanout: Fanout,
        now: Callable[[], float],
        wall: Callable[[], float],
        record: Callable[[tuple[Entry, ...]], None],
    ) -> None:
        """``record`` is called in the same step with every batch of new entries: the journal, the nodes.

        While ``standby_of`` says whom this log copies, nothing is numbered here and every desk may only look.
        """
        self.log = log
        self.fanout = fanout
        self.now = now
        self.wall = wall
        self.record = record
        self.presence = PresenceBoard()
        self.leases = LeaseTable()
        self.requests = Requests(log.epoch)
        self.mesh = Mesh(log, self.requests, now, wall)
        self.standby_of = ""
        self.unsaved = ""  # why the journal does not save; empty while it does

    def submit(self, op: Op) -> Admission:
        """Decides one op. An op that is malformed beyond its name is numbered as refused."""
        try:
            admission = self._told(self.log.submit(op, self.wall()))
        except MalformedOp as error:
            return self._told(self.log.refuse(op.id, "invalid", str(error), self.wall()))
        if admission.verdict is Verdict.HELD:
            self.requests.need(self.log.missing_before(op), self.now())
        return admission

    def forbid(self, op: Op) -> Admission:
        """Numbers an op of somebody who may only look."""
        return self._told(self.log.refuse(op.id, "forbidden", "This role may only look.", self.wall()))

    def merged(self, entries: Iterable[Entry]) -> None:
        """Tells of entries that came from another authority, and of what waited for them."""
        self._told(Admission(Verdict.ADMITTED, tuple(entries)))
        self._told(self.log.release(self.wall()))

    def write(self, author: str, changes: tuple[Change, ...], *, live: bool = False) -> Admission:
        """Numbers a change that came by another way than a link and has happened: a client of protocol 1, or the
        engine itself. Raises MalformedOp."""
        op = Op(author, self.log.authors.get(author, 0) + 1, changes, self.log.lam, live=live)
        return self._told(self.log.write(op, self.wall()))

    def presence_frames(self) -> tuple[ControlFrame, ...]:
        """What every desk is told each second: all heart-beats, who holds which control, and who copies the log."""
        now, wall = self.now(), self.wall()
        beats = [msgspec.structs.replace(frame, t=wall) for frame in self.presence.frames(now)]
        leases = PresenceFrame("", leases=self.leases.holders(now), t=wall)
        unsaved = self.unsaved[:MAX_REASON] or self.fanout.standbys.unsaved()
        return (*beats, leases, StandbysFrame(self.fanout.standbys.rows(), unsaved, wall))

    def tick(self) -> None:
        """Gives up on ops that others wait for and that nobody has had for T_max, and on standbys that are missed for
        long: call it twice a second."""
        now = self.now()
        self.fanout.standbys.tick(now)
        self.mesh.tick()
        if lost := self.mesh.unanswered(self.requests.lost(now)):
            waited_for = set(lost).intersection(self.log.missing())
            self._told(self.log.give_up(waited_for, self.wall()))
        self.requests.need(self.log.missing(), now)

    def digest(self) -> DigestFrame:
        """The digest to send every 30 s."""
        digest = self.log.document.digest()
        return DigestFrame(self.log.clock(), digest, stable=self.fanout.safe, t=self.wall())

    def _told(self, admission: Admission) -> Admission:
        for entry in admission.entries:
            self.mesh.seen(entry.id)
        if admission.entries or admission.verdict is Verdict.HELD:
            self.record(admission.entries)
        return admission


class AuthorityEnd(End):
    """One desk's link at the engine."""

    def __init__(self, shared: LogDesk, *, needs_signatures: bool = False) -> None:
        self._shared = shared
        self._now = shared.now
        self._needs_signatures = needs_signatures
        self._identity: Identity | None = None
        self._peer: Peer | None = None
        self._rate = RateLimit()
        self._is_live = False
        self._behind_at: int | None = None
        self._asked: tuple[tuple[OpId, ...], bool, float] | None = None
        self._peer_role: Role = "desk"
        self.flags: list[str] = []

    def attach(self, peer: Peer) -> None:
        """The link, for the fan-out."""
        self._peer = peer

    def left(self) -> None:
        """The link has closed."""
        if self._peer is not None:
            self._shared.fanout.leave(self._peer)
        if self._identity is not None:
            self._shared.fanout.standbys.left(self._identity.author, self._peer, self._now())
            self._shared.presence.left(self._identity.author)
            self._shared.leases.release(self._identity.author)

    def admitted(self, identity: Identity) -> Welcome:
        self._identity = identity
        caps = tuple(sorted(CAPABILITIES))
        rights = "view" if self._shared.standby_of else identity.rights
        return Welcome(
            self._shared.log.epoch, identity.author, rights, caps, self._needs_signatures, self._shared.wall()
        )

    def clock(self) -> Clock:
        return self._shared.log.clock()

    def heard_clock(self, clock: Clock) -> None:
        self._peer_role = clock.role

    def delta(self, peer: Clock | None) -> Delta:
        log = self._shared.log
        shared = log.shared_rev(peer) if peer is not None else None
        if shared is None:
            return Delta(epoch=log.epoch, upto=log.head, snapshot=log.snapshot())
        if self._peer_role == "desk" and log.head - shared > BATCH_CAP:
            return Delta(epoch=log.epoch, after=shared, upto=log.head, snapshot=log.squash(shared))
        return Delta(epoch=log.epoch, after=shared, upto=log.head, entries=log.entries.after(shared))

    def resync(self, want: Want) -> Delta | None:
        log = self._shared.log
        if want.whole or want.from_rev is None:
            return Delta(epoch=log.epoch, upto=log.head, snapshot=log.snapshot()) if want.whole else None
        return self.delta(Clock(want.epoch, want.from_rev))

    def take_bulk(self, frame: Bulk | SnapshotPart) -> Iterable[ControlFrame]:
        if not isinstance(frame, Bulk):
            return ()
        return self._take_charged(frame.ops) if self._is_live else self._take_ops(frame.ops)

    def take_live(self, frame: LiveFrame) -> Iterable[ControlFrame]:
        return self._take_charged(frame.ops) if isinstance(frame, SubmitFrame) else ()

    def take_control(self, frame: ControlFrame) -> Iterable[ControlFrame]:
        if isinstance(frame, StandbysFrame) and self._identity is not None and self._identity.role == "follower":
            self._shared.fanout.standbys.heard(self._identity.author, self._peer, frame)
        if not isinstance(frame, PresenceFrame) or self._identity is None:
            return ()
        mine = msgspec.structs.replace(frame, author=self._identity.author, leases={})
        self._shared.presence.heard(msgspec.structs.replace(mine, claims=()), self._now())
        self._heal(frame.applied)
        if self._identity.rights == "view":
            return ()
        lost = self._shared.leases.claim(mine.author, frame.claims, self._now())
        return (PresenceFrame(mine.author, leases=lost, t=self._shared.wall()),) if lost else ()

    def _heal(self, applied: int) -> None:
        """A desk that says twice that it is where it was, behind what it was handed, has lost a frame: once more."""
        cursor = None if self._peer is None else self._shared.fanout.cursor(self._peer)
        is_behind = cursor is not None and applied < cursor
        if is_behind and applied == self._behind_at and self._peer is not None:
            self._shared.fanout.join(self._peer, applied)
        self._behind_at = applied if is_behind else None

    def caught_up(self, rev: int) -> None:
        self._is_live = True
        if self._peer is not None:
            self._shared.fanout.join(self._peer, rev)

    def _take_charged(self, ops: tuple[Op, ...]) -> Iterable[ControlFrame]:
        wait = self._rate.spend(len(ops), self._now())
        if wait and ops:
            sentence = "Too many edits at once; they are sent again a little later."
            return (Reject(ops[0].seq, "rate", sentence, wait, self._shared.wall()),)
        return self._take_ops(ops)

    def _take_ops(self, ops: Iterable[Op]) -> Iterator[ControlFrame]:
        if self._shared.standby_of:
            return iter([self._not_here(op) for op in islice(ops, 1)])
        # A list, not a lazy generator: the ops must be decided now, whoever reads the answers.
        return iter([answer for op in ops for answer in self._take_op(op)])

    def _take_op(self, op: Op) -> Iterable[ControlFrame]:
        if (flaw := self._flaw_of(op)) is not None:
            self.flags.append(flaw)
            return (Reject(op.seq, "forged", flaw, t=self._shared.wall()),)
        if self._peer is not None and len(self._peer.authors) < MAX_RUNS:
            self._peer.authors.add(op.author)
        if self._identity is not None and self._identity.rights == "view":
            verdict = self._shared.forbid(op).verdict
        else:
            verdict = self._shared.submit(op).verdict
        if verdict is Verdict.CROWDED:
            return (Reject(op.seq, "full", NO_ROOM, t=self._shared.wall()),)
        if verdict in (Verdict.HELD, Verdict.EARLY):
            return self._ask_before(op, is_held=verdict is Verdict.HELD)
        if self._peer is not None and verdict is not Verdict.DUPLICATE:
            self._shared.fanout.owes(self._peer)
        return ()

    def _ask_before(self, op: Op, *, is_held: bool) -> Iterator[ControlFrame]:
        """Asks for what an op waits for, once a second and not with each that waits for the same."""
        missing, now, wall = self._shared.log.missing_before(op), self._now(), self._shared.wall()
        if self._asked is not None and self._asked[:2] == (missing, is_held) and now - self._asked[2] < ASK_AGAIN_S:
            return
        self._asked = (missing, is_held, now)
        if not is_held:
            sentence = "What came before this edit is missing here; it is sent again after that."
            yield Reject(op.seq, "early", sentence, RESEND_S, wall)
        if missing:
            yield Want(ids=missing, t=wall)

    def _not_here(self, op: Op) -> ControlFrame:
        sentence = f"This engine is a standby of {self._shared.standby_of}; take over first."
        return Reject(op.seq, "standby", sentence, t=self._shared.wall())

    def _flaw_of(self, op: Op) -> str | None:
        identity = self._identity
        if identity is None or not (op.author == identity.author or op.author.startswith(f"{identity.author}~")):
            return "An edit in somebody else's name."
        if not 0 < op.seq < MAX_COUNTER or len(op.author) > MAX_NAME:
            return "An edit without a usable number or name."
        if self._needs_signatures and not is_signed_by(op, identity.key):
            return "This server takes signed edits only, and the signature of this one does not fit."
        return None
