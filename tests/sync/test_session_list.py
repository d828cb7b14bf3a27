"""Which sessions a server has, and what becomes of the open one when the server has it no more."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from sync.desk import Desk, LinkState
from sync.errors import NOT_HERE
from sync.rereading import SPACING_S
from sync.session import DeskSession
from sync.session_list import LIST_EVERY_S
from sync.websocket import open_websocket
from sync.wire.codec import encode_event
from sync.wire.events import NodeParamsChanged, SessionCreated, SessionDestroyed
from sync.wire.requests import GetPipeline, ListNodes, ListSessions, TuneNodeAsync
from tests.faults.socket_desk import until
from tests.support.clock import FakeClock
from tests.support.link import COMPOSITOR, demo_pipeline
from tests.support.server import ModelServer
from tests.support.socket_server import SocketServer, serving

pytestmark = pytest.mark.timeout(30)
OPACITY = ("layers", "in_1", "opacity")
OTHER = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
async def server() -> AsyncIterator[SocketServer]:
    """The demo session behind a socket."""
    async with serving(ModelServer(demo_pipeline())) as running:
        yield running


@asynccontextmanager
async def desk_at(server: SocketServer, clock: FakeClock, wanted: str | None = "studio") -> AsyncIterator[Desk]:
    """A desk whose time only the test moves, live."""
    desk = Desk(server.url, clock, functools.partial(open_websocket, server.url), draw=lambda: 1.0)
    running = asyncio.create_task(desk.run())
    if wanted is not None:
        desk.open_session(wanted)
    try:
        await until(lambda: desk.link.state is LinkState.LIVE, what="the desk is live")
        yield desk
    finally:
        await desk.close()
        await running


def opened(desk: Desk) -> DeskSession:
    """The open session."""
    assert desk.session is not None
    return desk.session


def asked(server: SocketServer, kind: type) -> int:
    """How often a kind of request came."""
    return sum(isinstance(request, kind) for request in server.received)


async def reconnect(server: SocketServer, desk: Desk) -> None:
    """The server goes away and comes back; the desk finds it."""
    await server.stop()
    await until(lambda: desk.link.state is LinkState.WAITING, what="the link is lost")
    await server.start()
    desk.retry_now()
    await until(lambda: desk.link.state is LinkState.LIVE, what="the link is back")


@pytest.mark.expects_log("no link")
async def test_a_session_that_is_gone_after_a_reconnect_keeps_what_waits_and_takes_no_edits(
    server: SocketServer,
) -> None:
    clock = FakeClock()
    async with desk_at(server, clock) as desk:
        session, refused = opened(desk), list[str]()
        session.refused.connect(lambda _node, _path, sentence: refused.append(sentence))
        server.is_mute = True
        assert session.edit(COMPOSITOR, {OPACITY: 0.25}, "Fade")
        server.is_absent, server.is_mute = True, False
        await reconnect(server, desk)
        assert desk.session is session
        assert desk.missing == desk.why_not("tune") == desk.why_not("edit_graph") == NOT_HERE
        assert not session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
        assert refused == [NOT_HERE]
        assert session.store.value(COMPOSITOR, OPACITY) == 0.25
        server.received.clear()
        server.is_absent = False
        clock.advance(LIST_EVERY_S)
        await until(lambda: not desk.missing and not session.store.in_flight(), what="it is there again")
        assert server.model.nodes[COMPOSITOR].stored["layers"]["in_1"]["opacity"] == 0.25
        assert session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
        await until(lambda: not session.store.in_flight(), what="the new edit")


@pytest.mark.expects_log("no link")
async def test_a_session_of_that_name_that_is_made_anew_is_the_open_one_again(server: SocketServer) -> None:
    async with desk_at(server, FakeClock()) as desk:
        session = opened(desk)
        server.is_mute = True
        session.edit(COMPOSITOR, {OPACITY: 0.25}, "Fade")
        server.is_absent, server.is_mute = True, False
        await reconnect(server, desk)
        assert desk.missing == NOT_HERE
        server.is_absent = False
        server.model.info = msgspec.structs.replace(server.model.info, id=OTHER)
        await server.say(encode_event(SessionCreated(OTHER, "studio", "")))
        await until(lambda: not desk.missing and not session.store.in_flight(), what="it is open again")
        assert desk.session is session
        assert session.info.id == OTHER
        assert server.model.nodes[COMPOSITOR].stored["layers"]["in_1"]["opacity"] == 0.25


@pytest.mark.expects_log("no link")
async def test_a_pipeline_that_the_server_refuses_is_said_in_its_words(server: SocketServer) -> None:
    async with desk_at(server, FakeClock()) as desk:
        stranger = msgspec.structs.replace(server.model.info, id=OTHER)
        known, server.model.info = server.model.info, stranger
        await reconnect(server, desk)
        assert desk.missing == ""  # another id, the same name: the same session
        server.model.info = known
        session = opened(desk)
        session.link.refetch(session.info.id, "test")
        await until(lambda: bool(desk.missing), what="the refusal is said")
        assert desk.missing == f"The server does not give out the session studio: Session '{OTHER}' not found"


async def test_a_session_that_went_without_a_word_is_missed_within_ten_seconds(server: SocketServer) -> None:
    clock = FakeClock()
    async with desk_at(server, clock) as desk:
        server.is_absent = True
        clock.advance(LIST_EVERY_S)
        await until(lambda: desk.missing == NOT_HERE, what="it is missed")
        assert desk.sessions == ()
        assert opened(desk).store.compositors() == (COMPOSITOR,)


async def test_a_session_whose_word_was_lost_is_found_within_ten_seconds(server: SocketServer) -> None:
    clock = FakeClock()
    server.is_absent = True
    async with desk_at(server, clock) as desk:
        assert not desk.sessions
        server.is_absent = False
        clock.advance(LIST_EVERY_S)
        await until(lambda: desk.session is not None, what="the wanted session opens")
        assert [row.name for row in desk.sessions] == ["studio"]


async def test_a_list_that_lacks_the_open_session_is_no_proof(server: SocketServer) -> None:
    """An answer may be older than what made the session, and a list need not tell everything."""
    async with desk_at(server, FakeClock()) as desk:
        before = asked(server, GetPipeline)
        desk._open.take_rows(())
        desk._open.list.listed.emit()
        await until(lambda: asked(server, GetPipeline) > before, what="the session is asked for")
        assert opened(desk).edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
        await until(lambda: not opened(desk).store.in_flight(), what="the edit")
        assert desk.missing == ""


async def test_what_happens_between_two_answers_of_the_start_is_kept(server: SocketServer) -> None:
    info = server.model.info
    server.says_before[ListNodes] = [
        encode_event(SessionCreated(OTHER, "new", "")),
        encode_event(SessionDestroyed(info.id)),
    ]
    async with desk_at(server, FakeClock(), None) as desk:
        assert [(row.id, row.name) for row in desk.sessions] == [(OTHER, "new")]


async def test_the_list_is_asked_for_only_while_there_is_a_link(server: SocketServer) -> None:
    clock = FakeClock()
    async with desk_at(server, clock) as desk:
        for count in (2, 3):
            clock.advance(LIST_EVERY_S)
            await until(lambda count=count: asked(server, ListSessions) == count, what="the list")  # type: ignore[misc]
            await until(lambda: desk._open.list._cancel is not None, what="the next look is due")
    clock.advance(10 * LIST_EVERY_S)
    assert asked(server, ListSessions) == 3


async def test_a_node_that_was_never_announced_is_fetched_and_a_stranger_does_not_flood(server: SocketServer) -> None:
    clock = FakeClock()
    async with desk_at(server, clock) as desk:
        session, model = opened(desk), server.model
        model.nodes["late"] = ModelServer(demo_pipeline()).nodes["gain"]
        before = asked(server, GetPipeline)
        for _ in range(50):
            await server.say(encode_event(NodeParamsChanged(model.info.id, "late", {"gain": 0.5})))
        await until(lambda: session.store.has("late"), what="the node")
        for _ in range(50):
            await server.say(encode_event(NodeParamsChanged(model.info.id, "stranger", {"gain": 0.5})))
            await server.say(encode_event(NodeParamsChanged(model.info.id, "_preview_x", {"gain": 0.5})))
        session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
        await until(lambda: not session.store.in_flight(), what="all of them have come")
        assert asked(server, TuneNodeAsync) == 1
        told = asked(server, GetPipeline) - before
        clock.advance(SPACING_S)
        await until(lambda: asked(server, GetPipeline) - before == told + 1, what="one more")
        assert told <= 2
