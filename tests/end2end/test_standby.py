"""The engine dies under the hand and a standby goes on: two desks, nothing lost, nothing twice, both engines equal."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QSlider

from gui.options import DeskOptions
from gui.place import RemotePlace
from gui.program import DeskProgram
from gui.settings.state import StateFile
from gui.standby.placing import Standbys
from gui.standby.strip import CONTINUE, TAKE_OVER
from sync.desk import LinkState
from sync.ordered.session_log import SessionLog
from tests.end2end.controls import slider_of
from tests.end2end.desk import DeskInTest, drag, press, release, run_on_loop, until
from tests.engine.standby.desks import entries_at
from tests.engine.standby.pair import Place, follower_of, is_live, start
from tests.engine.standby.pair import until as until_so
from tests.support.engine_process import EngineProcess

pytestmark = pytest.mark.timeout(180)
PIPELINE = Path(__file__).with_name("two_bars.yaml")
SESSION = "two-bars"
OPACITY = ("layers", "in_1", "opacity")
TITLE = ("text_overlays", "title", "text")


def on_loop(qapp: QApplication, scenario: Callable[[AsyncExitStack], Awaitable[None]]) -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            await scenario(stack)

    run_on_loop(qapp, run())


def standbys_of(desk: DeskInTest) -> Standbys:
    assert desk.program.standbys is not None
    return desk.program.standbys


def log_of(desk: DeskInTest) -> SessionLog:
    log = desk.session.log
    assert log is not None
    return log


async def pair(stack: AsyncExitStack, folder: Path) -> tuple[Place, Place]:
    """A leader, and a standby that has caught up; both keep their sessions."""
    leader = await start(stack, EngineProcess(PIPELINE, state_dir=folder / "leader"))
    standby = await start(stack, follower_of(leader.base, state_dir=folder / "standby"))
    await until_so(lambda: is_live(standby))
    return leader, standby


async def knows(desk: DeskInTest, standby: Place) -> None:
    """The leader has told the desk of its standby."""
    await until(lambda: [row.url for row in log_of(desk).standbys] == [standby.base], 20, "the standby is known")


async def offered(desk: DeskInTest, words: str) -> None:
    strip = standbys_of(desk).strip
    await until(lambda: strip.isVisible() and words in strip.words.text(), 20, f"“{words}” is said")


async def goes_on_at(desk: DeskInTest, standby: Place) -> None:
    """The button is pressed, and the desk is there with nothing left to send."""
    standbys_of(desk).strip.buttons[CONTINUE].click()
    await until(lambda: desk.station.desk.link.url == standby.base, 20, "the desk goes there")
    await until(lambda: desk.station.desk.link.state is LinkState.LIVE and log_of(desk).is_live, 20, "it is linked")
    await until(lambda: not log_of(desk).replica.outbox.pending(), 20, "nothing waits")


async def documents_are_equal(one: Place, other: Place) -> bool:
    return await one.document(SESSION) == await other.document(SESSION)


@pytest.mark.expects_log("no link")
def test_killed_under_a_drag_both_desks_go_on_at_the_standby_and_everything_is_there_once(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def scenario(stack: AsyncExitStack) -> None:
        leader, standby = await pair(stack, tmp_path)
        one = await stack.enter_async_context(DeskInTest.at(qapp, leader.base, name="Ines"))
        two = await stack.enter_async_context(DeskInTest.at(qapp, leader.base, name="Maria Kent"))
        await knows(one, standby)
        await knows(two, standby)
        session, author = one.session, log_of(one).author
        slider = await slider_of(one)
        await _drag_and_kill(slider, leader)
        ours = session.store.value("compositor", OPACITY)
        session.edit("compositor", {TITLE: "While away"}, "Text of title")
        two.session.edit("compositor", {("layers", "in_0", "opacity"): 0.5}, "Opacity of bg")
        await offered(one, "has everything up to rev")
        assert "of yours wait" in standbys_of(one).strip.words.text()
        await goes_on_at(one, standby)
        assert (one.session, log_of(one).author, one.station.bridge.selection) == (session, author, ("in_1",))
        await offered(two, "leads now")
        await goes_on_at(two, standby)
        await _check_once(standby, one, two)
        await until(lambda: two.session.store.value("compositor", OPACITY) == ours, what="the other desk has it")
        received = one.station.follower.picture.statistics().received
        await until(lambda: one.station.follower.picture.statistics().received > received, 20, "the picture goes on")
        assert session.history.undo()
        await until(lambda: two.session.store.value("compositor", TITLE) == "Hello", what="undo works there")
        await asyncio.to_thread(leader.engine.restart)
        await until_so(lambda: documents_are_equal(leader, standby))
        two.session.edit("compositor", {TITLE: "After"}, "Text of title")
        await until_so(lambda: _title_is(leader, "After"))

    on_loop(qapp, scenario)


async def _drag_and_kill(slider: QSlider, leader: Place) -> None:
    """The engine dies in the middle; the hand goes on and lets go."""
    middle = slider.height() // 2
    press(slider, QPoint(slider.width() - 12, middle))
    for step in range(30):
        drag(slider, QPoint(slider.width() - 12 - 2 * step, middle))
        if step == 20:
            leader.engine.process.kill()
        await asyncio.sleep(1 / 60)
    release(slider, QPoint(slider.width() - 70, middle))
    await asyncio.to_thread(leader.engine.ended)


async def _check_once(at: Place, *desks: DeskInTest) -> None:
    counted = Counter(entry.id for entry in await entries_at(at, SESSION))
    for desk in desks:
        log = log_of(desk)
        own = {op_id.seq: count for op_id, count in counted.items() if op_id.author == log.author}
        assert own == dict.fromkeys(range(1, log.replica.last_seq + 1), 1)
        assert log.replica.conflicts == []


async def _title_is(at: Place, text: str) -> bool:
    nodes = (await at.get(f"/api/v1/sessions/{SESSION}/pipeline"))["nodes"]
    return bool(nodes["compositor"]["params"]["text_overlays"][0]["text"] == text)


@pytest.mark.expects_log("no link")
def test_a_desk_that_is_started_after_the_server_died_is_offered_the_standby_with_what_waited(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def scenario(stack: AsyncExitStack) -> None:
        leader, standby = await pair(stack, tmp_path)
        state = StateFile(tmp_path / "desk" / "state.json")
        async with DeskInTest.at(qapp, leader.base, state=state) as first:
            await knows(first, standby)
            await until(lambda: list(state.state.standbys.values()), what="it is written down")
            leader.engine.process.kill()
            await asyncio.to_thread(leader.engine.ended)
            await until(lambda: not log_of(first).is_live, what="the loss is noticed")
            first.session.edit("compositor", {TITLE: "While away"}, "Text of title")
        program = DeskProgram(qapp, DeskOptions(), keeps_state=False)
        program.state = StateFile(tmp_path / "desk" / "state.json")
        desk = DeskInTest(qapp, program)
        try:
            await program.open(RemotePlace(leader.base), None)
            await offered(desk, "stands by.")
            standbys_of(desk).strip.buttons[CONTINUE].click()
            await until(lambda: desk.station.desk.session is not None, 20, "the session is open at the standby")
            assert desk.station.desk.link.url == standby.base
            await until(lambda: not log_of(desk).replica.outbox.pending(), 20, "nothing waits")
            assert log_of(desk).replica.conflicts == []
            await until_so(lambda: _title_is(standby, "While away"))
        finally:
            await program.close()

    on_loop(qapp, scenario)


@pytest.mark.expects_log("no link")
def test_who_keeps_waiting_is_back_when_the_server_is(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(stack: AsyncExitStack) -> None:
        leader, standby = await pair(stack, tmp_path)
        desk = await stack.enter_async_context(DeskInTest.at(qapp, leader.base))
        await knows(desk, standby)
        await asyncio.to_thread(leader.engine.kill)
        desk.session.edit("compositor", {TITLE: "While away"}, "Text of title")
        await offered(desk, "1 edit of yours waits")
        desk.station.actions.run("standby.wait")
        assert not standbys_of(desk).strip.isVisible()
        await asyncio.to_thread(leader.engine.restart)
        await until(lambda: log_of(desk).is_live and not log_of(desk).replica.outbox.pending(), 30, "it is back")
        assert desk.station.desk.link.url == leader.base
        await until_so(lambda: _title_is(leader, "While away"))

    on_loop(qapp, scenario)


@pytest.mark.expects_log("no link")
def test_a_standby_that_one_looks_at_says_so_and_can_take_over(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(stack: AsyncExitStack) -> None:
        leader, standby = await pair(stack, tmp_path)
        desk = await stack.enter_async_context(DeskInTest.at(qapp, standby.base))
        await offered(desk, f"Standby of {leader.base}: it takes no edits.")
        button = standbys_of(desk).strip.buttons[TAKE_OVER]
        assert button.isEnabled()
        assert not desk.session.edit("compositor", {TITLE: "No"}, "Text of title")
        await asyncio.to_thread(leader.engine.kill)
        await until_so(lambda: _is_away(standby))
        button.click()
        await until(lambda: not standbys_of(desk).strip.isVisible(), 20, "it is no standby any more")
        await until(lambda: desk.station.desk.link.state is LinkState.LIVE and log_of(desk).is_live, 20, "it is linked")
        await until(lambda: desk.station.desk.why_forbidden("tune") is None, what="its role may edit now")
        assert desk.session.edit("compositor", {TITLE: "Yes"}, "Text of title")
        await until_so(lambda: _title_is(standby, "Yes"))

    on_loop(qapp, scenario)


async def _is_away(standby: Place) -> bool:
    return bool((await standby.copy())["state"] != "live")
