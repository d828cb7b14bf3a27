"""The server: one port for the control endpoint, the REST routes and the streams, opened and closed."""

from __future__ import annotations

import asyncio

from aiohttp import web

from engine.running.core import Core
from engine.serving import (
    rest,
    rest_assets,
    rest_auth,
    rest_log,
    rest_samples,
    rest_sessions,
    rest_standby,
    rest_streams,
)
from engine.serving.auth import Gatekeeper
from engine.serving.control import ControlConnection
from engine.serving.doors import DOORS, Doors
from engine.serving.guard import CONTROL_PATH, Guard
from engine.serving.http_log import http_logger
from engine.serving.log_connection import LogConnection, desk_of, log_session
from engine.serving.origin import OriginRule
from engine.serving.rest import CORE, role_of
from engine.serving.rest_auth import GATEKEEPER
from engine.standby.duty import DUTY, Duty, Leading

CLOSE_WITHIN_S = 0.5
STOP_NODES_WITHIN_S = 2.0
UPLOAD_BYTES = 100 * 1024 * 1024

__all__ = ["Server"]


class Server:
    """Serves a core. ``start`` raises OSError when the address cannot be had."""

    def __init__(
        self,
        core: Core,
        gatekeeper: Gatekeeper | None = None,
        origins: OriginRule | None = None,
        doors: Doors | None = None,
        duty: Duty | None = None,
    ) -> None:
        self.core = core
        self._duty = duty or Leading()
        self._doors = doors or Doors(has_tokens=gatekeeper is not None and gatekeeper.is_enabled)
        self._connections: set[ControlConnection | LogConnection] = set()
        self._runner = web.AppRunner(
            self._application(gatekeeper or Gatekeeper(), origins or OriginRule()),
            access_log=None,
            logger=http_logger(),
            handle_signals=False,
            shutdown_timeout=CLOSE_WITHIN_S,
        )

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listens; returns the base address such as ``http://127.0.0.1:41234``."""
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound = int(self._runner.addresses[0][1])
        return f"http://{f'[{host}]' if ':' in host else host}:{bound}"

    async def stop(self) -> bool:
        """Closes all connections and stops all nodes at the same time; False when some did not end in time."""
        _, is_clean = await asyncio.gather(self._runner.cleanup(), self.core.sessions.stop(STOP_NODES_WITHIN_S))
        return is_clean

    def _application(self, gatekeeper: Gatekeeper, origins: OriginRule) -> web.Application:
        app = web.Application(client_max_size=UPLOAD_BYTES)
        app[CORE] = self.core
        app[GATEKEEPER] = gatekeeper
        app[DOORS] = self._doors
        app[DUTY] = self._duty
        Guard(gatekeeper, origins, self._duty.narrowed).install(app)
        app.router.add_get(CONTROL_PATH, self._control, allow_head=False)
        for part in (rest, rest_assets, rest_auth, rest_log, rest_samples, rest_sessions, rest_standby, rest_streams):
            part.mount(app)
        app.on_shutdown.append(self._close_connections)
        return app

    async def _control(self, request: web.Request) -> web.StreamResponse:
        connection = self._connection(request)
        self._connections.add(connection)
        try:
            return await connection.serve(request)
        finally:
            self._connections.discard(connection)

    def _connection(self, request: web.Request) -> ControlConnection | LogConnection:
        """Protocol 2 when the client offers it and names a session, else protocol 1. Raises Refused."""
        role, desk = role_of(request), desk_of(request)
        if (name := log_session(request)) is not None:
            session, doors = self.core.sessions.resolve(name, role), self._doors
            return LogConnection(session, doors.door(role), desk, needs_signatures=doors.needs_signatures)
        return ControlConnection(self.core, role, _peer_name(request), desk)

    async def let_clients_return(self) -> None:
        """Closes all connections: what their clients may do has changed, and they learn it when they come back."""
        await self._close_connections(self._runner.app)

    async def _close_connections(self, _: web.Application) -> None:
        await asyncio.gather(*(connection.close() for connection in self._connections))


def _peer_name(request: web.Request) -> str:
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "unknown"
