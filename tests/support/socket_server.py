"""The server model behind a real WebSocket on a free port of the loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request as HttpRequest
from websockets.http11 import Response as HttpResponse

from sync.wire.codec import decode_request, encode_event, encode_response
from sync.wire.requests import GetPermissions, GetPipeline, ListNodes, ListSessions, Request
from sync.wire.responses import Error, NodesListed, Permissions, Response, SessionsListed
from tests.support.server import ModelServer, Peer

__all__ = ["SocketServer", "serving"]


class SocketServer:
    """``received`` holds every request; ``refuse_with`` is a status that answers the upgrade.

    ``is_absent``: the session is not there. ``says_before``: frames that leave before the answer to a kind of request.
    """

    def __init__(self, model: ModelServer) -> None:
        self.model = model
        self.received: list[Request] = []
        self.headers: list[dict[str, str]] = []
        self.refuse_with: int | None = None
        self.is_mute = False
        self.is_absent = False
        self.says_before: dict[type[Request], list[str]] = {}
        self.permissions = {"tune_nodes": True, "load_plugins": False}
        self._peers: dict[ServerConnection, Peer] = {}
        self._server: Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where the model listens."""
        return f"ws://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listens, on the same port as before if there was one."""
        self._server = await serve(self._talk, "127.0.0.1", self.port, process_request=self._check, compression=None)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        """Ends all connections at once, as a killed process does."""
        if self._server is not None:
            for connection in tuple(self._peers):
                connection.transport.abort()
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def say(self, text: str) -> None:
        """Sends a raw frame to everybody."""
        for connection in tuple(self._peers):
            await connection.send(text)

    def _check(self, connection: ServerConnection, request: HttpRequest) -> HttpResponse | None:
        self.headers.append(dict(request.headers.raw_items()))
        return None if self.refuse_with is None else connection.respond(self.refuse_with, "no\n")

    async def _talk(self, connection: ServerConnection) -> None:
        peer = self.model.connect()
        self._peers[connection] = peer
        try:
            async for text in connection:
                request, correlation_id = decode_request(text)
                self.received.append(request)
                if not self.is_mute:
                    await self._answer(connection, peer, request, correlation_id)
        except ConnectionClosed:
            return
        finally:
            self._peers.pop(connection, None)
            self.model.disconnect(peer)

    async def _answer(
        self, connection: ServerConnection, peer: Peer, request: Request, correlation_id: str | None
    ) -> None:
        for text in self.says_before.pop(type(request), ()):
            await connection.send(text)
        response = self._reply(peer, request)
        if response is not None:
            await connection.send(encode_response(response, correlation_id))
        self.model.tick()
        await self.flush()

    async def flush(self) -> None:
        """Sends what waits for the peers."""
        for connection, peer in self._peers.items():
            for queue in peer.queues.values():
                while queue:
                    await connection.send(encode_event(queue.popleft()))

    def _reply(self, peer: Peer, request: Request) -> Response | None:
        match request:
            case GetPermissions():
                return Permissions("admin", self.permissions)
            case ListSessions():
                return SessionsListed([] if self.is_absent else [self.model.info])
            case GetPipeline() if self.is_absent or request.session_id != self.model.info.id:
                return Error(f"Session '{request.session_id}' not found")
            case ListNodes():
                return NodesListed([])
            case _:
                self.model.handle(peer, request)
                return peer.replies.popleft() if peer.replies else None


@asynccontextmanager
async def serving(model: ModelServer) -> AsyncIterator[SocketServer]:
    """A running server, stopped at the end."""
    server = SocketServer(model)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
        await asyncio.sleep(0)
