"""engine/ordered/keeper.py with a real process: what was acknowledged survives a kill, and nothing is applied twice."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.ordered.keeper import FILE_NAME
from sync.log.edits import add_node, connect, param_place, remove_node
from sync.log.op import Change
from sync.log.replica import Replica
from tests.engine.log_client import LogClient, connect_log
from tests.support.engine_process import EngineProcess, run_to_end

PIPELINE = """
nodes:
  bars: {kind: "video::colorbars", params: {width: 64, height: 48}}
  mix: {kind: "video::compositor", params: {width: 64, height: 48, layers: {in_0: {opacity: 0.5}}}, needs: [bars]}
  sink: {kind: "core::sink", params: {n: 0}}
"""


@pytest.fixture
def show(tmp_path: Path) -> Path:
    path = tmp_path / "show.yaml"
    path.write_text(PIPELINE)
    return path


class Reach:
    """An engine process for clients."""

    def __init__(self, engine: EngineProcess, http: aiohttp.ClientSession) -> None:
        self.base = engine.url
        self.http = http

    async def get(self, path: str) -> Any:
        async with self.http.get(self.base + path) as answer:
            assert answer.status == 200
            return await answer.json()

    async def session(self) -> str:
        """The id of the only session."""
        ((session),) = await self.get("/api/v1/sessions")
        return str(session["id"])

    async def nodes(self) -> Any:
        """The nodes of the only session."""
        return (await self.get(f"/api/v1/sessions/{await self.session()}/pipeline"))["nodes"]


@contextlib.asynccontextmanager
async def _reach(engine: EngineProcess) -> AsyncIterator[Reach]:
    async with aiohttp.ClientSession() as http:
        yield Reach(engine, http)


async def _linked(reach: Reach, replica: Replica | None = None) -> LogClient:
    return await (await connect_log(reach, await reach.session(), replica=replica)).live()


async def test_what_a_desk_was_told_is_safe_outlives_a_kill(show: Path, tmp_path: Path) -> None:
    """§10: nodes, params and connections of the log win over the saved graph, which is written later."""
    with EngineProcess(show, state_dir=tmp_path / "state") as engine:
        async with _reach(engine) as reach:
            desk = await _linked(reach)
            before = desk.replica.epoch
            desk.tune("mix", 0.25, "layers", "in_0", "opacity")
            desk.submit([*add_node("more", "video::colorbars", {"width": 32}), *connect("more", "out", "mix", "in_1")])
            last = desk.submit([*remove_node("bars")])
            await desk.settled()
            step = 0.0
            while desk.replica.outbox.get(last.id) is not None:  # an entry tells how far the disk is
                step += 0.001
                await desk.decided(desk.tune("mix", step, "layers", "in_0", "crop_x"))
            engine.kill()
            await desk.close()
        engine.restart()
        async with _reach(engine) as reach:
            nodes = await reach.nodes()
            assert list(nodes) == ["mix", "sink", "more"]
            assert nodes["mix"]["params"]["layers"]["in_0"]["opacity"] == 0.25
            assert nodes["more"]["params"] == {"width": 32}
            desk = await _linked(reach)
            assert desk.replica.epoch != before
            assert desk.replica.confirmed.connections() == (("more", "out", "mix", "in_1", None),)
            await desk.close()


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_edit_is_applied_exactly_once_over_kills(show: Path, tmp_path: Path, seed: int) -> None:
    """§14, 1: the desk's outbox survives, the engine is killed between writes."""
    dice = random.Random(seed)
    replica = Replica("open/d~1")
    made: dict[str, int] = {}
    with EngineProcess(show, state_dir=tmp_path / "state") as engine:
        for life in range(3):
            async with _reach(engine) as reach:
                desk = await _linked(reach, replica)
                for count in range(40):
                    name = f"k{dice.randrange(12)}"
                    made[name] = life * 100 + count
                    desk.submit([Change(param_place("sink", (name,)), made[name])])
                    await asyncio.sleep(dice.choice((0.0, 0.0, 0.004)))
                if life < 2:
                    engine.kill()
                    await desk.close()
                    engine.restart()
                    continue
                await desk.settled()
                bars = (await reach.nodes())["sink"]["params"]
                assert bars == {"n": 0, **made}
                again = await _linked(reach)
                assert again.replica.clock().authors["open/d~1"] == replica.last_seq
                assert again.replica.confirmed.digest() == replica.confirmed.digest()
                assert not replica.conflicts
                await again.close()
                await desk.close()


async def test_damaged_rows_are_named_and_put_aside(show: Path, tmp_path: Path) -> None:
    """§10.2: the session starts from its saved graph, the rows are kept for whoever wants to look."""
    state = tmp_path / "state"
    with EngineProcess(show, state_dir=state) as engine:
        async with _reach(engine) as reach:
            desk = await _linked(reach)
            desk.tune("mix", 0.25, "layers", "in_0", "opacity")
            await desk.settled()
            session = await reach.session()
            await desk.close()
        engine.stop()
        with contextlib.closing(sqlite3.connect(state / FILE_NAME)) as database, database:
            database.execute("UPDATE history SET data = x'00' WHERE key = 1")
        engine.restart()
        async with _reach(engine) as reach:
            assert (await reach.nodes())["mix"]["params"]["layers"]["in_0"]["opacity"] == 0.25
            desk = await _linked(reach)
            desk.tune("mix", 0.75, "layers", "in_0", "opacity")
            await desk.settled()
            await desk.close()
        engine.stop()
        assert f"The journal of '{session}' is damaged: row 1." in engine.errors
        with contextlib.closing(sqlite3.connect(state / FILE_NAME)) as database:
            aside = database.execute("SELECT name FROM quarantine").fetchall()
        assert {"meta", "row 0", "row 1"} <= {name for (name,) in aside}
        engine.restart()
        async with _reach(engine) as reach:
            assert (await reach.nodes())["mix"]["params"]["layers"]["in_0"]["opacity"] == 0.75


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("PRAGMA user_version = 9", "The journal logs.sqlite has schema 9; this program knows 1"),
        (None, "The journal logs.sqlite cannot be read: file is not a database"),
    ],
)
def test_a_journal_of_another_schema_is_one_line_and_exit_2(tmp_path: Path, damage: str | None, reason: str) -> None:
    state = tmp_path / "state"
    with EngineProcess(state_dir=state) as engine:
        engine.stop()
    if damage is None:
        (state / FILE_NAME).write_bytes(b"no database at all" * 100)
    else:
        with contextlib.closing(sqlite3.connect(state / FILE_NAME)) as database:
            database.execute(damage)
    code, out, errors = run_to_end("--state-dir", state, "--port", "0")
    assert (code, out) == (2, "")
    assert errors == [f"layerdesk: {reason}; use the program that wrote it or another --state-dir"]


async def test_a_destroyed_session_leaves_nothing_in_the_journal(show: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with EngineProcess(show, state_dir=state) as engine:
        async with _reach(engine) as reach:
            answer = await reach.http.delete(f"{reach.base}/api/v1/sessions/{await reach.session()}")
            assert answer.status == 200
            answer.release()
        engine.stop()
    with contextlib.closing(sqlite3.connect(state / FILE_NAME)) as database:
        rows = database.execute("SELECT count(*) FROM history").fetchone()
        assert (rows, database.execute("SELECT count(*) FROM meta").fetchone()) == ((0,), (0,))
