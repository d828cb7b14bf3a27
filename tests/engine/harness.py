"""A real server on a free port, in this process, and clients of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from engine.library import library
from engine.roots import places_for
from engine.running.core import Core
from engine.serving.auth import Gatekeeper
from engine.serving.origin import OriginRule
from engine.serving.server import Server
from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import FakeKinds

__all__ = ["Harness", "running"]


class Harness:
    """The server, its fake kinds and its clients."""

    def __init__(self, server: Server, kinds: FakeKinds, base: str, http: aiohttp.ClientSession) -> None:
        self.server = server
        self.core = server.core
        self.kinds = kinds
        self.base = base
        self.http = http
        self._clients: list[ControlClient] = []

    async def client(self, **options: Any) -> ControlClient:
        """A new connection; ``options`` are aiohttp's, such as headers."""
        socket = await self.http.ws_connect(f"{self.base}/api/v1/control", max_msg_size=0, **options)
        client = ControlClient(socket)
        self._clients.append(client)
        return client

    async def close(self) -> None:
        """Ends all clients, then the server."""
        self.kinds.gate.set()
        for client in self._clients:
            await client.close()
        await self.http.close()
        assert await self.server.stop()


@asynccontextmanager
async def running(
    gatekeeper: Gatekeeper | None = None,
    origins: OriginRule | None = None,
    samples_dir: Path | None = None,
    session_limit: int | None = None,
) -> AsyncIterator[Harness]:
    """A server with the real and the fake kinds."""
    kinds, places = FakeKinds(), places_for(samples_dir=samples_dir)
    core = Core({**library(places), **kinds.library()}, places, samples_dir, session_limit)
    server = Server(core, gatekeeper, origins)
    base = await server.start()
    harness = Harness(server, kinds, base, aiohttp.ClientSession())
    try:
        yield harness
    finally:
        await harness.close()
