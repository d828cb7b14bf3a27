"""The picture from a WebM or MP4 stream over HTTP (PROTOCOL.md §19), decoded by FFmpeg in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import aiohttp
import av
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from gui.preview.access import HttpAccess, PictureLost
from gui.preview.byte_pipe import BytePipe
from gui.preview.http import HttpSource, together
from gui.preview.jpeg import PictureUnreadable, image_of
from gui.preview.newest import NewestItem

PIPE_BYTES = 8 * 1024 * 1024
READ_BYTES = 64 * 1024
STOP_S = 2.0
# ``fflags=nobuffer`` would throw the probed packets of a WebM away.
OPTIONS = {"flags": "low_delay", "probesize": "65536", "analyzeduration": "0", "fpsprobesize": "0"}

__all__ = ["MseSource", "demuxer_of"]


class MseSource(HttpSource):
    """Feeds the body to a demuxer as it comes; frames that nobody had time for are passed over."""

    silence_s = 10.0

    def __init__(self, url: str, access: HttpAccess, parent: QObject | None = None) -> None:
        super().__init__("MSE stream", url, access, parent)

    async def _watch(self, answer: aiohttp.ClientResponse) -> None:
        loop = asyncio.get_running_loop()
        pipe = BytePipe(PIPE_BYTES)
        frames = NewestItem[QImage](loop, self._hand_on)
        verdict: asyncio.Future[str] = loop.create_future()
        head = await answer.content.readany()
        pipe.write(head)
        decoder = _Decoder(pipe, demuxer_of(answer.headers.get("Content-Type", ""), head), frames)
        threading.Thread(target=decoder.run, args=(loop, verdict), name="stream decoder", daemon=True).start()
        try:
            await together(_feed(answer.content, pipe), _judged(verdict))
        finally:
            frames.close()
            pipe.close()
            await asyncio.wait({verdict}, timeout=STOP_S)

    def _hand_on(self, image: QImage, passed: int) -> None:
        self.meter.count(passed)
        self.frame_arrived.emit(image)


async def _feed(body: aiohttp.StreamReader, pipe: BytePipe) -> None:
    async for chunk in body.iter_chunked(READ_BYTES):
        if not pipe.write(chunk):
            raise PictureLost("This machine decodes the picture too slowly")
    pipe.finish()


async def _judged(verdict: asyncio.Future[str]) -> None:
    raise PictureLost(await asyncio.shield(verdict))


class _Decoder:
    """The thread's work: demux, decode, convert."""

    def __init__(self, pipe: BytePipe, demuxer: str | None, frames: NewestItem[QImage]) -> None:
        self._pipe = pipe
        self._demuxer = demuxer
        self._frames = frames

    def run(self, loop: asyncio.AbstractEventLoop, verdict: asyncio.Future[str]) -> None:
        """Decodes until the pipe ends; ``verdict`` gets the sentence that says why."""
        try:
            self._decode()
            sentence = "The stream ended"
        except (av.error.FFmpegError, PictureUnreadable, OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, av.error.FFmpegError) else error
            sentence = f"The stream cannot be decoded ({reason})"
        with contextlib.suppress(RuntimeError):  # the loop was closed while this thread was still decoding
            loop.call_soon_threadsafe(_settle, verdict, sentence)

    def _decode(self) -> None:
        with av.open(self._pipe, mode="r", format=self._demuxer, options=OPTIONS) as container:
            if not container.streams.video:
                raise PictureUnreadable("there is no video in it")
            stream = container.streams.video[0]
            # Frame threads would hold back one frame each.
            stream.thread_type = "SLICE"
            for frame in container.decode(stream):
                self._frames.put(image_of(frame))


def _settle(verdict: asyncio.Future[str], sentence: str) -> None:
    if not verdict.done():
        verdict.set_result(sentence)


def demuxer_of(content_type: str, head: bytes) -> str | None:
    """FFmpeg's demuxer for a content type, else for the first bytes; None lets it probe."""
    kind = content_type.lower()
    if "mp4" in kind or (not _names_webm(kind) and head[4:8] == b"ftyp"):
        return "mp4"
    return "matroska" if _names_webm(kind) or head[:4] == b"\x1a\x45\xdf\xa3" else None


def _names_webm(kind: str) -> bool:
    return "webm" in kind or "matroska" in kind
