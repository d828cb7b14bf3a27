"""A desk's own ops from the moment they are made until they are safe on the authority's disk (PROTOCOL.md §8.2).

An op that was acknowledged stays here until the authority says that its rev is stable: when an engine dies with
unwritten entries, the desks still have them and send them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import takewhile

from sync.log.op import Change, Op, OpId, Refusal

RESEND_S = 2.0
ATTEMPTS = 5
LATE_S = 1.0
DEAD_S = 5.0
CAP = 10_000  # undecided ones
KEPT = 10_000  # decided ones that are not safe yet

__all__ = ["ATTEMPTS", "CAP", "DEAD_S", "KEPT", "LATE_S", "RESEND_S", "Lateness", "Outbox", "OutboxFull", "Waybill"]


class OutboxFull(Exception):
    """Too many edits wait for a server; the newest was not taken."""


class Lateness(Enum):
    """How the oldest unacknowledged op stands: LATE shows a badge, DEAD makes a new link."""

    FINE = "fine"
    LATE = "late"
    DEAD = "dead"


class Waybill:
    """One own op on its way. ``rev`` is 0 until it is decided; ``slot`` orders all own ops of all runs.

    ``base`` is the rev that its author knew when it was made. ``refusal`` waits for the operator's answer; one without
    a rev was turned away and has no number.
    """

    def __init__(self, slot: int, op: Op, base: int = 0, rev: int = 0, refusal: Refusal | None = None) -> None:
        self.slot = slot
        self.op = op
        self.base = base
        self.refusal = refusal
        self.is_answered = False
        self.is_kept = False  # the journal has a row of it
        self.first_sent: float | None = None
        self.last_sent: float | None = None
        self.attempts = 0
        self.rev = rev

    @property
    def is_pending(self) -> bool:
        """Whether nobody has decided it yet, as far as we know."""
        return self.rev == 0 and self.refusal is None

    @property
    def is_undelivered(self) -> bool:
        """Whether it was sent as often as it makes sense without an answer. It is kept all the same."""
        return self.is_pending and self.attempts >= ATTEMPTS


class Outbox:
    """Own ops in the order in which they were made, with those of earlier runs before them."""

    def __init__(self) -> None:
        self._bills: dict[OpId, Waybill] = {}
        self._next_slot = 1
        self._appended: dict[int, Waybill] = {}  # by slot; without a journal nobody ever takes them
        self._evicted: list[int] = []
        self._changes: list[Change] | None = None
        self._questions: dict[OpId, Waybill] = {}
        self._pending: dict[OpId, Waybill] = {}  # undecided
        self._decided: dict[OpId, Waybill] = {}  # in the order of their revs
        self.let_go = 0  # decided ones that fell before anybody had them on disk, since all were safe

    @classmethod
    def carried_on(cls, bills: Iterable[Waybill]) -> Outbox:
        """The outbox that an earlier run left behind, in order of its slots. Its journal already has these rows."""
        outbox = cls()
        for bill in bills:
            bill.is_kept = True
            outbox._bills[bill.op.id] = bill
            outbox._next_slot = bill.slot + 1
            outbox._sort_in(bill)
        return outbox

    def adopt(self, other: Outbox) -> None:
        """Takes what another outbox holds in as well, behind its own. Raises OutboxFull; then nothing was taken."""
        fresh = [bill for bill in other if bill.op.id not in self._bills]
        if len(self._pending) + sum(bill.is_pending for bill in fresh) > CAP:
            raise OutboxFull(f"{CAP} edits wait for the server already.")
        for bill in fresh:
            self._take_in(Waybill(self._next_slot, bill.op, bill.base, bill.rev, bill.refusal))

    def __len__(self) -> int:
        return len(self._bills)

    def __iter__(self) -> Iterator[Waybill]:
        return iter(self._bills.values())

    def get(self, op_id: OpId) -> Waybill | None:
        """The waybill of an op that is still kept."""
        return self._bills.get(op_id)

    def add(self, op: Op, base: int = 0) -> None:
        """Takes a new op in that was made when ``base`` was the newest rev known. Raises OutboxFull."""
        if len(self._pending) >= CAP:
            raise OutboxFull(f"{CAP} edits wait for the server; this one was not taken.")
        self._take_in(Waybill(self._next_slot, op, base))

    def _take_in(self, bill: Waybill) -> None:
        self._bills[bill.op.id] = self._appended[bill.slot] = bill
        self._next_slot += 1
        self._sort_in(bill)
        if bill.is_pending and self._changes is not None:
            self._changes.extend(bill.op.changes)

    def _sort_in(self, bill: Waybill) -> None:
        if bill.refusal is not None:
            self._questions[bill.op.id] = bill
        elif bill.rev == 0:
            self._pending[bill.op.id] = bill
        else:
            self._decided[bill.op.id] = bill

    def pending(self) -> list[Op]:
        """The undecided ops, oldest first."""
        return [bill.op for bill in self._pending.values()]

    def undecided(self) -> list[Waybill]:
        """The same with what became of each."""
        return list(self._pending.values())

    @property
    def unsafe(self) -> int:
        """How many are decided and, as far as we know, on nobody's disk but ours."""
        return len(self._decided)

    def undelivered(self) -> list[OpId]:
        """The undecided ops that were sent as often as it makes sense, over however many links."""
        return [op_id for op_id, bill in self._pending.items() if bill.is_undelivered]

    def changes(self) -> list[Change]:
        """What the undecided ops change, oldest first; not to be written to."""
        if self._changes is None:
            self._changes = [each for op in self.pending() for each in op.changes]
        return self._changes

    def missing_at(self, authors: dict[str, int]) -> list[Op]:
        """The ops that a peer with these counts does not have; acknowledged ones it lost are undecided again."""
        missing = [
            bill
            for bill in self._bills.values()
            if bill.op.seq > authors.get(bill.op.author, 0) and (bill.rev or bill.refusal is None)
        ]
        for bill in missing:
            bill.rev = 0
            if self._questions.pop(bill.op.id, None) is not None:
                bill.refusal = None
                self._appended[bill.slot] = bill
            self._decided.pop(bill.op.id, None)
        self._pending = {op_id: bill for op_id, bill in self._bills.items() if bill.is_pending}
        self._changes = None
        return [bill.op for bill in missing]

    def sent(self, ops: Iterable[Op], now: float) -> None:
        """Notes that ops were handed to a link."""
        for op in ops:
            if (bill := self._bills.get(op.id)) is not None:
                bill.attempts += 1
                bill.last_sent = now
                bill.first_sent = bill.first_sent if bill.first_sent is not None else now

    def link_lost(self) -> None:
        """The link is gone: nothing is under way any more, and nobody is late. What was tried stays tried."""
        for bill in self._bills.values():
            bill.first_sent = bill.last_sent = None

    def put_off(self) -> None:
        """Nothing is decided where it was sent: it waits for a server that does, and nobody is late."""
        for bill in self._bills.values():
            bill.first_sent = bill.last_sent = None
            bill.attempts = 0

    def due(self, now: float) -> list[Op]:
        """The ops to send again because nothing was heard of them for 2 s."""
        return [
            bill.op
            for bill in self._pending.values()
            if bill.last_sent is not None and now - bill.last_sent >= RESEND_S
            if not bill.is_undelivered
        ]

    def decided(self, op_id: OpId, rev: int) -> Op | None:
        """The op was numbered; None when it is not ours or was known to be decided."""
        bill = self._bills.get(op_id)
        if bill is None or not bill.is_pending:
            return None
        bill.rev = rev
        del self._pending[op_id]
        self._decided[op_id] = bill
        while len(self._decided) > KEPT:
            self.let_go += 1
            self.forget(next(iter(self._decided)))
        self._changes = None
        return bill.op

    def questions(self) -> list[Waybill]:
        """The refused ops that wait for the operator's answer, oldest refusal first."""
        return list(self._questions.values())

    def refuse(self, op_id: OpId, refusal: Refusal) -> None:
        """The op changed nothing: it is kept, on disk too, until the operator has answered."""
        bill = self._bills[op_id]
        if bill.is_answered:
            return  # a server that lost the number has numbered it once more
        bill.refusal = refusal
        self._pending.pop(op_id, None)
        self._decided.pop(op_id, None)
        self._questions[op_id] = self._appended[bill.slot] = bill
        self._changes = None

    def answer(self, op_id: OpId) -> None:
        """Nobody will be asked about a refused op again; its number is kept until it is stable."""
        bill = self._questions.pop(op_id, None)
        if bill is None:
            return  # a later edit has answered it already
        bill.refusal, bill.is_answered = None, True
        if bill.rev == 0:
            self.forget(op_id)
        else:
            self._decided[op_id] = bill
            self._strike(bill)

    def stable(self, rev: int) -> None:
        """Everything up to ``rev`` is on the authority's disk: lets go of it, but for what waits for an answer."""
        for op_id, _ in list(takewhile(lambda row: row[1].rev <= rev, self._decided.items())):
            self.forget(op_id)
        if not self._decided:
            self.let_go = 0

    def forget(self, op_id: OpId) -> None:
        """Lets go of one op."""
        bill = self._bills.pop(op_id, None)
        if bill is not None:
            for some in (self._questions, self._pending, self._decided):
                some.pop(op_id, None)
            self._strike(bill)
            self._changes = None

    def _strike(self, bill: Waybill) -> None:
        """The journal lets go of its row, where it has one."""
        self._appended.pop(bill.slot, None)
        if bill.is_kept:
            self._evicted.append(bill.slot)
            bill.is_kept = False

    def lateness(self, now: float) -> Lateness:
        """How late the oldest answer is: a badge from 1 s, a new link from 5 s."""
        waits = [now - bill.first_sent for bill in self._pending.values() if bill.first_sent is not None]
        wait = max(waits, default=0.0)
        return Lateness.DEAD if wait >= DEAD_S else Lateness.LATE if wait >= LATE_S else Lateness.FINE

    def write_again(self) -> None:
        """The journal is another one from now on: it has nothing yet."""
        rows = [bill for bill in self._bills.values() if not bill.is_answered]
        self._appended, self._evicted = {bill.slot: bill for bill in rows}, []
        for bill in self._bills.values():
            bill.is_kept = False

    def take_history(self) -> tuple[list[Waybill], list[int]]:
        """What was added and let go since the last call, for the journal; what came and went in between is neither."""
        taken = (list(self._appended.values()), self._evicted)
        for bill in taken[0]:
            bill.is_kept = True
        self._appended, self._evicted = {}, []
        return taken
