"""Read, compute, write if nobody was quicker: a guarded change of one place that tries again (PROTOCOL.md §8.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync.log.conflict import Conflict
from sync.log.op import Change, Op, Path
from sync.log.replica import Replica

RETRIES = 5
BASE_S = 0.010
MAX_EXPONENT = 10

__all__ = ["BASE_S", "RETRIES", "Exchange", "RetryExhausted"]


class RetryExhausted(Exception):
    """Others were quicker every time; nothing was written."""


class Exchange:
    """One update of one place. ``attempt`` sends; ``settle`` looks at the outcome and says when to attempt again."""

    def __init__(
        self, replica: Replica, place: Path, compute: Callable[[Any], Any], jitter: Callable[[], float]
    ) -> None:
        """``jitter`` returns a number in [0, 1)."""
        self._replica = replica
        self._place = place
        self._compute = compute
        self._jitter = jitter
        self._failures = 0
        self._op: Op | None = None
        self.is_done = False

    def attempt(self) -> Op | None:
        """Makes the guarded op from the confirmed value; None when the value would not change, which is success."""
        current = self._replica.confirmed.value(self._place)
        self._op = self._replica.propose([Change(self._place, self._compute(current))], guarded=True)
        self.is_done = self._op is None
        return self._op

    def settle(self) -> float | None:
        """None when the outcome is unknown or good (see ``is_done``), else seconds until the next attempt.

        Raises RetryExhausted after five retries.
        """
        if self._op is None or self._replica.rev_of(self._op.seq) is None:
            return None
        refused = self._find_conflict(self._op)
        if refused is None:
            self.is_done = True
            return None
        self._replica.take_theirs(refused)
        self._op = None
        self._failures += 1
        if self._failures > RETRIES:
            raise RetryExhausted(f"{'.'.join(self._place)} was changed by others {self._failures} times in a row.")
        exponent = min(self._failures - 1, MAX_EXPONENT)
        return float(BASE_S * 2**exponent * (0.5 + self._jitter() / 2))

    def _find_conflict(self, op: Op) -> Conflict | None:
        return next((each for each in self._replica.conflicts if each.op.id == op.id), None)
