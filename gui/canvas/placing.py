"""What a gesture writes: a layer's *configured* rect, while the hand holds its *drawn* one (PROTOCOL.md §13.2)."""

from __future__ import annotations

import math
from typing import Any

from gui.canvas.plane import Box, Point
from gui.canvas.shape import as_box
from sync.paths import Path
from sync.scene import Layer, LayerKind

MIN_SIDE = 1

__all__ = ["MIN_SIDE", "LayerEdits", "configured_box", "fits", "holds_of_rect", "moved", "placed", "settled", "whole"]

LayerEdits = dict[Path, Any]


def whole(value: float) -> int:
    """The nearest whole number, halves upwards: equal distances round alike, which Python's ``round`` does not do."""
    return math.floor(value + 0.5)


def configured_box(layer: Layer) -> Box:
    """The box that the layer's config asks for; its drawn one where the config leaves it to the server."""
    return as_box(layer.drawn if layer.rect is None else layer.rect)


def holds_of_rect(layer: Layer) -> tuple[Path, ...]:
    """The fields that a gesture on the layer's place holds."""
    return tuple((*layer.path, "rect", side) for side in ("x", "y", "width", "height"))


def fits(layer: Layer) -> bool:
    """Whether the server fits the layer's picture into its rect; an explicit null rect is stretched."""
    return layer.kind is LayerKind.VIDEO and layer.aspect_fit and (layer.rect is not None or layer.is_automatic)


def settled(layer: Layer) -> LayerEdits:
    """The edits that pin a placement the server chose, so that the picture does not jump when it is moved.

    A null rect is stretched over the canvas: it becomes four leaves without aspect fit. A layer without an entry also
    keeps the place in the stack that it had by itself.
    """
    if layer.kind is not LayerKind.VIDEO or layer.rect is not None:
        return {}
    edits: LayerEdits = {(*layer.path, "aspect_fit"): fits(layer)}
    if layer.is_automatic:
        edits[(*layer.path, "z_index")] = layer.z_index
    return edits


def placed(layer: Layer, box: Box) -> LayerEdits:
    """The edits that give the layer the configured rect ``box``, on whole pixels; always all four leaves."""
    smallest = 0 if layer.kind is LayerKind.TEXT else MIN_SIDE  # 0 leaves a text unbounded on that side
    left, top = whole(box.x), whole(box.y)
    # Rounding the edges, not the sides, keeps the edge that the hand does not hold where it is.
    width, height = whole(box.right) - left, whole(box.bottom) - top
    leaves = {"x": left, "y": top, "width": max(width, smallest), "height": max(height, smallest)}
    return settled(layer) | {(*layer.path, "rect", side): value for side, value in leaves.items()}


def moved(layer: Layer, by: Point) -> LayerEdits:
    """The edits that move the layer by canvas pixels; its size is written only when the server had chosen it."""
    box = configured_box(layer).moved(by)
    if layer.rect is None:
        return placed(layer, box)
    return {(*layer.path, "rect", "x"): whole(box.x), (*layer.path, "rect", "y"): whole(box.y)}
