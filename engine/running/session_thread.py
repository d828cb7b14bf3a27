"""One thread a session: nodes are built, connected, started and stopped here, so that the event loop never waits."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable

from engine.running.attempt import failure_of

_log = logging.getLogger(__name__)

__all__ = ["SessionThread"]


class SessionThread:
    """Runs jobs one after the other. A daemon: a job that hangs cannot keep the process alive."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._is_closed = False
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def submit(self, job: Callable[[], None]) -> None:
        """Queues a job; after ``close`` it is dropped."""
        if not self._is_closed:
            self._jobs.put(job)

    def close(self, last: Callable[[], None]) -> None:
        """Queues the last job and ends the thread after it."""
        self.submit(last)
        self._is_closed = True
        self._jobs.put(None)

    def call_loop(self, callback: Callable[[], None]) -> None:
        """Runs ``callback`` on the event loop; from any thread. Nothing happens when the loop has ended."""
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:
            _log.debug("a report came after the end of the event loop")

    async def ended(self) -> None:
        """Returns when the thread has done its last job."""
        await self._ended.wait()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            failure_of(job, f"a job of {threading.current_thread().name}")
        self.call_loop(self._ended.set)
