"""What all REST routes share: JSON out, bounded bodies in, and the small routes without a subject of their own."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from engine.running.core import Core
from engine.running.kinds import definitions
from engine.running.permissions import Role
from engine.running.refused import Refused
from engine.serving.guard import ROLE
from sync.wire.packets import REGISTRY

CORE = web.AppKey("core", Core)
JSON_BODY_BYTES = 2 * 1024 * 1024

T = TypeVar("T")

__all__ = ["CORE", "answer_json", "mount", "read_bounded", "read_json", "role_of"]


def answer_json(value: Any, status: int = 200) -> web.Response:
    """``value`` as JSON."""
    return web.Response(body=msgspec.json.encode(value), content_type="application/json", status=status)


def role_of(request: web.Request) -> Role:
    """The role of the caller."""
    return request[ROLE]


async def read_bounded(request: web.Request, limit: int) -> bytes:
    """The body; raises Refused (413) above ``limit`` bytes without reading on."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > limit:
            raise Refused(f"Request body too large (max {limit} bytes)", 413)
    return bytes(body)


async def read_json(request: web.Request, kind: type[T], limit: int = JSON_BODY_BYTES) -> T:
    """The body as ``kind``; raises Refused."""
    body = await read_bounded(request, limit)
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, OverflowError, RecursionError) as error:
        raise Refused(f"Invalid JSON: {' '.join(str(error).split())[:200]}") from error


def mount(app: web.Application) -> None:
    """Adds the routes of this module."""
    app.router.add_get("/healthz", _health)
    app.router.add_get("/health", _health)
    app.router.add_get("/api/v1/config", _config)
    app.router.add_get("/api/v1/permissions", _permissions)
    app.router.add_get("/api/v1/schema/nodes", _node_schemas)
    app.router.add_get("/api/v1/schema/packets", _packet_types)
    for empty in ("plugins", "assets/audio", "assets/plugin"):
        app.router.add_get(f"/api/v1/{empty}", _nothing)


async def _health(_: web.Request) -> web.Response:
    return answer_json({"status": "ok", "version": _version(), "build_hash": ""})


async def _config(request: web.Request) -> web.Response:
    role_of(request).demand("create_sessions", "view the configuration")
    return answer_json({})


async def _permissions(request: web.Request) -> web.Response:
    role = role_of(request)
    return answer_json({"role": role.name, "permissions": role.permissions})


async def _node_schemas(request: web.Request) -> web.Response:
    return answer_json(definitions(request.app[CORE].kinds, role_of(request)))


async def _packet_types(_: web.Request) -> web.Response:
    return answer_json(REGISTRY)


async def _nothing(_: web.Request) -> web.Response:
    """Lists of what this server has none of, for clients that always ask."""
    return answer_json([])


def _version() -> str:
    try:
        return version("layerdesk")
    except PackageNotFoundError:
        return "0"
