"""Crop mode: panning and zooming a video's picture inside its own frame."""

from __future__ import annotations

from gui.canvas.gestures.gesture import Feedback, LayerGesture, Pointer, title_of
from gui.canvas.placing import LayerEdits
from gui.canvas.plane import Point
from gui.canvas.shape import drawn_shape
from sync.paths import Path
from sync.scene import Layer, Scene
from sync.session import DeskSession

MAX_CROP_ZOOM = 16.0

__all__ = ["MAX_CROP_ZOOM", "CropPan", "CropZoom", "crop_edits"]


class CropPan(LayerGesture):
    """Drags the picture inside the frame: what is under the pointer stays under it. Shift keeps to one axis."""

    def __init__(self, session: DeskSession, scene: Scene, layer: Layer, start: Pointer) -> None:
        super().__init__(session, scene, (layer,), title_of("Pan the crop of", (layer,)))
        self._layer = layer
        self._shape = drawn_shape(layer)
        self._start = self._shape.to_local(start.at)

    def _holds(self) -> tuple[Path, ...]:
        return _crop_paths(self._layers[0])

    def move(self, pointer: Pointer) -> Feedback:
        layer = self._layer
        if layer.crop_zoom <= 1.0:
            return Feedback(label=f"{layer.name} · scroll to zoom in first")
        by = self._shape.to_local(pointer.at).minus(self._start)
        if pointer.modifiers.is_shift:
            by = Point(by.x, 0.0) if abs(by.x) >= abs(by.y) else Point(0.0, by.y)
        x = layer.crop_x - self._share(by.x, self._shape.box.width, layer.mirror_horizontal)
        y = layer.crop_y - self._share(by.y, self._shape.box.height, layer.mirror_vertical)
        edits = crop_edits(layer, layer.crop_zoom, x, y)
        self._propose(edits)
        return Feedback(label=_label(layer, edits))

    def _share(self, pulled: float, side: float, is_mirrored: bool) -> float:
        """A pull in canvas pixels as a change of the pan: the window travels source - source/zoom."""
        share = pulled / side / (self._layer.crop_zoom - 1.0) if side else 0.0
        return -share if is_mirrored else share


class CropZoom(LayerGesture):
    """Zooms the crop by notches of the wheel or by dragging a handle outwards; one gesture for a burst."""

    def __init__(self, session: DeskSession, scene: Scene, layer: Layer, start: Pointer) -> None:
        super().__init__(session, scene, (layer,), title_of("Zoom the crop of", (layer,)))
        self._layer = layer
        self._pivot = drawn_shape(layer).pivot
        self._start_distance = max(start.at.minus(self._pivot).length(), 1.0)
        self._zoom = layer.crop_zoom

    def _holds(self) -> tuple[Path, ...]:
        return _crop_paths(self._layers[0])

    def move(self, pointer: Pointer) -> Feedback:
        distance = pointer.at.minus(self._pivot).length()
        return self._show(self._layer.crop_zoom * distance / self._start_distance)

    def turn(self, factor: float) -> Feedback:
        """The wheel: multiplies the zoom."""
        return self._show(self._zoom * factor)

    def _show(self, zoom: float) -> Feedback:
        self._zoom = min(max(zoom, 1.0), MAX_CROP_ZOOM)
        edits = crop_edits(self._layer, self._zoom, self._layer.crop_x, self._layer.crop_y)
        self._propose(edits)
        return Feedback(label=_label(self._layer, edits))


def crop_edits(layer: Layer, zoom: float, x: float, y: float) -> LayerEdits:
    """The three crop fields, within their ranges (PROTOCOL.md §13.3)."""
    values = {"crop_zoom": round(zoom, 3), "crop_x": _within_one(x), "crop_y": _within_one(y)}
    return {(*layer.path, name): value for name, value in values.items()}


def _within_one(share: float) -> float:
    return round(min(max(share, 0.0), 1.0), 4)


def _crop_paths(layer: Layer) -> tuple[Path, ...]:
    return tuple((*layer.path, name) for name in ("crop_zoom", "crop_x", "crop_y"))


def _label(layer: Layer, edits: LayerEdits) -> str:
    zoom, x, y = edits.values()
    return f"{layer.name} · {zoom:.2f} × · pan {x:.2f}, {y:.2f}"
