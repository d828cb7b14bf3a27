"""The picture as JPEGs over HTTP (multipart/x-mixed-replace): the newest one wins, decoded off the UI thread."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import aiohttp
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from gui.preview.access import HttpAccess, PictureLost
from gui.preview.http import HttpSource, together
from gui.preview.jpeg import JpegDecoder, PictureUnreadable

MAX_JPEG_BYTES = 16 * 1024 * 1024
MAX_HEADER_LINES = 32
MAX_LINE_BYTES = 8 * 1024
MAX_UNREADABLE = 30

__all__ = ["MAX_JPEG_BYTES", "MjpegSource", "read_part"]


class MjpegSource(HttpSource):
    """Reads as fast as the network is, decodes as fast as one thread can, shows the newest."""

    def __init__(self, url: str, access: HttpAccess, parent: QObject | None = None) -> None:
        super().__init__("MJPEG", url, access, parent)
        self._newest: bytes | None = None
        self._passed = 0
        self._arrived = asyncio.Event()
        self._is_over = False
        self._unreadable = 0

    async def _watch(self, answer: aiohttp.ClientResponse) -> None:
        if not answer.content_type.startswith("multipart/"):
            raise PictureLost(f"The server sends {answer.content_type} where JPEGs were expected")
        with ThreadPoolExecutor(1, thread_name_prefix="jpeg decoder") as decoders:
            await together(self._read(answer.content), self._show(decoders))

    async def _read(self, body: aiohttp.StreamReader) -> None:
        while (part := await read_part(body)) is not None:
            self._passed += self._newest is not None
            self._newest = part
            self._arrived.set()
        self._is_over = True
        self._arrived.set()

    async def _show(self, decoders: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        decoder = JpegDecoder()
        while not (self._is_over and self._newest is None):
            await self._arrived.wait()
            self._arrived.clear()
            newest, self._newest = self._newest, None
            passed, self._passed = self._passed, 0
            if newest is not None:
                self._hand_on(await loop.run_in_executor(decoders, _decoded, decoder, newest), passed)

    def _hand_on(self, image: QImage | None, passed: int) -> None:
        if image is not None:
            self._unreadable = 0
            self.meter.count(passed)
            self.frame_arrived.emit(image)
            return
        self._unreadable += 1
        if self._unreadable >= MAX_UNREADABLE:
            raise PictureLost("The server sends pictures that cannot be read")


async def read_part(body: aiohttp.StreamReader) -> bytes | None:
    """The next part's bytes; None at the end. Raises PictureLost for a part without a length or too large."""
    length: int | None = None
    for _ in range(MAX_HEADER_LINES):
        line = await body.readline(max_line_length=MAX_LINE_BYTES)
        if not line:
            return None
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = _length(value.strip())
        elif line.strip() == b"" and length is not None:
            return await body.readexactly(length)
    raise PictureLost("The server sends JPEGs without a length")


def _length(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 9 or not 0 < int(digits) <= MAX_JPEG_BYTES:
        raise PictureLost("The server sends a JPEG of an impossible length")
    return int(digits)


def _decoded(decoder: JpegDecoder, data: bytes) -> QImage | None:
    try:
        return decoder.decode(data)
    except PictureUnreadable:
        return None
