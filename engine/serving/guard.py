"""What every request passes: origin, token, one shape of refusal, and the headers of answers (PROTOCOL.md §18, §21)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from engine.network import is_loopback
from engine.running.permissions import Role
from engine.running.refused import Refused
from engine.serving.auth import Gatekeeper, token_of
from engine.serving.origin import OriginRule

ROLE = web.RequestKey("role", Role)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
    "Server": "layerdesk",
}
CHANGING_METHODS = ("POST", "PUT", "PATCH", "DELETE")
AUTH_PATHS = "/api/v1/auth/"
CONTROL_PATH = "/api/v1/control"
PROTECTED = ("/api/", "/mjpeg/")

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]

__all__ = ["CONTROL_PATH", "ROLE", "Guard"]


class Guard:
    """The middleware and the header rule of the application."""

    def __init__(self, gatekeeper: Gatekeeper, origins: OriginRule, narrowed: Callable[[Role], Role]) -> None:
        """``narrowed`` is what a role may do at present."""
        self.gatekeeper = gatekeeper
        self._narrowed = narrowed
        self._origins = origins

    def install(self, app: web.Application) -> None:
        """Puts the guard before every route of ``app``."""
        app.middlewares.append(self._guarded)
        app.on_response_prepare.append(self._write_headers)

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handle) -> web.StreamResponse:
        try:
            return await self._pass(request, handler)
        except Refused as refusal:
            return web.Response(status=refusal.status, text=str(refusal))

    async def _pass(self, request: web.Request, handle: Handle) -> web.StreamResponse:
        self._check_host(request)
        self._check_origin(request)
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return web.Response(status=204)
        if request.path.startswith(PROTECTED) and not request.path.startswith(AUTH_PATHS):
            request[ROLE] = self._narrowed(self.gatekeeper.admit(token_of(request)))
        return await handle(request)

    def _check_host(self, request: web.Request) -> None:
        """Without tokens, a web page must not reach us under a name of its own that leads to this machine."""
        host = request.headers.get("Host", "")
        name = host.rpartition(":")[0] if host.count(":") == 1 else host.strip("[]").partition("]:")[0]
        if not self.gatekeeper.is_enabled and not is_loopback(name) and not self._origins.allows(f"http://{host}"):
            raise Refused("Host not allowed (configure [server.cors].allowed_origins)", 403)

    def _check_origin(self, request: web.Request) -> None:
        if self._origins.allows(request.headers.get("Origin")):
            return
        if request.path == CONTROL_PATH:
            raise Refused("WebSocket Origin not allowed", 403)
        if request.method in CHANGING_METHODS and request.path.startswith("/api/"):
            raise Refused("Origin not allowed (configure [server.cors].allowed_origins)", 403)

    async def _write_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(SECURITY_HEADERS)
        origin = request.headers.get("Origin")
        if origin is None or not self._origins.allows(origin):
            return
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Vary"] = "Origin"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
