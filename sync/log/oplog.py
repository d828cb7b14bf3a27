"""The ordered log of one session: admission, numbering, the clock, replication (PROTOCOL.md §3, §4).

Every method is one synchronous step. Nothing here reads a clock or writes a file: the caller passes the time and
hands the new entries to the journal and the fan-out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from sync.log.author_room import AuthorRoom
from sync.log.clock import Clock, Era, common_rev, extended
from sync.log.document import Document, Register
from sync.log.entries import Entries, MemoryEntries
from sync.log.guard import find_refusal
from sync.log.op import (
    Change,
    Entry,
    MalformedOp,
    Op,
    OpId,
    Path,
    Reason,
    Refusal,
    begins_list,
    check_op,
    is_metadata,
    is_same,
)
from sync.log.waiting import Waiting

MAX_REFUSALS = 256
MAX_LAM_LEAD = 2**32

Limits = Callable[[Path, Any], Any]
Judge = Callable[[Op, tuple[Change, ...]], None]

__all__ = ["MAX_REFUSALS", "Admission", "Judge", "Limits", "OpLog", "OpRefused", "Snapshot", "Verdict"]


class OpRefused(ValueError):
    """A judge's word on a whole op: it is numbered as refused with this ``reason`` and the text."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class Verdict(Enum):
    """What admission decided."""

    ADMITTED = "admitted"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    HELD = "held"
    EARLY = "early"  # neither numbered nor held: its author sends it again
    CROWDED = "crowded"  # not numbered: no clock has room for another author


class Admission(NamedTuple):
    """A verdict and the entries that came of it: the op's own, then those of held ops that it released."""

    verdict: Verdict
    entries: tuple[Entry, ...] = ()


class Snapshot(msgspec.Struct, frozen=True):
    """A session at one rev, captured in one step: all of it, or the newest value of what changed above ``after``.

    ``refusals`` are the newest refused entries.
    """

    clock: Clock
    registers: tuple[Register, ...]
    refusals: tuple[Entry, ...] = ()
    after: int = 0


def within_json(_path: Path, value: Any) -> Any:
    """The limits of a session without any of its own."""
    return value


def _anything(_op: Op, _changes: tuple[Change, ...]) -> None:
    """The judge of a session that takes everything."""


