"""Standbys over HTTP: what part this engine plays, what a standby copies, and the order to take over (log §6.7)."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from engine.running.refused import Refused
from engine.running.state_file import SavedSession
from engine.serving.rest import CORE, answer_json, read_json, role_of
from engine.standby.duty import DUTY
from engine.standby.leader import SESSIONS_PATH

__all__ = ["mount"]


def mount(app: web.Application) -> None:
    """Adds the routes of this module."""
    app.router.add_get("/api/v1/standby", _facts)
    app.router.add_get(SESSIONS_PATH, _sessions)
    app.router.add_post(SESSIONS_PATH, _adopt)
    app.router.add_post("/api/v1/standby/take-over", _take_over)


async def _facts(request: web.Request) -> web.Response:
    role_of(request).demand("list_sessions", "list sessions")
    return answer_json(_shown(request))


async def _sessions(request: web.Request) -> web.Response:
    """What the logs do not hold of the sessions: who they are, whose they are, and the head of their pipelines."""
    role = role_of(request)
    role.demand("list_sessions", "list sessions")
    return answer_json(
        [
            SavedSession(each.info, each.model.header(), each.creator)
            for each in request.app[CORE].sessions.visible(role)
        ]
    )


async def _adopt(request: web.Request) -> web.Response:
    """An engine that took over has a session that was made there: this one has it too, and the logs are exchanged."""
    role = role_of(request)
    if not role.may("access_all_sessions"):
        raise Refused("Permission denied: only an admin may bring a session of another engine", 403)
    role.demand("create_sessions", "create sessions")
    saved = await read_json(request, SavedSession)
    session = request.app[CORE].sessions.adopt(saved.info, saved.creator, saved.pipeline)
    return answer_json({"session_id": session.id})


async def _take_over(request: web.Request) -> web.Response:
    if not role_of(request).may("access_all_sessions"):
        raise Refused("Permission denied: only an admin may let this engine take over", 403)
    await request.app[DUTY].take_over()
    return answer_json(_shown(request))


def _shown(request: web.Request) -> dict[str, Any]:
    """The facts of this engine's part, and who copies it."""
    sessions = request.app[CORE].sessions.visible(role_of(request))
    rows = [
        {"session_id": each.id, **msgspec.structs.asdict(row)}
        for each in sessions
        for row in each.log.fanout.standbys.rows()
    ]
    return {**msgspec.to_builtins(request.app[DUTY].facts), "standbys": rows}
