"""Where a layer lies on the canvas: an upright box that is turned about a pivot."""

from __future__ import annotations

import msgspec

from gui.canvas.plane import Box, Point, rotated, union
from sync.scene import Layer, LayerKind
from sync.wire.compositor import Rect

__all__ = ["Shape", "as_box", "covers", "drawn_shape", "frame_shape"]


class Shape(msgspec.Struct, frozen=True):
    """``box`` in canvas pixels before rotation; ``degrees`` clockwise about ``pivot``."""

    box: Box
    degrees: float
    pivot: Point

    def to_local(self, point: Point) -> Point:
        """A canvas point in the layer's own, unturned frame."""
        return rotated(point, self.pivot, -self.degrees)

    def to_canvas(self, point: Point) -> Point:
        """A point of the unturned frame on the canvas."""
        return rotated(point, self.pivot, self.degrees)

    def contains(self, point: Point) -> bool:
        return self.box.contains(self.to_local(point))

    def corners(self) -> tuple[Point, Point, Point, Point]:
        """Left top, right top, right bottom, left bottom, as they lie on the canvas."""
        left_top, right_top = self.to_canvas(self.box.at(0, 0)), self.to_canvas(self.box.at(1, 0))
        return left_top, right_top, self.to_canvas(self.box.at(1, 1)), self.to_canvas(self.box.at(0, 1))

    def bounds(self) -> Box:
        """The upright box around the turned one."""
        if not self.degrees:
            return self.box
        bounds = union(Box(corner.x, corner.y, 0.0, 0.0) for corner in self.corners())
        return self.box if bounds is None else bounds

    def meets(self, area: Box) -> bool:
        """Whether the turned box and an upright area share any point (separating axes)."""
        if not self.bounds().meets(area):
            return False
        if not self.degrees:
            return True
        seen = [self.to_local(area.at(*share)) for share in ((0, 0), (1, 0), (1, 1), (0, 1))]
        around = union(Box(corner.x, corner.y, 0.0, 0.0) for corner in seen)
        return around is not None and around.meets(self.box)


def as_box(rect: Rect) -> Box:
    return Box(float(rect.x), float(rect.y), float(rect.width), float(rect.height))


def drawn_shape(layer: Layer) -> Shape:
    """Where the server draws the layer."""
    box = as_box(layer.drawn)
    return Shape(box, layer.rotation_degrees, box.centre)


def frame_shape(layer: Layer) -> Shape:
    """Where the handles go: around the drawn picture, for a text around its bounds where it has any.

    A text turns about the centre of its drawn letters, not of its bounds (PROTOCOL.md §13.3).
    """
    drawn = drawn_shape(layer)
    if layer.kind is not LayerKind.TEXT or layer.rect is None:
        return drawn
    width = layer.rect.width or layer.drawn.width or 1
    height = layer.rect.height or layer.drawn.height or 1
    return Shape(Box(layer.rect.x, layer.rect.y, width, height), drawn.degrees, drawn.pivot)


def covers(layer: Layer, canvas: tuple[int, int]) -> bool:
    """Whether the layer hides the whole canvas, as a background does."""
    drawn = layer.drawn
    if layer.rotation_degrees or drawn.x > 0 or drawn.y > 0:
        return False
    return drawn.x + drawn.width >= canvas[0] and drawn.y + drawn.height >= canvas[1]
