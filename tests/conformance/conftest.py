"""A fresh server, a client, and a session for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.engine.control_client import ControlClient
from tests.engine.harness import Harness, running


@pytest_asyncio.fixture
async def engine() -> AsyncIterator[Harness]:
    async with running() as harness:
        yield harness


@pytest_asyncio.fixture
async def client(engine: Harness) -> ControlClient:
    return await engine.client()


@pytest_asyncio.fixture
async def session(client: ControlClient) -> str:
    """The id of a session called studio."""
    return str((await client.ask("createsession", name="studio"))["session_id"])
