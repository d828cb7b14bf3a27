"""The desk over a real WebSocket: opening, editing, losing the link and coming back."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from sync.channel import Channel
from sync.clock import LoopClock
from sync.desk import Desk, LinkState
from sync.errors import LinkLost, RequestRefused
from sync.signals import Signal
from sync.websocket import open_websocket
from sync.wire.codec import encode_event
from sync.wire.events import SessionCreated, SessionDestroyed
from sync.wire.pipeline import SessionInfo
from sync.wire.requests import CreateSession, TuneNodeAsync
from tests.support.link import COMPOSITOR, demo_pipeline
from tests.support.server import ModelServer
from tests.support.socket_server import SocketServer, serving

pytestmark = pytest.mark.timeout(20)
OPACITY = ("layers", "in_1", "opacity")


async def until(signal: Signal[*tuple[object, ...]], condition: Callable[[], bool]) -> None:
    """Waits for a condition that only changes together with a signal."""
    changed = asyncio.Event()
    off = signal.connect(lambda *_: changed.set())
    try:
        while not condition():
            changed.clear()
            await asyncio.wait_for(changed.wait(), 10)
    finally:
        off()


@asynccontextmanager
async def desk_at(url: str, token: str | None = None) -> AsyncIterator[Desk]:
    """A running desk that is closed at the end; it draws the shortest waits."""
    desk = Desk(url, LoopClock(), functools.partial(open_websocket, url, token), draw=lambda: 1.0)
    running = asyncio.create_task(desk.run())
    try:
        yield desk
    finally:
        await desk.close()
        await running


async def opened(desk: Desk) -> None:
    """The desk is live with the demo session open."""
    desk.open_session("studio")
    await until(desk.link_changed, lambda: desk.link.state is LinkState.LIVE)
    assert desk.session is not None


@pytest.fixture
async def server() -> AsyncIterator[SocketServer]:
    """The demo session behind a socket."""
    async with serving(ModelServer(demo_pipeline())) as running:
        yield running


async def test_goes_live_and_opens_the_wanted_session(server: SocketServer) -> None:
    async with desk_at(server.url, "s3cret") as desk:
        await opened(desk)
        assert desk.session is not None
        assert desk.session.store.compositors() == (COMPOSITOR,)
        assert [row.name for row in desk.sessions] == ["studio"]
        assert desk.role == "admin"
        assert desk.may("tune")
        assert desk.why_not("load_plugins") == "The role admin may not load plugins on this server."
        assert server.headers[0]["Authorization"] == "Bearer s3cret"
        assert "Origin" not in server.headers[0]
        assert "s3cret" not in repr(desk)


async def test_a_session_made_beside_the_link_opens_though_its_event_never_comes(server: SocketServer) -> None:
    async with desk_at(server.url) as desk:
        await until(desk.link_changed, lambda: desk.link.state is LinkState.LIVE)
        noticed: list[str] = []
        desk.noticed.connect(lambda _severity, sentence: noticed.append(sentence))
        studio = desk.sessions[0]
        desk.open_made(SessionInfo(studio.id, "made"))
        await until(desk.session_opened, lambda: desk.session is not None)
        assert [row.name for row in desk.sessions] == ["made"]
        assert noticed == []


async def test_an_edit_reaches_the_server_and_is_confirmed(server: SocketServer) -> None:
    async with desk_at(server.url) as desk:
        await opened(desk)
        session = desk.session
        assert session is not None
        assert session.edit(COMPOSITOR, {OPACITY: 0.25}, "Fade")
        await until(session.store.node_changed, lambda: session.store.in_flight() == 0)
        assert server.model.nodes[COMPOSITOR].stored["layers"]["in_1"]["opacity"] == 0.25
        assert session.store.confirmed(COMPOSITOR)["layers"]["in_1"]["opacity"] == 0.25


@pytest.mark.expects_log("no link")
async def test_comes_back_by_itself_and_sends_only_what_is_ours(server: SocketServer) -> None:
    async with desk_at(server.url) as desk:
        await opened(desk)
        session = desk.session
        assert session is not None
        gesture = session.begin(COMPOSITOR, "Fade")
        ended: list[str] = []
        gesture.ended.connect(ended.append)
        first_nonce = session.link.revisions.nonce
        server.is_mute = True
        gesture.change({OPACITY: 0.5})
        await server.stop()
        await until(desk.link_changed, lambda: desk.link.state is LinkState.WAITING)
        assert ended == ["disconnected"]
        assert session.store.value(COMPOSITOR, OPACITY) == 0.5
        server.is_mute = False
        server.received.clear()
        server.model.tune(COMPOSITOR, {"layers": {"in_0": {"opacity": 0.75}}})
        await server.start()
        await until(
            session.store.node_changed, lambda: desk.link.state is LinkState.LIVE and not session.store.in_flight()
        )
        tunes = [request for request in server.received if isinstance(request, TuneNodeAsync)]
        assert len(tunes) == 1
        assert isinstance(tunes[0].message, dict)
        sent = tunes[0].message["UpdateParams"]
        assert (sent["_sender"], sent["_rev"]) != (first_nonce, 1)
        assert sent["_rev"] == 1
        assert sent["layers"]["in_0"]["opacity"] == 0.75
        assert sent["layers"]["in_1"]["opacity"] == 0.5
        assert server.model.nodes[COMPOSITOR].stored["layers"]["in_1"]["opacity"] == 0.5


@pytest.mark.expects_log("no link .* asks for a token")
async def test_a_server_that_says_no_is_a_refusal_with_a_sentence(server: SocketServer) -> None:
    server.refuse_with = 401
    async with desk_at(server.url) as desk:
        await until(desk.link_changed, lambda: desk.link.state is LinkState.REFUSED)
        assert "token" in desk.link.reason
        server.refuse_with = None
        desk.retry_now()
        await until(desk.link_changed, lambda: desk.link.state is LinkState.LIVE)


@pytest.mark.expects_log("skipped a malformed frame")
async def test_garbage_is_counted_and_the_link_stays(server: SocketServer) -> None:
    async with desk_at(server.url) as desk:
        await opened(desk)
        for frame in ("", "[]", '{"type":"event","payload":{"event":"nodestatechanged"}}', "\x00", '{"type":"what"}'):
            await server.say(frame)
        await server.say('{"type":"event","payload":{"event":"fromthefuture","x":1}}')
        session = desk.session
        assert session is not None
        assert session.edit(COMPOSITOR, {OPACITY: 0.1}, "Fade")
        await until(session.store.node_changed, lambda: session.store.in_flight() == 0)
        assert desk.link.state is LinkState.LIVE
        assert desk.counters.malformed == 5
        assert desk.counters.unknown == 1


async def test_an_error_reply_is_a_refused_request(server: SocketServer) -> None:
    async with desk_at(server.url) as desk:
        await opened(desk)
        with pytest.raises(RequestRefused, match="the model knows no CreateSession"):
            await desk.request(CreateSession("x"))


async def test_closing_does_not_wait_for_a_server_that_never_answers() -> None:
    started = asyncio.Event()

    async def never() -> Channel:
        started.set()
        answer: asyncio.Future[Channel] = asyncio.get_running_loop().create_future()
        return await answer

    desk = Desk("ws://127.0.0.1:1", LoopClock(), never)
    running = asyncio.create_task(desk.run())
    await started.wait()
    await desk.close()
    await asyncio.wait_for(running, 1)
    assert desk.link.state is LinkState.CLOSED


async def test_a_cancelled_desk_is_closed_too(server: SocketServer) -> None:
    desk = Desk(server.url, LoopClock(), functools.partial(open_websocket, server.url))
    running = asyncio.create_task(desk.run())
    await until(desk.link_changed, lambda: desk.link.state is LinkState.LIVE)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert desk.link.state is LinkState.CLOSED


async def test_a_viewer_is_told_what_it_may_not_do(server: SocketServer) -> None:
    server.permissions = {"tune_nodes": False}
    async with desk_at(server.url) as desk:
        await opened(desk)
        session = desk.session
        assert session is not None
        assert not desk.may("tune")
        assert not session.edit(COMPOSITOR, {OPACITY: 0.25}, "Fade")
        assert desk.may("edit_graph")


async def test_a_request_without_a_link_says_so() -> None:
    desk = Desk("ws://127.0.0.1:1", LoopClock(), functools.partial(open_websocket, "ws://127.0.0.1:1"))
    with pytest.raises(LinkLost):
        await desk.request(CreateSession("x"))


async def test_a_session_that_is_ended_closes_and_one_of_its_name_opens_again(server: SocketServer) -> None:
    async with desk_at(server.url) as desk:
        await opened(desk)
        closed: list[str] = []
        desk.session_closed.connect(closed.append)
        await server.say(encode_event(SessionDestroyed(server.model.info.id)))
        await until(desk.session_closed, lambda: desk.session is None)
        assert closed == [server.model.info.id]
        await server.say(encode_event(SessionCreated(server.model.info.id, "studio", "")))
        await until(desk.session_opened, lambda: desk.session is not None)
