"""Which part of a layer can show: the canvas, seen from the frame that a layer is drawn in before it is turned."""

from __future__ import annotations

import math
from typing import Protocol

from sync.wire.compositor import Rect

__all__ = ["Turned", "visible_part"]


class Turned(Protocol):
    """What is mirrored and then turned clockwise, about its own centre."""

    @property
    def rotation_degrees(self) -> float: ...
    @property
    def mirror_horizontal(self) -> bool: ...
    @property
    def mirror_vertical(self) -> bool: ...


def visible_part(part: Rect, layer: Rect, turned: Turned, canvas: tuple[int, int]) -> Rect | None:
    """What of ``part`` may lie on the canvas, in whole pixels of the frame of ``layer``; None when nothing does.

    ``part`` is drawn in that frame too; of a turned layer the result is a box around what shows.
    """
    left, top, right, bottom = _canvas_box(layer, turned, canvas)
    x, y = max(part.x, left), max(part.y, top)
    width, height = min(part.x + part.width, right) - x, min(part.y + part.height, bottom) - y
    return Rect(x, y, width, height) if width > 0 and height > 0 else None


def _canvas_box(layer: Rect, turned: Turned, canvas: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the canvas in the frame of ``layer``."""
    if not (turned.rotation_degrees or turned.mirror_horizontal or turned.mirror_vertical):
        return 0, 0, *canvas
    across, down = layer.x + layer.width / 2, layer.y + layer.height / 2
    turn = math.radians(-math.fmod(turned.rotation_degrees, 360.0))
    cosine, sine = math.cos(turn), math.sin(turn)
    flip_x, flip_y = -1 if turned.mirror_horizontal else 1, -1 if turned.mirror_vertical else 1
    corners = [(x - across, y - down) for x in (0, canvas[0]) for y in (0, canvas[1])]
    xs = [across + flip_x * (x * cosine - y * sine) for x, y in corners]
    ys = [down + flip_y * (x * sine + y * cosine) for x, y in corners]
    return math.floor(min(xs)) - 1, math.floor(min(ys)) - 1, math.ceil(max(xs)) + 1, math.ceil(max(ys)) + 1
