"""Points and boxes in the plane, in the caller's unit; y grows downwards, angles are clockwise degrees."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Box", "Point", "rotated", "union"]


class Point(NamedTuple):
    """A place or a distance."""

    x: float
    y: float

    def plus(self, other: Point) -> Point:
        return Point(self.x + other.x, self.y + other.y)

    def minus(self, other: Point) -> Point:
        return Point(self.x - other.x, self.y - other.y)

    def times(self, factor: float) -> Point:
        return Point(self.x * factor, self.y * factor)

    def length(self) -> float:
        return math.hypot(self.x, self.y)


class Box(NamedTuple):
    """An upright rectangle by its left top corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def between(cls, one: Point, other: Point) -> Box:
        """The box with these two opposite corners, in any order."""
        left, top = min(one.x, other.x), min(one.y, other.y)
        return cls(left, top, abs(one.x - other.x), abs(one.y - other.y))

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def centre(self) -> Point:
        return Point(self.x + self.width / 2, self.y + self.height / 2)

    def at(self, across: float, down: float) -> Point:
        """The point at these shares of the width and height: (0, 0) is left top, (1, 1) right bottom."""
        return Point(self.x + self.width * across, self.y + self.height * down)

    def contains(self, point: Point) -> bool:
        return self.x <= point.x <= self.right and self.y <= point.y <= self.bottom

    def meets(self, other: Box) -> bool:
        """Whether the two share any point."""
        across = self.x <= other.right and other.x <= self.right
        return across and self.y <= other.bottom and other.y <= self.bottom

    def within(self, other: Box) -> Box:
        """The part that lies in ``other``; where there is none, a box without width or height on its edge."""
        left, right = (min(max(each, other.x), other.right) for each in (self.x, self.right))
        top, bottom = (min(max(each, other.y), other.bottom) for each in (self.y, self.bottom))
        return Box(left, top, right - left, bottom - top)

    def moved(self, by: Point) -> Box:
        return Box(self.x + by.x, self.y + by.y, self.width, self.height)

    def grown(self, margin: float) -> Box:
        return Box(self.x - margin, self.y - margin, self.width + 2 * margin, self.height + 2 * margin)


def rotated(point: Point, pivot: Point, degrees: float) -> Point:
    """``point`` turned clockwise about ``pivot``."""
    if not degrees:
        return point
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    x, y = point.x - pivot.x, point.y - pivot.y
    return Point(pivot.x + x * cos - y * sin, pivot.y + x * sin + y * cos)


def union(boxes: Iterable[Box]) -> Box | None:
    """The smallest box around all of them; None for none."""
    each = list(boxes)
    if not each:
        return None
    left, top = min(box.x for box in each), min(box.y for box in each)
    return Box(left, top, max(box.right for box in each) - left, max(box.bottom for box in each) - top)
