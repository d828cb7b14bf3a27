"""Desks on the ordered log of a real engine: sockets, two hands, the fault panel, kills, and what survives a desk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from sync.clock import LoopClock
from sync.desk import Desk, LinkState
from sync.errors import NOT_HERE
from sync.ordered.logs import Logs, OpenLog
from sync.ordered.session_log import SessionLog
from sync.ordered.status import LogState
from sync.paths import Path as FieldPath
from sync.session import DeskSession
from sync.websocket import open_log_socket, open_websocket
from sync.wire.pipeline import Pipeline, SessionInfo
from tests.faults.socket_desk import drag, session_of, until
from tests.support.engine_process import DEMO, EngineProcess
from tests.support.link import COMPOSITOR, demo_pipeline
from tests.support.server import ModelServer
from tests.support.socket_server import SocketServer, serving

pytestmark = pytest.mark.timeout(60)
PIPELINE = Path(__file__).parents[1] / "end2end" / "two_bars.yaml"
NODE = "compositor"
OPACITY: FieldPath = ("layers", "in_1", "opacity")
X: FieldPath = ("layers", "in_1", "rect", "x")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineProcess]:
    with EngineProcess(PIPELINE, state_dir=tmp_path / "state") as running:
        yield running


@asynccontextmanager
async def desk_at(
    url: str, name: str, folder: Path | None = None, opener: OpenLog | None = None
) -> AsyncIterator[Desk]:
    """A desk with a live link and its session open; its links to the log may be opened by another ``opener``."""
    logs = Logs(opener or (lambda session: open_log_socket(url, session, desk=name)), folder, name, url)
    desk = Desk(url, LoopClock(), lambda: open_websocket(url, desk=name), draw=lambda: 0.9, logs=logs)
    desk.sessions_changed.connect(
        lambda: desk.open_session(desk.sessions[0].id) if desk.session is None and desk.sessions else None
    )
    running = asyncio.create_task(desk.run())
    try:
        await until(lambda: desk.session is not None and desk.link.state is LinkState.LIVE, what="the session is open")
        yield desk
    finally:
        await desk.close()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def log_of(desk: Desk) -> SessionLog:
    """The session's log, which it has."""
    log = session_of(desk).log
    assert log is not None
    return log


def value(session: DeskSession, path: FieldPath) -> object:
    return session.store.value(NODE, path)


async def equal(*desks: Desk) -> None:
    """Nothing is on its way, and all show the same document."""

    def are_equal() -> bool:
        logs = [log_of(desk).replica for desk in desks]
        settled = all(not log.outbox.pending() for log in logs)
        return settled and len({(log.applied, log.confirmed.digest()) for log in logs}) == 1

    await until(are_equal, what="all desks are equal")
    assert len({str(session_of(desk).store.params(NODE)) for desk in desks}) == 1


async def test_two_desks_on_one_log_see_each_others_hands(engine: EngineProcess) -> None:
    async with desk_at(engine.url, "one") as one, desk_at(engine.url, "two") as two:
        hand = await drag(session_of(one), OPACITY, [step / 100 for step in range(10, 60)], NODE)
        other = await drag(session_of(two), X, range(200, 240), NODE)
        assert value(session_of(one), OPACITY) == 0.59
        hand.end()
        other.end()
        await equal(one, two)
        assert value(session_of(two), OPACITY) == 0.59
        assert value(session_of(one), X) == 239
        status = log_of(one).status()
        assert status is not None
        assert (status.state, status.rights, status.waiting) == (LogState.LIVE, "control", 0)
        await until(lambda: bool(log_of(one).present()), what="they know of each other")
        assert [each.name for each in log_of(one).present()] == ["two"]


async def test_what_nodes_say_of_themselves_while_a_session_opens_is_heard() -> None:
    with EngineProcess(DEMO) as engine:
        async with desk_at(engine.url, "one") as desk:
            store = session_of(desk).store
            await until(
                lambda: {store.states()[each].name for each in store.node_ids()} == {"Running"},
                20,
                "every node runs, as far as the desk knows",
            )


