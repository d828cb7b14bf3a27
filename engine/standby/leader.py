"""The engine that a standby copies, over HTTP: its sessions, and a connection for a link to the log of one."""

from __future__ import annotations

import asyncio
from typing import Protocol, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from aiohttp import ClientWSTimeout, WSServerHandshakeError

from engine.asset_check import MAX_ASSET_BYTES
from engine.assets import Asset
from engine.running.state_file import SavedSession
from engine.standby.calling import CallingSocket
from sync.log.end import is_ordered
from sync.log.frames import SUBPROTOCOL
from sync.wire.address import ServerAddress
from sync.wire.codec import MAX_MESSAGE_BYTES

ANSWER_WITHIN_S = 10.0
FILE_WITHIN_S = 120.0
CLOSE_WITHIN_S = 0.5
MAX_REPLY_BYTES = 16 * 1_048_576
SESSIONS_PATH = "/api/v1/standby/sessions"

T = TypeVar("T")


class SupportsWrite(Protocol):
    """A file that is open for writing."""

    def write(self, data: bytes, /) -> object: ...

    def flush(self) -> object: ...


__all__ = ["Leader", "LeaderFailed"]


class LeaderFailed(Exception):
    """The leader did not give what was asked for; the text is one sentence for the operator.

    ``status`` is the HTTP status of its answer; None: it could not be reached.
    """

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class Leader:
    """Asks the leader. Every call raises LeaderFailed."""

    def __init__(self, address: ServerAddress, token: str = "") -> None:
        self.url = address.http_url
        self._control = address.control_url
        self._http = aiohttp.ClientSession()
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def close(self) -> None:
        """Gives all connections back."""
        await self._http.close()

    async def sessions(self) -> list[SavedSession]:
        """Its sessions, oldest first: who they are and the head of their pipelines; the logs hold the rest."""
        return await self._get(SESSIONS_PATH, list[SavedSession])

    async def offer(self, saved: SavedSession) -> None:
        """Asks it to have this session too, still empty: the logs bring the rest."""
        try:
            async with (
                self._patience(),
                self._http.post(
                    self.url + SESSIONS_PATH,
                    headers=self._headers,
                    data=msgspec.json.encode(saved),
                    allow_redirects=False,
                ) as reply,
            ):
                body = await _bounded(reply)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._unreachable(error) from error
        if reply.status != 200:
            words = " ".join(body.decode(errors="replace").split())[:200]
            raise LeaderFailed(f"{self.url} does not take it: {words}", reply.status)

    async def assets(self, sort: str) -> list[Asset]:
        """Its images or fonts."""
        return await self._get(f"/api/v1/assets/{sort}", list[Asset])

    async def fetch(self, sort: str, asset_id: str, target: SupportsWrite) -> None:
        """Writes one of its files into ``target``. Raises OSError too, when that does not take it."""
        url = f"{self.url}/api/v1/assets/{sort}/file/{quote(asset_id)}"
        size = 0
        try:
            async with (
                asyncio.timeout(FILE_WITHIN_S),
                self._http.get(url, headers=self._headers, allow_redirects=False) as reply,
            ):
                if reply.status != 200:
                    raise LeaderFailed(self._sentence(reply.status), reply.status)
                async for chunk in reply.content.iter_chunked(65_536):
                    size += len(chunk)
                    if size > MAX_ASSET_BYTES:
                        raise LeaderFailed(f"it is larger than {MAX_ASSET_BYTES} bytes")
                    target.write(chunk)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreachable(error) from error
        target.flush()

    async def call(self, session_id: str) -> CallingSocket:
        """A connection for a link to the log of a session."""
        try:
            async with self._patience():
                socket = await self._http.ws_connect(
                    self._control,
                    params={"session": session_id},
                    headers=self._headers,
                    protocols=(SUBPROTOCOL,),
                    max_msg_size=MAX_MESSAGE_BYTES,
                    timeout=ClientWSTimeout(ws_close=CLOSE_WITHIN_S),
                )
        except WSServerHandshakeError as refusal:
            raise LeaderFailed(self._sentence(refusal.status), refusal.status) from refusal
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._unreachable(error) from error
        if not is_ordered(socket.protocol):
            await socket.close()
            raise LeaderFailed(self._no_logs)
        return CallingSocket(socket)

    @property
    def _no_logs(self) -> str:
        return f"{self.url} keeps no ordered logs ({SUBPROTOCOL}): there is nothing to follow"

    async def _get(self, path: str, kind: type[T]) -> T:
        try:
            async with (
                self._patience(),
                self._http.get(self.url + path, headers=self._headers, allow_redirects=False) as reply,
            ):
                body = await _bounded(reply)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._unreachable(error) from error
        if reply.status != 200:
            raise LeaderFailed(self._no_logs if reply.status == 404 else self._sentence(reply.status), reply.status)
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise LeaderFailed(f"{self.url} answers {path} with something else than was asked for") from error

    def _sentence(self, status: int) -> str:
        match status:
            case 401:
                return f"{self.url} wants a token: give --token-file FILE"
            case 403:
                return f"{self.url} does not let this role look at that session"
            case 404:
                return f"{self.url} has no such session"
        return f"{self.url} answered with HTTP status {status}"

    def _unreachable(self, error: Exception) -> LeaderFailed:
        reason = "no answer" if isinstance(error, TimeoutError) else _reason(error)
        return LeaderFailed(f"{self.url} cannot be reached ({reason})")

    @staticmethod
    def _patience() -> asyncio.Timeout:
        return asyncio.timeout(ANSWER_WITHIN_S)


async def _bounded(reply: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in reply.content.iter_chunked(65_536):
        body += chunk
        if len(body) > MAX_REPLY_BYTES:
            raise aiohttp.ClientPayloadError("the answer is too long")
    return bytes(body)


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.strerror or str(error.os_error)
    return " ".join(str(error).split())[:120] or type(error).__name__
