"""When to try again: from one second, doubling to thirty, with jitter, for ever."""

from __future__ import annotations

import random
from collections.abc import Callable

__all__ = ["FIRST_DELAY_S", "LONGEST_DELAY_S", "LOUD_FROM_ATTEMPT", "STABLE_AFTER_S", "Backoff"]

FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 30.0
STABLE_AFTER_S = 60.0
LOUD_FROM_ATTEMPT = 10
_JITTER = 0.2


class Backoff:
    """Counts failures in a row; a connection that held for a minute ends the row."""

    def __init__(self, draw: Callable[[], float] = random.random) -> None:
        self.attempt = 0
        self._draw = draw
        self._opened_at: float | None = None

    @property
    def is_loud(self) -> bool:
        """True from the tenth failure in a row: worth an error in the log, not only a warning."""
        return self.attempt >= LOUD_FROM_ATTEMPT

    def opened(self, now: float) -> None:
        """A connection is there."""
        self._opened_at = now

    def failed(self, now: float) -> float:
        """A try failed or a connection ended: seconds to wait before the next try."""
        if self._opened_at is not None and now - self._opened_at >= STABLE_AFTER_S:
            self.attempt = 0
        self._opened_at = None
        whole_s: float = min(FIRST_DELAY_S * 2 ** min(self.attempt, 16), LONGEST_DELAY_S)
        self.attempt += 1
        return whole_s * (1 - _JITTER * self._draw())

    def refused(self, now: float) -> float:
        """The server said no: a try soon would only be refused again."""
        self.failed(now)
        return LONGEST_DELAY_S * (1 - _JITTER * self._draw())
