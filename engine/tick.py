"""The frame clock: a fixed grid of moments; what is missed is skipped and counted, never made up for."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

__all__ = ["FrameClock", "Pace", "Tick"]

# Params may ask for any rate; a loop that never sleeps would starve every other node.
MAX_RATE = 240.0


class Tick(NamedTuple):
    """One moment of the grid: its time since the clock's start, and how many before it were missed."""

    elapsed_s: float
    missed: int


class Pace(Protocol):
    """What tells a loop when its next frame is due."""

    def set_rate(self, fps: float) -> None:
        """Changes the distance of the moments from the last one on."""

    def wait(self, stopping: threading.Event) -> Tick | None:
        """Returns at the next moment; None when ``stopping`` was set before."""


class FrameClock:
    """Moments at ``origin + n / fps``, 240 a second at most. A new rate goes on from the last moment."""

    def __init__(self, fps: float, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._period = _period(fps)
        self._start = self._last = now()

    def set_rate(self, fps: float) -> None:
        """Changes the distance of the moments from the last one on."""
        self._period = _period(fps)

    def wait(self, stopping: threading.Event) -> Tick | None:
        """Sleeps until the next moment; None when ``stopping`` was set before."""
        due = self._last + self._period
        while (left := due - self._now()) > 0:
            if stopping.wait(left):
                return None
        return None if stopping.is_set() else self._reach(due)

    def _reach(self, due: float) -> Tick:
        missed = max(0, math.floor((self._now() - due) / self._period))
        self._last = due + missed * self._period
        return Tick(self._last - self._start, missed)


def _period(fps: float) -> float:
    return 1.0 / min(fps, MAX_RATE)
