"""A small HTTP server with pictures, for the desk's readers."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import av
from aiohttp import web
from av.video.frame import VideoFrame
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QColor, QImage, QImageWriter

from gui.preview.picture import PictureSource

LEAVING = web.AppKey("leaving", asyncio.Event)
Route = Callable[[web.Request], Awaitable[web.StreamResponse]]

__all__ = ["Route", "Watcher", "body_of", "clip", "jpeg", "multipart", "serve"]


@asynccontextmanager
async def serve(routes: dict[str, Route]) -> AsyncIterator[str]:
    """Serves ``routes`` on a free port of this machine; gives the base URL."""
    app = web.Application()
    leaving = asyncio.Event()
    app[LEAVING] = leaving
    for path, route in routes.items():
        app.router.add_get(path, route)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        leaving.set()
        await runner.cleanup()
        serving = [task for task in asyncio.all_tasks() if "RequestHandler" in repr(task.get_coro())]
        await asyncio.gather(*serving, return_exceptions=True)


def body_of(chunks: Iterable[bytes], content_type: str, *, stays_open: bool = False) -> Route:
    """A route that sends these chunks; then it ends, or ``stays_open``."""

    async def route(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": content_type})
        await answer.prepare(request)
        for chunk in chunks:
            await answer.write(chunk)
        if stays_open:
            await request.app[LEAVING].wait()
        return answer

    return route


def jpeg(colour: str, size: tuple[int, int] = (64, 36)) -> bytes:
    """A picture of one colour as JPEG."""
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, b"jpg")
    writer.setQuality(95)
    writer.write(image)
    return bytes(content.data())


def multipart(*pictures: bytes) -> list[bytes]:
    """The body of a ``multipart/x-mixed-replace`` answer, a chunk a picture."""
    return [
        b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture) + picture + b"\r\n"
        for picture in pictures
    ]


def clip(container: str, codec: str, frames: int = 12, size: tuple[int, int] = (64, 48)) -> bytes:
    """A short video that becomes brighter, as a live container: ``webm`` or ``mp4``."""
    options = {"movflags": "frag_every_frame+empty_moov+default_base_moof"} if container == "mp4" else {}
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options) as output:
        stream: Any = output.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index in range(frames):
            frame = VideoFrame(*size, "yuv420p")
            for plane, value in zip(frame.planes, (40 + index * 15, 128, 128), strict=True):
                plane.update(bytes([value]) * plane.buffer_size)
            frame.pts = index
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


class Watcher:
    """Keeps what a source tells."""

    def __init__(self, source: PictureSource) -> None:
        self.images: list[QImage] = []
        self.sentences: list[str] = []
        self.endings: list[str] = []
        self._told = asyncio.Event()
        for signal, kept in (
            (source.frame_arrived, self.images),
            (source.state_shown, self.sentences),
            (source.ended, self.endings),
        ):
            signal.connect(kept.append)
            signal.connect(lambda _what: self._told.set())

    async def until(self, what: Callable[[], object]) -> None:
        """Returns when ``what()`` is true, looked at each time the source tells something."""
        async with asyncio.timeout(10):
            while not what():
                self._told.clear()
                await self._told.wait()
