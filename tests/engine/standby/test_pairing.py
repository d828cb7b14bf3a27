"""After a take-over a pair of engines stays a pair: what is made at one of them is at both (log §6.7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.engine.control_client import ControlClient
from tests.engine.standby.pair import SHOW, Place, follower_of, is_live, start, until
from tests.support.engine_process import EngineProcess

YAML = SHOW.read_text()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def names(at: Place) -> list[str]:
    return sorted(row["name"] for row in await at.get("/api/v1/sessions"))


async def has(at: Place, name: str) -> bool:
    return name in await names(at)


async def make(at: Place, name: str) -> None:
    status, text = await at.post("/api/v1/sessions", json={"yaml": YAML, "name": name})
    assert status == 200, text


async def end(at: Place, name: str) -> None:
    async with at.http.delete(f"{at.base}/api/v1/sessions/{name}") as answer:
        assert answer.status == 200


async def are_equal(one: Place, other: Place, name: str) -> bool:
    return await one.document(name) == await other.document(name)


async def apart(stack: AsyncExitStack, tmp_path: Path) -> tuple[Place, Place]:
    """An engine that is gone, and the one that took over."""
    leader = await start(stack, EngineProcess(SHOW, state_dir=tmp_path / "leader"))
    standby = await start(stack, follower_of(leader.base, state_dir=tmp_path / "standby"))
    await until(lambda: is_live(standby))
    await asyncio.to_thread(leader.engine.kill)
    await standby.take_over()
    return leader, standby


async def test_sessions_that_are_made_after_a_take_over_are_at_both_engines(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    old, new = await apart(stack, tmp_path)
    await make(new, "second")
    desk = await new.desk("d", "second")
    desk.tune("mix", 0.25, "layers", "in_0", "opacity")
    await desk.settled()
    await asyncio.to_thread(old.engine.restart)
    await until(lambda: has(old, "second"))
    await until(lambda: are_equal(old, new, "second"))
    there = (await old.get("/api/v1/sessions/second/pipeline"))["nodes"]
    assert there["mix"]["params"]["layers"]["in_0"]["opacity"] == 0.25
    await make(old, "third")
    await until(lambda: has(new, "third"))
    other = await old.desk("e", "third")
    other.tune("mix", 0.75, "layers", "in_0", "opacity")
    await other.settled()
    await until(lambda: are_equal(old, new, "third"))
    for each in (desk, other):
        await each.close()


async def test_a_session_that_was_ended_at_one_of_them_does_not_come_back_there(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    old, new = await apart(stack, tmp_path)
    await end(new, "show")
    await make(new, "second")
    await asyncio.to_thread(new.engine.stop)
    await asyncio.to_thread(new.engine.restart)  # it remembers that
    await asyncio.to_thread(old.engine.restart)
    await until(lambda: has(old, "second"))
    await end(old, "second")
    await make(old, "third")
    await until(lambda: has(new, "third"))
    await make(new, "fourth")
    await until(lambda: has(old, "fourth"))  # it has looked at everything since
    assert await names(new) == ["fourth", "second", "third"]
    assert await names(old) == ["fourth", "show", "third"]


async def test_two_sessions_of_one_name_are_told_apart(stack: AsyncExitStack, tmp_path: Path) -> None:
    old, new = await apart(stack, tmp_path)
    await asyncio.to_thread(new.engine.stop)  # neither hears of the other's
    await asyncio.to_thread(old.engine.restart)
    await make(old, "second")
    await asyncio.to_thread(old.engine.stop)
    await asyncio.to_thread(new.engine.restart)
    await make(new, "second")
    await asyncio.to_thread(old.engine.restart)
    theirs = f"second (at 127.0.0.1:{old.engine.port})"
    await until(lambda: has(new, theirs))
    assert await names(new) == ["second", theirs, "show"]
    await until(lambda: are_equal_under(old, "second", new, theirs))
    assert await names(old) == ["second", "show"]
    await asyncio.to_thread(new.engine.stop)
    assert "session second is here only: " in new.engine.errors
    assert "Session with name 'second' already exists" in new.engine.errors


async def are_equal_under(one: Place, name: str, other: Place, other_name: str) -> bool:
    return await one.document(name) == await other.document(other_name)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "Invalid JSON"),
        (b'{"info": {"id": "../etc", "name": "x", "created_at": ""}, "pipeline": {}}', 400, "UUID"),
    ],
)
async def test_an_odd_session_is_not_adopted(stack: AsyncExitStack, body: bytes, status: int, words: str) -> None:
    place = await start(stack, EngineProcess(SHOW))
    answer = await place.post("/api/v1/standby/sessions", data=body)
    assert answer[0] == status
    assert words in answer[1]
    client = ControlClient(await place.http.ws_connect(f"{place.base}/api/v1/control"))
    assert len((await client.ask("listsessions"))["sessions"]) == 1
    await client.close()
