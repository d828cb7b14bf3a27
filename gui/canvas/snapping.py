"""Snapping: boxes and candidates in, a shift and the guides that hold out. Pure; all lengths in canvas pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

import msgspec

from gui.canvas.plane import Box

_HOLDS_PX = 0.5  # rects are whole pixels: a guide holds while it is this near

__all__ = ["Axis", "Guide", "Neighbours", "Snap", "snap_box", "snap_edges"]


class Axis(Enum):
    """Which coordinate a line fixes: X is a vertical line."""

    X = "x"
    Y = "y"


class Guide(NamedTuple):
    """A line at ``at`` on ``axis`` from ``start`` to ``end`` on the other axis; a gap guide measures along the axis."""

    axis: Axis
    at: float
    start: float
    end: float
    is_gap: bool = False


class Snap(NamedTuple):
    """How far to shift on each axis, and the guides that hold after it."""

    dx: float = 0.0
    dy: float = 0.0
    guides: tuple[Guide, ...] = ()


class Neighbours(msgspec.Struct, frozen=True):
    """What there is to snap to: the canvas and the bounds of the visible layers that do not move."""

    canvas: tuple[int, int]
    boxes: tuple[Box, ...] = ()


class _Span(NamedTuple):
    """A box seen along one axis; ``low`` and ``high`` are its reach on the other one."""

    start: float
    end: float
    low: float
    high: float
    is_canvas: bool = False

    @property
    def lines(self) -> tuple[float, float, float]:
        return (self.start, (self.start + self.end) / 2, self.end)

    def lines_for(self, own: int, count: int) -> tuple[float, ...]:
        """What line number ``own`` of ``count`` may meet here: the canvas offers all of its lines to every one,
        a layer its edges to edges and its centre to a centre."""
        if self.is_canvas:
            return self.lines
        return (self.lines[1],) if count == 3 and own == 1 else (self.start, self.end)


def snap_box(box: Box, neighbours: Neighbours, tolerance: float) -> Snap:
    """Snaps a moving box by its edges, its centre and its gaps to others; ``tolerance`` in canvas pixels."""
    shifts: dict[Axis, float] = {}
    for axis in Axis:
        moving, others = _span(box, axis), _spans(neighbours, axis)
        offers = [*_line_offers(moving.lines, others), *_gap_offers(moving, others[1:])]
        shifts[axis] = _nearest(offers, tolerance)
    settled = Box(box.x + shifts[Axis.X], box.y + shifts[Axis.Y], box.width, box.height)
    guides = [guide for axis in Axis for guide in _holding(settled, axis, neighbours)]
    return Snap(shifts[Axis.X], shifts[Axis.Y], tuple(guides))


def snap_edges(x: float | None, y: float | None, reach: Box, neighbours: Neighbours, tolerance: float) -> Snap:
    """Snaps single edges, as resizing moves them: ``x`` a vertical edge, ``y`` a horizontal one, None where none moves.

    ``reach`` is the box being resized: guides are drawn as long as it and the line that it meets.
    """
    shifts: dict[Axis, float] = {Axis.X: 0.0, Axis.Y: 0.0}
    guides: list[Guide] = []
    for axis, edge in ((Axis.X, x), (Axis.Y, y)):
        if edge is None:
            continue
        others = _spans(neighbours, axis)
        shifts[axis] = _nearest(_line_offers((edge,), others), tolerance)
        own = _span(reach, axis)
        guides += _line_guides(axis, (edge + shifts[axis],), own, others)
    return Snap(shifts[Axis.X], shifts[Axis.Y], tuple(guides))


def _span(box: Box, axis: Axis) -> _Span:
    if axis is Axis.X:
        return _Span(box.x, box.right, box.y, box.bottom)
    return _Span(box.y, box.bottom, box.x, box.right)


def _spans(neighbours: Neighbours, axis: Axis) -> list[_Span]:
    """The canvas first: where two lines are equally near, its line wins."""
    canvas = _span(Box(0.0, 0.0, *neighbours.canvas), axis)._replace(is_canvas=True)
    return [canvas, *(_span(other, axis) for other in neighbours.boxes)]


def _nearest(offers: Iterable[float], tolerance: float) -> float:
    within = [offer for offer in offers if abs(offer) <= tolerance]
    return min(within, key=abs, default=0.0)


def _line_offers(lines: Sequence[float], others: Iterable[_Span]) -> list[float]:
    return [
        line - own for other in others for index, own in enumerate(lines) for line in other.lines_for(index, len(lines))
    ]


def _row(moving: _Span, others: Iterable[_Span]) -> list[_Span]:
    """Those beside the moving one (they share some of the other axis), in order along this axis."""
    return sorted(other for other in others if other.low < moving.high and moving.low < other.high)


def _gaps(row: Sequence[_Span]) -> list[tuple[_Span, _Span]]:
    """Neighbours in a row with room between them."""
    return [(one, other) for one, other in pairwise(row) if other.start > one.end]


def _gap_offers(moving: _Span, others: Iterable[_Span]) -> list[float]:
    """Shifts that continue a row's gap on either side, or sit in the middle of one."""
    offers: list[float] = []
    size = moving.end - moving.start
    for one, other in _gaps(_row(moving, others)):
        gap = other.start - one.end
        offers += [other.end + gap - moving.start, one.start - gap - moving.end]
        if gap >= size:
            offers.append(one.end + (gap - size) / 2 - moving.start)
    return offers


def _holding(box: Box, axis: Axis, neighbours: Neighbours) -> list[Guide]:
    own, others = _span(box, axis), _spans(neighbours, axis)
    return [*_line_guides(axis, own.lines, own, others), *_gap_guides(axis, own, others[1:])]


def _line_guides(axis: Axis, lines: Sequence[float], own: _Span, others: Iterable[_Span]) -> list[Guide]:
    """One guide a line that holds, as long as everything that it touches."""
    reaches: dict[float, tuple[float, float]] = {}
    for other in others:
        for line in _met(lines, other):
            low, high = reaches.get(line, (own.low, own.high))
            reaches[line] = (min(low, other.low), max(high, other.high))
    return [Guide(axis, line, low, high) for line, (low, high) in reaches.items()]


def _met(lines: Sequence[float], other: _Span) -> set[float]:
    """The lines of ``other`` that are met."""
    offered = [(line, own) for index, own in enumerate(lines) for line in other.lines_for(index, len(lines))]
    return {line for line, own in offered if abs(line - own) <= _HOLDS_PX}


def _gap_guides(axis: Axis, own: _Span, others: Iterable[_Span]) -> list[Guide]:
    row = _row(own, others)
    for one, other in _gaps(row):
        gap = other.start - one.end
        middle = (max(one.low, other.low, own.low) + min(one.high, other.high, own.high)) / 2
        between = (one.end, other.start)
        if abs(own.start - other.end - gap) <= _HOLDS_PX:
            return _two_gaps(axis, middle, between, (other.end, own.start))
        if abs(one.start - own.end - gap) <= _HOLDS_PX:
            return _two_gaps(axis, middle, (own.end, one.start), between)
        before, after = own.start - one.end, other.start - own.end
        if before > 0 and after > 0 and abs(before - after) <= 2 * _HOLDS_PX:
            return _two_gaps(axis, middle, (one.end, own.start), (own.end, other.start))
    return []


def _two_gaps(axis: Axis, middle: float, first: tuple[float, float], second: tuple[float, float]) -> list[Guide]:
    return [Guide(axis, middle, *first, is_gap=True), Guide(axis, middle, *second, is_gap=True)]