class OpLog:
    """One session's log and document at the end that numbers it, or that follows the one that does."""

    def __init__(self, epoch: str, limits: Limits = within_json, entries: Entries | None = None) -> None:
        self.document = Document()
        self.lineage: tuple[Era, ...] = (Era(epoch, 0),)
        self.lam = 0
        self.authors: dict[str, int] = {}
        self.refusals: deque[Entry] = deque(maxlen=MAX_REFUSALS)
        self.duplicates = 0
        self._entries: Entries = entries if entries is not None else MemoryEntries()
        self._limits = limits
        self._judge: Judge = _anything
        self._waiting = Waiting()
        self._room = AuthorRoom()

    @property
    def epoch(self) -> str:
        """The numbering in force."""
        return self.lineage[-1].epoch

    @property
    def head(self) -> int:
        """The newest rev."""
        return self._entries.head

    @property
    def entries(self) -> Entries:
        """The decided ops."""
        return self._entries

    @property
    def held(self) -> tuple[Op, ...]:
        """The ops that wait for a predecessor."""
        return self._waiting.ops

    @property
    def waived(self) -> tuple[OpId, ...]:
        """The ops that will not come and that no later op has to wait for."""
        return self._waiting.waived

    def rule(self, limits: Limits, judge: Judge) -> None:
        """What decides from now on. ``limits`` moves a value into its range or raises ValueError; ``judge`` sees an op
        that would be admitted, with the changes that are left of it, and raises OpRefused."""
        self._limits, self._judge = limits, judge

    @property
    def waiting_version(self) -> int:
        """Moves whenever what is held or waived has changed."""
        return self._waiting.version

    @property
    def is_crowded(self) -> bool:
        """Whether a clock has no room for another author."""
        return self._room.is_full(self.authors)

    def missing(self) -> tuple[OpId, ...]:
        """The ops that held ones wait for, by name: a bounded number."""
        return self._waiting.missing(self.authors)

    def missing_before(self, op: Op) -> tuple[OpId, ...]:
        """Those of them that ``op`` needs first: at most three."""
        return self._waiting.missing_before(op, self.authors)

    def clock(self) -> Clock:
        """This end's position."""
        return Clock(
            self.epoch, self.head, self._entries.floor, dict(self.authors), self.lineage, "authority", self.lam
        )

    def snapshot(self) -> Snapshot:
        """Everything at the newest rev; the tail is what is admitted afterwards."""
        return self.squash(0)

    def squash(self, after: int) -> Snapshot:
        """What changed above the rev ``after``, each place once, instead of the entries."""
        registers = tuple(reversed(self.document.registers(after)))
        return Snapshot(self.clock(), registers, tuple(each for each in self.refusals if each.rev > after), after)

    def submit(self, op: Op, at: float) -> Admission:
        """Decides an op: duplicate → nothing; gap → held, or early where too much would be missing; gone or stale →
        refused whole; else numbered.

        Raises MalformedOp, then nothing has changed.
        """
        check_op(op)
        if op.lam > self.lam + MAX_LAM_LEAD:
            raise MalformedOp("lam is out of range")
        return self._decide_in_order(op, at, None)

    def write(self, op: Op, at: float) -> Admission:
        """Numbers the next op of an author for whom it has happened already: no guard, limit or judge is asked.

        Raises MalformedOp, or ValueError for a gap; then nothing has changed.
        """
        check_op(op)
        if op.seq != self.authors.get(op.author, 0) + 1:
            raise ValueError(f"{op.author} {op.seq} is not the next one")
        entry = self._number(op, at, self._without_idle(op, within_json), None)
        return Admission(Verdict.ADMITTED, (entry, *self._release(at)))

    def refuse(self, op_id: OpId, reason: Reason, sentence: str, at: float) -> Admission:
        """Numbers an op as refused without looking at it further, so that its author's count goes on."""
        return self._decide_in_order(Op(op_id.author, op_id.seq, ()), at, Refusal(reason, sentence))

    def give_up(self, op_ids: Iterable[OpId], at: float) -> Admission:
        """Nobody has these ops that others wait for. Before a held op of their own author they are numbered as lost;
        others no longer wait for them."""
        entries: list[Entry] = []
        for op_id in sorted(op_ids):
            ahead = op_id.seq - self.authors.get(op_id.author, 0)
            if ahead == 1 and op_id not in self._waiting and self._waiting.is_behind(op_id):
                refused = self.refuse(op_id, "lost", "Its author no longer has it.", at)
                entries += refused.entries
                if refused.verdict is Verdict.CROWDED:
                    self._waiting.drop(op_id.author)
            elif ahead > 0:
                self._waiting.waive(op_id)
                entries += self._release(at)
        return Admission(Verdict.HELD, tuple(entries))

    def release(self, at: float) -> Admission:
        """Decides the held ops that became ready by what another authority decided."""
        return Admission(Verdict.HELD, tuple(self._release(at)))

    def _decide_in_order(self, op: Op, at: float, refusal: Refusal | None) -> Admission:
        if op.seq <= self.authors.get(op.author, 0):
            self.duplicates += 1
            return Admission(Verdict.DUPLICATE)
        if self._has_no_room(op):
            return Admission(Verdict.CROWDED)
        if not self._waiting.is_ready(op, self.authors):
            # What is forbidden may not slip in by being released later.
            is_held = refusal is None and self._waiting.hold(op, self.authors)
            return Admission(Verdict.HELD if is_held else Verdict.EARLY)
        entries = [self._decide(op, at, refusal), *self._release(at)]
        return Admission(Verdict.REFUSED if entries[0].refusal else Verdict.ADMITTED, tuple(entries))

    def _release(self, at: float) -> Iterator[Entry]:
        while (released := self._waiting.release(self.authors)) is not None:
            if not self._has_no_room(released):
                yield self._decide(released, at)

    def _has_no_room(self, op: Op) -> bool:
        return op.author not in self.authors and self.is_crowded

    def resume_waiting(self, held: Iterable[Op], waived: Iterable[OpId]) -> None:
        """Puts held ops, and what they need not wait for, back after a restart."""
        for op_id in waived:
            self._waiting.waive(op_id)
        for op in held:
            if op.seq > self.authors.get(op.author, 0):
                self._waiting.hold(op, self.authors)

    def merge(self, foreign: Entry) -> Entry | None:
        """Takes an entry that another authority decided and numbers it here; None when it is known.

        Entries of one author must come in their order: raises ValueError for a gap.
        """
        known = self.authors.get(foreign.author, 0)
        if foreign.seq <= known:
            self.duplicates += 1
            return None
        if foreign.seq != known + 1:
            raise ValueError(f"{foreign.author} {foreign.seq} cannot follow {known}")
        entry = msgspec.structs.replace(foreign, rev=self.head + 1)
        self._append(entry)
        return entry

    def join(self, snapshot: Snapshot, at: float) -> tuple[Entry, ...]:
        """Joins another authority's state. What it changes here is numbered as one entry a stamp, for the desks."""
        won = [each for each in snapshot.registers if self._would_win(each)]
        by_stamp: dict[tuple[int, str, int], list[Register]] = {}
        for each in won:
            by_stamp.setdefault(each.stamp, []).append(each)
        entries = []
        for (lam, author, seq), group in sorted(by_stamp.items()):
            changes = tuple(
                Change(each.path, each.value, each.is_removed) for each in sorted(group, key=lambda e: e.path)
            )
            entries.append(Entry(self.head + 1, lam, author, seq, at, changes))
            self._append(entries[-1])
        for author, seq in snapshot.clock.authors.items():
            self.authors[author] = max(seq, self.authors.get(author, 0))
        self._waiting.stir_all()
        return tuple(entries)

    def follow(self, entry: Entry) -> bool:
        """Takes the next entry of the log that this one copies, number and all; False when it is known.

        Raises ValueError for a gap.
        """
        if entry.rev <= self.head:
            self.duplicates += 1
            return False
        self._append(entry)
        return True

    def restore(self, snapshot: Snapshot, entries: Iterable[Entry] = (), floor: int | None = None) -> None:
        """Becomes ``snapshot`` plus the entries above it. ``entries`` may begin earlier: those only serve deltas.

        Raises ValueError when a rev is missing; then nothing has changed.
        """
        kept = sorted(entries, key=lambda each: each.rev)
        start = kept[0].rev - 1 if kept else snapshot.clock.rev
        if start > snapshot.clock.rev or (floor is not None and kept and start > floor):
            raise ValueError(f"rev {snapshot.clock.rev + 1} is missing from the log")
        carried = MemoryEntries(kept, floor=start)
        if carried.head < snapshot.clock.rev:
            raise ValueError(f"rev {carried.head + 1} is missing from the log")
        self._become(snapshot, carried)
        for entry in carried.after(snapshot.clock.rev):
            self._take(entry)

    def begin_epoch(self, epoch: str) -> None:
        """Numbering goes on under a new name: after a restart, or when a follower takes over."""
        self.lineage = extended(self.lineage, epoch, self.head)

    def shared_rev(self, peer: Clock) -> int | None:
        """The rev up to which a peer's history is this one; None when it must start from a snapshot."""
        common = common_rev(self.lineage, peer.epoch, peer.rev)
        return common if common is not None and self._entries.floor <= common == peer.rev <= self.head else None

    def _become(self, snapshot: Snapshot, entries: Entries) -> None:
        self.document = Document(snapshot.registers)
        self.lineage = snapshot.clock.lineage or (Era(snapshot.clock.epoch, 0),)
        self.lam = snapshot.clock.lam
        self.authors = dict(snapshot.clock.authors)
        self.refusals = deque(snapshot.refusals, maxlen=MAX_REFUSALS)
        self._entries = entries
        self._room = AuthorRoom()
        self._waiting.stir_all()

    def _would_win(self, register: Register) -> bool:
        known = self.document.register(register.path)
        return known is None or known.stamp < register.stamp

    def _decide(self, op: Op, at: float, refusal: Refusal | None = None) -> Entry:
        changes: tuple[Change, ...] = ()
        refusal = refusal or find_refusal(op, self.document, self.lineage)
        if refusal is None:
            try:
                changes = self._without_idle(op, self._limits)
                self._judge(op, changes)
            except OpRefused as word:
                changes, refusal = (), Refusal(word.reason, str(word))
            except ValueError as error:
                changes, refusal = (), Refusal("invalid", str(error))
        return self._number(op, at, changes, refusal)

    def _number(self, op: Op, at: float, changes: tuple[Change, ...], refusal: Refusal | None) -> Entry:
        lam = max(self.lam, op.lam) + 1
        amended = refusal is None and not _is_as_sent(op, changes)
        entry = Entry(self.head + 1, lam, op.author, op.seq, at, changes, refusal, op.live, op.gesture, amended)
        self._append(entry)
        return entry

    def _without_idle(self, op: Op, limits: Limits) -> tuple[Change, ...]:
        """The changes after limits, without metadata and without those that change nothing."""
        fresh = {each.path for each in op.changes}
        kept = []
        for each in op.changes:
            if is_metadata(each.path):
                continue
            value = None if each.is_removed else limits(each.path, each.value)
            if not self._is_idle(op, each, value, fresh):
                kept.append(Change(each.path, value, each.is_removed))
        return tuple(kept)

    def _is_idle(self, op: Op, each: Change, value: Any, fresh: set[Path]) -> bool:
        # A change below another change of the same op must stay: the upper one sweeps the old value away.
        if any(each.path[:length] in fresh for length in range(1, len(each.path))):
            return False
        register = self.document.register(each.path)
        if each.is_removed:
            return register is None and not self.document.has_below(each.path)
        if register is None or register.is_removed or not is_same(register.value, value):
            return False
        return begins_list(each, op.changes) or not isinstance(value, dict | list)

    def _append(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._take(entry)

    def _take(self, entry: Entry) -> None:
        self.document.apply(entry)
        self.lam = max(self.lam, entry.lam)
        self.authors[entry.author] = max(entry.seq, self.authors.get(entry.author, 0))
        self._waiting.stir(entry.author)
        if entry.refusal is not None:
            self.refusals.append(entry)


def _is_as_sent(op: Op, changes: tuple[Change, ...]) -> bool:
    return len(changes) == len(op.changes) and all(
        one.value is other.value for one, other in zip(changes, op.changes, strict=True)
    )
