"""Samples over HTTP: list, read, save, delete (PROTOCOL.md §18)."""

from __future__ import annotations

import asyncio

from aiohttp import web

from engine.samples import MAX_SAMPLE_BYTES, NewSample, Sample, SampleShelf
from engine.serving.rest import CORE, answer_json, read_json, role_of

ROOT = "/api/v1/samples"

__all__ = ["mount"]


def mount(app: web.Application) -> None:
    """Adds the routes of this module."""
    for mode in ("oneshot", "dynamic", "fragments"):
        app.router.add_get(f"{ROOT}/{mode}", _list)
        app.router.add_post(f"{ROOT}/{mode}", _save)
        app.router.add_get(f"{ROOT}/{mode}/{{id:.+}}", _read)
        app.router.add_delete(f"{ROOT}/{mode}/{{id:.+}}", _delete)


async def _list(request: web.Request) -> web.Response:
    role_of(request).demand("list_samples", "list samples")
    wanted = request.path.rpartition("/")[2]
    samples = await asyncio.to_thread(_shelf(request).list)
    return answer_json([sample for sample in samples if _belongs(sample, wanted)])


async def _read(request: web.Request) -> web.Response:
    role_of(request).demand("read_samples", "read samples")
    return answer_json(await asyncio.to_thread(_shelf(request).find, request.match_info["id"]))


async def _save(request: web.Request) -> web.Response:
    role_of(request).demand("write_samples", "write samples")
    wanted = await read_json(request, NewSample, 2 * MAX_SAMPLE_BYTES)
    return answer_json(await asyncio.to_thread(_shelf(request).save, wanted))


async def _delete(request: web.Request) -> web.Response:
    role_of(request).demand("delete_samples", "delete samples")
    await asyncio.to_thread(_shelf(request).delete, request.match_info["id"])
    return web.Response(status=204)


def _shelf(request: web.Request) -> SampleShelf:
    return request.app[CORE].samples


def _belongs(sample: Sample, wanted: str) -> bool:
    return sample.is_fragment if wanted == "fragments" else not sample.is_fragment and sample.mode == wanted
