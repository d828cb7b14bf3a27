"""A live WebM stream of one VP9 track, written frame by frame (RFC 9559, EBML: RFC 8794).

Every frame leaves at once: segment and clusters have unknown size, so nothing waits for their end. FFmpeg's muxer
writes a cluster only when it is complete, one frame late at best, and does not say where key frames begin.
"""

from __future__ import annotations

import struct

from engine.flow import Bytes, EncodedFrame

__all__ = ["LiveWebm"]

EBML, SEGMENT, INFO, TRACKS, CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
TRACK_ENTRY, VIDEO, CLUSTER_TIME, SIMPLE_BLOCK = 0xAE, 0xE0, 0xE7, 0xA3
UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
TRACK = 1
KEY_FRAME_FLAG = 0x80
# A block's time is a signed 16-bit number of milliseconds from its cluster's.
MAX_BLOCK_MS = 0x7FFF
APPLICATION = b"Layerdesk"


class LiveWebm:
    """Turns frames into pieces of one stream; begins at the first key frame, and anew when the size changes."""

    def __init__(self) -> None:
        self._size: tuple[int, int] | None = None
        self._start_us = 0
        self._cluster_ms: int | None = None

    def write(self, frame: EncodedFrame) -> list[Bytes]:
        """The pieces that one frame becomes: nothing before the first key frame; a header, then a piece a frame."""
        pieces: list[Bytes] = []
        size = (frame.width, frame.height)
        if size != self._size:
            if not frame.is_key:
                return []
            if self._size is None:
                self._start_us = frame.pts_us
            self._size = size
            self._cluster_ms = None
            pieces.append(Bytes(_header(size), is_header=True))
        at_ms = max(0, (frame.pts_us - self._start_us) // 1000)
        return [*pieces, Bytes(self._block(frame, at_ms), starts_group=frame.is_key)]

    def _block(self, frame: EncodedFrame, at_ms: int) -> bytes:
        start = b""
        if self._cluster_ms is None or frame.is_key or not 0 <= at_ms - self._cluster_ms <= MAX_BLOCK_MS:
            self._cluster_ms = at_ms
            start = _id(CLUSTER) + UNKNOWN_SIZE + _number(CLUSTER_TIME, at_ms)
        flags = KEY_FRAME_FLAG if frame.is_key else 0
        head = struct.pack(">BhB", 0x80 | TRACK, at_ms - self._cluster_ms, flags)
        return start + _element(SIMPLE_BLOCK, head + frame.data)


def _header(size: tuple[int, int]) -> bytes:
    ebml = _element(
        EBML,
        _number(0x4286, 1)  # version
        + _number(0x42F7, 1)  # read version
        + _number(0x42F2, 4)  # longest id
        + _number(0x42F3, 8)  # longest size
        + _element(0x4282, b"webm")
        + _number(0x4287, 4)  # doctype version
        + _number(0x4285, 2),  # doctype read version
    )
    milliseconds = 1_000_000
    info = _number(0x2AD7B1, milliseconds) + _element(0x4D80, APPLICATION) + _element(0x5741, APPLICATION)
    video = _number(0xB0, size[0]) + _number(0xBA, size[1])
    track = (
        _number(0xD7, TRACK)
        + _number(0x73C5, TRACK)  # unique id
        + _number(0x9C, 0)  # no lacing
        + _number(0x83, 1)  # video
        + _element(0x86, b"V_VP9")
        + _element(VIDEO, video)
    )
    tracks = _element(TRACKS, _element(TRACK_ENTRY, track))
    return ebml + _id(SEGMENT) + UNKNOWN_SIZE + _element(INFO, info) + tracks


def _id(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _size(length: int) -> bytes:
    for width in range(1, 9):
        if length < (1 << 7 * width) - 1:
            return ((1 << 7 * width) | length).to_bytes(width, "big")
    raise ValueError(f"{length} bytes do not fit into one element")


def _element(number: int, body: bytes) -> bytes:
    return _id(number) + _size(len(body)) + body


def _number(number: int, value: int) -> bytes:
    return _element(number, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))
