"""A response and the events around it mean something only in the order in which they came (PROTOCOL.md §6)."""

from __future__ import annotations

import asyncio

import pytest

from sync.connection import Connection
from sync.wire.codec import decode_request, encode_event, encode_response
from sync.wire.events import Event, NodeParamsChanged
from sync.wire.pipeline import Pipeline
from sync.wire.requests import ApplyBatch, BatchConnect, GetPipeline
from sync.wire.responses import PipelineReply
from tests.faults.scripted_server import ScriptedServer
from tests.faults.socket_desk import desk_on, session_of, until
from tests.support.channel import FakeChannel
from tests.support.clock import FakeClock
from tests.support.link import COMPOSITOR

pytestmark = pytest.mark.timeout(10)


@pytest.mark.parametrize("events_before", [0, 1])
async def test_a_snapshot_is_taken_before_the_events_that_came_after_it(events_before: int) -> None:
    """Taken later it would undo them, and nothing would ever put that right."""
    channel, heard = FakeChannel(), list[str]()

    def hear(event: Event) -> None:
        assert isinstance(event, NodeParamsChanged)
        heard.append(event.node_id)

    async def fetch() -> None:
        await connection.request(GetPipeline("s"))
        heard.append("snapshot")

    connection = Connection(channel, FakeClock(), hear, lambda _event: heard.append("stumbled"))
    running = asyncio.ensure_future(connection.run())
    fetching = asyncio.ensure_future(fetch())
    (request,) = await channel.next_sent(1)
    for _ in range(events_before):
        channel.feed(encode_event(NodeParamsChanged("s", "before", {})))
    channel.feed(encode_response(PipelineReply(Pipeline()), decode_request(request)[1]))
    for _ in range(3):
        channel.feed(encode_event(NodeParamsChanged("s", "after", {})))
    channel.cut()
    await running
    await fetching
    assert heard == ["before"] * events_before + ["snapshot", "after", "after", "after"]


async def test_a_reader_that_gave_up_holds_nobody_up() -> None:
    channel, heard = FakeChannel(), list[Event]()
    connection = Connection(channel, FakeClock(), heard.append, heard.append)
    running = asyncio.ensure_future(connection.run())
    fetching = asyncio.ensure_future(connection.request(GetPipeline("s")))
    (request,) = await channel.next_sent(1)
    channel.feed(encode_response(PipelineReply(Pipeline()), decode_request(request)[1]))
    channel.feed(encode_event(NodeParamsChanged("s", "after", {})))
    fetching.cancel()
    channel.cut()
    await running
    assert len(heard) == 1
    assert fetching.cancelled()


async def test_our_own_batch_is_followed_by_a_fetch() -> None:
    """§5: connections made in a batch raise no event; only getpipeline tells of them."""
    with ScriptedServer() as server:
        async with desk_on(server.url) as desk:
            session = session_of(desk)
            rows = len(session.store.connections())
            row = BatchConnect("cam_b", "out", COMPOSITOR, "in_3")
            await desk.request(ApplyBatch(session.info.id, [row]))
            await until(lambda: len(session.store.connections()) == rows + 1, what="the new row")
