"""The handles of a selected layer: where they are on the screen, which one is under the pointer, how they look."""

from __future__ import annotations

import math
from enum import Enum

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui.canvas.coordinates import CoordinateMap, qpoint
from gui.canvas.plane import Box, Point, rotated
from gui.canvas.shape import Shape
from gui.theme.tokens import Tokens

ROTATE_STEM = 30.0
_TINY_SIDE = 38.0  # below this the frame of handles grows around the layer: all stay apart, and it can be moved

__all__ = ["Handle", "cursor_of", "handle_at", "handle_points", "paint_handles"]


class Handle(Enum):
    """Eight handles by their share of width and height, and the one that turns."""

    LEFT_TOP = (0.0, 0.0)
    RIGHT_TOP = (1.0, 0.0)
    RIGHT_BOTTOM = (1.0, 1.0)
    LEFT_BOTTOM = (0.0, 1.0)
    TOP = (0.5, 0.0)
    RIGHT = (1.0, 0.5)
    BOTTOM = (0.5, 1.0)
    LEFT = (0.0, 0.5)
    ROTATE = (0.5, -1.0)

    @property
    def across(self) -> float:
        return self.value[0]

    @property
    def down(self) -> float:
        return self.value[1]

    @property
    def is_corner(self) -> bool:
        return self.across != 0.5 and self.down != 0.5


def handle_points(shape: Shape, coordinates: CoordinateMap, viewport: Box) -> dict[Handle, Point]:
    """Where the handles are, in logical pixels, corners first."""
    box = coordinates.box_to_view(shape.box)
    box = box.grown(max(0.0, (_TINY_SIDE - min(box.width, box.height)) / 2))
    pivot = coordinates.to_view(shape.pivot)
    points: dict[Handle, Point] = {}
    for handle in Handle:
        points[handle] = rotated(box.at(handle.across, handle.down), pivot, shape.degrees)
    points[Handle.ROTATE] = _rotate_point(box, pivot, shape.degrees, viewport)
    return points


def handle_at(points: dict[Handle, Point], at: Point, reach: float) -> Handle | None:
    """The handle whose square of ``reach`` logical pixels holds the pointer, the nearest of several."""
    half = reach / 2
    near = [handle for handle, point in points.items() if max(abs(point.x - at.x), abs(point.y - at.y)) <= half]
    return min(near, key=lambda handle: points[handle].minus(at).length(), default=None)


def cursor_of(handle: Handle, degrees: float) -> Qt.CursorShape:
    """The cursor that shows which way the handle pulls, in the layer's turned frame."""
    if handle is Handle.ROTATE:
        return Qt.CursorShape.CrossCursor
    direction = math.degrees(math.atan2(handle.down - 0.5, handle.across - 0.5)) + degrees
    shapes = (
        Qt.CursorShape.SizeHorCursor,
        Qt.CursorShape.SizeFDiagCursor,
        Qt.CursorShape.SizeVerCursor,
        Qt.CursorShape.SizeBDiagCursor,
    )
    return shapes[round(direction / 45.0) % 4]


def paint_handles(
    painter: QPainter, points: dict[Handle, Point], degrees: float, tokens: Tokens, hot: Handle | None
) -> None:
    """Squares with a dark core and a dark casing: they read on any picture (painter in logical pixels)."""
    if Handle.TOP in points and Handle.ROTATE in points:
        _paint_stem(painter, points[Handle.TOP], points[Handle.ROTATE], tokens)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    for handle, point in points.items():
        is_hot = handle is hot
        if handle is Handle.ROTATE:
            _paint_round(painter, point, tokens, is_hot=is_hot)
        elif degrees:
            painter.save()
            painter.translate(qpoint(point))
            painter.rotate(degrees)
            _paint_square(painter, Point(0.0, 0.0), tokens, is_hot=is_hot)
            painter.restore()
        else:
            _paint_square(painter, Point(round(point.x), round(point.y)), tokens, is_hot=is_hot)


def _rotate_point(box: Box, pivot: Point, degrees: float, viewport: Box) -> Point:
    """Above the top edge; inside it when there it would be out of sight."""
    outside = rotated(Point(box.centre.x, box.y - ROTATE_STEM), pivot, degrees)
    if viewport.contains(outside):
        return outside
    return rotated(Point(box.centre.x, box.y + ROTATE_STEM), pivot, degrees)


def _paint_stem(painter: QPainter, start: Point, end: Point, tokens: Tokens) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    for colour, width in ((_shade(tokens), 3.5), (QColor(tokens.sel), 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(qpoint(start), qpoint(end))


def _rings(tokens: Tokens, *, is_hot: bool) -> tuple[tuple[float, QColor], ...]:
    """Half the side and colour: casing, ring, core. The core of a handle under the pointer lights up."""
    half, ring = tokens.handle / 2, QColor(tokens.sel)
    return (half + 1.0, _shade(tokens)), (half, ring), (half - 2.5, ring if is_hot else QColor("#000000"))


def _paint_square(painter: QPainter, at: Point, tokens: Tokens, *, is_hot: bool) -> None:
    for half, colour in _rings(tokens, is_hot=is_hot):
        painter.fillRect(QRectF(at.x - half, at.y - half, 2 * half, 2 * half), colour)


def _paint_round(painter: QPainter, at: Point, tokens: Tokens, *, is_hot: bool) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for half, colour in _rings(tokens, is_hot=is_hot):
        painter.setBrush(colour)
        painter.drawEllipse(qpoint(at), half, half)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _shade(tokens: Tokens) -> QColor:
    shade = QColor(tokens.shade)
    shade.setAlpha(190)
    return shade
