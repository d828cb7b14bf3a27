"""Leaders that answer with something else than was asked for: a standby says so, goes on, and follows a proper one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import msgspec
import pytest
from aiohttp import web

from engine.standby.leader import Leader, LeaderFailed
from sync.log.frames import SUBPROTOCOL
from sync.log.live_frames import VERSION
from sync.wire.address import ServerAddress
from tests.engine.standby.pair import Place, follower_of, start, until
from tests.engine.standby.test_trust import trouble_of

SESSION = {"info": {"id": "s1", "name": "odd", "created_at": ""}, "pipeline": {"nodes": {}, "connections": []}}
CLOCK = {"epoch": "e1", "rev": 3, "role": "authority", "lineage": [["e1", 0]]}
Talk = Callable[[web.WebSocketResponse], Awaitable[None]]


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


class OddLeader:
    """A server that lists one session, and says to whoever links to it what it is told to."""

    def __init__(self, listed: bytes, talk: Talk | None = None, kind: str = "application/json") -> None:
        self._listed, self._talk, self._kind = listed, talk, kind
        self.calls = 0
        self.url = ""

    async def sessions(self, _: web.Request) -> web.Response:
        return web.Response(body=self._listed, content_type=self._kind)

    async def link(self, request: web.Request) -> web.WebSocketResponse:
        self.calls += 1
        socket = web.WebSocketResponse(protocols=(SUBPROTOCOL,) if self._talk is not None else ())
        await socket.prepare(request)
        if self._talk is not None:
            await self._talk(socket)
        await socket.close()
        return socket


async def odd(stack: AsyncExitStack, leader: OddLeader) -> Place:
    """A standby of a leader that is odd."""
    await serve(stack, leader)
    return await start(stack, follower_of(leader.url))


async def serve(stack: AsyncExitStack, leader: OddLeader) -> None:
    app = web.Application()
    app.router.add_get("/api/v1/standby/sessions", leader.sessions)
    app.router.add_get("/api/v1/control", leader.link)
    runner = web.AppRunner(app, shutdown_timeout=2.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    leader.url = f"http://127.0.0.1:{runner.addresses[0][1]}"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>", "text/html"),
        (b"[", "application/json"),
        (b'{"sessions": []}', "application/json"),
        (b'[{"info": {"id": 5}}]', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b" " * (17 * 1_048_576), "application/json"),
    ],
)
async def test_a_list_that_is_none_is_named(stack: AsyncExitStack, body: bytes, kind: str) -> None:
    odd_leader = OddLeader(body, kind=kind)
    await serve(stack, odd_leader)
    leader = Leader(ServerAddress.parse(odd_leader.url))
    stack.push_async_callback(leader.close)
    with pytest.raises(LeaderFailed, match=r"something else than was asked for|the answer is too long") as failure:
        await leader.sessions()
    assert str(failure.value).startswith(odd_leader.url)


async def test_a_server_that_takes_no_subprotocol_is_not_followed(stack: AsyncExitStack) -> None:
    leader = OddLeader(json.dumps([SESSION]).encode())
    standby = await odd(stack, leader)
    expected = f"{leader.url} keeps no ordered logs (layerdesk.v2): there is nothing to follow"
    assert await until(lambda: trouble_of(standby)) == expected


async def hello(socket: web.WebSocketResponse) -> None:
    """A leader as far as its clock."""
    await say(socket, type="challenge", nonce="00", server="odd", is_open=True)
    await socket.receive(timeout=5)
    await say(socket, type="welcome", epoch="e1", author="open/x", rights="control")
    await say(socket, type="clock", clock=CLOCK)


async def say(socket: web.WebSocketResponse, **frame: Any) -> None:
    await socket.send_str(json.dumps(frame))


async def linger(socket: web.WebSocketResponse) -> None:
    """Half a second for the answer; no longer than the other end is there."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            while not socket.closed:
                await socket.receive()


async def nonsense(socket: web.WebSocketResponse) -> None:
    await socket.send_str("[")


async def nothing_at_all(socket: web.WebSocketResponse) -> None:
    await hello(socket)


async def foreign_version(socket: web.WebSocketResponse) -> None:
    await hello(socket)
    await say(socket, type="bulk", epoch="e1", is_last=True)
    await say(socket, type="ready")
    await socket.receive(timeout=5)
    await socket.send_bytes(b"\x09\x90")
    await socket.receive(timeout=5)
    await linger(socket)


async def broken_pieces(socket: web.WebSocketResponse) -> None:
    """Entries with a gap, registers without a place, a kind that is a number, a frame that is cut off."""
    await hello(socket)
    entry = [3, 1, "a~1", 1, 0.0, [[["nodes", "n", "params", "p"], 1, False]]]
    await say(socket, type="bulk", epoch="e1", entries=[entry])
    rows = [[[], 1, False, 1, "a", 1, 1], [["nodes"], 1, False, 1, "a", 1, 1]]
    rows += [
        [["nodes", "n", "kind"], 7, False, 1, "a", 1, 2],
        [["nodes", "n", "params", "p", "q"], [], False, 1, "a", 1, 2],
    ]
    rows += [
        [["connections", "n", "a"], "odd", False, 1, "a", 1, 3],
        [["connections", *"nabc"], {"x": 1}, False, 1, "a", 1, 3],
    ]
    await say(socket, type="snapshot", clock=CLOCK, registers=rows, is_last=True)
    await say(socket, type="bulk", epoch="e1", after=3, upto=3, is_last=True)
    await say(socket, type="ready")
    await socket.send_bytes(bytes([VERSION]) + msgspec.msgpack.encode([2, 0.0, 0, "e1", 3, [entry]])[:-3])
    await linger(socket)


@pytest.mark.parametrize("talk", [nonsense, nothing_at_all, foreign_version, broken_pieces])
async def test_whatever_a_link_says_the_standby_answers_and_calls_again(stack: AsyncExitStack, talk: Talk) -> None:
    leader = OddLeader(json.dumps([SESSION]).encode(), talk)
    standby = await odd(stack, leader)

    async def has_called_twice() -> bool:
        return leader.calls >= 2

    await until(has_called_twice)
    assert await trouble_of(standby)
    assert (await standby.facts())["part"] == "standby"
    code, _, _ = await asyncio.to_thread(standby.engine.stop)
    assert code == 0
