"""Time as an argument: now, and a call later. Tests bring a clock that they advance themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

__all__ = ["Clock", "LoopClock"]


class Clock(Protocol):
    """Monotonic seconds and timers."""

    def now(self) -> float:
        """Monotonic seconds."""

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Calls ``callback`` once after ``delay_s``; the returned function cancels it."""


class LoopClock:
    """The clock of the running asyncio loop."""

    def now(self) -> float:
        """The loop's monotonic seconds."""
        return asyncio.get_running_loop().time()

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Callable[[], None]:
        """A timer on the running loop."""
        return asyncio.get_running_loop().call_later(delay_s, callback).cancel
