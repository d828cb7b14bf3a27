"""The programme over HTTP as ``multipart/x-mixed-replace``: any number of watchers, each at its own pace."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web

from engine.pictures.feed import ProgrammeFeed
from engine.pictures.jpeg import Jpeg, JpegWatcher
from engine.serving.hanging_up import leaving_with

__all__ = ["BOUNDARY", "serve_mjpeg"]

BOUNDARY = "layerdesk-frame"
SEND_WITHIN_S = 10.0


async def serve_mjpeg(feed: ProgrammeFeed, request: web.Request) -> web.StreamResponse:
    """Streams until the watcher goes or the programme ends; 503 when too many watch.

    Each part carries ``Content-Length`` and ``X-Timestamp-Us`` (CLOCK_MONOTONIC of the moment it was composed).
    """
    if request.method == "HEAD":
        return web.Response(headers=_HEADERS)
    try:
        watcher = feed.watch_jpeg()
    except BlockingIOError:
        return web.Response(status=503, text="Too many watch this programme already")
    response = web.StreamResponse(headers=_HEADERS)
    response.force_close()
    async with leaving_with(request, watcher.close):
        await response.prepare(request)
        with contextlib.suppress(ConnectionError, TimeoutError):
            await _send_all(watcher, response)
    return response


_HEADERS = {
    "Content-Type": f"multipart/x-mixed-replace; boundary={BOUNDARY}",
    "Cache-Control": "no-cache, no-store",
}


async def _send_all(watcher: JpegWatcher, response: web.StreamResponse) -> None:
    async for jpeg in watcher:
        # write() waits while the socket is full; meanwhile newer pictures replace each other.
        async with asyncio.timeout(SEND_WITHIN_S):
            await response.write(_part(jpeg))


def _part(jpeg: Jpeg) -> bytes:
    head = (
        f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg.data)}\r\n"
        f"X-Timestamp-Us: {jpeg.captured_us}\r\n\r\n"
    )
    return head.encode() + jpeg.data + b"\r\n"
