"""A desk's end of an ordered log over a real socket: a replica, a link and its driver, as small as can be."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol
from uuid import uuid4

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.log.auth import Credentials
from sync.log.desk_end import DeskEnd
from sync.log.driver import LinkDriver, TransportClosed
from sync.log.edits import change, param_place
from sync.log.end import Close
from sync.log.frames import SUBPROTOCOL
from sync.log.link import Link
from sync.log.live_frames import ViewFrame
from sync.log.op import Change, Op
from sync.log.replica import Replica
from tests.engine.control_client import LIMIT_S

LOOK_EVERY_S = 0.002

__all__ = ["LogClient", "Served", "SocketTransport", "connect_log"]


class Served(Protocol):
    """A server that can be linked to."""

    http: aiohttp.ClientSession

    @property
    def base(self) -> str:
        """Where it answers."""


class SocketTransport:
    """A client's WebSocket as a transport."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.sent = 0
        self._may_read = asyncio.Event()
        self._may_read.set()

    def stop_reading(self) -> None:
        """Nothing is taken from the socket any more."""
        self._may_read.clear()

    def read_on(self) -> None:
        """What has piled up is read."""
        self._may_read.set()

    async def send(self, frame: str | bytes) -> None:
        self.sent += 1
        try:
            await (self.socket.send_str(frame) if isinstance(frame, str) else self.socket.send_bytes(frame))
        except ConnectionError as error:
            raise TransportClosed("gone") from error

    def send_at_once(self, frame: str | bytes) -> bool:
        del frame
        return False

    async def receive(self) -> str | bytes:
        await self._may_read.wait()
        message = await self.socket.receive()
        if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            data: str | bytes = message.data
            return data
        raise TransportClosed(f"closed with {self.socket.close_code}")

    async def close(self, code: int, reason: str) -> None:
        await self.socket.close(code=code, message=reason.encode())

    def unsent_bytes(self) -> int:
        return 0


class LogClient:
    """One desk with one link. Everything it is shown is kept."""

    def __init__(self, transport: SocketTransport, replica: Replica, credentials: Credentials) -> None:
        self.transport = transport
        self.replica = replica
        self.views: list[ViewFrame] = []
        self.controls: list[Any] = []
        self.end = DeskEnd(replica, time.monotonic, time.time, self.views.append, self.controls.append)
        self.driver = LinkDriver(transport)
        self.link = Link(
            self.end,
            credentials,
            time.monotonic,
            time.time,
            has_room=self.driver.has_room,
            unsent=self.driver.unsent_bytes,
        )
        self.running: asyncio.Task[Close] = asyncio.create_task(self.driver.run(self.link), name="test log client")

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Returns as soon as something is so."""
        for _ in range(int(LIMIT_S / LOOK_EVERY_S)):
            if is_so():
                return
            await asyncio.sleep(LOOK_EVERY_S)
        raise AssertionError("it never came to be so")

    async def live(self) -> LogClient:
        """The client, as soon as its link is live."""
        await self.until(lambda: self.link.is_live or self.running.done())
        assert self.link.is_live, self.link.close
        return self

    def submit(self, changes: list[Change], **how: Any) -> Op:
        """Proposes changes and sends them."""
        op = self.replica.propose(changes, **how)
        assert op is not None
        self.end.submitted(op)
        self.link.submit([op])
        self.driver.kick()
        return op

    def tune(self, node: str, value: Any, *path: str, **how: Any) -> Op:
        """One param of a node."""
        return self.submit([change(param_place(node, path), value)], **how)

    async def decided(self, op: Op) -> None:
        """Returns when an op has come back."""
        await self.until(lambda: self.replica.rev_of(op.seq) is not None)

    async def settled(self) -> None:
        """Returns when every op has come back."""
        await self.until(lambda: not self.replica.outbox.pending())

    async def close(self) -> Close:
        """Hangs up."""
        self.link.drop(1000, "")
        self.driver.kick()
        close = await self.running
        self.end.left()
        return close


async def connect_log(
    engine: Served,
    session: str,
    install: str = "d",
    *,
    desk: str = "",
    replica: Replica | None = None,
    key: Ed25519PrivateKey | None = None,
    **options: Any,
) -> LogClient:
    """A client of ``session``'s log; ``options`` are aiohttp's, such as headers."""
    query = {"session": session, **({"desk": desk} if desk else {})}
    socket = await engine.http.ws_connect(
        f"{engine.base}/api/v1/control", params=query, protocols=(SUBPROTOCOL,), max_msg_size=0, **options
    )
    assert socket.protocol == SUBPROTOCOL
    name = f"open/{install}~{uuid4().hex[:6]}"
    return LogClient(SocketTransport(socket), replica or Replica(name), Credentials(install, key))
