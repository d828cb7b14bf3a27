"""Align, distribute, stack, fit and fill: layers in, edits out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from gui.canvas.placing import LayerEdits, fits, moved, placed, whole
from gui.canvas.plane import Box, Point, union
from gui.canvas.shape import drawn_shape
from sync.scene import Layer, LayerKind

__all__ = ["Edge", "Spacing", "aligned", "distributed", "filled", "fitted", "reset"]


class Edge(Enum):
    """Which edge or centre is aligned: the share of the width or height."""

    LEFT = ("x", 0.0)
    CENTRE = ("x", 0.5)
    RIGHT = ("x", 1.0)
    TOP = ("y", 0.0)
    MIDDLE = ("y", 0.5)
    BOTTOM = ("y", 1.0)


class Spacing(Enum):
    """How layers are distributed: equal gaps between them or equal distances of their centres; x or y."""

    GAPS_ACROSS = ("x", "gap")
    GAPS_DOWN = ("y", "gap")
    CENTRES_ACROSS = ("x", "centre")
    CENTRES_DOWN = ("y", "centre")


def aligned(layers: Sequence[Layer], canvas: tuple[int, int], edge: Edge) -> LayerEdits:
    """Several layers align with the box around them, a single one with the canvas."""
    boxes = {layer.id: drawn_shape(layer).bounds() for layer in layers}
    around = Box(0, 0, *canvas) if len(layers) == 1 else union(boxes.values())
    if around is None:
        return {}
    axis, share = edge.value
    goal = around.at(share, share)
    edits: LayerEdits = {}
    for layer in layers:
        by = goal.minus(boxes[layer.id].at(share, share))
        edits |= moved(layer, Point(whole(by.x), 0) if axis == "x" else Point(0, whole(by.y)))
    return edits


def distributed(layers: Sequence[Layer], spacing: Spacing) -> LayerEdits:
    """The outer two stay, the others between them move; nothing for fewer than three layers."""
    if len(layers) < 3:
        return {}
    axis, what = spacing.value
    spans = sorted(((_start(layer, axis), _size(layer, axis), layer) for layer in layers), key=lambda span: span[:2])
    starts = _even_gaps(spans) if what == "gap" else _even_centres(spans)
    edits: LayerEdits = {}
    for (start, _, layer), goal in list(zip(spans, starts, strict=True))[1:-1]:
        by = whole(goal - start)
        edits |= moved(layer, Point(by, 0) if axis == "x" else Point(0, by))
    return edits


def fitted(layer: Layer, canvas: tuple[int, int]) -> LayerEdits:
    """The whole canvas as its rect, the picture whole inside it."""
    edits = placed(layer, Box(0, 0, *canvas))
    return edits | {(*layer.path, "aspect_fit"): True} if layer.kind is LayerKind.VIDEO else edits


def filled(layer: Layer, canvas: tuple[int, int]) -> LayerEdits:
    """The canvas covered without bars and without distortion: what stands over lies outside the canvas."""
    width, height = _source(layer)
    scale = max(canvas[0] / width, canvas[1] / height)
    size = Point(whole(width * scale), whole(height * scale))
    corner = Point(whole((canvas[0] - size.x) / 2), whole((canvas[1] - size.y) / 2))
    return placed(layer, Box(corner.x, corner.y, size.x, size.y)) | ({} if fits(layer) else _fit_again(layer))


def reset(layer: Layer) -> LayerEdits:
    """Everything that a hand may have turned, faded, mirrored or cropped, back to its default; the place stays."""
    values: dict[str, object] = {
        "opacity": 1.0,
        "rotation_degrees": 0.0,
        "mirror_horizontal": False,
        "mirror_vertical": False,
    }
    if layer.kind is LayerKind.VIDEO:
        values |= {"crop_zoom": 1.0, "crop_x": 0.5, "crop_y": 0.5, "crop_shape": "rect"}
    return {(*layer.path, name): value for name, value in values.items()}


def _fit_again(layer: Layer) -> LayerEdits:
    return {(*layer.path, "aspect_fit"): True} if layer.kind is LayerKind.VIDEO else {}


def _source(layer: Layer) -> tuple[float, float]:
    width, height = layer.source_size or (layer.drawn.width, layer.drawn.height)
    return max(width, 1), max(height, 1)


def _start(layer: Layer, axis: str) -> float:
    bounds = drawn_shape(layer).bounds()
    return bounds.x if axis == "x" else bounds.y


def _size(layer: Layer, axis: str) -> float:
    bounds = drawn_shape(layer).bounds()
    return bounds.width if axis == "x" else bounds.height


_Span = tuple[float, float, Layer]


def _even_gaps(spans: Sequence[_Span]) -> list[float]:
    first, last = spans[0], spans[-1]
    room = last[0] - (first[0] + first[1])
    gap = (room - sum(size for _, size, _ in spans[1:-1])) / (len(spans) - 1)
    starts, at = [], first[0]
    for _, size, _ in spans:
        starts.append(at)
        at += size + gap
    return starts


def _even_centres(spans: Sequence[_Span]) -> list[float]:
    centres = [start + size / 2 for start, size, _ in spans]
    step = (centres[-1] - centres[0]) / (len(spans) - 1)
    return [centres[0] + step * at - size / 2 for at, (_, size, _) in enumerate(spans)]