async def test_a_session_that_is_wanted_twice_at_once_is_opened_once(engine: EngineProcess) -> None:
    async with desk_at(engine.url, "one") as desk:
        name = session_of(desk).info.name or ""
        opened: list[DeskSession] = []
        desk.session_opened.connect(opened.append)
        desk._open.leave()
        for _ in range(3):
            desk.open_session(name)
        await until(lambda: desk.session is not None, what="it is open again")
        await asyncio.sleep(0.2)
        assert len(opened) == 1
        assert log_of(desk).is_live


async def test_geometry_follows_a_hand_over_the_log(engine: EngineProcess) -> None:
    async with desk_at(engine.url, "one") as one, desk_at(engine.url, "two") as two:
        gesture = await drag(session_of(one), X, range(100, 140), NODE)
        gesture.end()
        await equal(one, two)

        def drawn(desk: Desk) -> float:
            scene = session_of(desk).store.scene(NODE)
            assert scene is not None
            layer = scene.layer("in_1")
            assert layer is not None
            return layer.drawn.x

        await until(lambda: drawn(one) == drawn(two), what="both draw it in one place")
        assert any(decision.subject == "view data" for decision in session_of(two).decisions)


@pytest.mark.expects_log("no link to the log", "no link .try")
async def test_a_killed_engine_is_back_with_every_edit_and_the_hand_was_not_pulled(engine: EngineProcess) -> None:
    async with desk_at(engine.url, "one") as one, desk_at(engine.url, "two") as two:
        shown: list[object] = []
        session = session_of(one)
        gesture = await drag(session, OPACITY, [0.2, 0.3], NODE)
        session.store.node_changed.connect(lambda _: shown.append(value(session, OPACITY)))
        engine.kill()
        await until(lambda: not log_of(one).is_live, what="the loss is noticed")
        assert not gesture.is_open
        assert session.edit(NODE, {X: 333}, "Move while away")
        engine.restart()
        await until(lambda: log_of(one).is_live and log_of(two).is_live, what="both are back")
        await equal(one, two)
        assert value(session_of(two), OPACITY) == 0.3
        assert value(session_of(two), X) == 333
        assert set(shown) == {0.3}


