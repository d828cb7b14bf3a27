"""One control connection: its requests one after the other, its events beside them (PROTOCOL.md §1)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os

from aiohttp import WSMsgType, web

from engine.running.core import Core
from engine.running.permissions import Role
from engine.running.refused import Refused
from engine.running.requests import Requests
from engine.serving.fanout import EventRing
from engine.serving.inbound import decode
from engine.serving.quiet_log import shown
from sync.wire.codec import MAX_MESSAGE_BYTES, MalformedFrame, encode_response
from sync.wire.requests import TuneNodeAsync
from sync.wire.responses import Error

READ_LIMIT_FACTOR = 8  # above this the transport itself gives up: nobody makes us hold more
CLOSE_WITHIN_S = 0.5
LIMIT_VARIABLE = "SK_WEBSOCKET_MAX_MESSAGE_BYTES"

_log = logging.getLogger(__name__)
# Offering a subprotocol that the server does not know is no fault of a client; aiohttp warns of each.
logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)

__all__ = ["ControlConnection", "message_limit"]


def message_limit() -> int:
    """The largest message in bytes: 1 MiB, or what the environment says."""
    word = os.environ.get(LIMIT_VARIABLE, "")
    return int(word) if word.isascii() and word.isdigit() and int(word) > 0 else MAX_MESSAGE_BYTES


class ControlConnection:
    """One client from its upgrade to its end. Role and rights are those of the upgrade."""

    def __init__(self, core: Core, role: Role, name: str, desk: str = "") -> None:
        self._core = core
        self._limit = message_limit()
        self._requests = Requests(core, role)
        self._malformed = core.malformed
        self._ring = EventRing(role, {session.id for session in core.sessions.visible(role)}, name, desk)
        # Answers must leave even while the transport is full; the limit of 0 makes every send wait until it is not.
        self._socket = web.WebSocketResponse(
            timeout=CLOSE_WITHIN_S,
            autoclose=False,
            compress=False,
            max_msg_size=READ_LIMIT_FACTOR * self._limit,
            writer_limit=0,
            decode_text=False,
        )

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Serves until either side closes. Raises Refused when there is no proper handshake."""
        try:
            await self._socket.prepare(request)
        except ValueError as error:
            raise Refused("Malformed WebSocket handshake") from error
        leave = self._core.fanout.join(self._ring)
        writer = asyncio.create_task(self._send_events(), name=f"events to {self._ring.name}")
        try:
            await self._answer_requests()
        except (ConnectionError, RuntimeError) as error:
            _log.debug("connection %s broke: %s", self._ring.name, error)
        finally:
            leave()
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await writer
            await self._hang_up(request)
        return self._socket

    async def close(self) -> None:
        """Says goodbye; the client may reconnect."""
        if not self._socket.prepared:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._socket.close(code=1001, drain=False)

    async def _send_events(self) -> None:
        while True:
            await self._socket.send_frame(await self._ring.take(), WSMsgType.TEXT)

    async def _answer_requests(self) -> None:
        while True:
            message = await self._socket.receive()
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            if len(message.data) > self._limit:
                await self._refuse_size(is_text=message.type is WSMsgType.TEXT)
                return
            if message.type is WSMsgType.TEXT and (answer := self._answer(message.data)) is not None:
                await self._socket.send_frame(answer.encode(), WSMsgType.TEXT)
            await asyncio.sleep(0)  # a client that sends without a pause takes turns with the others

    def _answer(self, frame: bytes) -> str | None:
        try:
            request, correlation_id = decode(frame)
        except MalformedFrame as error:
            self._malformed.warn("connection %s sends malformed frames: %s", self._ring.name, shown(str(error)))
            return encode_response(Error(f"Invalid JSON: {error}"), None)
        try:
            response = self._requests.answer(request)
        except Exception:  # noqa: BLE001  (a defect must not end the connection)
            _log.exception("a request of %s failed by a defect", self._ring.name)
            response = None if isinstance(request, TuneNodeAsync) else Error("Internal error; see the server's log")
        return None if response is None else encode_response(response, correlation_id)

    async def _refuse_size(self, *, is_text: bool) -> None:
        if is_text:
            sentence = f"WebSocket message too large (max {self._limit} bytes)"
            await self._socket.send_frame(encode_response(Error(sentence), None).encode(), WSMsgType.TEXT)
        await self._socket.send_frame(b"", WSMsgType.CLOSE)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._socket.receive()

    async def _hang_up(self, request: web.Request) -> None:
        """Ends the connection; a client that does not read cannot keep it open."""
        await self.close()
        if request.transport is not None:
            request.transport.close()
