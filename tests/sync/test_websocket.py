"""Real sockets: what an operator reads when a link cannot be opened, and what a channel promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

from sync.channel import ChannelClosed
from sync.errors import LinkProblem, LinkRefused
from sync.websocket import open_websocket
from sync.wire.address import AddressRefused
from tests.support.link import demo_pipeline
from tests.support.server import ModelServer
from tests.support.socket_server import serving

pytestmark = pytest.mark.timeout(20)


@asynccontextmanager
async def raw_server(answer: bytes) -> AsyncIterator[int]:
    """A TCP server that says ``answer`` to anybody and hangs up."""

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(("status", "words"), [(401, "token"), (403, "refuses"), (404, "path"), (500, "500")])
async def test_a_refused_upgrade(status: int, words: str) -> None:
    async with serving(ModelServer(demo_pipeline())) as server:
        server.refuse_with = status
        with pytest.raises(LinkRefused, match=words) as refused:
            await open_websocket(server.url, "s3cret")
        assert refused.value.status == status
        assert "s3cret" not in str(refused.value)


async def test_nothing_listens() -> None:
    async with raw_server(b"") as port:
        pass
    with pytest.raises(LinkProblem, match="Nothing listens"):
        await open_websocket(f"ws://127.0.0.1:{port}")


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"])
async def test_something_else_answers(answer: bytes) -> None:
    async with raw_server(answer) as port:
        with pytest.raises(LinkProblem):
            await open_websocket(f"ws://127.0.0.1:{port}")


async def test_no_such_host_and_no_address() -> None:
    with pytest.raises(LinkProblem, match="Cannot reach"):
        await open_websocket("ws://no-such-host.invalid:1")
    with pytest.raises(AddressRefused):
        await open_websocket("no-url")


async def test_a_channel_sends_receives_skips_binary_and_says_why_it_ends() -> None:
    async def talk(connection: ServerConnection) -> None:
        await connection.send(b"\x00binary")
        await connection.send(await connection.recv())
        await connection.close(4000, "bye")

    async with serve(talk, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        channel = await open_websocket(f"ws://127.0.0.1:{port}")
        assert "secret" not in repr(channel)
        assert channel.send_at_once("hello")
        assert await channel.receive() == "hello"
        with pytest.raises(ChannelClosed, match="4000: bye"):
            await channel.receive()
        with pytest.raises(ChannelClosed):
            await channel.send("x")
        assert not channel.send_at_once("x")
        assert channel.unsent_bytes() == 0
        await channel.close()
