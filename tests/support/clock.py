"""A clock that stands still until a test advances it."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

__all__ = ["FakeClock"]


class FakeClock:
    """Timers fire inside ``advance``, in the order of their times; what they schedule fires too if it is due."""

    def __init__(self, start_s: float = 1000.0) -> None:
        self._now = start_s
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._cancelled: set[int] = set()
        self._numbers = count()

    def now(self) -> float:
        """Seconds; only ``advance`` moves them."""
        return self._now

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Callable[[], None]:
        """A timer; the returned function cancels it."""
        number = next(self._numbers)
        heapq.heappush(self._timers, (self._now + max(0.0, delay_s), number, callback))
        return lambda: self._cancelled.add(number)

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        end = self._now + seconds
        while self._timers and self._timers[0][0] <= end:
            self._now, number, callback = heapq.heappop(self._timers)
            if number not in self._cancelled:
                callback()
        self._now = end

    def next_due_s(self) -> float | None:
        """Seconds until the next timer; None when there is none."""
        pending = [due for due, number, _ in self._timers if number not in self._cancelled]
        return min(pending) - self._now if pending else None
