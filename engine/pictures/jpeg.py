"""The programme as JPEGs: encoded once for all who watch, only while somebody does, the newest one first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from av import VideoCodecContext
from PySide6.QtGui import QImage

from engine.flow import Latest
from engine.pictures.yuv import YuvConverter
from engine.worker import Worker

__all__ = ["DEFAULT_QUALITY", "Jpeg", "JpegEncoder", "JpegFanout", "JpegWatcher"]

DEFAULT_QUALITY = 85
MAX_WATCHERS = 32
_WAIT_S = 0.5


class Jpeg(NamedTuple):
    """One picture: JFIF bytes and when it was composed (CLOCK_MONOTONIC, microseconds)."""

    data: bytes
    captured_us: int


class _Shown(NamedTuple):
    image: QImage
    captured_us: int


class JpegEncoder:
    """Encodes pictures of any size; ``quality`` 1 to 100."""

    def __init__(self, quality: int = DEFAULT_QUALITY) -> None:
        # The codec counts from 2 (finest) to 31; libjpeg's scale is what people know.
        self._scale = max(2, min(31, round((100 - quality) * 29 / 100) + 2))
        self._converter = YuvConverter("yuvj420p")
        self._codec: VideoCodecContext | None = None
        self._count = 0

    def encode(self, image: QImage) -> bytes:
        frame = self._converter.convert(image)
        frame.pts = self._count = self._count + 1
        codec = self._codec_for(image.width(), image.height())
        return b"".join(bytes(packet) for packet in codec.encode(frame))

    def _codec_for(self, width: int, height: int) -> VideoCodecContext:
        if self._codec is None or (self._codec.width, self._codec.height) != (width, height):
            codec = VideoCodecContext.create("mjpeg", "w")
            codec.width, codec.height, codec.pix_fmt = width, height, "yuvj420p"
            codec.time_base = Fraction(1, 1000)
            codec.thread_count = 1
            codec.qmin = codec.qmax = self._scale
            codec.options = {"huffman": "default"}
            self._codec = codec
        return self._codec


class JpegWatcher:
    """One watcher's place: holds the newest JPEG that it has not taken yet. Iterate; ends when the programme ends."""

    def __init__(self, leave: Callable[[JpegWatcher], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._newest: Jpeg | None = None
        self._is_over = False
        self._leave = leave

    def __aiter__(self) -> JpegWatcher:
        return self

    async def __anext__(self) -> Jpeg:
        while self._newest is None:
            if self._is_over:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        jpeg, self._newest = self._newest, None
        return jpeg

    def close(self) -> None:
        """Watches no more; who iterates gets to the end. May be called twice."""
        self._is_over = True
        self._newest = None
        self._arrived.set()
        self._leave(self)

    def offer(self, jpeg: Jpeg | None) -> None:
        """From the encoder's thread: a newer JPEG, or None for the end."""
        try:
            self._loop.call_soon_threadsafe(self._take, jpeg)
        except RuntimeError:  # its loop is closed: so is the watcher
            self._leave(self)

    def _take(self, jpeg: Jpeg | None) -> None:
        if jpeg is None:
            self._is_over = True
        else:
            self._newest = jpeg
        self._arrived.set()


class JpegFanout:
    """One encoder, any number of watchers."""

    def __init__(self, name: str, quality: int = DEFAULT_QUALITY) -> None:
        self._name = name
        self._encoder = JpegEncoder(quality)
        self._lock = threading.Lock()
        self._watchers: tuple[JpegWatcher, ...] = ()
        self._shown = threading.Event()
        self._latest: Latest[_Shown] = Latest(self._shown.set)
        self._worker: Worker | None = None
        self._is_closed = False
        self._has_newcomer = False
        self.encoded = 0

    @property
    def is_watched(self) -> bool:
        return bool(self._watchers)

    def watch(self) -> JpegWatcher:
        """A new watcher of the running event loop. Raises BlockingIOError when there are too many."""
        with self._lock:
            if len(self._watchers) >= MAX_WATCHERS:
                raise BlockingIOError(f"more than {MAX_WATCHERS} watch already")
            watcher = JpegWatcher(self._leave)
            if self._is_closed:
                watcher.offer(None)
                return watcher
            self._watchers = (*self._watchers, watcher)
            self._has_newcomer = True
            if self._worker is None:
                self._worker = Worker(self._name, self._encode_all, self._give_up)
                self._worker.start()
        return watcher

    def has_newcomer(self) -> bool:
        """Whether somebody has come since the last call."""
        has_come, self._has_newcomer = self._has_newcomer, False
        return has_come

    def show(self, image: QImage, captured_us: int) -> None:
        """The newest picture; encoded if somebody watches."""
        self._latest.put(_Shown(image, captured_us))

    def close(self) -> None:
        """Ends the encoder and all watching."""
        with self._lock:
            self._is_closed = True
            watchers, self._watchers = self._watchers, ()
            worker, self._worker = self._worker, None
        self._shown.set()
        if worker is not None:
            worker.stop()
        for watcher in watchers:
            watcher.offer(None)

    def _leave(self, watcher: JpegWatcher) -> None:
        with self._lock:
            self._watchers = tuple(each for each in self._watchers if each is not watcher)

    def _give_up(self, reason: str) -> None:
        del reason  # the thread has logged it
        self.close()

    def _encode_all(self) -> None:
        worker = self._worker
        while worker is not None and not worker.stopping.is_set():
            self._shown.wait(_WAIT_S)
            self._shown.clear()
            shown = self._latest.take()
            if shown is None or not self._watchers:
                continue
            jpeg = Jpeg(self._encoder.encode(shown.image), shown.captured_us)
            self.encoded += 1
            for watcher in self._watchers:
                watcher.offer(jpeg)
