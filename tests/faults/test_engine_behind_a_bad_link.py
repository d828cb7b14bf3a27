"""A desk on a real engine behind each fault of the link: the hand is never pulled, both ends are equal afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

import sync.websocket
from sync.desk import Desk, LinkState
from sync.wire.stamp import strip_metadata
from tests.end2end.controls import commits_in
from tests.end2end.peer import ScriptedPeer
from tests.faults.link import FaultyLink
from tests.faults.socket_desk import Witness, X, desk_on, drag, session_of, until
from tests.support.engine_process import EngineProcess

pytestmark = pytest.mark.timeout(40)
PIPELINE = Path(__file__).parents[1] / "end2end" / "two_bars.yaml"
NODE = "compositor"
ECHO = '"event":"nodeparamschanged"'
FAULTS: dict[str, Callable[[FaultyLink, str], AbstractContextManager[None]]] = {
    "none": lambda _link, _peer: nullcontext(),
    "delay": lambda link, _peer: link.delayed(0.05),
    "jitter": lambda link, _peer: link.delayed(0.01, 0.06),
    "every third echo lost": lambda link, peer: link.dropping(_every(3, peer)),
    "all echoes lost": lambda link, peer: link.dropping(_every(1, peer)),
    "everything twice": lambda link, _peer: link.duplicating(),
    "params behind view data": lambda link, _peer: link.reordering("nodeparamschanged", 0.06),
    "view data behind params": lambda link, _peer: link.reordering("nodeviewdataupdated", 0.06),
}


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineProcess]:
    with EngineProcess(PIPELINE) as running:
        yield running


@pytest.fixture
def link(engine: EngineProcess) -> Iterator[FaultyLink]:
    """A link of its own for each test; every frame that passed it is checked."""
    with FaultyLink(engine.url) as between:
        yield between
        _check_stamps(between.seen_by_server)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_drag_beside_a_peer(engine: EngineProcess, link: FaultyLink, fault: str) -> None:
    async with _stage(engine, link) as (desk, peer):
        session, rounds = session_of(desk), 40
        witness = Witness(session, X, NODE)
        with FAULTS[fault](link, peer.nonce):
            gesture = await drag(session, X, range(101, 101 + rounds // 2), NODE)
            await peer.set_layer("in_0", opacity=0.5)
            for value in range(101 + rounds // 2, 101 + rounds):
                gesture.change({X: value})
                await asyncio.sleep(0.004)
            gesture.end()
        await _converged(desk, peer)
        layers = (await peer.params())["layers"]
        assert layers["in_1"]["rect"]["x"] == 100 + rounds
        assert layers["in_0"]["opacity"] == 0.5
        assert witness.shown == sorted(witness.shown)


async def test_what_a_lost_event_said_comes_with_the_next_snapshot(engine: EngineProcess, link: FaultyLink) -> None:
    """§6: nobody tells of a lost event; a doubt of any kind brings the truth."""
    async with _stage(engine, link) as (desk, peer):
        session = session_of(desk)
        with link.dropping(lambda text: ECHO in text):
            await peer.set_layer("in_0", opacity=0.66)
            await peer.set_layer("in_0", z_index=3)
        session.link.refetch(session.info.id, "a doubt")
        await until(lambda: session.store.value(NODE, ("layers", "in_0", "opacity")) == 0.66, what="the truth")
        await _converged(desk, peer)


async def test_a_stall_is_shown_as_late_and_ends_equal(engine: EngineProcess, link: FaultyLink) -> None:
    async with _stage(engine, link) as (desk, peer):
        session = session_of(desk)
        with link.stalled():
            session.edit(NODE, {X: 77}, "Move")
            await until(lambda: session.store.unconfirmed_for() > 1.0, what="it is late")
            assert session.store.value(NODE, X) == 77
            await peer.set_layer("in_0", opacity=0.25)
        await _converged(desk, peer)
        layers = (await peer.params())["layers"]
        assert (layers["in_1"]["rect"]["x"], layers["in_0"]["opacity"]) == (77, 0.25)


@pytest.mark.expects_log("no link")
async def test_a_link_that_is_cut_in_a_drag(engine: EngineProcess, link: FaultyLink) -> None:
    async with _stage(engine, link) as (desk, peer):
        session = session_of(desk)
        gesture = await drag(session, X, range(201, 211), NODE)
        gesture.change({X: 250})
        await asyncio.to_thread(link.cut)
        await until(lambda: not gesture.is_open, what="the hand is told")
        await peer.set_layer("in_0", opacity=0.75)
        await _back(desk)
        await _converged(desk, peer)
        layers = (await peer.params())["layers"]
        assert (layers["in_1"]["rect"]["x"], layers["in_0"]["opacity"]) == (250, 0.75)


@pytest.mark.expects_log("no link.*does not answer")
async def test_a_half_open_link_is_given_up(
    engine: EngineProcess, link: FaultyLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§15: pings tell; nothing else would ever."""
    monkeypatch.setattr(sync.websocket, "PING_EVERY_S", 0.1)
    monkeypatch.setattr(sync.websocket, "PING_LIMIT_S", 0.3)
    async with _stage(engine, link) as (desk, peer):
        session = session_of(desk)
        with link.half_open():
            session.edit(NODE, {X: 311}, "Move")
            await until(lambda: desk.link.state is LinkState.WAITING, what="the link is given up")
        await _back(desk)
        await _converged(desk, peer)
        assert (await peer.params())["layers"]["in_1"]["rect"]["x"] == 311


