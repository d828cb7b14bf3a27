"""From a worker thread to the event loop: the newest item wins, the loop is woken once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

__all__ = ["NewestItem"]


class NewestItem(Generic[T]):
    """``put`` from any thread; ``take`` is called on the loop with the newest item and how many were passed over."""

    def __init__(self, loop: asyncio.AbstractEventLoop, take: Callable[[T, int], None]) -> None:
        self._loop = loop
        self._take = take
        self._lock = threading.Lock()
        self._waiting: list[T] = []
        self._passed = 0
        self._is_closed = False

    def put(self, item: T) -> None:
        """Hands over an item in place of one that is still waiting."""
        with self._lock:
            if self._is_closed:
                return
            is_first = not self._waiting
            self._passed += 0 if is_first else 1
            self._waiting = [item]
            if is_first:
                self._loop.call_soon_threadsafe(self._deliver)

    def close(self) -> None:
        """Nothing is delivered after this."""
        with self._lock:
            self._is_closed = True
            self._waiting = []

    def _deliver(self) -> None:
        with self._lock:
            waiting, passed = self._waiting, self._passed
            self._waiting, self._passed = [], 0
        if waiting:
            self._take(waiting[0], passed)
