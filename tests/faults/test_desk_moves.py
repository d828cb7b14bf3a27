"""A desk goes on at another engine with everything that waits: same author, nothing lost, nothing done twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest

from sync.clock import LoopClock
from sync.desk import Desk, LinkState
from sync.log.sqlite_store import SqliteStore
from sync.ordered.logs import Logs
from sync.paths import Path as FieldPath
from sync.session import DeskSession
from sync.websocket import open_log_socket, open_websocket
from tests.engine.standby.desks import entries_at
from tests.engine.standby.pair import SHOW, Place, follower_of, is_live, start
from tests.engine.standby.pair import until as until_so
from tests.faults.socket_desk import drag, session_of, until
from tests.faults.wire import cable
from tests.support.engine_process import EngineProcess

pytestmark = pytest.mark.timeout(120)
NODE = "mix"
OPACITY: FieldPath = ("layers", "in_0", "opacity")
TEXT: FieldPath = ("text_overlays", "t0", "text")


class MovingDesk:
    """A desk and the server that its openers lead to."""

    def __init__(self, url: str, folder: Path | None) -> None:
        self.url = url
        self.logs = Logs(lambda session: open_log_socket(self.url, session, desk="d"), folder, "Ines", url)
        self.desk = Desk(url, LoopClock(), lambda: open_websocket(self.url, desk="d"), draw=lambda: 0.9, logs=self.logs)
        self.desk.open_session("show")

    async def move(self, url: str) -> None:
        self.url = url
        await self.desk.move(url)

    @property
    def session(self) -> DeskSession:
        return session_of(self.desk)

    @property
    def is_settled(self) -> bool:
        """Live on both links, and nothing waits."""
        log = self.session.log
        assert log is not None
        return self.desk.link.state is LinkState.LIVE and log.is_live and not log.replica.outbox.pending()


@asynccontextmanager
async def desk_at(url: str, folder: Path | None = None) -> AsyncIterator[MovingDesk]:
    made = MovingDesk(url, folder)
    running = asyncio.create_task(made.desk.run())
    try:
        await until(lambda: made.desk.session is not None and made.is_settled, what="the session is open")
        yield made
    finally:
        await made.desk.close()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


def author_of(desk: MovingDesk) -> str:
    assert desk.session.log is not None
    return desk.session.log.author


def waiting_at(folder: Path, url: str) -> int:
    """How many edits the desk's file keeps for a server."""
    store = SqliteStore(folder / "outbox-1.db")
    stored = store.load(f"{url}/show")
    store.close()
    return 0 if stored is None else len(stored.history)


async def params(at: Place) -> dict[str, object]:
    return dict((await at.get("/api/v1/sessions/show/pipeline"))["nodes"][NODE]["params"])


