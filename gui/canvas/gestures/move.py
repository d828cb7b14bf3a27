"""Moving one or several layers."""

from __future__ import annotations

from collections.abc import Sequence

from gui.canvas.gestures.gesture import Feedback, LayerGesture, Pointer, neighbours_of, title_of
from gui.canvas.placing import LayerEdits, configured_box, holds_of_rect, moved, whole
from gui.canvas.plane import Point, union
from gui.canvas.shape import drawn_shape
from gui.canvas.snapping import Axis, Snap, snap_box
from sync.paths import Path
from sync.scene import Layer, Scene
from sync.session import DeskSession

__all__ = ["MoveGesture"]


class MoveGesture(LayerGesture):
    """All layers move by the same whole pixels. Shift keeps to one axis, Ctrl switches snapping off."""

    def __init__(self, session: DeskSession, scene: Scene, layers: Sequence[Layer], start: Pointer) -> None:
        super().__init__(session, scene, layers, title_of("Move", layers))
        self._start = start.at
        self._bounds = union(drawn_shape(layer).bounds() for layer in layers)
        self._neighbours = neighbours_of(scene, self.layer_ids)

    def _holds(self) -> tuple[Path, ...]:
        return tuple(path for layer in self._layers for path in holds_of_rect(layer))

    def move(self, pointer: Pointer) -> Feedback:
        by, is_free = self._constrained(pointer)
        snap = self._snapped(by, is_free, pointer.tolerance)
        by = Point(whole(by.x + snap.dx), whole(by.y + snap.dy))
        edits: LayerEdits = {}
        for layer in self._layers:
            edits |= moved(layer, by)
        self._propose(edits)
        return Feedback(snap.guides, self._label(by))

    def _constrained(self, pointer: Pointer) -> tuple[Point, frozenset[Axis]]:
        """How far the pointer went, and the axes on which the layer may move."""
        by = pointer.at.minus(self._start)
        if not pointer.modifiers.is_shift:
            return by, frozenset(Axis)
        if abs(by.x) >= abs(by.y):
            return Point(by.x, 0.0), frozenset({Axis.X})
        return Point(0.0, by.y), frozenset({Axis.Y})

    def _snapped(self, by: Point, free: frozenset[Axis], tolerance: float) -> Snap:
        if not tolerance or self._bounds is None:
            return Snap()
        snap = snap_box(self._bounds.moved(by), self._neighbours, tolerance)
        dx, dy = snap.dx if Axis.X in free else 0.0, snap.dy if Axis.Y in free else 0.0
        return Snap(dx, dy, tuple(guide for guide in snap.guides if guide.axis in free))

    def _label(self, by: Point) -> str:
        if len(self._layers) > 1:
            return f"{len(self._layers)} layers · {by.x:+.0f}, {by.y:+.0f}"
        box = configured_box(self._layers[0])
        return f"{self._layers[0].name} · {box.x + by.x:.0f}, {box.y + by.y:.0f}"
