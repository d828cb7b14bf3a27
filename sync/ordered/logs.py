"""The ordered log of the session that is open on a desk: found out whether there is one, attached, followed, let go."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sync.clock import Clock
from sync.log.transport import Transport
from sync.ordered.faults import Faults, FaultyStore
from sync.ordered.session_log import SessionLog
from sync.signals import Signal
from sync.wire.pipeline import SessionInfo

if TYPE_CHECKING:
    from sync.ordered.installation import Installation
    from sync.ordered.log_link import LogLink

ATTACH_LIMIT_S = 10.0

__all__ = ["ATTACH_LIMIT_S", "Logs", "OpenLog"]

OpenLog = Callable[[str], Awaitable[Transport]]


class Logs:
    """At most one attached log. ``noticed``: severity and sentence; ``not_ordered``: the server keeps no log any more.

    ``opener`` opens a session's log by its id; ``folder`` keeps key and outbox, None keeps nothing; ``name`` is what
    other operators read.
    """

    def __init__(
        self,
        opener: OpenLog,
        folder: Path | None,
        name: str,
        place: str,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.noticed: Signal[str, str] = Signal()
        self.not_ordered: Signal[()] = Signal()
        self.faults = Faults()
        self._opener, self._folder, self._name, self._place, self._draw = opener, folder, name, place, draw
        self._installation: Installation | None = None
        self._info: SessionInfo | None = None
        self._running: asyncio.Task[None] | None = None
        self._verdict: asyncio.Future[bool] | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def attach(self, info: SessionInfo, clock: Clock) -> SessionLog | None:
        """The session's log, live; None when the server keeps none, or none that becomes live in time."""
        self.detach()
        await self._until_written()
        self._info = info
        log, link = self._make(info, clock)
        verdict = self._verdict = asyncio.get_running_loop().create_future()
        ties = [
            log.opened.connect(lambda: _decide(verdict, True)),
            link.not_ordered.connect(lambda _: _decide(verdict, False)),
        ]
        self._running = asyncio.create_task(link.run(), name="session log")
        try:
            async with asyncio.timeout(ATTACH_LIMIT_S):
                is_ordered = await verdict
        except TimeoutError:
            self.noticed.emit("warning", "The ordered log of this session does not answer: working without it.")
            is_ordered = False
        finally:
            for untie in ties:
                untie()
        if not is_ordered:
            self.detach()
            return None
        link.not_ordered.connect(lambda _: self.not_ordered.emit())
        return log

    def rebind(self, info: SessionInfo) -> None:
        """The server gave the session of this name another id."""
        self._info = info

    def detach(self) -> None:
        """Lets the attached log go; what waits is written in the background."""
        running, self._running = self._running, None
        if self._verdict is not None:
            _decide(self._verdict, False)
        if running is not None:
            running.cancel()
            self._ending.add(running)
            running.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Ends everything and waits until it is written."""
        self.detach()
        await self._until_written()
        if self._installation is not None:
            self._installation.close()

    async def _until_written(self) -> None:
        """One file is written by one log at a time."""
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _make(self, info: SessionInfo, clock: Clock) -> tuple[SessionLog, LogLink]:
        # The key library is loaded with the first log, not before the window.
        from sync.ordered.installation import claim_installation
        from sync.ordered.log_link import LogLink
        from sync.ordered.outbox_file import OutboxFile, load_outbox

        if self._installation is None:
            self._installation = claim_installation(self._folder)
            self._tell(self._installation.trouble)
        store, channel = self._installation.store, f"{self._place}/{info.name or info.id}"
        outbox, trouble = (None, "") if store is None else load_outbox(store, channel)
        self._tell(trouble)
        log = SessionLog(self._installation.new_author(), clock, outbox, self.faults)
        file = None
        if store is not None and not trouble:
            file = OutboxFile(log.replica.outbox, FaultyStore(store, self.faults), channel, lambda: log.is_live)
        credentials = self._installation.credentials(self._name)
        return log, LogLink(log, clock, self._open, credentials, file, self._draw, self._name)

    async def _open(self) -> Transport:
        assert self._info is not None
        return await self._opener(self._info.id)

    def _tell(self, trouble: str) -> None:
        if trouble:
            self.noticed.emit("error", trouble)


def _decide(verdict: asyncio.Future[bool], is_ordered: bool) -> None:
    if not verdict.done():
        verdict.set_result(is_ordered)
