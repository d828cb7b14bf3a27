"""Canvases that are painted again and again: fresh memory for every frame would cost more than drawing a layer."""

from __future__ import annotations

import sys

from PySide6.QtGui import QImage

from engine.pictures.drawing import WITH_ALPHA

__all__ = ["CanvasPool"]

KEEP_AT_MOST = 8
# The pool's list, the loop variable and getrefcount's argument: nobody else holds the image.
_UNUSED_REFERENCES = 3


class CanvasPool:
    """Hands out an image that nobody holds any more; one holder's thread only."""

    def __init__(self, picture_format: QImage.Format = WITH_ALPHA) -> None:
        self._format = picture_format
        self._images: list[QImage] = []
        self._size = (0, 0)

    def take(self, size: tuple[int, int]) -> QImage:
        """An image of this size with any content. Raises MemoryError."""
        if size != self._size:
            self._images, self._size = [], size
        for image in self._images:
            if sys.getrefcount(image) <= _UNUSED_REFERENCES:
                return image
        fresh = QImage(*size, self._format)
        if fresh.isNull():
            raise MemoryError(f"no memory for a canvas of {size[0]} × {size[1]}")
        if len(self._images) < KEEP_AT_MOST:
            self._images.append(fresh)
        return fresh
