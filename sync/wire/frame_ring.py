"""The frame ring: three pictures in shared memory, latest wins, and how the wire advertises it (PROTOCOL.md, frames).

Layout, little endian: a header of 64 bytes, then three slots of ``slot_bytes``.
Header: magic ``LDRF`` · u32 version · u32 slots · u32 width · u32 height · u32 stride · u64 slot_bytes · u64 newest.
``newest`` counts frames from 1 (0: none yet) and is written after the pixels; frame n lives in slot n mod 3.
Slot: u64 begin · u64 end · u64 captured_ns · u64 spare · pixels (BGRX, 32 bits). A slot holds frame n untorn
when begin == end == n both before and after it is read. ``captured_ns`` is CLOCK_MONOTONIC.

A reader maps the file ``RingAdvert.segment`` read-only and never unlinks it. Frames are written only while a watcher
is connected to ``wake_socket``; the socket closes when the ring is replaced (canvas size) or the node stops: ask again
for the advert then.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import msgspec

MAGIC = b"LDRF"
VERSION = 1
SLOTS = 3
HEADER_BYTES = 64
SLOT_HEADER_BYTES = 32

_HEADER = struct.Struct("<4s5IQQ")
_NEWEST = struct.Struct("<Q")
_NEWEST_OFFSET = _HEADER.size - _NEWEST.size
_SLOT = struct.Struct("<QQQQ")

__all__ = [
    "FrameStream",
    "RingAdvert",
    "RingShape",
    "RingUnreadable",
    "begin_frame",
    "finish_frame",
    "newest",
    "pixel_offset",
    "read_shape",
    "ring_bytes",
    "slot_frame",
    "write_shape",
]


class RingUnreadable(ValueError):
    """The segment is no frame ring of this version."""


class RingAdvert(msgspec.Struct, frozen=True):
    """Where a ring is: absolute paths of the file to map and of the AF_UNIX stream socket.

    The socket sends ``newest`` as a little-endian ``u64`` a frame; it drops when full, so read to the last one.
    """

    segment: str
    wake_socket: str | None = None


class FrameStream(msgspec.Struct, frozen=True, omit_defaults=True):
    """One programme that can be watched: ``GET /api/v1/sessions/{id}/frames`` answers a list of these."""

    node_id: str
    width: int
    height: int
    fps: int
    mjpeg: str
    ring: RingAdvert | None = None


class RingShape(NamedTuple):
    """Picture size in pixels and row length in bytes."""

    width: int
    height: int
    stride: int

    @property
    def slot_bytes(self) -> int:
        return SLOT_HEADER_BYTES + self.stride * self.height


def ring_bytes(shape: RingShape) -> int:
    """The size of the whole segment."""
    return HEADER_BYTES + SLOTS * shape.slot_bytes


def write_shape(ring: memoryview, shape: RingShape) -> None:
    """Writes an empty ring's header."""
    _HEADER.pack_into(ring, 0, MAGIC, VERSION, SLOTS, *shape, shape.slot_bytes, 0)


def read_shape(ring: memoryview) -> RingShape:
    """The shape in the header; raises RingUnreadable."""
    if len(ring) < HEADER_BYTES:
        raise RingUnreadable("the segment is too small")
    magic, version, slots, width, height, stride, slot_bytes, _ = _HEADER.unpack_from(ring, 0)
    shape = RingShape(width, height, stride)
    is_sound = stride >= 4 * width and slot_bytes == shape.slot_bytes and len(ring) >= ring_bytes(shape)
    if (magic, version, slots) != (MAGIC, VERSION, SLOTS) or not is_sound:
        raise RingUnreadable("the segment is no frame ring of this version")
    return shape


def newest(ring: memoryview) -> int:
    """The newest finished frame's number; 0 before the first."""
    return int(_NEWEST.unpack_from(ring, _NEWEST_OFFSET)[0])


def _slot_offset(shape: RingShape, frame: int) -> int:
    return HEADER_BYTES + (frame % SLOTS) * shape.slot_bytes


def pixel_offset(shape: RingShape, frame: int) -> int:
    """Where frame n's pixels begin."""
    return _slot_offset(shape, frame) + SLOT_HEADER_BYTES


def begin_frame(ring: memoryview, shape: RingShape, frame: int) -> None:
    """Marks frame n's slot as being written: begin is n, end is not."""
    _SLOT.pack_into(ring, _slot_offset(shape, frame), frame, 0, 0, 0)


def finish_frame(ring: memoryview, shape: RingShape, frame: int, captured_ns: int) -> None:
    """Marks frame n as whole and as the newest."""
    _SLOT.pack_into(ring, _slot_offset(shape, frame), frame, frame, captured_ns, 0)
    _NEWEST.pack_into(ring, _NEWEST_OFFSET, frame)


def slot_frame(ring: memoryview, shape: RingShape, frame: int) -> int | None:
    """``captured_ns`` when frame n's slot still holds frame n untorn, else None."""
    begin, end, captured_ns, _ = _SLOT.unpack_from(ring, _slot_offset(shape, frame))
    return int(captured_ns) if begin == end == frame else None
