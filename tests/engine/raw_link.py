"""A client of protocol 2 made from the text alone: frames as they are, nothing that keeps the rules."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import msgspec

from sync.log.frames import SUBPROTOCOL
from tests.engine.control_client import LIMIT_S
from tests.engine.log_client import Served

__all__ = ["RawLink"]


class RawLink:
    """One connection; what was heard so far is kept."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.heard: list[Any] = []

    @classmethod
    async def open(cls, engine: Served, session: str, **options: Any) -> RawLink:
        """A new connection; nothing has been said."""
        url = f"{engine.base}/api/v1/control"
        return cls(
            await engine.http.ws_connect(
                url, params={"session": session}, protocols=(SUBPROTOCOL,), max_msg_size=0, **options
            )
        )

    @classmethod
    async def live(cls, engine: Served, session: str, install: str = "raw", **auth: Any) -> RawLink:
        """A connection that has come to LIVE with nothing of its own."""
        link = await cls.open(engine, session)
        await link.hear("challenge")
        await link.say("auth", install=install, caps=["batch", "squash"], **auth)
        await link.hear("welcome")
        await link.say("clock", clock={"epoch": "", "rev": 0})
        await link.hear("ready")
        await link.say("bulk", is_last=True)
        await link.say("ready")
        return link

    async def say(self, type: str, **members: Any) -> None:  # noqa: A002  (the frame's own word)
        """Sends a control frame."""
        await self.socket.send_str(json.dumps({"type": type, **members}))

    async def say_live(self, *frame: Any) -> None:
        """Sends a live frame."""
        await self.socket.send_bytes(b"\x01" + msgspec.msgpack.encode(frame))

    async def submit(self, *ops: dict[str, Any]) -> None:
        """Sends ops as a live frame."""
        await self.say_live(5, 0.0, ops)

    async def hear(self, *what: str | int) -> Any:
        """The next control frame of one of these types, or the next live frame of one of these kinds."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                message = await self.socket.receive()
                assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), (what, message)
                frame = self._decoded(message)
                self.heard.append(frame)
                if (frame["type"] if isinstance(frame, dict) else frame[0]) in what:
                    return frame

    async def closed(self) -> int | None:
        """The code that the server closes with; what comes before is kept."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                message = await self.socket.receive()
                if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                    return self.socket.close_code
                self.heard.append(self._decoded(message))

    @staticmethod
    def _decoded(message: aiohttp.WSMessage) -> Any:
        if message.type is aiohttp.WSMsgType.TEXT:
            return json.loads(message.data)
        assert message.data[0] == 1
        return msgspec.msgpack.decode(message.data[1:])
