"""Bytes from the event loop to a decoder thread, as the file that a demuxer reads. Bounded: never a growing queue."""

from __future__ import annotations

import threading
from collections import deque

__all__ = ["BytePipe"]


class BytePipe:
    """``write`` never waits; ``read`` waits for bytes and gives what is there."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._ready = threading.Condition()
        self._is_closed = False

    def write(self, chunk: bytes) -> bool:
        """Adds bytes; False when the reader is so far behind that they do not fit."""
        with self._ready:
            if self._held + len(chunk) > self._limit:
                return False
            self._chunks.append(chunk)
            self._held += len(chunk)
            self._ready.notify()
        return True

    def finish(self) -> None:
        """Nothing more is written: ``read`` gives what is left, then no bytes."""
        with self._ready:
            self._is_closed = True
            self._ready.notify_all()

    def close(self) -> None:
        """The end at once: a waiting and every later ``read`` gives no bytes."""
        with self._ready:
            self._is_closed = True
            self._chunks.clear()
            self._ready.notify_all()

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes; none at the end."""
        with self._ready:
            self._ready.wait_for(lambda: self._chunks or self._is_closed)
            if not self._chunks:
                return b""
            chunk = self._chunks.popleft()
            if len(chunk) > size:
                self._chunks.appendleft(chunk[size:])
                chunk = chunk[:size]
            self._held -= len(chunk)
            return chunk
