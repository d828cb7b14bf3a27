"""Live container streams over HTTP, for MediaSource players and FFmpeg alike (PROTOCOL.md §19)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable

from aiohttp import web

from engine.flow import Bytes
from engine.serving.hanging_up import leaving_with

__all__ = ["DEFAULT_CONTENT_TYPE", "MAX_QUEUED_CHUNKS", "MseFull", "MseGone", "MseStream", "MseWatcher", "serve_mse"]

DEFAULT_CONTENT_TYPE = 'video/webm; codecs="vp9,opus"'
MAX_HEADER_BYTES = 16_384
MAX_GROUP_BYTES = 2 * 1024 * 1024
MAX_QUEUED_CHUNKS = 64

_log = logging.getLogger(__name__)


class MseFull(Exception):
    """As many watch as may."""


class MseGone(Exception):
    """The stream's node has stopped."""


class MseStream:
    """One stream: the header, the newest group from its key frame on, and everybody who watches.

    ``path`` is the part of the URL after ``/mse/{session_id}`` and begins with a slash.
    """

    def __init__(self, path: str, content_type: str = DEFAULT_CONTENT_TYPE, max_clients: int = 10) -> None:
        self.path = path if path.startswith("/") else f"/{path}"
        self.content_type = content_type
        self._max_clients = max_clients
        self._lock = threading.Lock()
        self._header = b""
        self._group: list[bytes] = []
        self._group_bytes = 0
        self._watchers: tuple[MseWatcher, ...] = ()
        self._is_closed = False
        self.cut = 0

    @property
    def watcher_count(self) -> int:
        return len(self._watchers)

    def push(self, piece: Bytes) -> None:
        """Takes the next piece, from any thread, and never waits. A new header ends the old stream for all."""
        with self._lock:
            if piece.is_header:
                self._begin(piece.data)
                return
            if piece.starts_group:
                self._group, self._group_bytes = [], 0
            if self._group or piece.starts_group:
                self._keep(piece.data)
            for watcher in self._watchers:
                watcher.offer(piece)

    def watch(self, on_cut: Callable[[], None]) -> MseWatcher:
        """A new watcher of the running event loop; ``on_cut`` is called when it was too slow.

        Raises MseFull or MseGone.
        """
        with self._lock:
            if self._is_closed:
                raise MseGone
            if len(self._watchers) >= self._max_clients:
                raise MseFull
            watcher = MseWatcher(self._header + b"".join(self._group), self._leave, on_cut)
            watcher.is_joined = bool(self._group)
            self._watchers = (*self._watchers, watcher)
        return watcher

    def close(self) -> None:
        """Ends the stream for all."""
        with self._lock:
            self._is_closed = True
            self._end_all()

    def _begin(self, header: bytes) -> None:
        if len(header) > MAX_HEADER_BYTES:
            _log.error("the header of stream %s has %d bytes, more than %d", self.path, len(header), MAX_HEADER_BYTES)
            return
        if self._header:
            self._end_all()
        self._header = header
        self._group, self._group_bytes = [], 0
        for watcher in self._watchers:
            watcher.offer(Bytes(header, is_header=True))

    def _keep(self, data: bytes) -> None:
        self._group.append(data)
        self._group_bytes += len(data)
        if self._group_bytes > MAX_GROUP_BYTES:
            self._group, self._group_bytes = [], 0

    def _end_all(self) -> None:
        watchers, self._watchers = self._watchers, ()
        for watcher in watchers:
            watcher.offer(None)

    def _leave(self, watcher: MseWatcher, *, was_cut: bool) -> None:
        with self._lock:
            self.cut += was_cut
            self._watchers = tuple(each for each in self._watchers if each is not watcher)


class MseWatcher:
    """One watcher's queue: in order, 64 pieces at most; who is slower is cut off. Iterate; ends with the stream."""

    def __init__(self, start: bytes, leave: Callable[..., None], on_cut: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._leave = leave
        self._on_cut = on_cut
        self._queue: deque[bytes] = deque([start] if start else [])
        self._arrived = asyncio.Event()
        self._is_over = False
        self.is_joined = False

    def __aiter__(self) -> MseWatcher:
        return self

    async def __anext__(self) -> bytes:
        while not self._queue:
            if self._is_over:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._queue.popleft()

    def close(self) -> None:
        """Watches no more; who iterates gets to the end. May be called twice."""
        self._is_over = True
        self._queue.clear()
        self._arrived.set()
        self._leave(self, was_cut=False)

    def offer(self, piece: Bytes | None) -> None:
        """From the stream, in order: the next piece, or None for the end. Before a key frame nothing can be shown."""
        if piece is not None and not piece.is_header:
            self.is_joined = self.is_joined or piece.starts_group
            if not self.is_joined:
                return
        with contextlib.suppress(RuntimeError):  # its loop is closed, and so is the watcher
            self._loop.call_soon_threadsafe(self._take, piece)

    def _take(self, piece: Bytes | None) -> None:
        if self._is_over:
            return
        if piece is None:
            self._is_over = True
        elif len(self._queue) >= MAX_QUEUED_CHUNKS:
            self._is_over = True
            self._queue.clear()
            self._leave(self, was_cut=True)
            self._on_cut()
        else:
            self._queue.append(piece.data)
        self._arrived.set()


async def serve_mse(stream: MseStream | None, request: web.Request) -> web.StreamResponse:
    """Answers ``GET /mse/…``: 404 without a stream, 503 when full, 410 when its node is gone, else an endless body."""
    if stream is None:
        return web.Response(status=404, text="No MSE stream registered for this path")
    headers = {"Content-Type": stream.content_type, "Cache-Control": "no-cache, no-store"}
    if request.method == "HEAD":
        return web.Response(headers=headers)
    try:
        watcher = stream.watch(lambda: _abort(request))
    except MseFull:
        return web.Response(status=503, text="MSE stream at maximum client capacity")
    except MseGone:
        return web.Response(status=410, text="MSE stream node is no longer running")
    response = web.StreamResponse(headers=headers)
    response.force_close()
    async with leaving_with(request, watcher.close):
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            async for data in watcher:
                await response.write(data)
    return response


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
