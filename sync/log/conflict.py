"""A refused op of ours that waits for the operator's answer, in this run or in a later one (PROTOCOL.md §8.1)."""

from __future__ import annotations

from typing import Any, NamedTuple

from sync.log.document import prefixes
from sync.log.op import Clash, Op, Path, Refusal
from sync.log.outbox import Outbox

__all__ = ["Conflict", "drop_moot", "open_conflicts"]


class Conflict(NamedTuple):
    """What we wanted, what stands there now and who put it there."""

    op: Op
    refusal: Refusal

    @property
    def mine(self) -> dict[Path, Any]:
        """Our values by place."""
        return {each.path: each.value for each in self.op.changes}

    @property
    def theirs(self) -> tuple[Clash, ...]:
        """The places that somebody else changed."""
        return self.refusal.clashes


def open_conflicts(outbox: Outbox) -> list[Conflict]:
    """The refused ops that nobody has answered, those of earlier runs too."""
    return [Conflict(bill.op, bill.refusal) for bill in outbox.questions() if bill.refusal is not None]


def drop_moot(outbox: Outbox, newer: Op, me: str) -> None:
    """A later word of ours on all places of an open question answers it, or asks it anew.

    ``me`` is the present run: what an earlier one left may be taken in behind what this one has asked already.
    """
    bill = outbox.get(newer.id)
    said = {each.path for each in newer.changes}
    for question in outbox.questions():
        is_earlier = bill is not None and question.slot < bill.slot and newer.author in (question.op.author, me)
        if is_earlier and all(_is_said(each.path, said) for each in question.op.changes):
            outbox.answer(question.op.id)


def _is_said(path: Path, said: set[Path]) -> bool:
    return path in said or any(above in said for above in prefixes(path))
