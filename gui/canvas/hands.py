"""Other operators' hands on the picture: an outline in their colour, their initials and the field at a corner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

from gui.canvas.coordinates import CoordinateMap, qpoint
from gui.canvas.pill import Pill, paint_pill
from gui.canvas.plane import Box, Point
from gui.canvas.shape import drawn_shape
from gui.syncing.badge import colour_of
from gui.syncing.people import Person, field_title
from gui.theme.tokens import Tokens
from sync.scene import Layer, Scene

__all__ = ["HandMark", "hand_marks", "paint_hands"]


class HandMark(NamedTuple):
    """A hand of another desk on a layer: ``words`` are initials and, where known, the field; ``rank`` counts hands on
    the same layer from 0."""

    layer: Layer
    words: str
    person: Person
    rank: int = 0


def hand_marks(people: Iterable[Person], scene: Scene | None) -> tuple[HandMark, ...]:
    """The marks of everybody whose hand is on a layer that is seen."""
    marks: list[HandMark] = []
    for person in people:
        layer = scene.layer(person.layer) if scene is not None and person.node == scene.node_id else None
        if layer is None or layer.is_hidden:
            continue
        words = " · ".join(word for word in (person.initials, field_title(layer, person.field)) if word)
        rank = sum(mark.layer is layer for mark in marks)
        marks.append(HandMark(layer, words, person, rank))
    return tuple(marks)


def paint_hands(
    painter: QPainter, marks: Iterable[HandMark], coordinates: CoordinateMap, viewport: Box, ink: Tokens, font: QFont
) -> None:
    """Each mark over everything that lies at rest; painter in logical pixels of the viewport."""
    for mark in marks:
        own_colour = colour_of(mark.person, ink)
        shape = drawn_shape(mark.layer)
        corners = QPolygonF([qpoint(coordinates.to_view(corner)) for corner in shape.corners()])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=bool(shape.degrees))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width, style in (
            (ink.shade, 4.0, Qt.PenStyle.SolidLine),
            (own_colour, 2.0, Qt.PenStyle.DashDotLine),
        ):
            painter.setPen(QPen(QColor(colour), width, style))
            painter.drawPolygon(corners)
        box = coordinates.box_to_view(shape.bounds())
        pill = Pill(mark.words, ink.peer_text, own_colour, font)
        size = pill.size()
        corner = Point(box.right - size.width() - 4, box.y + (size.height() + 3) * (mark.rank + 1) + 2)
        paint_pill(painter, pill, corner, viewport)
