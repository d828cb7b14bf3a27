"""A session's ordered log over HTTP: its facts for the operator, never its content."""

from __future__ import annotations

from aiohttp import web

from engine.ordered.facts import facts_of
from engine.serving.rest import CORE, answer_json, role_of

__all__ = ["mount"]


def mount(app: web.Application) -> None:
    """Adds the route of this module."""
    app.router.add_get("/api/v1/sessions/{id}/log", _facts)


async def _facts(request: web.Request) -> web.Response:
    role = role_of(request)
    role.demand("list_sessions", "view logs")
    session = request.app[CORE].sessions.resolve(request.match_info["id"], role)
    return answer_json(facts_of(session.log))
