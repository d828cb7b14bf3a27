"""A video file as an endless or single row of pictures, decoded in order (PyAV)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import av
from av import VideoFrame
from av.container import InputContainer
from av.video.reformatter import Interpolation, VideoReformatter
from PySide6.QtGui import QImage

from engine.pictures.drawing import OPAQUE
from engine.pictures.yuv import colorspace_of
from engine.places import FileRefused
from sync.wire.compositor import MAX_CANVAS_SIDE

__all__ = ["Clip", "ClipFrame"]

# Only real media containers: a playlist or a concat script could name other files.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,ogg,gif,asf,ivf,h264,hevc,m4v,mxf,nut,apng"
    ",wav,mp3,flac,aac"
)
MAX_BAD_PACKETS = 100
_ONE_THREAD_PIXELS = 1920 * 1088
_UNSPECIFIED = 2


class ClipFrame(NamedTuple):
    """A decoded picture and when it is due, in seconds from the clip's first picture, over all rounds."""

    frame: VideoFrame
    due_s: float


class Clip:
    """One open file; ``name`` is what refusals call it. One thread's, ``close`` included.

    Raises FileRefused when it cannot be opened or holds no picture.
    """

    def __init__(self, path: Path, name: str, start_s: float = 0.0) -> None:
        self._name = name
        self._start_s = start_s
        self._container = _open(path, name)
        self._reformatter = VideoReformatter()
        self._bad_packets = 0
        try:
            self._stream = _video_stream(self._container, name)
            self._first = next(self._round(), None)
        except BaseException:
            self._container.close()
            raise
        if self._first is None:
            self._container.close()
            raise FileRefused(f"{name!r} holds no picture that can be decoded")

    @property
    def bad_packets(self) -> int:
        """Packets that could not be decoded, so far."""
        return self._bad_packets

    def frames(self, goes_on: Callable[[], bool]) -> Iterator[ClipFrame]:
        """All pictures in order; after the last one it begins again while ``goes_on()``. Raises FileRefused."""
        passed_s = 0.0
        while True:
            due_s, period_s, count = 0.0, 1 / 30, -1
            for count, (frame, at_s) in enumerate(self._round()):
                if count:
                    period_s = max(at_s - due_s, 0.001)
                due_s = max(at_s, due_s)
                yield ClipFrame(frame, passed_s + due_s)
            if count < 0:
                raise FileRefused(f"{self._name!r} can no longer be read")
            if not goes_on():
                return
            passed_s += due_s + period_s

    def picture(self, frame: VideoFrame) -> QImage:
        """A decoded picture as RGB32."""
        source = colorspace_of(frame.height) if frame.colorspace == _UNSPECIFIED else None
        packed = self._reformatter.reformat(
            frame, format="bgra", interpolation=Interpolation.FAST_BILINEAR, src_colorspace=source, threads=1
        )
        plane = packed.planes[0]
        return QImage(memoryview(plane), packed.width, packed.height, plane.line_size, OPAQUE)

    def close(self) -> None:
        self._container.close()

    def _round(self) -> Iterator[tuple[VideoFrame, float]]:
        """Pictures from the start to the end of the file, each with its time from the first one."""
        self._rewind()
        first_s: float | None = None
        for frame in self._decoded():
            if frame.width > MAX_CANVAS_SIDE or frame.height > MAX_CANVAS_SIDE:
                raise FileRefused(f"{self._name!r} is larger than {MAX_CANVAS_SIDE} pixels")
            at_s = frame.time
            if at_s is None or (first_s is None and at_s < self._start_s):
                continue
            first_s = at_s if first_s is None else first_s
            yield frame, at_s - first_s

    def _rewind(self) -> None:
        self._stream.codec_context.flush_buffers()
        begin = self._stream.start_time or 0
        start = begin + round(self._start_s / self._stream.time_base) if self._stream.time_base else begin
        try:
            self._container.seek(start, stream=self._stream)
        except av.FFmpegError as error:
            raise FileRefused(f"{self._name!r} cannot be played from {self._start_s:g} s: {error.strerror}") from error

    def _decoded(self) -> Iterator[VideoFrame]:
        bad_in_row = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
                frames = packet.decode()
            except (StopIteration, EOFError):
                return
            except av.FFmpegError:
                self._bad_packets += 1
                bad_in_row += 1
                if bad_in_row > MAX_BAD_PACKETS:
                    return
                continue
            for frame in frames:
                bad_in_row = 0
                if isinstance(frame, VideoFrame):
                    yield frame


def _open(path: Path, name: str) -> InputContainer:
    try:
        if path.stat().st_size == 0:
            raise FileRefused(f"{name!r} is an empty file")
        options = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
        return av.open(str(path), container_options=options)
    except (av.FFmpegError, OSError) as error:
        raise FileRefused(f"{name!r} is no video that can be played: {error.strerror}") from error


def _video_stream(container: InputContainer, name: str) -> av.VideoStream:
    streams = [stream for stream in container.streams.video if "attached_pic" not in str(stream.disposition)]
    if not streams:
        raise FileRefused(f"{name!r} holds sound but no picture")
    stream = streams[0]
    size = stream.codec_context.width * stream.codec_context.height
    stream.codec_context.thread_count = 1 if size <= _ONE_THREAD_PIXELS else 2
    return stream
