"""A cable to a real server that can be cut and mended: bytes pass as they are, whatever protocol they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

__all__ = ["Cable", "cable"]


class Cable:
    """``url`` leads to the server while the cable is whole; a cut one drops every connection and takes no new one."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._there = (parts.hostname, parts.port)
        self._ends: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.is_cut = False
        self.bytes_down = 0  # from the server

    @property
    def url(self) -> str:
        """Where it begins."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Nothing passes any more, and nobody says goodbye."""
        self.is_cut = True
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        """New connections pass again."""
        self.is_cut = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from its beginning to its end."""
        if self.is_cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(*self._there)
        self._ends |= {writer, far_writer}
        try:
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer, self._count))
        finally:
            self._ends -= {writer, far_writer}

    def _count(self, size: int) -> None:
        self.bytes_down += size


@asynccontextmanager
async def cable(upstream: str) -> AsyncIterator[Cable]:
    """A cable that is whole."""
    one = Cable(upstream)
    server = await asyncio.start_server(one.carry, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        one.cut()
        await server.wait_closed()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Callable[[int], None] = lambda _size: None
) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            count(len(data))
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
