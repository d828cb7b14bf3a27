"""A scripted HTTP server for the desk's requests: it answers with whatever bytes a test wants, also wrong ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

__all__ = ["Asked", "Reply", "ScriptedHttp", "raw_answer", "scripted_http"]


class Asked(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Reply = bytes | Callable[[Asked], bytes] | None


def raw_answer(
    value: Any = None, status: int = 200, kind: str = "application/json", length: int | None = None
) -> bytes:
    """A whole answer; bytes go out as they are, else as JSON. ``length`` is what the head claims."""
    body = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
    claimed = len(body) if length is None else length
    head = (
        f"HTTP/1.1 {status} Scripted\r\nContent-Type: {kind}\r\nContent-Length: {claimed}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


class ScriptedHttp:
    """``answers`` maps ``METHOD /path`` to a reply; None says nothing until the test ends. Other paths are 404."""

    def __init__(self) -> None:
        self.answers: dict[str, Reply] = {}
        self.asked: list[Asked] = []
        self.url = ""
        self._over = asyncio.Event()
        self._serving: set[asyncio.Task[None]] = set()

    def requests(self, method: str) -> list[Asked]:
        """The requests with this method so far."""
        return [each for each in self.asked if each.method == method]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            asked = await _read(reader)
            self.asked.append(asked)
            reply = self.answers.get(f"{asked.method} {asked.path}", raw_answer(b"Not found", 404, "text/plain"))
            if reply is None:
                await self._over.wait()
            else:
                writer.write(reply(asked) if callable(reply) else reply)
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        self._serving.discard(task)

    async def end(self) -> None:
        """Lets every connection go."""
        self._over.set()
        await asyncio.gather(*self._serving, return_exceptions=True)


@asynccontextmanager
async def scripted_http(**answers: Reply) -> AsyncIterator[ScriptedHttp]:
    """The server on a free port of this machine."""
    server = ScriptedHttp()
    server.answers.update(answers)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        await server.end()
        await listening.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = b""
    if "chunked" in headers.get("transfer-encoding", ""):
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readline()
    elif (length := int(headers.get("content-length", 0))) > 0:
        body = await reader.readexactly(length)
    return Asked(method, path, headers, body)
