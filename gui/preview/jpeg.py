"""JPEG bytes to a picture. FFmpeg's decoder gives way to other threads while it works; Qt's does not."""

from __future__ import annotations

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from PySide6.QtGui import QImage

from gui.preview.picture import MAX_SIDE

_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS = frozenset(range(0xD0, 0xD9)) | {0x01}

__all__ = ["JpegDecoder", "PictureUnreadable", "image_of", "jpeg_size"]


class PictureUnreadable(ValueError):
    """Bytes that are no picture that may be shown; the text is a sentence part."""


class JpegDecoder:
    """Decodes one picture after another; belongs to one thread."""

    def __init__(self) -> None:
        codec = av.CodecContext.create("mjpeg", "r")
        assert isinstance(codec, VideoCodecContext)
        codec.thread_count = 1
        self._codec = codec

    def decode(self, data: bytes) -> QImage:
        """The picture (RGB32). Raises PictureUnreadable."""
        width, height = jpeg_size(data)
        if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
            raise PictureUnreadable(f"a picture of {width} × {height} is out of range")
        try:
            frames = self._codec.decode(av.Packet(data))
        except av.error.FFmpegError as error:
            raise PictureUnreadable(f"it is no sound JPEG ({error.strerror})") from error
        if not frames:
            raise PictureUnreadable("it is no sound JPEG")
        return image_of(frames[0])


def image_of(frame: VideoFrame) -> QImage:
    """A decoded frame as RGB32, over the converted frame's own memory. Raises PictureUnreadable."""
    if not (0 < frame.width <= MAX_SIDE and 0 < frame.height <= MAX_SIDE):
        raise PictureUnreadable(f"a picture of {frame.width} × {frame.height} is out of range")
    plane = frame.reformat(format="bgra").planes[0]
    return QImage(memoryview(plane), frame.width, frame.height, plane.line_size, QImage.Format.Format_RGB32)


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height from the frame header, before anything is allocated. Raises PictureUnreadable."""
    if data[:2] != b"\xff\xd8":
        raise PictureUnreadable("it is no JPEG")
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _BARE_MARKERS:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _SIZE_MARKERS:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + max(int.from_bytes(data[at + 2 : at + 4]), 2)
    raise PictureUnreadable("it is no sound JPEG")
