"""The only file that knows the WebSocket library: opens a channel to a server, with its failures in words."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Sequence

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import broadcast
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus, InvalidURI
from websockets.protocol import State
from websockets.typing import Subprotocol

from sync.channel import Channel, ChannelClosed
from sync.errors import LinkProblem, LinkRefused
from sync.wire.address import ServerAddress

__all__ = ["PING_EVERY_S", "PING_LIMIT_S", "open_websocket"]

PING_EVERY_S = 5.0
PING_LIMIT_S = 15.0
OPEN_LIMIT_S = 10.0
MAX_INBOUND_BYTES = 8 * 1024 * 1024
_REFUSALS = {
    401: "The server asks for a token (401) or does not take the one it got; a token file is given with --token-file.",
    403: "The server refuses this desk (403): the token's role or the server's origin rules do not allow it.",
    404: "There is no control endpoint at this address (404): check the path of the URL.",
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
) -> Channel:
    """Connects to a server's control endpoint; the token travels in the Authorization header and nowhere else.

    Raises LinkRefused when the server says no, LinkProblem when it cannot be reached, AddressRefused for a bad URL.
    """
    address = ServerAddress.parse(url)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        connection = await connect(
            address.control_url,
            additional_headers=headers,
            logger=_wire_log,
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            compression=None if address.is_local else "deflate",
            proxy=None if address.is_local else True,
            ssl=_security(address, ssl_context),
            open_timeout=OPEN_LIMIT_S,
            ping_interval=PING_EVERY_S,
            ping_timeout=PING_LIMIT_S,
            close_timeout=1.0,
            max_size=MAX_INBOUND_BYTES,
        )
    except (OSError, InvalidHandshake, InvalidMessage, InvalidURI, TimeoutError, EOFError) as error:
        raise _problem(address, error) from None
    return _WebSocketChannel(connection, address.control_url)


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
        """Straight to the socket while nothing waits for it: a turn of a busy loop costs more than the frame."""
        connection = self._connection
        if connection.state is not State.OPEN or connection.transport.get_write_buffer_size():
            return False
        broadcast([connection], text)
        return True

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
        transport = self._connection.transport
        return 0 if transport.is_closing() else transport.get_write_buffer_size()

    def round_trip_s(self) -> float | None:
        """From the newest answered ping."""
        return self._connection.latency or None


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
