"""A server of one ordered log for desks whose links run as they do in the product: drivers and tasks, no sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sync.log.auth import Credentials, Door, Trust
from sync.log.authority_end import AuthorityEnd
from sync.log.driver import LinkDriver
from sync.log.link import Link
from sync.log.op import Change
from sync.log.outbox import Outbox
from sync.log.transport import Transport
from sync.ordered.log_link import LogLink
from sync.ordered.session_log import SessionLog
from sync.ordered.status import LogStatus
from tests.log.pipes import Pipe, pipes
from tests.log.world import World
from tests.support.clock import FakeClock
from tests.support.ordered import ClockTime

__all__ = ["FollowedLog", "LogServer"]

STEPS = 4_000


class LogServer(World):
    """The engine of a world whose time is ``clock``; ``pipes`` are its ends of the connections, newest last."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(desks=0, time=ClockTime(clock))
        self.clock = clock
        self.pipes: list[Pipe] = []
        self._serving: set[asyncio.Task[None]] = set()
        self._drivers: list[LinkDriver] = []

    async def open(self) -> Transport:
        """A new connection."""
        ours, theirs = pipes()
        self.pipes.append(ours)
        task = asyncio.create_task(self._serve(ours), name="log server")
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        return theirs

    def somebody_writes(self, *changes: Change) -> None:
        """A client of protocol 1 changes the session."""
        self.engine.desk.write("p1/other~1", changes)

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Lets everybody work until ``condition`` holds; the clock stands still."""
        for _ in range(STEPS):
            self.engine.fanout.round(self.clock.now())
            self.engine.flush()
            for driver in self._drivers:
                driver.kick()
            if condition():
                return
            await asyncio.sleep(0.001)
        raise AssertionError(f"it does not happen: {what}")

    async def close(self) -> None:
        """Hangs up on everybody."""
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, pipe: Pipe) -> None:
        driver, end = LinkDriver(pipe), AuthorityEnd(self.engine.desk)
        link = Link(end, Door(Trust("e")), self.time.now, self.time.wall, has_room=driver.has_room)
        end.attach(link)
        self._drivers.append(driver)
        try:
            await driver.run(link)
        finally:
            self._drivers.remove(driver)
            end.left()


class FollowedLog:
    """A session's log with its running link; ``told`` and ``lost`` are what an operator heard of it."""

    def __init__(self, server: LogServer, outbox: Outbox | None = None, author: str = "open/d~1") -> None:
        self.server = server
        self.log = SessionLog(author, server.clock, outbox)
        self.link = LogLink(self.log, server.clock, server.open, Credentials("d"), None, lambda: 0.5, "Desk")
        self.told: list[tuple[str, str]] = []
        self.lost: list[str] = []
        self.log.told.connect(lambda severity, sentence: self.told.append((severity, sentence)))
        self.log.lost.connect(self.lost.append)

    async def __aenter__(self) -> FollowedLog:
        self._running = asyncio.create_task(self.link.run(), name="session log")
        await self.server.until(lambda: self.log.is_live, "the link is live")
        return self

    async def __aexit__(self, *_exit: object) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        await self.server.close()

    @property
    def status(self) -> LogStatus:
        """A reading of the link."""
        return self.link.status()
