"""What stands in the way of a standby is said, and is no reason to stop looking or to stand by for ever (log §6.7)."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.engine.control_client import ControlClient
from tests.engine.standby.pair import SHOW, Place, follower_of, is_live, pair, start, until
from tests.support.engine_process import EngineProcess

EXTRA = SHOW.read_text().replace("name: show", "name: extra")
KEPT = "no longer has this session; its copy is kept until it is ended here"


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def leads(at: Place) -> bool:
    return bool((await at.facts())["part"] == "leader")


async def trouble_has(at: Place, words: str) -> bool:
    return words in str((await at.facts())["trouble"])


async def test_a_take_over_in_advance_that_cannot_be_written_is_said_once_and_done_when_it_can(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    leader, standby = await pair(stack, "--take-over-after", "1", state_dir=tmp_path)
    (tmp_path / "standby.json").mkdir()  # no file can be put in its place
    await asyncio.to_thread(leader.engine.kill)
    await until(lambda: trouble_has(standby, "The take-over cannot be written down"))
    assert (await standby.facts())["part"] == "standby"
    await asyncio.sleep(2.5)  # another try, which must not be told again
    (tmp_path / "standby.json").rmdir()
    await until(lambda: leads(standby))
    assert (await standby.facts())["trouble"] == ""
    await asyncio.to_thread(standby.engine.stop)
    assert standby.engine.errors.count("ERROR") == standby.engine.errors.count("cannot be written down") == 1


async def test_a_session_that_cannot_be_copied_is_named_and_the_others_are_copied(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    leader, standby = await pair(stack, state_dir=tmp_path)
    with sqlite3.connect(tmp_path / "logs.sqlite") as file:
        file.execute("ALTER TABLE meta RENAME TO elsewhere")
    file.close()
    status, _ = await leader.post("/api/v1/sessions", json={"yaml": EXTRA, "name": "extra"})
    assert status == 200
    await until(lambda: trouble_has(standby, "session extra cannot be copied: The journal of "))
    assert await is_live(standby), "the first one is copied on"
    with sqlite3.connect(tmp_path / "logs.sqlite") as file:
        file.execute("ALTER TABLE elsewhere RENAME TO meta")
    file.close()
    await until(lambda: is_live(standby, 2))
    await until(lambda: trouble_is_over(standby))


async def trouble_is_over(at: Place) -> bool:
    return bool((await at.facts())["trouble"] == "")


async def test_a_copy_that_the_leader_no_longer_has_holds_no_take_over_back_and_can_be_ended(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    leader = await start(stack, EngineProcess(SHOW))
    await leader.post("/api/v1/sessions", json={"yaml": EXTRA, "name": "extra"})
    await leader.post("/api/v1/sessions", json={"yaml": EXTRA, "name": "third"})
    standby = await start(stack, follower_of(leader.base, "--take-over-after", "1", state_dir=tmp_path))
    await until(lambda: is_live(standby, 3))
    await asyncio.to_thread(standby.engine.stop)
    for name in ("extra", "third"):
        async with leader.http.delete(f"{leader.base}/api/v1/sessions/{name}") as answer:
            assert answer.status == 200
    await asyncio.to_thread(standby.engine.restart)
    await until(lambda: are_kept(standby, 2))
    async with standby.http.delete(f"{standby.base}/api/v1/sessions/extra") as answer:
        assert answer.status == 200
    async with standby.http.delete(f"{standby.base}/api/v1/sessions/show") as answer:
        assert (answer.status, await answer.text()) == (
            403,
            f"This engine is a standby of {leader.base}; take over first.",
        )
    assert [row["name"] for row in (await standby.facts())["copies"]] == ["show", "third"]
    await asyncio.to_thread(leader.engine.kill)
    await until(lambda: leads(standby))
    client = ControlClient(await standby.http.ws_connect(f"{standby.base}/api/v1/control"))
    assert (await client.ask("destroysession", session_id="third"))["action"] == "sessiondestroyed"
    await client.close()
    assert [row["name"] for row in (await standby.facts())["copies"]] == ["show"]


async def are_kept(at: Place, count: int) -> bool:
    """Whether so many are left over and the one that is not is live."""
    rows = (await at.facts())["copies"]
    return sum(KEPT in row["trouble"] for row in rows) == count and [row["state"] for row in rows].count("live") == 1


async def test_what_holds_a_take_over_in_advance_back_is_said(stack: AsyncExitStack, tmp_path: Path) -> None:
    leader, standby = await pair(stack, "--take-over-after", "1", state_dir=tmp_path)
    await asyncio.to_thread(standby.engine.stop)
    await asyncio.to_thread(leader.engine.kill)
    await asyncio.to_thread(standby.engine.restart)
    sentence = "no take-over by itself: session show was not complete since this standby started"
    await until(lambda: trouble_has(standby, sentence))
    assert not await leads(standby)