def test_the_check_of_stamps_sees_a_stale_one() -> None:
    """The negative control of what every test here ends with."""
    frame = '{"payload":{"action":"tunenodeasync","message":{"UpdateParams":{"_sender":"%s","_rev":%d}}}}'
    _check_stamps([frame % ("a", 1), frame % ("a", 2), frame % ("b", 1)])
    with pytest.raises(AssertionError):
        _check_stamps([frame % ("a", 1), frame % ("b", 1), frame % ("a", 2)])
    with pytest.raises(AssertionError):
        _check_stamps([frame % ("a", 1), frame % ("b", 2)])


@asynccontextmanager
async def _stage(engine: EngineProcess, link: FaultyLink) -> AsyncIterator[tuple[Desk, ScriptedPeer]]:
    """A desk behind the link and a peer in front of it, with the layers where they were in the file."""
    async with ScriptedPeer.at(engine.url) as peer:
        await peer.set_layer("in_0", opacity=1.0)
        await peer.set_layer("in_1", rect={"x": 100, "y": 180, "width": 640, "height": 360})
        async with desk_on(link.url, "two-bars") as desk:
            await until(lambda: session_of(desk).store.value(NODE, X) == 100, what="the desk is up to date")
            yield desk, peer


async def _back(desk: Desk) -> None:
    desk.retry_now()
    await until(lambda: desk.link.state is LinkState.LIVE, what="the link is back")


async def _converged(desk: Desk, peer: ScriptedPeer) -> None:
    """The desk says of every node what getpipeline says, and nothing is on its way."""
    store = session_of(desk).store
    for _ in range(20):
        await until(lambda: store.in_flight() == 0, what="nothing is on its way")
        truth = (await peer.pipeline())["nodes"]
        if all(_is_same(store, node_id, node["params"]) for node_id, node in truth.items()):
            return
        await asyncio.sleep(0.1)
    raise AssertionError({node_id: (store.params(node_id), node["params"]) for node_id, node in truth.items()})


def _is_same(store: Any, node_id: str, params: Any) -> bool:
    return bool(store.confirmed(node_id) == store.params(node_id) == strip_metadata(params or {}))


def _check_stamps(frames: list[str]) -> None:
    """Connections follow each other: a nonce that came to an end never comes again, and each counts from 1."""
    ended: set[str] = set()
    sender, rev = "", 0
    for commit in commits_in(frames):
        if commit["_sender"] != sender:
            ended.add(sender)
            sender, rev = commit["_sender"], 0
        assert sender not in ended, "a frame was stamped for another connection"
        assert commit["_rev"] == rev + 1
        rev += 1


def _every(count: int, peer: str) -> Callable[[str], bool]:
    """Matches every so-manieth echo of the desk's own commits."""
    seen = iter(range(10**9))
    return lambda text: ECHO in text and peer not in text and next(seen) % count == 0
