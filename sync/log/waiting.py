"""Ops that came before their predecessors: held, bounded, and let go in one fixed order."""

from __future__ import annotations

from collections.abc import Mapping

from sync.log.op import Op, OpId

MAX_HELD = 1_024

__all__ = ["MAX_HELD", "Waiting"]


class Waiting:
    """Held ops by author and count. Above ``MAX_HELD`` an op is let fall: its author keeps it and sends it again."""

    def __init__(self) -> None:
        self._held: dict[str, dict[int, Op]] = {}
        self._waived: dict[OpId, None] = {}
        self.dropped = 0

    @property
    def ops(self) -> tuple[Op, ...]:
        """The held ops by (lam, author, seq)."""
        return tuple(sorted((op for ops in self._held.values() for op in ops.values()), key=_order))

    @property
    def waived(self) -> tuple[OpId, ...]:
        """The predecessors that nobody waits for any longer; the newest are kept."""
        return tuple(self._waived)

    def is_ready(self, op: Op, authors: Mapping[str, int]) -> bool:
        """Whether the author's earlier ops and all named predecessors are decided."""
        return op.seq == authors.get(op.author, 0) + 1 and all(self._is_met(dep, authors) for dep in op.deps)

    def waive(self, op_id: OpId) -> None:
        """A predecessor that will not come: nobody waits for it any longer."""
        self._waived[op_id] = None
        if len(self._waived) > MAX_HELD:
            del self._waived[next(iter(self._waived))]

    def hold(self, op: Op) -> None:
        """Keeps an op until it is ready."""
        if op.seq not in self._held.get(op.author, ()) and sum(map(len, self._held.values())) >= MAX_HELD:
            self.dropped += 1
            return
        self._held.setdefault(op.author, {})[op.seq] = op

    def release(self, authors: Mapping[str, int]) -> Op | None:
        """The first held op that is ready now, or None. Ops that were decided meanwhile fall away."""
        ready = [op for author in tuple(self._held) if (op := self._next_of(author, authors)) is not None]
        if not ready:
            return None
        first = min(ready, key=_order)
        self._take(first)
        return first

    def missing(self, authors: Mapping[str, int]) -> tuple[OpId, ...]:
        """The predecessors that are neither decided nor held, by name."""
        wanted: set[OpId] = set()
        for op in self.ops:
            known = authors.get(op.author, 0)
            wanted.update(OpId(op.author, seq) for seq in range(max(known + 1, op.seq - MAX_HELD), op.seq))
            wanted.update(dep for dep in op.deps if not self._is_met(dep, authors))
        return tuple(sorted(wanted - {op.id for op in self.ops}))

    def _is_met(self, dep: OpId, authors: Mapping[str, int]) -> bool:
        return dep.seq <= authors.get(dep.author, 0) or dep in self._waived

    def _next_of(self, author: str, authors: Mapping[str, int]) -> Op | None:
        known = authors.get(author, 0)
        op = self._held[author].get(known + 1)
        if op is not None:
            return op if self.is_ready(op, authors) else None
        for decided in [each for seq, each in self._held[author].items() if seq <= known]:
            self._take(decided)
        return None

    def _take(self, op: Op) -> None:
        ops = self._held[op.author]
        del ops[op.seq]
        if not ops:
            del self._held[op.author]


def _order(op: Op) -> tuple[int, str, int]:
    return (op.lam, op.author, op.seq)
