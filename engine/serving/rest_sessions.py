"""Sessions over HTTP: list, create from YAML, end, read, validate; previews as without MoQ (PROTOCOL.md §18)."""

from __future__ import annotations

import asyncio

import msgspec
from aiohttp import web

from engine.running.pipeline_check import check_pipeline, compile_yaml, find_faults
from engine.running.refused import Refused
from engine.running.requests import Requests
from engine.running.session import Session
from engine.serving.rest import CORE, answer_json, read_json, role_of

__all__ = ["mount"]


class _NewSession(msgspec.Struct, frozen=True):
    yaml: str
    name: str | None = None


class _Validation(msgspec.Struct, frozen=True):
    yaml: str
    mode: str | None = None


def mount(app: web.Application) -> None:
    """Adds the routes of this module."""
    app.router.add_get("/api/v1/sessions", _list)
    app.router.add_post("/api/v1/sessions", _create)
    app.router.add_delete("/api/v1/sessions/{id}", _destroy)
    app.router.add_get("/api/v1/sessions/{id}/pipeline", _pipeline)
    app.router.add_route("*", "/api/v1/sessions/{id}/preview", _preview)
    app.router.add_route("*", "/api/v1/sessions/{id}/preview/{preview_id}", _preview)
    app.router.add_post("/api/v1/validate", _validate)


async def _list(request: web.Request) -> web.Response:
    role = role_of(request)
    role.demand("list_sessions", "list sessions")
    return answer_json([session.info for session in request.app[CORE].sessions.visible(role)])


async def _create(request: web.Request) -> web.Response:
    role, core = role_of(request), request.app[CORE]
    role.demand("create_sessions", "create sessions")
    wanted = await read_json(request, _NewSession)
    compiled = await asyncio.to_thread(compile_yaml, wanted.yaml)
    pipeline = check_pipeline(compiled, Requests(core, role).check_new_node)
    try:
        info = core.sessions.create(wanted.name, role.name, pipeline).info
    except Refused as refusal:
        prefix = "Failed to create session: " if refusal.status == 409 else ""
        raise Refused(f"{prefix}{refusal}", refusal.status) from refusal
    return answer_json({"session_id": info.id, "name": info.name, "created_at": info.created_at})


async def _destroy(request: web.Request) -> web.Response:
    session = request.app[CORE].sessions.end(request.match_info["id"], role_of(request))
    return answer_json({"session_id": session.id})


async def _pipeline(request: web.Request) -> web.Response:
    role_of(request).demand("list_sessions", "view pipelines")
    return answer_json(_session(request).pipeline())


async def _preview(request: web.Request) -> web.Response:
    role_of(request).demand("modify_sessions", "modify sessions")
    _session(request)
    return web.Response(status=503, text="Previews need a MoQ gateway; this server has none")


async def _validate(request: web.Request) -> web.Response:
    role = role_of(request)
    role.demand("create_sessions", "create sessions")
    wanted = await read_json(request, _Validation)
    core = request.app[CORE]
    check_node = Requests(core, role).check_new_node
    return answer_json(await asyncio.to_thread(find_faults, wanted.yaml, wanted.mode, core.kinds, check_node))


def _session(request: web.Request) -> Session:
    return request.app[CORE].sessions.resolve(request.match_info["id"], role_of(request))
