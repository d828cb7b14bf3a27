"""Reading a frame ring: pictures that lie in another process's memory, found whole or not at all."""

from __future__ import annotations

import mmap
import os
import stat
from typing import NamedTuple

from PySide6.QtGui import QImage

from gui.preview.picture import MAX_SIDE
from sync.wire.frame_ring import SLOTS, RingUnreadable, newest, pixel_offset, read_shape, slot_frame

__all__ = ["FrameRingReader", "RingFrame"]


class RingFrame(NamedTuple):
    """A frame in shared memory: valid until the ring comes round to its slot again."""

    image: QImage
    number: int
    captured_ns: int


class FrameRingReader:
    """Maps a ring read-only. The mapping lives as long as the reader or any QImage over it.

    Raises RingUnreadable when the file is no ring of ours, OSError when it cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self._ring = memoryview(_mapped(path))
        self._shape = read_shape(self._ring)
        if not (0 < self._shape.width <= MAX_SIDE and 0 < self._shape.height <= MAX_SIDE):
            raise RingUnreadable(f"a picture of {self._shape.width} × {self._shape.height} is out of range")
        self._slots = [self._slot_image(slot) for slot in range(SLOTS)]
        self._numbers = [0] * SLOTS

    @property
    def size(self) -> tuple[int, int]:
        return (self._shape.width, self._shape.height)

    def newest(self) -> RingFrame | None:
        """The newest whole frame; None before the first and while the writer overtakes us."""
        number = newest(self._ring)
        captured_ns = slot_frame(self._ring, self._shape, number) if number else None
        if captured_ns is None:
            return None
        slot = number % SLOTS
        self._numbers[slot] = number
        return RingFrame(self._slots[slot], number, captured_ns)

    def is_whole(self, image: QImage) -> bool:
        """Whether a frame that ``newest`` gave still holds the same picture; true for images of other places."""
        for slot, candidate in enumerate(self._slots):
            if candidate is image:
                return slot_frame(self._ring, self._shape, self._numbers[slot]) is not None
        return True

    def _slot_image(self, slot: int) -> QImage:
        shape = self._shape
        start = pixel_offset(shape, slot)
        pixels = self._ring[start : start + shape.stride * shape.height]
        return QImage(pixels, shape.width, shape.height, shape.stride, QImage.Format.Format_RGB32)


def _mapped(path: str) -> mmap.mmap:
    """The file read-only in memory. It must be a plain file of this user: a path from the wire is not trusted."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_size == 0:
            raise RingUnreadable("the segment is no frame ring of this user")
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    finally:
        os.close(descriptor)
