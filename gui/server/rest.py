"""The one client of the server's HTTP routes: bounded in time and size, every failure a sentence (PROTOCOL.md §18)."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from gui.preview.access import CONNECT_S, HttpAccess, proxy_of
from gui.server.answers import (
    Asset,
    CreatedSession,
    Findings,
    Listed,
    LogFacts,
    Sample,
    SampleDraft,
    StandbyPart,
    read_answer,
    read_rows,
)
from gui.server.failure import RestFailed, refusal
from sync.wire.pipeline import Pipeline

if TYPE_CHECKING:
    from aiohttp import ClientResponse

LIMIT_S: Final = 15.0
MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
MAX_UPLOAD_BYTES: Final = 100 * 1024 * 1024
SLOWEST_BYTES_PER_S: Final = 50_000
SAMPLES: Final = "/api/v1/samples"
STANDBY: Final = "/api/v1/standby"
# Servers keep what is saved under one route, whatever its mode.
SAVED: Final = f"{SAMPLES}/oneshot"

__all__ = ["MAX_UPLOAD_BYTES", "RestClient"]


class RestClient:
    """Asks one server. Every method raises RestFailed."""

    def __init__(self, access: HttpAccess, limit_s: float = LIMIT_S, max_bytes: int = MAX_ANSWER_BYTES) -> None:
        self._access, self._limit_s, self._max_bytes = access, limit_s, max_bytes

    async def create_session(self, yaml: str, name: str | None) -> CreatedSession:
        """A session that runs ``yaml``; status 409 when its name is taken."""
        wanted = {"yaml": yaml} if name is None else {"yaml": yaml, "name": name}
        return read_answer(await self._send("POST", "/api/v1/sessions", wanted), CreatedSession)

    async def session_pipeline(self, session: str) -> Pipeline:
        """A session's graph, by id or name."""
        return read_answer(await self._send("GET", f"/api/v1/sessions/{quote(session, safe='')}/pipeline"), Pipeline)

    async def log_facts(self, session: str) -> LogFacts:
        """Where a session's ordered log stands; status 404 for a server that keeps none."""
        return read_answer(await self._send("GET", f"/api/v1/sessions/{quote(session, safe='')}/log"), LogFacts)

    async def validate(self, yaml: str) -> Findings:
        """What the server thinks of ``yaml``."""
        return read_answer(await self._send("POST", "/api/v1/validate", {"yaml": yaml}), Findings)

    async def standby(self) -> StandbyPart:
        """The part that an engine plays; status 404 for a server that knows no standbys."""
        return read_answer(await self._send("GET", STANDBY), StandbyPart)

    async def take_over(self) -> StandbyPart:
        """Lets a standby lead from now on; harmless where an engine leads already."""
        return read_answer(await self._send("POST", f"{STANDBY}/take-over"), StandbyPart)

    async def samples(self) -> Listed[Sample]:
        """The samples that can become sessions."""
        return read_rows(await self._send("GET", f"{SAMPLES}/dynamic"), Sample)

    async def sample(self, sample_id: str) -> Sample:
        """One sample with its text."""
        return read_answer(await self._send("GET", _sample_path(sample_id)), Sample)

    async def save_sample(self, draft: SampleDraft) -> None:
        """Keeps a sample; status 409 when its name is taken and ``overwrite`` is not set."""
        await self._send("POST", SAVED, msgspec.to_builtins(draft))

    async def delete_sample(self, sample_id: str) -> None:
        """Removes a saved sample."""
        await self._send("DELETE", _sample_path(sample_id))

    async def packet_types(self) -> Listed[dict[str, Any]]:
        """The registry of packet types (§3.6); status 404 for a server that has none."""
        return read_rows(await self._send("GET", "/api/v1/schema/packets"), dict)

    async def fonts(self) -> Listed[Asset]:
        """The font files that texts may name."""
        return await self._assets("fonts")

    async def upload(self, sort: str, file: Path, on_progress: Callable[[float], None]) -> Asset:
        """Sends a file to the shelf ``sort`` (images or fonts); ``on_progress`` is told the share that is read.

        A file of that name and size that is there already is taken in its place.
        """
        try:
            return await self._upload(sort, file, on_progress)
        except RestFailed as failed:
            if failed.status != 409:
                raise
        size = await asyncio.to_thread(_size_of, file)
        for asset in (await self._assets(sort)).rows:
            if (asset.file_name, asset.size_bytes, asset.is_system) == (file.name, size, False):
                return asset
        raise RestFailed(f"The server has another {file.name} already: give the file another name.", 409)

    async def _assets(self, sort: str) -> Listed[Asset]:
        return read_rows(await self._send("GET", f"/api/v1/assets/{sort}"), Asset)

    async def _upload(self, sort: str, file: Path, on_progress: Callable[[float], None]) -> Asset:
        import aiohttp  # not before it is used: it is a fifth of what a start loads

        try:
            with _CountedFile(file, on_progress) as content:
                if content.size > MAX_UPLOAD_BYTES:
                    raise RestFailed(f"{file.name} is larger than {MAX_UPLOAD_BYTES // 2**20} MB.")
                form = aiohttp.FormData()
                form.add_field("file", content, filename=file.name)
                limit_s = self._limit_s + content.size / SLOWEST_BYTES_PER_S
                return read_answer(await self._ask("POST", f"/api/v1/assets/{sort}", form, limit_s), Asset)
        except OSError as error:
            raise RestFailed(f"{file.name} cannot be read: {error.strerror or error}.") from error

    async def _send(self, method: str, path: str, value: Any = None) -> bytes:
        body = None if value is None else msgspec.json.encode(value)
        return await self._ask(method, path, body, self._limit_s)

    async def _ask(self, method: str, path: str, data: Any, limit_s: float) -> bytes:
        """One request, not repeated and not redirected; the body of a 2xx answer."""
        import aiohttp
        from aiohttp.http_exceptions import HttpProcessingError

        url = f"{self._access.base}{path}"
        headers = {**self._access.headers_for(url), "Accept": "application/json", "Accept-Encoding": "identity"}
        if isinstance(data, bytes):
            headers["Content-Type"] = "application/json"
        timeout, proxy = aiohttp.ClientTimeout(total=limit_s, sock_connect=CONNECT_S), proxy_of(url)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as client,
                client.request(method, url, data=data, headers=headers, allow_redirects=False, proxy=proxy) as answer,
            ):
                body = await self._body(answer)
        except TimeoutError as error:
            raise RestFailed(f"The server did not answer within {limit_s:.0f} s.") from error
        except aiohttp.ClientPayloadError as error:
            raise RestFailed("The server broke off its answer.") from error
        except aiohttp.ClientConnectionError as error:
            raise RestFailed(f"The server cannot be reached ({_reason(error)}).") from error
        except (aiohttp.ClientError, HttpProcessingError, ValueError) as error:
            raise RestFailed("The server answered something that is no HTTP.") from error
        return _checked(answer, body)

    async def _body(self, answer: ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in answer.content.iter_chunked(64 * 1024):
            body += chunk
            if len(body) > self._max_bytes:
                raise RestFailed(f"The server's answer is longer than {self._max_bytes // 2**20} MB.")
        return bytes(body)


class _CountedFile(io.FileIO):
    """A file that tells how much of it has been read, from whatever thread reads it."""

    def __init__(self, path: Path, on_progress: Callable[[float], None]) -> None:
        super().__init__(path)
        self._on_progress, self._read = on_progress, 0
        self.size = path.stat().st_size

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(-1 if size is None else size) or b""
        self._read += len(data)
        self._on_progress(self._read / max(1, self.size))
        return data


def _size_of(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None


def _sample_path(sample_id: str) -> str:
    if ".." in sample_id.split("/"):
        raise RestFailed("The server gave the sample a name that is no name.")
    return f"{SAVED}/{quote(sample_id)}"


def _checked(answer: ClientResponse, body: bytes) -> bytes:
    kind = answer.content_type
    if not 200 <= answer.status < 300:
        raise refusal(answer.status, body, kind)
    if "html" in kind:
        # A server without a route may answer with its web page instead.
        raise RestFailed("This server does not offer that.", 404)
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise RestFailed("The server's answer is packed, which the desk did not ask for.")
    return body


def _reason(error: BaseException) -> str:
    inner = getattr(error, "os_error", error)
    return str(getattr(inner, "strerror", None) or inner or type(error).__name__)
