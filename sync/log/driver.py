"""Drives a link over a real connection: one task reads, one writes, one watches the time (PROTOCOL.md §6)."""

from __future__ import annotations

import asyncio
from typing import Any

from sync.log.end import Close, LinkState
from sync.log.link import Link
from sync.log.transport import Transport, TransportClosed

FAREWELL_S = 1.0
BURST_S = 0.004
GONE = 1006

__all__ = ["FAREWELL_S", "LinkDriver", "Transport", "TransportClosed"]


class LinkDriver:
    """One connection's driver. Make the link with ``has_room`` and ``unsent_bytes`` of it, then ``run`` it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._link: Link | None = None
        self._has_work = asyncio.Event()
        self._is_over = asyncio.Event()
        self._waiting: str | bytes | None = None  # taken from the link, not yet taken by the connection

    def has_room(self) -> bool:
        """False while a send is under way."""
        return self._waiting is None

    def unsent_bytes(self) -> int:
        """What waits here and in the connection."""
        return (0 if self._waiting is None else len(self._waiting)) + self._transport.unsent_bytes()

    def kick(self) -> None:
        """The link may have something to send: it leaves now when the connection takes it, else in its turn."""
        link = self._link
        if link is None:
            return
        if link.state is LinkState.CLOSED:
            self._is_over.set()
        if self._waiting is not None:
            return
        while (frame := link.next_frame()) is not None:
            if not self._transport.send_at_once(frame):
                self._waiting = frame
                break
        if self._waiting is not None or link.state is LinkState.CLOSED:
            self._has_work.set()

    async def run(self, link: Link) -> Close:
        """Runs the link until it is closed; why it was. The connection is closed afterwards, whatever happens: a defect
        of what stands behind the link is raised then."""
        self._link = link
        writer = asyncio.create_task(self._write(link), name="link writer")
        others = [
            asyncio.create_task(work, name="link")
            for work in (self._read(link), self._watch_time(link), self._is_over.wait())
        ]
        try:
            self.kick()
            await asyncio.wait((writer, *others), return_when=asyncio.FIRST_COMPLETED)
            await self._say_farewell(writer)
        finally:
            try:
                defect = await _ended(writer, *others)
            finally:  # also when it is cancelled just then
                link.lost("The link was ended here.")
                close = link.close or Close(GONE, "")
                # 1006 says that no farewell came: it is never sent.
                await self._transport.close(1000 if close.code == GONE else close.code, close.reason)
        if defect is not None:
            raise defect
        return close

    async def _read(self, link: Link) -> None:
        burst_ends = link.now() + BURST_S
        try:
            while link.state is not LinkState.CLOSED:
                link.receive(await self._transport.receive())
                self.kick()
                # A full inbox never suspends the reader: without this a flood of frames starves everything else.
                if link.now() >= burst_ends:
                    await asyncio.sleep(0)
                    burst_ends = link.now() + BURST_S
        except TransportClosed as closed:
            link.lost(str(closed))

    async def _write(self, link: Link) -> None:
        try:
            while True:
                while (frame := self._waiting or link.next_frame()) is not None:
                    self._waiting = frame
                    await self._transport.send(frame)
                    self._waiting = None
                if link.state is LinkState.CLOSED:
                    return
                self._has_work.clear()
                await self._has_work.wait()
        except TransportClosed as closed:
            link.lost(str(closed))

    async def _watch_time(self, link: Link) -> None:
        while (at := link.tick_at()) is not None:
            await asyncio.sleep(max(0.0, at - link.now()))
            link.tick()
            self.kick()

    async def _say_farewell(self, writer: asyncio.Task[None]) -> None:
        """The frame that says why the link closes still leaves, unless the other end does not take it."""
        self._has_work.set()
        await asyncio.wait((writer,), timeout=FAREWELL_S)


async def _ended(*tasks: asyncio.Task[Any]) -> Exception | None:
    """Ends the tasks; the defect that one of them ended by."""
    for task in tasks:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    return next((outcome for outcome in outcomes if isinstance(outcome, Exception)), None)
