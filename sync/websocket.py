"""The only file that knows the WebSocket library: opens a channel to a server, with its failures in words."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import broadcast
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus, InvalidURI
from websockets.protocol import State
from websockets.typing import Subprotocol

from sync.channel import Channel, ChannelClosed
from sync.errors import NOT_HERE, LinkProblem, LinkRefused, NotOrdered
from sync.log.frames import SUBPROTOCOL
from sync.log.transport import Transport, TransportClosed
from sync.wire.address import ServerAddress

__all__ = ["PING_EVERY_S", "PING_LIMIT_S", "open_log_socket", "open_websocket"]

PING_EVERY_S = 5.0
PING_LIMIT_S = 15.0
OPEN_LIMIT_S = 10.0
MAX_INBOUND_BYTES = 8 * 1024 * 1024
_REFUSALS = {
    401: "The server asks for a token (401) or does not take the one it got; a token file is given with --token-file.",
    403: "The server refuses this desk (403): the token's role or the server's origin rules do not allow it.",
    404: "There is no control endpoint or session at this address (404): check the path of the URL.",
}


class _NoSecrets(logging.Filter):
    """The library writes whole handshakes when it debugs; tokens stay out of it."""

    def filter(self, record: logging.LogRecord) -> bool:
        args = record.args
        return not (isinstance(args, tuple) and args and str(args[0]).lower() in ("authorization", "cookie"))


_wire_log = logging.getLogger("websockets.client")
_wire_log.addFilter(_NoSecrets())


async def open_websocket(
    url: str,
    token: str | None = None,
    *,
    subprotocols: Sequence[str] = (),
    ssl_context: ssl.SSLContext | None = None,
    desk: str = "",
) -> Channel:
    """Connects to a server's control endpoint; the token travels in the Authorization header and nowhere else.

    ``desk`` names this desk on all its sockets (sync/log/PROTOCOL.md §1). Raises LinkRefused when the server says no,
    LinkProblem when it cannot be reached, AddressRefused for a bad URL.
    """
    address = ServerAddress.parse(url)
    query = {"desk": desk} if desk else {}
    connection = await _connect(address, query, token, subprotocols, ssl_context, PING_EVERY_S)
    return _WebSocketChannel(connection, address.control_url)


async def open_log_socket(
    url: str, session: str, token: str | None = None, *, ssl_context: ssl.SSLContext | None = None, desk: str = ""
) -> Transport:
    """Connects to a session's ordered log, beside the link of protocol 1 (sync/log/PROTOCOL.md §1).

    Raises NotOrdered when the server keeps none, otherwise as ``open_websocket``.
    """
    address = ServerAddress.parse(url)
    query = {"session": session, **({"desk": desk} if desk else {})}
    try:
        connection = await _connect(address, query, token, (SUBPROTOCOL,), ssl_context, None)
    except LinkRefused as refused:
        raise (LinkRefused(404, NOT_HERE) if refused.status == 404 else refused) from None
    if connection.subprotocol != SUBPROTOCOL:
        await connection.close()
        raise NotOrdered(f"{address.http_url} keeps no ordered log.")
    return _LogSocket(connection)


async def _connect(
    address: ServerAddress,
    query: Mapping[str, str],
    token: str | None,
    subprotocols: Sequence[str],
    ssl_context: ssl.SSLContext | None,
    ping_every_s: float | None,
) -> ClientConnection:
    try:
        return await connect(
            f"{address.control_url}?{urlencode(query)}" if query else address.control_url,
            additional_headers={} if token is None else {"Authorization": f"Bearer {token}"},
            logger=_wire_log,
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            compression=None if address.is_local else "deflate",
            proxy=None if address.is_local else True,
            ssl=_security(address, ssl_context),
            open_timeout=OPEN_LIMIT_S,
            ping_interval=ping_every_s,
            ping_timeout=PING_LIMIT_S,
            close_timeout=1.0,
            max_size=MAX_INBOUND_BYTES,
        )
    except (OSError, InvalidHandshake, InvalidMessage, InvalidURI, TimeoutError, EOFError) as error:
        raise _problem(address, error) from None


def _security(address: ServerAddress, context: ssl.SSLContext | None) -> ssl.SSLContext | None:
    """``wss`` always checks the certificate, against the system's authorities unless a context says otherwise."""
    if not address.control_url.startswith("wss:"):
        return None
    return context or ssl.create_default_context()


