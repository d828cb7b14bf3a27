"""The one coordinate map: canvas pixels (= scene coordinates) ↔ logical pixels of the viewport ↔ device pixels."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTransform

from gui.canvas.plane import Box, Point

MIN_ZOOM = 0.05
MAX_ZOOM = 32.0
# No window reaches farther (logical pixels), and nothing beyond it is painted: a layer may be four thousand million
# pixels high, where Qt counts in 32 bits and boxes are filled a strip at a time.
REACH = Box(-8_192.0, -8_192.0, 16_384.0, 16_384.0)

__all__ = ["MAX_ZOOM", "MIN_ZOOM", "REACH", "CoordinateMap", "box_of", "point_of", "qpoint", "qrect"]


class CoordinateMap(msgspec.Struct, frozen=True):
    """``logical = canvas · scale + origin``; ``device = logical · device_ratio``.

    ``zoom`` is what the operator reads: device pixels a canvas pixel, so that 1.0 shows every pixel as it is.
    """

    scale: float = 1.0
    origin: Point = Point(0.0, 0.0)
    device_ratio: float = 1.0

    @property
    def zoom(self) -> float:
        return self.scale * self.device_ratio

    def to_view(self, point: Point) -> Point:
        """Canvas pixels to logical pixels."""
        return Point(point.x * self.scale + self.origin.x, point.y * self.scale + self.origin.y)

    def to_canvas(self, point: Point) -> Point:
        """Logical pixels to canvas pixels."""
        return Point((point.x - self.origin.x) / self.scale, (point.y - self.origin.y) / self.scale)

    def to_device(self, point: Point) -> Point:
        """Canvas pixels to device pixels of the viewport."""
        return self.to_view(point).times(self.device_ratio)

    def box_to_view(self, box: Box) -> Box:
        corner = self.to_view(Point(box.x, box.y))
        return Box(corner.x, corner.y, box.width * self.scale, box.height * self.scale)

    def length_on_canvas(self, logical_px: float) -> float:
        """How many canvas pixels a distance on the screen spans."""
        return logical_px / self.scale

    def transform(self) -> QTransform:
        """The map as Qt's view transform."""
        return QTransform(self.scale, 0.0, 0.0, self.scale, self.origin.x, self.origin.y)

    def panned(self, by: Point) -> CoordinateMap:
        """Shifted by logical pixels, on whole device pixels so that the picture stays crisp."""
        return msgspec.structs.replace(self, origin=self._on_device_pixels(self.origin.plus(by)))

    def zoomed(self, zoom: float, about: Point) -> CoordinateMap:
        """At another zoom, with the canvas point under ``about`` (logical pixels) staying there."""
        kept = self.to_canvas(about)
        scale = min(max(zoom, MIN_ZOOM), MAX_ZOOM) / self.device_ratio
        return msgspec.structs.replace(self, scale=scale, origin=about.minus(kept.times(scale)))

    def _on_device_pixels(self, point: Point) -> Point:
        ratio = self.device_ratio
        return Point(round(point.x * ratio) / ratio, round(point.y * ratio) / ratio)

    @classmethod
    def fitted(cls, canvas: tuple[int, int], area: Box, device_ratio: float) -> CoordinateMap:
        """The whole canvas, as large as it gets, in the middle of ``area`` (logical pixels of the viewport)."""
        scale = min(area.width / canvas[0], area.height / canvas[1])
        scale = min(max(scale, MIN_ZOOM / device_ratio), MAX_ZOOM / device_ratio)
        half = Point(canvas[0] * scale / 2, canvas[1] * scale / 2)
        unaligned = cls(scale, area.centre.minus(half), device_ratio)
        return unaligned.panned(Point(0.0, 0.0))


def point_of(point: QPointF) -> Point:
    return Point(point.x(), point.y())


def box_of(rect: QRectF) -> Box:
    return Box(rect.x(), rect.y(), rect.width(), rect.height())


def qpoint(point: Point) -> QPointF:
    return QPointF(point.x, point.y)


def qrect(box: Box) -> QRectF:
    return QRectF(box.x, box.y, box.width, box.height)
