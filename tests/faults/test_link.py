"""The faulty link itself: what it says it does to frames, it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.faults.link import FaultyLink


async def _echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


@pytest.fixture
async def link() -> AsyncIterator[FaultyLink]:
    async with serve(_echo, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        faulty = FaultyLink(f"http://127.0.0.1:{port}")
        await asyncio.to_thread(faulty.__enter__)
        yield faulty
        await asyncio.to_thread(faulty.__exit__)


def _open(link: FaultyLink) -> connect:
    return connect(f"ws://127.0.0.1:{link.port}/api/v1/control", compression=None, proxy=None)


async def _ask(socket: ClientConnection, text: str, within_s: float = 2.0) -> str:
    await socket.send(text)
    async with asyncio.timeout(within_s):
        return str(await socket.recv())


async def test_a_perfect_link_passes_frames(link: FaultyLink) -> None:
    async with _open(link) as socket:
        assert await _ask(socket, "hello") == "hello"


async def test_delayed(link: FaultyLink) -> None:
    async with _open(link) as socket:
        with link.delayed(0.2):
            begun = time.monotonic()
            await _ask(socket, "late")
            assert time.monotonic() - begun >= 0.2


async def test_dropping_loses_only_what_matches(link: FaultyLink) -> None:
    async with _open(link) as socket:
        with link.dropping(lambda text: text == "lost"):
            await socket.send("lost")
            assert await _ask(socket, "kept") == "kept"


async def test_duplicating(link: FaultyLink) -> None:
    async with _open(link) as socket:
        with link.duplicating():
            assert await _ask(socket, "twice") == "twice"
            assert await socket.recv() == "twice"


async def test_reordering_moves_one_family_behind_the_others(link: FaultyLink) -> None:
    late, early = '{"event":"nodeparamschanged"}', '{"event":"nodeviewdataupdated"}'
    async with _open(link) as socket:
        with link.reordering("nodeparamschanged", 0.1):
            await socket.send(late)
            assert await _ask(socket, early) == early
            assert await socket.recv() == late


async def test_stalled_holds_everything_and_lets_it_go(link: FaultyLink) -> None:
    async with _open(link) as socket:
        with link.stalled(), pytest.raises(TimeoutError):
            await _ask(socket, "waits", within_s=0.15)
        async with asyncio.timeout(2):
            assert await socket.recv() == "waits"


async def test_half_open_answers_no_ping(link: FaultyLink) -> None:
    async with _open(link) as socket:
        await _ask(socket, "up")
        with link.half_open():
            pong = await socket.ping()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await pong


async def test_cut_ends_the_connection_and_refused_keeps_it_away(link: FaultyLink) -> None:
    async with _open(link) as socket:
        await _ask(socket, "up")
        await asyncio.to_thread(link.cut)
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(2):
                await socket.recv()