class _WebSocketChannel:
    """A channel over one WebSocket; binary frames are skipped."""

    def __init__(self, connection: ClientConnection, name: str) -> None:
        self._connection = connection
        self.name = name

    def __repr__(self) -> str:
        return f"<channel {self.name}>"

    @property
    def subprotocol(self) -> str | None:
        """What the server chose of the offered subprotocols."""
        return self._connection.subprotocol

    async def send(self, text: str) -> None:
        """Hands one text frame to the socket; waits only while its buffer is full."""
        try:
            await self._connection.send(text)
        except ConnectionClosed as closed:
            raise ChannelClosed(_why_closed(closed)) from None

    def send_at_once(self, text: str) -> bool:
        """Straight to the socket while nothing waits for it."""
        return _send_at_once(self._connection, text)

    async def receive(self) -> str:
        """The next text frame."""
        while True:
            try:
                frame = await self._connection.recv()
            except ConnectionClosed as closed:
                raise ChannelClosed(_why_closed(closed)) from None
            if isinstance(frame, str):
                return frame

    async def close(self) -> None:
        """Says goodbye, for a second at most."""
        await self._connection.close()

    def unsent_bytes(self) -> int:
        """What waits in the socket's buffer of this process."""
        return _unsent_bytes(self._connection)

    def round_trip_s(self) -> float | None:
        """From the newest answered ping."""
        return self._connection.latency or None


class _LogSocket:
    """An ordered log's frames over one WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, frame: str | bytes) -> None:
        try:
            await self._connection.send(frame)
        except ConnectionClosed as closed:
            raise TransportClosed(_why_closed(closed)) from None

    def send_at_once(self, frame: str | bytes) -> bool:
        return _send_at_once(self._connection, frame)

    async def receive(self) -> str | bytes:
        try:
            return await self._connection.recv()
        except ConnectionClosed as closed:
            raise TransportClosed(_why_closed(closed)) from None

    async def close(self, code: int, reason: str) -> None:
        # A reason has at most 123 bytes; the frame before it has told the whole of it.
        await self._connection.close(code, reason.encode()[:120].decode(errors="ignore"))

    def unsent_bytes(self) -> int:
        return _unsent_bytes(self._connection)


def _send_at_once(connection: ClientConnection, frame: str | bytes) -> bool:
    """Straight to the socket while nothing waits for it: a turn of a busy loop costs more than the frame."""
    if connection.state is not State.OPEN or connection.transport.get_write_buffer_size():
        return False
    broadcast([connection], frame)
    return True


def _unsent_bytes(connection: ClientConnection) -> int:
    return 0 if connection.transport.is_closing() else connection.transport.get_write_buffer_size()


def _problem(address: ServerAddress, error: Exception) -> LinkProblem:
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        return LinkRefused(status, _REFUSALS.get(status, f"The server answered {status} instead of opening the link."))
    if isinstance(error, ssl.SSLCertVerificationError):
        return LinkProblem(f"The certificate of {address.http_url} is not trusted: {error.verify_message}.")
    if isinstance(error, asyncio.TimeoutError):
        return LinkProblem(f"{address.http_url} does not answer within {OPEN_LIMIT_S:g} s.")
    if isinstance(error, ConnectionRefusedError):
        return LinkProblem(f"Nothing listens at {address.http_url}: is the server running?")
    if isinstance(error, OSError):
        return LinkProblem(f"Cannot reach {address.http_url}: {error.strerror or error}.")
    return LinkProblem(f"What answers at {address.http_url} is no StreamKit control endpoint.")


def _why_closed(closed: ConnectionClosed) -> str:
    if closed.rcvd is not None:
        return (
            f"The server closed the link ({closed.rcvd.code}{': ' + closed.rcvd.reason if closed.rcvd.reason else ''})."
        )
    if closed.sent is not None and closed.sent.code == 1009:
        return "The server sent a frame that is too large."
    if closed.sent is not None and closed.sent.code == 1011:
        return "The server does not answer any more."
    return "The connection was lost."
