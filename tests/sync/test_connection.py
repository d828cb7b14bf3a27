"""The driver over a fake channel: order of sending, replies, deadlines, floods and the end."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from sync.connection import Connection
from sync.errors import LinkLost, RequestRefused, RequestTimedOut
from sync.wire.codec import decode_request, encode_event, encode_response
from sync.wire.events import Event, NodeRemoved
from sync.wire.requests import GetPermissions, ListSessions, TuneNodeAsync
from sync.wire.responses import Error, Success
from tests.support.channel import FakeChannel
from tests.support.clock import FakeClock

pytestmark = pytest.mark.timeout(20)


class Bench:
    """A running connection."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.channel = FakeChannel()
        self.heard: list[Event] = []
        self.stumbled: list[Event] = []
        self.connection = Connection(self.channel, self.clock, self.heard.append, self.stumbled.append)
        self.running = asyncio.ensure_future(self.connection.run())

    async def end(self) -> str:
        self.channel.cut()
        return await self.running


async def test_requests_and_notices_leave_in_the_order_of_their_making() -> None:
    bench = Bench()
    bench.connection.post(TuneNodeAsync("s", "n", "Start"))
    asked = asyncio.ensure_future(bench.connection.request(ListSessions()))
    await asyncio.sleep(0)
    bench.connection.post(TuneNodeAsync("s", "n", "Shutdown"))
    frames = [decode_request(text) for text in await bench.channel.next_sent(3)]
    assert [type(request).__name__ for request, _ in frames] == ["TuneNodeAsync", "ListSessions", "TuneNodeAsync"]
    bench.channel.feed(encode_response(Success(), frames[1][1]))
    assert await asked == Success()
    assert await bench.end() == "fake"


async def test_an_error_is_raised_with_the_servers_words() -> None:
    bench = Bench()
    asked = asyncio.ensure_future(bench.connection.request(GetPermissions()))
    ((_, correlation_id),) = [decode_request(text) for text in await bench.channel.next_sent(1)]
    bench.channel.feed(encode_response(Error("Permission denied: x"), correlation_id))
    with pytest.raises(RequestRefused, match="Permission denied: x"):
        await asked
    await bench.end()


async def test_no_answer_within_five_seconds() -> None:
    bench = Bench()
    asked = asyncio.ensure_future(bench.connection.request(GetPermissions()))
    await bench.channel.next_sent(1)
    bench.clock.advance(5)
    with pytest.raises(RequestTimedOut, match="did not answer getpermissions within 5 s"):
        await asked
    await bench.end()


async def test_the_end_fails_what_waits_and_refuses_what_comes() -> None:
    bench = Bench()
    asked = asyncio.ensure_future(bench.connection.request(GetPermissions()))
    await bench.channel.next_sent(1)
    await bench.end()
    with pytest.raises(LinkLost):
        await asked
    with pytest.raises(LinkLost):
        await bench.connection.request(GetPermissions())
    bench.connection.post(ListSessions())
    assert len(bench.channel.sent) == 1
    assert bench.channel.is_closed


async def test_a_flood_of_events_lets_others_run() -> None:
    bench = Bench()
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    def hear(event: Event) -> None:
        bench.heard.append(event)
        bench.clock.advance(0.0001)

    task = asyncio.ensure_future(other())
    text = encode_event(NodeRemoved("s", "n"))
    for _ in range(10_000):
        bench.channel.feed(text)
    bench.connection._on_event = hear
    await bench.end()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert len(bench.heard) == 10_000
    assert turns > 100


async def test_backlog_counts_what_was_not_sent() -> None:
    bench = Bench()
    bench.channel.backlog = 7
    bench.connection.post(ListSessions())
    assert bench.connection.unsent_bytes() > 7
    await bench.channel.next_sent(1)
    assert bench.connection.unsent_bytes() == 7
    await bench.end()


async def test_what_waits_goes_before_what_could_leave_at_once() -> None:
    bench = Bench()
    bench.connection.post(TuneNodeAsync("s", "waits", "Start"))
    bench.channel.is_prompt = True
    bench.connection.post(TuneNodeAsync("s", "hurries", "Start"))
    frames = [decode_request(text)[0] for text in await bench.channel.next_sent(2)]
    assert [request.node_id for request in frames if isinstance(request, TuneNodeAsync)] == ["waits", "hurries"]
    await bench.end()


async def test_a_free_channel_gets_its_frame_without_a_turn_of_the_loop() -> None:
    bench = Bench()
    await asyncio.sleep(0)
    bench.channel.is_prompt = True
    bench.connection.post(TuneNodeAsync("s", "n", "Start"))
    assert len(bench.channel.sent) == 1
    assert bench.connection.unsent_bytes() == 0
    bench.channel.is_prompt = False
    bench.connection.post(TuneNodeAsync("s", "n", "Start"))
    assert len(bench.channel.sent) == 1
    await bench.channel.next_sent(2)
    await bench.end()
