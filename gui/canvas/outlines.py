"""Faint outlines around the layers that nobody touches: all of them in two strokes of the painter."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from gui.canvas.coordinates import REACH, CoordinateMap, qpoint
from gui.canvas.shape import Shape, drawn_shape
from sync.scene import Layer

# Opaque on purpose: half-transparent lines cost three times as much.
_DARK, _LIGHT = QColor("#1B2026"), QColor("#8E979F")

__all__ = ["Outlines"]


class Outlines:
    """A dark line with a light one inside it reads on any picture; measured anew only when a layer or the map moves."""

    def __init__(self) -> None:
        self._shown: tuple[tuple[Layer, ...], CoordinateMap] | None = None
        self._strips: tuple[list[QRect], list[QRect]] = ([], [])
        self._turned: list[QPolygonF] = []

    def paint(self, painter: QPainter, layers: tuple[Layer, ...], coordinates: CoordinateMap) -> None:
        """Around all of ``layers`` (painter in logical pixels)."""
        if (layers, coordinates) != self._shown:
            self._shown = (layers, coordinates)
            self._measure(layers, coordinates)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, strips in zip((_DARK, _LIGHT), self._strips, strict=True):
            painter.setBrush(colour)
            painter.drawRects(strips)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=bool(self._turned))
        for polygon in self._turned:
            for colour, width in ((_DARK, 3.0), (_LIGHT, 1.0)):
                painter.setPen(QPen(colour, width))
                painter.drawPolygon(polygon)

    def _measure(self, layers: tuple[Layer, ...], coordinates: CoordinateMap) -> None:
        self._strips, self._turned = ([], []), []
        for shape in map(drawn_shape, layers):
            if shape.degrees:
                self._turned.append(_polygon(shape, coordinates))
                continue
            box = coordinates.box_to_view(shape.box).within(REACH)
            x, y, width, height = round(box.x), round(box.y), round(box.width), round(box.height)
            for strips, inset in zip(self._strips, (0, 1), strict=True):
                strips.extend(_strips(x + inset, y + inset, width - 2 * inset, height - 2 * inset))


def _strips(x: int, y: int, width: int, height: int) -> tuple[QRect, QRect, QRect, QRect]:
    """A line one pixel wide as four filled strips: less than half of what ``drawRect`` with a pen costs."""
    right, bottom = x + width - 1, y + height - 1
    return QRect(x, y, width, 1), QRect(x, bottom, width, 1), QRect(x, y, 1, height), QRect(right, y, 1, height)


def _polygon(shape: Shape, coordinates: CoordinateMap) -> QPolygonF:
    return QPolygonF([qpoint(coordinates.to_view(corner)) for corner in shape.corners()])
