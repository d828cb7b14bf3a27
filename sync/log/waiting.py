"""Ops that came before their predecessors: held, bounded, and let go in one fixed order (PROTOCOL.md §3.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from heapq import heappop, heappush
from itertools import chain, islice
from typing import Final

from sync.log.op import Op, OpId, bytes_of

MAX_HELD: Final = 1_024
MAX_MISSING: Final = 1_024  # that many may be numbered as lost in one step
MAX_HELD_BYTES: Final = 4 * 1_048_576
MAX_WAIVED: Final = 1_024
ASKED_AT_ONCE: Final = 3

__all__ = ["MAX_HELD", "MAX_HELD_BYTES", "MAX_MISSING", "Waiting"]


class Waiting:
    """Held ops by author and count. What would break a bound is not held: its author keeps it and sends it again.

    Whoever numbers an op says so by ``stir``: only those who may wait for it are looked at. ``version`` moves with
    what is to be written down.
    """

    def __init__(self) -> None:
        self._held: dict[str, dict[int, Op]] = {}
        self._dependents: dict[str, dict[OpId, None]] = {}  # by the author whom they wait for
        self._named: Counter[OpId] = Counter()  # how many wait for each that was named
        self._stirred: dict[str, None] = {}
        self._ready: list[tuple[int, str, int]] = []
        self._waived: dict[OpId, None] = {}
        self._gaps: dict[str, int] = {}  # how many ops of each author were missing when it was last looked at
        self._count = self._bytes = self._missing = 0
        self.version = 0

    @property
    def ops(self) -> tuple[Op, ...]:
        """The held ops by (lam, author, seq)."""
        return tuple(sorted((op for ops in self._held.values() for op in ops.values()), key=_order))

    @property
    def waived(self) -> tuple[OpId, ...]:
        """The predecessors that nobody waits for any longer; the newest are kept."""
        return tuple(self._waived)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, op_id: OpId) -> bool:
        return op_id.seq in self._held.get(op_id.author, ())

    def is_ready(self, op: Op, authors: Mapping[str, int]) -> bool:
        """Whether the author's earlier ops and all named predecessors are decided."""
        return op.seq == authors.get(op.author, 0) + 1 and all(self._is_met(dep, authors) for dep in op.deps)

    def is_behind(self, op_id: OpId) -> bool:
        """Whether a later op of the same author is held."""
        return any(seq > op_id.seq for seq in self._held.get(op_id.author, ()))

    def waive(self, op_id: OpId) -> None:
        """A predecessor that will not come: nobody waits for it any longer."""
        self._waived[op_id] = None
        if len(self._waived) > MAX_WAIVED:
            del self._waived[next(iter(self._waived))]
        self.version += 1
        self.stir(op_id.author)

    def hold(self, op: Op, authors: Mapping[str, int]) -> bool:
        """Keeps an op until it is ready; False where there is no room for it, or for what it waits for."""
        if op.id in self:
            return True
        size = bytes_of(op)
        is_full = self._count >= MAX_HELD or self._bytes + size > MAX_HELD_BYTES
        if is_full or self._missing_with(op, authors) > MAX_MISSING:
            return False
        self._held.setdefault(op.author, {})[op.seq] = op
        for dep in op.deps:
            self._dependents.setdefault(dep.author, {})[op.id] = None
        self._named.update(op.deps)
        self._weigh(op, 1)
        self._measure(op.author, authors)
        self.stir(op.author)
        return True

    def drop(self, author: str) -> None:
        """Lets all held ops of an author fall."""
        for op in list(self._held.get(author, {}).values()):
            self._take(op)
        self._missing -= self._gaps.pop(author, 0)

    def stir(self, author: str) -> None:
        """The count of ``author`` has moved: those who waited for it may be ready."""
        if self._count:
            self._stirred[author] = None
            self._stirred.update((op_id.author, None) for op_id in self._dependents.get(author, ()))

    def stir_all(self) -> None:
        """Any count may have moved."""
        self._stirred.update(dict.fromkeys(self._held))

    def release(self, authors: Mapping[str, int]) -> Op | None:
        """The first held op that is ready now, or None. Ops that were decided meanwhile fall away."""
        stirred, self._stirred = self._stirred, {}
        for author in stirred:
            if (op := self._next_of(author, authors)) is not None:
                heappush(self._ready, _order(op))
            self._measure(author, authors)
        while self._ready:
            _, author, seq = heappop(self._ready)
            op = self._held.get(author, {}).get(seq)
            if op is not None and seq == authors.get(author, 0) + 1:
                self._take(op)
                return op
        return None

    def missing(self, authors: Mapping[str, int]) -> tuple[OpId, ...]:
        """The predecessors that are neither decided nor held, by name; without any, those in a circle."""
        wanted: set[OpId] = set()
        for author, ops in self._held.items():
            behind = range(authors.get(author, 0) + 1, max(ops))
            wanted.update(OpId(author, seq) for seq in behind if seq not in ops)
            wanted.update(dep for op in ops.values() for dep in op.deps if not self._is_met(dep, authors))
        return tuple(sorted(op_id for op_id in wanted if op_id not in self) or sorted(wanted))

    def missing_before(self, op: Op, authors: Mapping[str, int]) -> tuple[OpId, ...]:
        """What is to be asked for first, so that ``op`` can be decided: at most three."""
        behind = range(authors.get(op.author, 0) + 1, op.seq)
        own = (OpId(op.author, seq) for seq in behind)
        others = (dep for dep in op.deps if not self._is_met(dep, authors))
        return tuple(islice((op_id for op_id in chain(own, others) if op_id not in self), ASKED_AT_ONCE))

    def _missing_with(self, op: Op, authors: Mapping[str, int]) -> int:
        """How many ops could be missing if ``op`` were held too."""
        top = max(self._held.get(op.author, ()), default=authors.get(op.author, 0))
        fresh = {dep for dep in op.deps if dep not in self._named}
        return self._missing + len(self._named) + len(fresh) + max(0, op.seq - top - 1)

    def _measure(self, author: str, authors: Mapping[str, int]) -> None:
        """Counts again what is missing between the held ops of an author, and before them."""
        ops = self._held.get(author, {})
        gap = max(ops) - authors.get(author, 0) - len(ops) if ops else 0
        self._missing += gap - self._gaps.pop(author, 0)
        if gap:
            self._gaps[author] = gap

    def _is_met(self, dep: OpId, authors: Mapping[str, int]) -> bool:
        return dep.seq <= authors.get(dep.author, 0) or dep in self._waived

    def _next_of(self, author: str, authors: Mapping[str, int]) -> Op | None:
        known, ops = authors.get(author, 0), self._held.get(author, {})
        op = ops.get(known + 1)
        if op is not None:
            return op if self.is_ready(op, authors) else None
        for decided in [each for seq, each in ops.items() if seq <= known]:
            self._take(decided)
        return None

    def _take(self, op: Op) -> None:
        ops = self._held[op.author]
        del ops[op.seq]
        if not ops:
            del self._held[op.author]
        for dep in op.deps:
            self._named[dep] -= 1
            if not self._named[dep]:
                del self._named[dep]
            if (dependents := self._dependents.get(dep.author)) is not None:
                dependents.pop(op.id, None)
                if not dependents:
                    del self._dependents[dep.author]
        self._weigh(op, -1)

    def _weigh(self, op: Op, sign: int) -> None:
        self._count += sign
        self._bytes += sign * bytes_of(op)
        self.version += 1


def _order(op: Op) -> tuple[int, str, int]:
    return (op.lam, op.author, op.seq)
