"""Images and fonts over HTTP: list, upload, fetch, delete (PROTOCOL.md §18)."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, web
from aiohttp.http import HttpProcessingError

from engine.asset_check import MAX_ASSET_BYTES, keep_checked
from engine.assets import FORMATS, AssetShelf
from engine.running.refused import Refused
from engine.serving.rest import CORE, answer_json, role_of

ROOT = "/api/v1/assets"
# An SVG opened on its own must run nothing.
FILE_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}

__all__ = ["mount"]


def mount(app: web.Application) -> None:
    """Adds the routes of this module."""
    for sort in FORMATS:
        app.router.add_get(f"{ROOT}/{sort}", _list)
        app.router.add_post(f"{ROOT}/{sort}", _upload)
        app.router.add_get(f"{ROOT}/{sort}/file/{{id:.+}}", _fetch)
        app.router.add_delete(f"{ROOT}/{sort}/{{id:.+}}", _delete)


async def _list(request: web.Request) -> web.Response:
    role_of(request).demand("list_samples", "list assets")
    return answer_json(await asyncio.to_thread(_shelf(request).list))


async def _fetch(request: web.Request) -> web.StreamResponse:
    role_of(request).demand("read_samples", "read assets")
    path = await asyncio.to_thread(_shelf(request).file, request.match_info["id"])
    return web.FileResponse(path, headers=FILE_HEADERS)


async def _delete(request: web.Request) -> web.Response:
    role_of(request).demand("delete_assets", "delete assets")
    await asyncio.to_thread(_shelf(request).delete, request.match_info["id"])
    return web.Response(status=204)


async def _upload(request: web.Request) -> web.Response:
    role_of(request).demand("upload_assets", "upload assets")
    part = await _file_part(request)
    shelf = _shelf(request)
    try:
        path = await asyncio.to_thread(shelf.claim, part.filename or "")
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".upload-", suffix=path.suffix) as fresh:
            await _receive(part, fresh)
            return answer_json(await asyncio.to_thread(keep_checked, shelf, Path(fresh.name), path))
    except OSError as error:
        raise Refused(f"The upload cannot be saved: {error.strerror}", 507) from error


async def _file_part(request: web.Request) -> BodyPartReader:
    if not request.content_type.startswith("multipart/"):
        raise Refused("Expected multipart/form-data with a file")
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if isinstance(part, BodyPartReader) and part.filename:
                return part
    except (ValueError, HttpProcessingError) as error:
        raise Refused("Malformed multipart body") from error
    raise Refused("Expected a field with a file")


async def _receive(part: BodyPartReader, target: Any) -> None:
    size = 0
    while chunk := await part.read_chunk(64 * 1024):
        size += len(chunk)
        if size > MAX_ASSET_BYTES:
            raise Refused(f"Upload too large (max {MAX_ASSET_BYTES} bytes)", 413)
        target.write(chunk)
    target.flush()


def _shelf(request: web.Request) -> AssetShelf:
    return request.app[CORE].assets[request.path.split("/")[4]]
