"""Taking over: nothing that was sent is lost or done twice, and who was apart comes together (log §6.4, §6.7)."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.engine.control_client import ControlClient
from tests.engine.standby.desks import MovingDesk, entries_at
from tests.engine.standby.pair import SHOW, Place, follower_of, is_live, pair, start, until
from tests.faults.wire import cable
from tests.support.engine_process import ROOT, EngineProcess


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def desks_at(stack: AsyncExitStack, at: Place, count: int = 3) -> list[MovingDesk]:
    desks = [MovingDesk(number) for number in range(count)]
    for desk in desks:
        await desk.join(at)
        stack.push_async_callback(desk.leave)
    return desks


async def documents_are_equal(one: Place, other: Place) -> bool:
    return await one.document() == await other.document()


async def assert_exactly_once(at: Place, desks: list[MovingDesk]) -> None:
    """Every op of every desk was decided once, in its order, and what it said last is what stands."""
    counted = Counter(entry.id for entry in await entries_at(at))
    assert {op.id: counted[op.id] for desk in desks for op in desk.made} == {
        op.id: 1 for desk in desks for op in desk.made
    }
    for desk in desks:
        assert desk.value == str(len(desk.made))
        assert not desk.replica.conflicts


async def test_killed_under_load_and_taken_over_everything_is_there_once(stack: AsyncExitStack) -> None:
    leader, standby = await pair(stack)
    desks = await desks_at(stack, leader)
    load = asyncio.gather(*(desk.edit_for(1.5) for desk in desks))
    await asyncio.sleep(0.7)
    await asyncio.to_thread(leader.engine.kill)
    await load  # half of it without any engine
    facts = await standby.take_over()
    assert (facts["part"], facts["leader"]) == ("leader", leader.base)
    for desk in desks:
        await desk.join(standby)
        desk.edit()
    for desk in desks:
        await desk.settled()
    await assert_exactly_once(standby, desks)
    for desk in desks:
        await desk.until_same(desks[-1])
    assert {await standby.document()} == {desk.replica.confirmed.digest() for desk in desks}
    nodes = (await standby.get("/api/v1/sessions/show/pipeline"))["nodes"]
    assert [each["text"] for each in nodes["mix"]["params"]["text_overlays"]] == [desk.value for desk in desks]


async def test_what_the_leader_did_not_pass_on_comes_from_the_desks(stack: AsyncExitStack) -> None:
    """The way to the standby is cut first: what is edited then only the leader and the outboxes have."""
    leader = await start(stack, EngineProcess(SHOW))
    line = await stack.enter_async_context(cable(leader.base))
    standby = await start(stack, follower_of(line.url))
    await until(lambda: is_live(standby))
    desks = await desks_at(stack, leader)
    for desk in desks:
        desk.edit()
        await desk.settled()
    await until(lambda: rev_is(standby, desks[0].replica.applied))
    await asyncio.sleep(0.5)
    line.cut()
    for desk in desks:
        await desk.edit_for(0.2)
        await desk.settled()
    assert (await standby.copy())["rev"] < desks[0].replica.applied
    await asyncio.to_thread(leader.engine.kill)
    await standby.take_over()
    for desk in desks:
        await desk.join(standby)
        await desk.settled()
    await assert_exactly_once(standby, desks)


async def rev_is(at: Place, rev: int) -> bool:
    return bool((await at.copy())["rev"] >= rev)


async def is_on_disk(at: Place, rev: int) -> bool:
    return bool((await at.copy())["stable"] >= rev)


async def test_engines_that_were_apart_come_together_whoever_edited_where(stack: AsyncExitStack) -> None:
    leader = await start(stack, EngineProcess(SHOW))
    line = await stack.enter_async_context(cable(leader.base))
    standby = await start(stack, follower_of(line.url))
    await until(lambda: is_live(standby))
    stays, moves, newest = await desks_at(stack, leader)
    line.cut()
    await standby.take_over()
    await moves.join(standby)
    await newest.join(standby)
    for desk in (stays, moves, newest):
        await desk.edit_for(0.2)
        await desk.settled()
    assert not await documents_are_equal(leader, standby)
    line.mend()
    await until(lambda: documents_are_equal(leader, standby))
    for at in (leader, standby):
        nodes = (await at.get("/api/v1/sessions/show/pipeline"))["nodes"]
        texts = [each["text"] for each in nodes["mix"]["params"]["text_overlays"]]
        assert texts == [str(len(desk.made)) for desk in (stays, moves, newest)], (
            "the nodes have what the documents have"
        )
    stays.edit()
    moves.edit()
    await until(lambda: documents_are_equal(leader, standby))
    await moves.until_same(stays)


async def test_the_old_leader_comes_back_and_both_have_everything(stack: AsyncExitStack, tmp_path: Path) -> None:
    leader = await start(stack, EngineProcess(SHOW, state_dir=tmp_path / "leader"))
    standby = await start(stack, follower_of(leader.base, state_dir=tmp_path / "standby"))
    await until(lambda: is_live(standby))
    desks = await desks_at(stack, leader)
    for desk in desks:
        await desk.edit_for(0.3)
    await asyncio.to_thread(leader.engine.kill)
    await standby.take_over()
    for desk in desks:
        await desk.join(standby)
        await desk.edit_for(0.1)
        await desk.settled()
    await asyncio.to_thread(leader.engine.restart)
    await until(lambda: documents_are_equal(leader, standby))
    nodes = (await leader.get("/api/v1/sessions/show/pipeline"))["nodes"]
    assert [each["text"] for each in nodes["mix"]["params"]["text_overlays"]] == [str(len(desk.made)) for desk in desks]


async def test_a_standby_that_starts_again_gets_what_it_missed_and_no_more(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    leader = await start(stack, EngineProcess(SHOW))
    line = await stack.enter_async_context(cable(leader.base))
    standby = await start(stack, follower_of(line.url, state_dir=tmp_path))
    await until(lambda: is_live(standby))
    desk, *others = await desks_at(stack, leader)
    for other in others:
        other.edit(padding=9_900)  # a whole state has all of this
        await other.settled()
    await until(lambda: is_on_disk(standby, others[-1].replica.applied))
    assert line.bytes_down > 19_800
    await asyncio.to_thread(standby.engine.kill)
    for _ in range(5):
        desk.edit()
    await desk.settled()
    line.bytes_down = 0
    await asyncio.to_thread(standby.engine.restart)
    await until(lambda: is_live(standby))
    await until(lambda: rev_is(standby, desk.replica.applied))
    assert await standby.document() == await leader.document()
    assert line.bytes_down < 10_000


async def test_an_engine_that_took_over_goes_on_leading_after_a_restart(stack: AsyncExitStack, tmp_path: Path) -> None:
    leader, standby = await pair(stack, state_dir=tmp_path)
    await asyncio.to_thread(leader.engine.kill)
    await standby.take_over()
    (desk,) = await desks_at(stack, standby, 1)
    desk.edit()
    await desk.settled()
    await asyncio.sleep(1.0)
    await asyncio.to_thread(standby.engine.kill)
    await asyncio.to_thread(standby.engine.restart)
    assert (await standby.facts())["part"] == "leader"
    await desk.join(standby)
    desk.edit()
    await desk.settled()
    assert desk.value == "2"


async def test_its_clients_are_let_go_and_may_edit_when_they_come_back(stack: AsyncExitStack) -> None:
    _, standby = await pair(stack)
    client = ControlClient(await standby.http.ws_connect(f"{standby.base}/api/v1/control"))
    (desk,) = await desks_at(stack, standby, 1)
    desk.edit()
    await standby.take_over()
    assert desk.client is not None
    await desk.client.running
    async with asyncio.timeout(5):
        await client.close()
    await desk.join(standby)
    await desk.settled()
    assert desk.value == "1", "what was refused while it stood by was kept by the desk"
    client = ControlClient(await standby.http.ws_connect(f"{standby.base}/api/v1/control"))
    assert (await client.ask("getpermissions"))["permissions"]["tune_nodes"]
    await client.close()


async def test_an_operator_may_ask_for_it_in_advance(stack: AsyncExitStack) -> None:
    leader, standby = await pair(stack, "--take-over-after", "1.5")
    await asyncio.sleep(2.0)
    assert (await standby.facts())["part"] == "standby", "the leader is there"
    await asyncio.to_thread(leader.engine.kill)

    async def leads() -> bool:
        return bool((await standby.facts())["part"] == "leader")

    await until(leads)


async def test_a_leader_that_was_never_there_is_not_taken_over_from(stack: AsyncExitStack) -> None:
    standby = await start(stack, follower_of("http://127.0.0.1:9", "--take-over-after", "1"))
    await asyncio.sleep(2.5)
    facts = await standby.facts()
    assert facts["part"] == "standby"
    assert "http://127.0.0.1:9 cannot be reached" in facts["trouble"]


async def test_one_command_takes_over_and_says_what_it_leads(stack: AsyncExitStack) -> None:
    leader, standby = await pair(stack)
    await asyncio.to_thread(leader.engine.kill)
    code, out, errors = await layerdesk("take-over", standby.base)
    assert (code, errors) == (0, "")
    rev = (await standby.copy())["rev"]
    assert out == f"{standby.base} leads now, in place of {leader.base}: show at rev {rev}\n"
    again = await layerdesk("take-over", standby.base)
    assert again == (0, f"{standby.base} leads already; nothing was changed\n", "")
    code, _, errors = await layerdesk("take-over", leader.base)
    assert code == 3
    assert errors.startswith(f"layerdesk: cannot reach {leader.base}: ")
    assert errors.endswith("is the standby running?\n")


async def layerdesk(*words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gui", *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), errors.decode()


async def test_a_leader_that_is_killed_and_started_again_is_followed_on(stack: AsyncExitStack, tmp_path: Path) -> None:
    """What it had numbered and not written is numbered anew: the copy gives that up, and the desks send it again."""
    leader = await start(stack, EngineProcess(SHOW, state_dir=tmp_path / "leader"))
    standby = await start(stack, follower_of(leader.base, state_dir=tmp_path / "standby"))
    await until(lambda: is_live(standby))
    desks = await desks_at(stack, leader)
    for _ in range(2):
        load = asyncio.gather(*(desk.edit_for(0.6) for desk in desks))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(leader.engine.kill)
        await asyncio.to_thread(leader.engine.restart)
        await load
        for desk in desks:
            await desk.join(leader)
    for desk in desks:
        desk.edit()
        await desk.settled()
    await until(lambda: is_live(standby))
    await until(lambda: documents_are_equal(leader, standby))
    await assert_exactly_once(leader, desks)
    assert (await standby.facts())["part"] == "standby"


async def test_a_standby_of_a_standby_follows_on_when_that_one_takes_over(stack: AsyncExitStack) -> None:
    leader, standby = await pair(stack)
    third = await start(stack, follower_of(standby.base))
    await until(lambda: is_live(third))
    (desk,) = await desks_at(stack, leader, 1)
    desk.edit()
    await desk.settled()
    await until(lambda: documents_are_equal(leader, third))
    await asyncio.to_thread(leader.engine.kill)
    await standby.take_over()
    await desk.join(standby)
    desk.edit()
    await desk.settled()
    await until(lambda: is_live(third))
    await until(lambda: documents_are_equal(standby, third))
    assert [row["url"] for row in (await standby.facts())["standbys"]] == [third.base]


async def test_a_take_over_that_cannot_be_written_down_does_not_happen(stack: AsyncExitStack, tmp_path: Path) -> None:
    """After a restart the engine would take itself for a standby and give up what it numbered."""
    leader, standby = await pair(stack, state_dir=tmp_path / "state")
    await asyncio.to_thread(shutil.rmtree, tmp_path / "state")
    status, text = await standby.post("/api/v1/standby/take-over")
    assert (status, text) == (
        507,
        "The take-over cannot be written down (No such file or directory); nothing was changed",
    )
    assert (await standby.facts())["part"] == "standby"
    (desk,) = await desks_at(stack, leader, 1)
    desk.edit()
    await desk.settled()
    await until(lambda: documents_are_equal(leader, standby))
