"""A desk's own ops from the moment they are made until they are safe on the authority's disk (PROTOCOL.md §8.2).

An op that was acknowledged stays here until the authority says that its rev is stable: when an engine dies with
unwritten entries, the desks still have them and send them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from sync.log.op import Change, Op, OpId

RESEND_S = 2.0
ATTEMPTS = 5
LATE_S = 1.0
DEAD_S = 5.0
CAP = 10_000

__all__ = ["ATTEMPTS", "CAP", "DEAD_S", "LATE_S", "RESEND_S", "Lateness", "Outbox", "OutboxFull", "Waybill"]


class OutboxFull(Exception):
    """Too many edits wait for a server; the newest was not taken."""


class Lateness(Enum):
    """How the oldest unacknowledged op stands: LATE shows a badge, DEAD makes a new link."""

    FINE = "fine"
    LATE = "late"
    DEAD = "dead"


class Waybill:
    """One own op on its way. ``rev`` is 0 until it is decided; ``slot`` orders all own ops of all runs."""

    def __init__(self, slot: int, op: Op) -> None:
        self.slot = slot
        self.op = op
        self.first_sent: float | None = None
        self.last_sent: float | None = None
        self.attempts = 0
        self.rev = 0

    @property
    def is_pending(self) -> bool:
        """Whether nobody has decided it yet, as far as we know."""
        return self.rev == 0

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

    @classmethod
    def carried_on(cls, ops: Mapping[int, Op]) -> Outbox:
        """The outbox that an earlier run left behind, by slot. Its journal already has these rows."""
        outbox = cls()
        for slot in sorted(ops):
            outbox._bills[ops[slot].id] = Waybill(slot, ops[slot])
            outbox._next_slot = slot + 1
        return outbox

    def adopt(self, other: Outbox) -> None:
        """Takes what another outbox holds in as well, behind its own. Raises OutboxFull; then nothing was taken."""
        fresh = [bill.op for bill in other if bill.op.id not in self._bills]
        if len(self._bills) + len(fresh) > CAP:
            raise OutboxFull(f"{CAP} edits wait for the server already.")
        for op in fresh:
            self.add(op)

    def __len__(self) -> int:
        return len(self._bills)

    def __iter__(self) -> Iterator[Waybill]:
        return iter(self._bills.values())

    def get(self, op_id: OpId) -> Waybill | None:
        """The waybill of an op that is still kept."""
        return self._bills.get(op_id)

    def add(self, op: Op) -> None:
        """Takes a new op in. Raises OutboxFull."""
        if len(self._bills) >= CAP:
            raise OutboxFull(f"{CAP} edits wait for the server; this one was not taken.")
        bill = self._bills[op.id] = Waybill(self._next_slot, op)
        self._next_slot += 1
        self._appended[bill.slot] = bill
        if self._changes is not None:
            self._changes.extend(op.changes)

    def pending(self) -> list[Op]:
        """The undecided ops, oldest first."""
        return [bill.op for bill in self._bills.values() if bill.is_pending]

    def changes(self) -> list[Change]:
        """What the undecided ops change, oldest first; not to be written to."""
        if self._changes is None:
            self._changes = [each for op in self.pending() for each in op.changes]
        return self._changes

    def missing_at(self, authors: dict[str, int]) -> list[Op]:
        """The ops that a peer with these counts does not have; acknowledged ones it lost are undecided again."""
        missing = [bill for bill in self._bills.values() if bill.op.seq > authors.get(bill.op.author, 0)]
        for bill in missing:
            bill.rev = 0
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
        """The link is gone: nothing is under way any more, and nobody is late."""
        for bill in self._bills.values():
            bill.first_sent = bill.last_sent = None
            bill.attempts = 0

    def due(self, now: float) -> list[Op]:
        """The ops to send again because nothing was heard of them for 2 s."""
        return [
            bill.op
            for bill in self._bills.values()
            if bill.is_pending and bill.last_sent is not None and now - bill.last_sent >= RESEND_S
            if not bill.is_undelivered
        ]

    def decided(self, op_id: OpId, rev: int) -> Op | None:
        """The op was numbered; None when it is not ours or was known to be decided."""
        bill = self._bills.get(op_id)
        if bill is None or not bill.is_pending:
            return None
        bill.rev = rev
        self._changes = None
        return bill.op

    def stable(self, rev: int) -> None:
        """Everything up to ``rev`` is on the authority's disk: lets go of it."""
        for op_id in [op_id for op_id, bill in self._bills.items() if 0 < bill.rev <= rev]:
            self.forget(op_id)

    def forget(self, op_id: OpId) -> None:
        """Lets go of one op."""
        bill = self._bills.pop(op_id, None)
        if bill is not None:
            if self._appended.pop(bill.slot, None) is None:
                self._evicted.append(bill.slot)
            self._changes = None

    def lateness(self, now: float) -> Lateness:
        """How late the oldest answer is: a badge from 1 s, a new link from 5 s."""
        waits = [now - bill.first_sent for bill in self if bill.is_pending and bill.first_sent is not None]
        wait = max(waits, default=0.0)
        return Lateness.DEAD if wait >= DEAD_S else Lateness.LATE if wait >= LATE_S else Lateness.FINE

    def write_again(self) -> None:
        """The journal is another one from now on: it has nothing yet."""
        self._appended, self._evicted = {bill.slot: bill for bill in self._bills.values()}, []

    def take_history(self) -> tuple[list[Waybill], list[int]]:
        """What was added and let go since the last call, for the journal; what came and went in between is neither."""
        taken = (list(self._appended.values()), self._evicted)
        self._appended, self._evicted = {}, []
        return taken
