"""A leader and its standby as real processes, what both say of themselves, and raw desks that move between them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.log.replica import Replica
from tests.engine.log_client import LogClient, connect_log
from tests.support.engine_process import EngineProcess

SHOW = Path(__file__).with_name("show.yaml")
LIMIT_S, LOOK_EVERY_S = 20.0, 0.05

__all__ = ["SHOW", "Place", "follower_of", "is_live", "pair", "place", "start", "until"]


class Place:
    """One engine, asked over HTTP and linked to."""

    def __init__(self, engine: EngineProcess, http: aiohttp.ClientSession, token: str = "") -> None:
        self.engine = engine
        self.http = http
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    @property
    def base(self) -> str:
        """Where it answers."""
        return self.engine.url

    async def get(self, path: str) -> Any:
        """A JSON answer."""
        async with self.http.get(self.base + path, headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, path: str, **options: Any) -> tuple[int, str]:
        """Status and text."""
        async with self.http.post(self.base + path, headers=self.headers, **options) as answer:
            return answer.status, await answer.text()

    async def facts(self) -> dict[str, Any]:
        """What part it plays."""
        return dict(await self.get("/api/v1/standby"))

    async def copy(self) -> dict[str, Any]:
        """The facts of its one copy."""
        (row,) = (await self.facts())["copies"]
        return dict(row)

    async def take_over(self) -> dict[str, Any]:
        """Takes over."""
        status, _ = await self.post("/api/v1/standby/take-over")
        assert status == 200
        return await self.facts()

    async def states(self, session: str = "show") -> dict[str, Any]:
        """The states of a session's nodes."""
        pipeline = await self.get(f"/api/v1/sessions/{session}/pipeline")
        return {node_id: node["state"] for node_id, node in pipeline["nodes"].items()}

    async def desk(self, install: str = "d", session: str = "show", **how: Any) -> LogClient:
        """A live desk of a session."""
        client = await connect_log(self, session, install, headers=self.headers, **how)
        return await client.live()

    async def document(self, session: str = "show", key: Ed25519PrivateKey | None = None) -> str:
        """The hash of a session's document, as a desk that has just come sees it."""
        desk = await self.desk("reader", session, replica=Replica("reader~1"), key=key)
        digest = desk.replica.confirmed.digest()
        await desk.close()
        return digest


async def until(is_so: Callable[[], Awaitable[Any]], limit_s: float = LIMIT_S) -> Any:
    """The first answer that is something."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if found := await is_so():
            return found
        await asyncio.sleep(LOOK_EVERY_S)
    raise AssertionError("it never came to be so")


async def is_live(standby: Place, count: int = 1) -> bool:
    """Whether a standby has so many copies and all are linked."""
    rows = (await standby.facts())["copies"]
    return len(rows) == count and all(row["state"] == "live" for row in rows)


@asynccontextmanager
async def place(engine: EngineProcess, token: str = "") -> AsyncIterator[Place]:
    """An engine with a client of it."""
    async with aiohttp.ClientSession() as http:
        yield Place(engine, http, token)


def follower_of(
    leader: str, *options: str | Path, state_dir: Path | None = None, files: Sequence[Path] = ()
) -> EngineProcess:
    """A standby that is not started yet."""
    return EngineProcess(*files, options=["--follow", leader, *options], state_dir=state_dir)


async def start(stack: AsyncExitStack, engine: EngineProcess, token: str = "") -> Place:
    """A running engine."""
    await asyncio.to_thread(engine.__enter__)
    stack.callback(engine.__exit__)
    return await stack.enter_async_context(place(engine, token))


async def pair(stack: AsyncExitStack, *options: str | Path, state_dir: Path | None = None) -> tuple[Place, Place]:
    """A leader, and a standby that has caught up."""
    leader = await start(stack, EngineProcess(SHOW))
    standby = await start(stack, follower_of(leader.base, *options, state_dir=state_dir))
    await until(lambda: is_live(standby))
    return leader, standby
