"""A WebSocket that this engine has opened, as the transport of a link."""

from __future__ import annotations

import contextlib

import aiohttp
from aiohttp import WSMsgType

from sync.log.driver import TransportClosed

ABNORMAL = 1006  # no farewell came

__all__ = ["CallingSocket"]


class CallingSocket:
    """One open connection to another engine, one life long."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    @property
    def own_host(self) -> str:
        """The address of this machine on the way to the other engine; empty when it cannot be told."""
        name = self._socket.get_extra_info("sockname")
        return str(name[0]) if isinstance(name, tuple) else ""

    async def send(self, frame: str | bytes) -> None:
        data, kind = (frame.encode(), WSMsgType.TEXT) if isinstance(frame, str) else (frame, WSMsgType.BINARY)
        try:
            await self._socket.send_frame(data, kind)
        except (aiohttp.ClientError, ConnectionError, RuntimeError) as error:
            raise TransportClosed("The connection was lost.") from error

    def send_at_once(self, frame: str | bytes) -> bool:  # noqa: ARG002  (every frame waits its turn)
        return False

    async def receive(self) -> str | bytes:
        message = await self._socket.receive()
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            data: str | bytes = message.data
            return data
        code = self._socket.close_code
        raise TransportClosed("The connection was lost." if code in (None, ABNORMAL) else f"It has hung up ({code}).")

    async def close(self, code: int, reason: str) -> None:
        with contextlib.suppress(aiohttp.ClientError, ConnectionError, RuntimeError):
            await self._socket.close(code=code, message=reason.encode()[:120])

    def unsent_bytes(self) -> int:
        return 0  # a send waits until the connection has taken what came before
