"""A desk that has met the real server, at a server that passes on all that the real one says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.faults.socket_desk import session_of
from tests.faults.test_desk_on_a_log import PIPELINE, desk_at, log_of
from tests.support.engine_process import EngineProcess

pytestmark = pytest.mark.timeout(60)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def relay_to(url: str) -> AsyncIterator[str]:
    """Its URL: every byte goes on to ``url``, and back."""
    port = urlsplit(url).port

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def links_of(url: str) -> list[dict[str, str]]:
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{url}/api/v1/sessions") as answer:
            (session,) = await answer.json()
        async with http.get(f"{url}/api/v1/sessions/{session['id']}/log") as answer:
            return list((await answer.json())["links"])


@pytest.mark.expects_log("no link to the log")
async def test_a_relay_gets_no_signature_and_the_desk_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, str] = {}

    async def hosts_of(url: str) -> frozenset[str]:
        return frozenset({names[url]})

    monkeypatch.setattr("sync.log.known_servers.hosts_of", hosts_of)
    with EngineProcess(PIPELINE, state_dir=tmp_path / "state") as engine:
        async with relay_to(engine.url) as relay:
            names |= {engine.url: "studio.example", relay: "evil.example"}
            async with desk_at(engine.url, "one", tmp_path / "desk") as desk:
                assert log_of(desk).is_live
            async with desk_at(relay, "one", tmp_path / "desk") as desk:
                session = session_of(desk)
                assert session.log is None
                assert session.no_log is not None
                sentence = session.no_log.sentence
                assert sentence.startswith("The server at evil.example says that it is ")
                assert "which is known at studio.example" in sentence
                assert await links_of(engine.url) == []
            async with desk_at(engine.url, "one", tmp_path / "desk") as desk:
                assert log_of(desk).is_live
