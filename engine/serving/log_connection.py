"""A link to one session's ordered log over a WebSocket of its own (sync/log/PROTOCOL.md §1, §6)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from uuid import UUID

from aiohttp import WSMsgType, web

from engine.ordered.session_log import SessionLog
from engine.running.permissions import ROLES
from engine.running.refused import Refused
from engine.running.session import Session
from engine.serving.quiet_log import shown
from sync.log.auth import Door, Identity
from sync.log.authority_end import AuthorityEnd
from sync.log.driver import LinkDriver, TransportClosed
from sync.log.end import End
from sync.log.frames import SUBPROTOCOL
from sync.log.link import Link
from sync.log.server_ends import CalledEnd
from sync.wire.codec import MAX_MESSAGE_BYTES

CLOSE_WITHIN_S = 0.5
GOING_AWAY = 1001
ROLE_OF = {"view": ROLES["viewer"], "edit": ROLES["user"], "control": ROLES["admin"]}
_PROTOCOLS = "Sec-WebSocket-Protocol"

_log = logging.getLogger(__name__)

__all__ = ["LogConnection", "desk_of", "log_session"]


def log_session(request: web.Request) -> str | None:
    """The session whose log the client offers to follow; None for a client of protocol 1."""
    offered = ",".join(request.headers.getall(_PROTOCOLS, ()))
    is_offered = SUBPROTOCOL in (word.strip() for word in offered.split(","))
    return request.query.get("session") if is_offered else None


def desk_of(request: web.Request) -> str:
    """The UUID that a desk gives all its connections; empty without a proper one."""
    word = request.query.get("desk", "")
    try:
        return str(UUID(word))
    except ValueError:
        return ""


class _EngineEnd(CalledEnd):
    """The engine's end of a link, before and after it is known who calls."""

    def __init__(self, log: SessionLog, *, needs_signatures: bool) -> None:
        super().__init__(log.desk, partial(AuthorityEnd, needs_signatures=needs_signatures))
        self._roles = log.shared.roles

    def for_caller(self, identity: Identity) -> End:
        self._roles.admitted(identity.author, ROLE_OF[identity.rights])
        return super().for_caller(identity)


class _Socket:
    """An accepted WebSocket as the transport of a link."""

    def __init__(self) -> None:
        self.response = web.WebSocketResponse(
            timeout=CLOSE_WITHIN_S,
            protocols=(SUBPROTOCOL,),
            compress=False,
            max_msg_size=MAX_MESSAGE_BYTES + 1,  # what it refuses begins at the size
            writer_limit=0,
        )
        self._transport: asyncio.Transport | None = None

    async def prepare(self, request: web.Request) -> None:
        """Answers the upgrade. Raises Refused when there is no proper handshake."""
        try:
            await self.response.prepare(request)
        except ValueError as error:
            raise Refused("Malformed WebSocket handshake") from error
        self._transport = request.transport

    async def send(self, frame: str | bytes) -> None:
        data, kind = _message(frame)
        try:
            await self.response.send_frame(data, kind)
        except (ConnectionError, RuntimeError) as error:
            raise TransportClosed("The connection was lost.") from error

    def send_at_once(self, frame: str | bytes) -> bool:
        transport = self._transport
        if transport is None or transport.is_closing() or transport.get_write_buffer_size():
            return False
        sending = self.response.send_frame(*_message(frame))
        try:
            # The frame is with the transport before anything is waited for.
            sending.send(None)
        except StopIteration:
            return True
        except (ConnectionError, RuntimeError):
            return False
        sending.close()
        return True

    async def receive(self) -> str | bytes:
        message = await self.response.receive()
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            data: str | bytes = message.data
            return data
        code = self.response.close_code
        raise TransportClosed(f"The desk has hung up ({code})." if code else "The connection was lost.")

    async def close(self, code: int, reason: str) -> None:
        with contextlib.suppress(TimeoutError, ConnectionError, RuntimeError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self.response.close(code=code, message=reason.encode()[:120], drain=False)
        if self._transport is not None:
            self._transport.close()

    def unsent_bytes(self) -> int:
        return 0 if self._transport is None else self._transport.get_write_buffer_size()


class LogConnection:
    """One link from its upgrade to its end. Its rights are those of the upgrade, or of the key that is shown."""

    def __init__(self, session: Session, door: Door, desk: str, *, needs_signatures: bool = False) -> None:
        self._name = shown(session.info.name or session.id)
        self._log = session.log
        self._desk = desk
        self._socket = _Socket()
        self._driver = LinkDriver(self._socket)
        self._end = _EngineEnd(self._log, needs_signatures=needs_signatures)
        self._link = Link(
            self._end,
            door,
            self._log.shared.now,
            self._log.shared.wall,
            has_room=self._driver.has_room,
            unsent=self._driver.unsent_bytes,
        )
        self._end.attach(self._link)
        self._link.on_live = self._join
        self._log.opened(self._link, self._driver)
        self._has_ended = asyncio.Event()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Serves until either side closes. Raises Refused when there is no proper handshake."""
        try:
            await self._socket.prepare(request)
            close = await self._driver.run(self._link)
            _log.debug("a link to session %s has ended: %s %s", self._name, close.reason, close.detail)
        finally:
            self._end.left()
            self._log.left(self._link, self._desk)
            self._has_ended.set()
        return self._socket.response

    async def close(self) -> None:
        """Says goodbye; the desk may come back."""
        self._link.drop(GOING_AWAY, "The server is stopping.")
        self._driver.kick()
        if self._socket.response.prepared:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2 * CLOSE_WITHIN_S):
                    await self._has_ended.wait()

    def _join(self) -> None:
        self._log.joined(self._link, self._driver, self._desk, is_desk=self._end.is_desk)


def _message(frame: str | bytes) -> tuple[bytes, WSMsgType]:
    return (frame.encode(), WSMsgType.TEXT) if isinstance(frame, str) else (frame, WSMsgType.BINARY)