@pytest.mark.parametrize("fault", ["delay", "drop", "duplicate", "reorder"])
async def test_a_drag_beside_a_peer_under_each_fault_of_the_panel(
    engine: EngineProcess, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Where the last answer is lost, a new link after five seconds is what heals it.
    caplog.set_level(logging.ERROR, "sync.ordered.log_link")
    async with desk_at(engine.url, "one") as one, desk_at(engine.url, "two") as two:
        faults, session = log_of(one).faults, session_of(one)
        match fault:
            case "delay":
                faults.delay_s, faults.jitter_s = 0.05, 0.05
            case "drop":
                faults.drop = 0.1
            case "duplicate":
                faults.duplicate = 0.5
            case "reorder":
                faults.reorder = 0.3
        witness: list[object] = []
        gesture = session.begin(NODE, "Drag", [X])
        session.store.node_changed.connect(lambda _: witness.append(value(session, X)))
        for step in range(100, 160):
            gesture.change({X: step})
            if step % 10 == 0:
                session_of(two).edit(NODE, {("layers", "in_0", "opacity"): step / 200}, "Theirs")
            await asyncio.sleep(0.008)
        gesture.end()
        assert witness == sorted(witness, key=lambda it: int(str(it)))
        faults.clear()
        await equal(one, two)
        assert value(session_of(two), X) == 159
        assert value(session_of(one), ("layers", "in_0", "opacity")) == 0.75


@pytest.mark.expects_log("no link to the log")
async def test_a_stall_and_a_cut_from_the_panel(engine: EngineProcess) -> None:
    async with desk_at(engine.url, "one") as one, desk_at(engine.url, "two") as two:
        faults = log_of(one).faults
        faults.is_stalled = True
        session_of(one).edit(NODE, {X: 77}, "Into the stall")
        session_of(two).edit(NODE, {OPACITY: 0.4}, "Theirs")
        await asyncio.sleep(0.3)
        assert value(session_of(one), X) == 77
        assert value(session_of(one), OPACITY) != 0.4
        faults.cut()
        await until(lambda: not log_of(one).is_live, what="the cut is noticed")
        faults.clear()
        log_of(one).retry_now()
        await until(lambda: log_of(one).is_live, what="it is back")
        await equal(one, two)
        assert value(session_of(two), X) == 77


@pytest.mark.expects_log("no link to the log")
async def test_edits_that_wait_survive_the_desk(engine: EngineProcess, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    async with desk_at(engine.url, "one", folder) as one:
        log_of(one).faults.cut()
        await until(lambda: not log_of(one).is_live, what="the cut is noticed")
        session_of(one).edit(NODE, {OPACITY: 0.25}, "Fade while away")
    async with desk_at(engine.url, "one", folder) as again, desk_at(engine.url, "two") as two:
        await equal(again, two)
        assert value(session_of(two), OPACITY) == 0.25
        assert log_of(again).replica.conflicts == []


async def test_a_drag_that_a_stall_held_back_is_no_clash_with_the_engine_that_made_the_session(
    engine: EngineProcess, tmp_path: Path
) -> None:
    folder = tmp_path / "desk"
    async with desk_at(engine.url, "one", folder) as one:
        log_of(one).faults.is_stalled = True
        gesture = await drag(session_of(one), OPACITY, [0.2, 0.25, 0.3], NODE)
        gesture.end()
        await until(lambda: session_of(one).store.value(NODE, OPACITY) == 0.3, what="the hand has let go")
    async with desk_at(engine.url, "one", folder) as again, desk_at(engine.url, "two") as two:
        await equal(again, two)
        assert value(session_of(two), OPACITY) == 0.3
        assert log_of(again).replica.conflicts == []


@pytest.mark.parametrize("keeps", [True, False], ids=["on disk", "in memory"])
@pytest.mark.expects_log("no link to the log")
async def test_a_refused_edit_is_asked_about_until_it_is_answered(
    engine: EngineProcess, tmp_path: Path, *, keeps: bool
) -> None:
    folder = tmp_path / "desk" if keeps else None
    mine = {("nodes", NODE, "params", *OPACITY): 0.25}
    async with desk_at(engine.url, "one", folder) as one, desk_at(engine.url, "two") as two:
        log_of(one).faults.cut()
        await until(lambda: not log_of(one).is_live, what="the cut is noticed")
        session_of(one).edit(NODE, {OPACITY: 0.25}, "Fade while away")
        session_of(two).edit(NODE, {OPACITY: 0.4}, "Theirs")
        await equal(two)
        log_of(one).retry_now()
        await until(lambda: bool(log_of(one).replica.conflicts), what="it is refused")
        one._open.leave()
        one.open_session(one.sessions[0].id)
        await until(lambda: one.session is not None, what="it is open again")
        assert [each.mine for each in log_of(one).replica.conflicts] == [mine]
        await equal(one, two)
        if not keeps:
            return
    async with desk_at(engine.url, "one", folder) as again:
        (conflict,) = log_of(again).replica.conflicts
        assert conflict.mine == mine
        assert conflict.theirs[0].theirs == 0.4
        assert value(session_of(again), OPACITY) == 0.4
        log_of(again).take_mine(conflict)
        await equal(again)
        assert value(session_of(again), OPACITY) == 0.25
    async with desk_at(engine.url, "one", folder) as third:
        assert log_of(third).replica.conflicts == []


@pytest.mark.expects_log("are not saved")
async def test_a_disk_that_fails_is_told_and_costs_no_edit(engine: EngineProcess, tmp_path: Path) -> None:
    async with desk_at(engine.url, "one", tmp_path / "desk") as one, desk_at(engine.url, "two") as two:
        log = log_of(one)
        log.faults.disk_fails = True
        session_of(one).edit(NODE, {OPACITY: 0.3}, "Fade")
        await equal(one, two)
        session_of(one).edit(NODE, {OPACITY: 0.4}, "Fade")

        def badge() -> str:
            status = log.status()
            return "" if status is None else status.journal

        await until(lambda: badge() == "not saving", what="it is told")
        status = log.status()
        assert status is not None
        assert "No space left" in status.journal_reason
        log.faults.disk_fails = False
        session_of(one).edit(NODE, {OPACITY: 0.5}, "Fade")
        await until(lambda: badge() == "saved", what="it is saved again")
        await equal(one, two)


async def test_a_skewed_clock_changes_nothing_but_what_is_shown_of_it(engine: EngineProcess) -> None:
    async with desk_at(engine.url, "one") as one, desk_at(engine.url, "two") as two:
        log_of(one).faults.skew_s = 86_400.0
        session_of(one).edit(NODE, {OPACITY: 0.3}, "Fade")
        await equal(one, two)
        session_of(two).edit(NODE, {OPACITY: 0.6}, "Fade")
        await equal(one, two)
        assert value(session_of(one), OPACITY) == 0.6


@pytest.mark.expects_log("no link")
async def test_an_engine_that_comes_back_without_the_session_is_said_by_link_and_log_in_the_same_words() -> None:
    with EngineProcess(PIPELINE) as engine:
        async with desk_at(engine.url, "one") as desk:
            session, log = session_of(desk), log_of(desk)
            engine.kill()
            await until(lambda: not log.is_live and desk.link.state is not LinkState.LIVE, what="the engine is gone")
            assert session.edit(NODE, {OPACITY: 0.25}, "Opacity")
            engine.restart()
            desk.retry_now()
            log.retry_now()
            await until(lambda: desk.missing == NOT_HERE, 20, "the link says so")

            def told_by_the_log() -> str:
                status = log.status()
                assert status is not None
                return status.reason

            await until(lambda: told_by_the_log() == NOT_HERE, 20, "the log says so")
            assert not session.edit(NODE, {OPACITY: 0.5}, "Opacity")
            assert session.decisions[-1].sentence == NOT_HERE
            assert len(log.replica.outbox.pending()) == 1
            assert value(session, OPACITY) == 0.25


async def test_a_server_of_protocol_1_is_worked_on_without_a_log() -> None:
    async with serving(ModelServer(demo_pipeline())) as server, desk_at(server.url, "one") as desk:
        session = session_of(desk)
        assert session.log is None
        session.edit(COMPOSITOR, {OPACITY: 0.3}, "Fade")
        await until(lambda: session.store.in_flight() == 0, what="the echo came")
        assert server.model.nodes[COMPOSITOR].stored["layers"]["in_1"]["opacity"] == 0.3


@pytest.mark.expects_log("no link to the log", "no link .try")
async def test_a_server_that_comes_back_without_a_log_gets_what_waited_all_the_same(engine: EngineProcess) -> None:
    async with desk_at(engine.url, "one") as one:
        told: list[str] = []
        one.noticed.connect(lambda _, sentence: told.append(sentence))
        name = session_of(one).info.name
        one.open_session(name or "")
        engine.kill()
        await until(lambda: not log_of(one).is_live, what="the loss is noticed")
        session_of(one).edit(NODE, {OPACITY: 0.25}, "Fade while away")
        model = ModelServer(_pipeline_named(NODE))
        model.info = SessionInfo(model.info.id, name)
        server = SocketServer(model)
        server.port = engine.port
        await server.start()
        try:
            await until(lambda: one.session is not None and one.session.log is None, 20, "it goes on without a log")
            await until(lambda: model.nodes[NODE].stored["layers"]["in_1"]["opacity"] == 0.25, what="what waited came")
            assert any("keeps no ordered log" in sentence for sentence in told)
        finally:
            await server.stop()


def _pipeline_named(node: str) -> Pipeline:
    """The demo with its compositor under another name."""
    demo = demo_pipeline()
    return Pipeline(
        {node if name == COMPOSITOR else name: each for name, each in demo.nodes.items()}, [], name="studio"
    )
