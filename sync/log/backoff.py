"""When to try a lost link again: 1, 2, 4, 8, 16, 30, 30 … s with jitter, louder from the tenth failure."""

from __future__ import annotations

import logging
from collections.abc import Callable

FIRST_S = 1.0
LONGEST_S = 30.0
JITTER = 0.25
LOUD_FROM = 10
STABLE_S = 60.0

__all__ = ["FIRST_S", "JITTER", "LONGEST_S", "LOUD_FROM", "STABLE_S", "Backoff"]


class Backoff:
    """Counts failures in a row. A link that stayed live for a minute was a success, however it ended."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        """``jitter`` returns a number in [0, 1)."""
        self._jitter = jitter
        self._live_since: float | None = None
        self.failures = 0

    def live(self, now: float) -> None:
        """The link became live."""
        self._live_since = now

    def failed(self, now: float) -> float:
        """The link was lost or could not be made: seconds to wait, between the step and the step plus a quarter."""
        if self._live_since is not None and now - self._live_since >= STABLE_S:
            self.failures = 0
        self._live_since = None
        step = min(LONGEST_S, FIRST_S * 2.0 ** min(self.failures, 10))
        self.failures += 1
        return step * (1 + JITTER * self._jitter())

    @property
    def level(self) -> int:
        """The log level of the newest failure."""
        return logging.ERROR if self.failures >= LOUD_FROM else logging.WARNING
