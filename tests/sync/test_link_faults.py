"""What must never end a desk's link: an event, a pipeline or an opener that fails inside the desk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sync.channel import Channel
from sync.clock import LoopClock
from sync.desk import FAULT, Desk, LinkState
from sync.rereading import SPACING_S, Rereading
from sync.session import DeskSession
from sync.websocket import open_websocket
from sync.wire.codec import MAX_DEPTH, MalformedFrame, decode_inbound, decode_request
from tests.faults.scripted_server import Generation, ScriptedServer, raw_event
from tests.faults.socket_desk import desk_on, session_of, until
from tests.support.clock import FakeClock
from tests.support.link import COMPOSITOR

pytestmark = pytest.mark.timeout(30)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


def _frame(kind: str, members: str) -> str:
    return f'{{"type":"{kind}","payload":{{"session_id":"s","node_id":"n",{members}}}}}'


def failing_once(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The next call of a session's method raises."""
    work: Callable[..., Any] = getattr(DeskSession, name)
    failures = iter([RuntimeError("planted")])

    def fail_once(session: DeskSession, *arguments: Any) -> Any:
        for failure in failures:
            raise failure
        return work(session, *arguments)

    monkeypatch.setattr(DeskSession, name, fail_once)


def test_what_is_nested_too_deep_is_malformed_and_the_depth_below_passes() -> None:
    """§2: checked for requests, responses and events alike."""
    for depth, passes in ((MAX_DEPTH - 2, True), (MAX_DEPTH, False), (5000, False)):
        text = '{"a":' * depth + "1" + "}" * depth
        event = _frame("event", f'"event":"nodeparamschanged","params":{text}')
        request = _frame("request", f'"action":"tunenode","message":{text}')
        for decode, frame in ((decode_inbound, event), (decode_request, request)):
            if passes:
                decode(frame)
            else:
                with pytest.raises(MalformedFrame):
                    decode(frame)


@pytest.mark.expects_log("skipped a malformed frame")
async def test_params_nested_without_end_cost_a_frame_and_not_the_link() -> None:
    with ScriptedServer(Generation.G3) as server:
        async with desk_on(server.url) as desk:
            session = session_of(desk)
            for _ in range(2):
                await server.say(
                    raw_event("nodeparamschanged", session_id=session.info.id, node_id="gain", params=nested(500))
                )
            await server.do(lambda model: model.tune("gain", {"gain": 0.25}))
            await until(lambda: session.store.value("gain", ("gain",)) == 0.25, what="the event after them")
            assert desk.link.state is LinkState.LIVE
            assert desk.counters.malformed == 2
            assert len(server.dialogues) == 1


@pytest.mark.expects_log("an event could not be taken")
async def test_an_event_that_fails_here_is_told_and_the_truth_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(Generation.G3) as server:
        async with desk_on(server.url) as desk:
            session = session_of(desk)
            failing_once(monkeypatch, "accept")
            await server.do(lambda model: model.tune("gain", {"gain": 0.25}))
            await until(lambda: session.store.value("gain", ("gain",)) == 0.25, what="the pipeline, read again")
            assert desk.counters.failed == 1
            assert any("is read again" in decision.sentence for decision in session.decisions)
            assert len(server.dialogues) == 1
            await server.do(lambda model: model.tune("gain", {"gain": 0.75}))
            await until(lambda: session.store.value("gain", ("gain",)) == 0.75, what="later events")


@pytest.mark.expects_log("a task of the link failed", "no link")
async def test_a_pipeline_that_cannot_be_taken_is_said_and_tried_with_a_new_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ScriptedServer(Generation.G3) as server:
        async with desk_on(server.url) as desk:
            session = session_of(desk)
            reasons: list[str] = []
            desk.link_changed.connect(lambda link: reasons.append(link.reason) if link.reason else None)
            failing_once(monkeypatch, "take_snapshot")
            session.link.refetch(session.info.id, "planted")
            await until(lambda: len(server.dialogues) == 2 and desk.link.state is LinkState.LIVE, what="a new link")
            assert FAULT in reasons
            assert session.edit(COMPOSITOR, {("layers", "in_1", "opacity"): 0.25}, "Fade")
            await until(lambda: session.store.in_flight() == 0, what="the edit")


@pytest.mark.expects_log("the link failed", "no link")
async def test_an_opener_that_fails_in_a_way_of_its_own_is_tried_again() -> None:
    with ScriptedServer(Generation.G3) as server:
        failures = iter([ValueError("planted")])

        async def opener() -> Channel:
            for failure in failures:
                raise failure
            return await open_websocket(server.url)

        desk = Desk(server.url, LoopClock(), opener, draw=lambda: 1.0)
        running = asyncio.create_task(desk.run())
        await until(lambda: desk.link.state is LinkState.WAITING, what="the wait")
        assert desk.link.reason == FAULT
        desk.retry_now()
        await until(lambda: desk.link.state is LinkState.LIVE, what="the link")
        await desk.close()
        await running


def test_doubts_are_answered_at_once_and_then_every_five_seconds() -> None:
    clock, read = FakeClock(), list[str]()
    rereading = Rereading(clock, read.append)
    rereading.doubt("first")
    assert read == ["first"]
    for number in range(100):
        rereading.doubt(f"doubt {number}")
    assert read == ["first"]
    clock.advance(SPACING_S)
    assert read == ["first", "doubt 99"]
    clock.advance(SPACING_S)
    rereading.doubt("later")
    assert read == ["first", "doubt 99", "later"]
    rereading.doubt("dropped")
    rereading.stop()
    clock.advance(2 * SPACING_S)
    assert read == ["first", "doubt 99", "later"]
