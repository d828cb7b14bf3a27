"""How a picture flows: frames a second, dropped frames, latency."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import msgspec

WINDOW_S = 2.0

__all__ = ["FrameMeter", "PictureStatistics"]


class PictureStatistics(msgspec.Struct, frozen=True):
    """``fps`` over the last two seconds, ``latency_ms`` from the server's clock stamp to here where one is known."""

    source: str = ""
    fps: float = 0.0
    received: int = 0
    dropped: int = 0
    latency_ms: float | None = None


class FrameMeter:
    """Counts frames as they are handed on."""

    def __init__(self, source: str, now: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._now = now
        self._times: deque[float] = deque(maxlen=512)
        self.received = 0
        self._dropped = 0
        self._latency_ms: float | None = None

    def count(self, dropped: int = 0, latency_ms: float | None = None) -> None:
        """One frame was handed on, ``dropped`` others before it were not."""
        self._times.append(self._now())
        self.received += 1
        self._dropped += dropped
        self._latency_ms = latency_ms

    def read(self) -> PictureStatistics:
        """The figures as they are now."""
        since = self._now() - WINDOW_S
        while self._times and self._times[0] < since:
            self._times.popleft()
        fps = len(self._times) / WINDOW_S
        return PictureStatistics(self._source, fps, self.received, self._dropped, self._latency_ms)