@pytest.mark.expects_log("no link")
async def test_what_the_leader_had_not_passed_on_and_what_waited_go_along_and_are_there_once(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    folder = tmp_path / "desk"
    leader = await start(stack, EngineProcess(SHOW, state_dir=tmp_path / "leader"))
    line = await stack.enter_async_context(cable(leader.base))
    standby = await start(stack, follower_of(line.url, state_dir=tmp_path / "standby"))
    await until_so(lambda: is_live(standby))
    desk = await stack.enter_async_context(desk_at(leader.base, folder))
    session, author = desk.session, author_of(desk)
    line.cut()
    (await drag(session, OPACITY, [step / 100 for step in range(30, 60)], NODE)).end()
    await until(lambda: desk.is_settled, what="the leader alone has it")
    gesture = await drag(session, OPACITY, [0.61, 0.62, 0.63], NODE)
    await asyncio.to_thread(leader.engine.kill)
    await until(lambda: not gesture.is_open, what="the loss is noticed")
    session.edit(NODE, {TEXT: "while away"}, "Text")
    await until(lambda: waiting_at(folder, leader.base) >= 1, what="what waits is on disk")
    undo = session.history.undo_title
    await standby.take_over()
    await desk.move(standby.base)
    await until(lambda: desk.is_settled, what="everything was taken there")
    assert (desk.session, author_of(desk), session.history.undo_title) == (session, author, undo)
    assert desk.desk.link.url == standby.base
    counted = Counter(entry.id.seq for entry in await entries_at(standby) if entry.id.author == author)
    assert session.log is not None
    assert counted == dict.fromkeys(range(1, session.log.replica.last_seq + 1), 1)
    stored = await params(standby)
    assert stored["layers"]["in_0"]["opacity"] == 0.63  # type: ignore[index]
    assert session.log.replica.conflicts == []
    await until(lambda: waiting_at(folder, standby.base) == 0, what="nothing waits on disk")
    assert waiting_at(folder, leader.base) == 0
    assert session.history.undo()
    await until(lambda: desk.is_settled, what="undo works there")
    assert session.store.value(NODE, TEXT) == "0"
    await asyncio.to_thread(leader.engine.restart)
    line.mend()
    await until_so(lambda: are_equal(leader, standby))


async def are_equal(one: Place, other: Place) -> bool:
    return await one.document() == await other.document()


@pytest.mark.expects_log("no link")
async def test_what_waits_is_on_disk_for_the_new_server_and_the_old_rows_go(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    """A desk that ends before the new server answered has its edits there, and only there."""
    folder = tmp_path / "desk"
    leader = await start(stack, EngineProcess(SHOW))
    nowhere = "http://127.0.0.1:9"
    async with desk_at(leader.base, folder) as desk:
        await asyncio.to_thread(leader.engine.kill)
        await until(lambda: not desk.is_settled, what="the loss is noticed")
        desk.session.edit(NODE, {TEXT: "while away"}, "Text")
        await until(lambda: waiting_at(folder, leader.base) == 1, what="it is on disk")
        await desk.move(nowhere)
        await until(lambda: waiting_at(folder, nowhere) == 1, what="it is on disk for the new server")
        assert waiting_at(folder, leader.base) == 0
        desk.session.edit(NODE, {OPACITY: 0.4}, "Fade")
        await until(lambda: waiting_at(folder, nowhere) == 2, what="so is what comes after")
        await desk.move(leader.base)
        await until(lambda: waiting_at(folder, leader.base) == 2, what="and back")
        assert waiting_at(folder, nowhere) == 0


@pytest.mark.expects_log("no link")
async def test_what_an_earlier_run_left_for_the_new_server_is_sent_too(stack: AsyncExitStack, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    leader = await start(stack, EngineProcess(SHOW, state_dir=tmp_path / "leader"))
    standby = await start(stack, follower_of(leader.base))
    await until_so(lambda: is_live(standby))
    async with desk_at(leader.base, folder) as desk:
        await asyncio.to_thread(leader.engine.kill)
        await until(lambda: not desk.is_settled, what="the loss is noticed")
        desk.session.edit(NODE, {TEXT: "left behind"}, "Text")
        await desk.move(standby.base)  # which takes no edits yet
        await until(lambda: waiting_at(folder, standby.base) == 1, what="it waits for the standby")
    await asyncio.to_thread(leader.engine.restart)
    await until_so(lambda: is_live(standby))
    async with desk_at(leader.base, folder) as desk:
        assert desk.session.store.value(NODE, TEXT) == "0"
        desk.session.edit(NODE, {OPACITY: 0.4}, "Fade")
        await standby.take_over()
        await desk.move(standby.base)
        await until(lambda: desk.is_settled, what="everything was taken there")
        stored = await params(standby)
        assert stored["text_overlays"][0]["text"] == "left behind"  # type: ignore[index]
        assert stored["layers"]["in_0"]["opacity"] == 0.4  # type: ignore[index]


@pytest.mark.expects_log("no link")
async def test_a_desk_that_keeps_nothing_takes_what_waits_along_all_the_same(stack: AsyncExitStack) -> None:
    leader = await start(stack, EngineProcess(SHOW))
    standby = await start(stack, follower_of(leader.base))
    await until_so(lambda: is_live(standby))
    async with desk_at(leader.base) as desk:
        await asyncio.to_thread(leader.engine.kill)
        await until(lambda: not desk.is_settled, what="the loss is noticed")
        desk.session.edit(NODE, {TEXT: "while away"}, "Text")
        await standby.take_over()
        await desk.move(standby.base)
        await until(lambda: desk.is_settled, what="everything was taken there")
        assert (await params(standby))["text_overlays"][0]["text"] == "while away"  # type: ignore[index]


async def test_a_session_that_is_left_in_the_middle_of_a_move_stays_left(stack: AsyncExitStack) -> None:
    leader = await start(stack, EngineProcess(SHOW))
    async with desk_at(leader.base) as desk:
        moving = asyncio.create_task(desk.logs.move("elsewhere"))
        await asyncio.sleep(0)
        desk.desk._open.leave()
        await moving
        assert desk.logs._running is None
