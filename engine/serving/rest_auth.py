"""Login with a token, the cookie that keeps it, and who the caller is (PROTOCOL.md §21)."""

from __future__ import annotations

import msgspec
from aiohttp import web

from engine.running.refused import Refused
from engine.serving.auth import COOKIE, COOKIE_AGE_S, Gatekeeper, token_of
from engine.serving.rest import answer_json, read_json

GATEKEEPER = web.AppKey("gatekeeper", Gatekeeper)
BODY_BYTES = 64 * 1024

__all__ = ["GATEKEEPER", "mount"]


class _Login(msgspec.Struct, frozen=True):
    token: str | None = None


def mount(app: web.Application) -> None:
    """Adds the routes of this module."""
    app.router.add_post("/api/v1/auth/login", _login)
    app.router.add_post("/api/v1/auth/logout", _logout)
    app.router.add_get("/api/v1/auth/me", _me)


async def _login(request: web.Request) -> web.Response:
    token = token_of(request)
    if token is None and request.can_read_body:
        token = (await read_json(request, _Login, BODY_BYTES)).token
    request.app[GATEKEEPER].admit(token)
    response = web.Response(status=204)
    if token is not None:
        response.set_cookie(COOKIE, token, max_age=COOKIE_AGE_S, path="/", httponly=True, samesite="Strict")
    return response


async def _logout(_: web.Request) -> web.Response:
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")
    return response


async def _me(request: web.Request) -> web.Response:
    gatekeeper = request.app[GATEKEEPER]
    try:
        role = gatekeeper.admit(token_of(request)).name
    except Refused:
        role = None
    is_known = gatekeeper.is_enabled and role is not None
    return answer_json({"authenticated": is_known, "auth_enabled": gatekeeper.is_enabled, "role": role, "jti": None})
