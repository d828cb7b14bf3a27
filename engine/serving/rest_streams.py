"""Live pictures over HTTP: who offers some, MJPEG for a look, MSE streams as they are (PROTOCOL.md §18.1, §19)."""

from __future__ import annotations

from aiohttp import web

from engine.network import is_loopback
from engine.pictures.feed import ProgrammeFeed
from engine.running.refused import Refused
from engine.running.session import Session
from engine.serving.mjpeg import serve_mjpeg
from engine.serving.mse import MseStream, serve_mse
from engine.serving.rest import CORE, answer_json, role_of

__all__ = ["mount"]


def mount(app: web.Application) -> None:
    """Adds the routes of this module."""
    app.router.add_get("/api/v1/sessions/{id}/frames", _frames)
    app.router.add_get("/mjpeg/{id}/{node_id}", _mjpeg, allow_head=False)
    app.router.add_get("/mse/{id}/{tail:.*}", _mse, allow_head=False)


async def _frames(request: web.Request) -> web.Response:
    role_of(request).demand("list_sessions", "view pipelines")
    session = request.app[CORE].sessions.resolve(request.match_info["id"], role_of(request))
    is_local = is_loopback(request.remote or "")
    return answer_json([feed.stream("", session.id, is_local=is_local) for feed in _feeds(session).values()])


async def _mjpeg(request: web.Request) -> web.StreamResponse:
    role_of(request).demand("list_sessions", "view pipelines")
    session = request.app[CORE].sessions.resolve(request.match_info["id"], role_of(request))
    feed = _feeds(session).get(request.match_info["node_id"])
    if feed is None:
        raise Refused("This node offers no picture", 404)
    return await serve_mjpeg(feed, request)


async def _mse(request: web.Request) -> web.StreamResponse:
    """Open to everyone who knows the session's id, which is the secret; never by name."""
    session = request.app[CORE].sessions.by_id(request.match_info["id"])
    path = f"/{request.match_info['tail']}"
    return await serve_mse(None if session is None else _mse_stream(session, path), request)


def _feeds(session: Session) -> dict[str, ProgrammeFeed]:
    offers = {node_id: node.describe("frames") for node_id, node in session.running().items()}
    return {node_id: feed for node_id, feed in offers.items() if isinstance(feed, ProgrammeFeed)}


def _mse_stream(session: Session, path: str) -> MseStream | None:
    offers = (node.describe("mse") for node in session.running().values())
    return next((each for each in offers if isinstance(each, MseStream) and each.path == path), None)
