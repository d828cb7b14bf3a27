"""Selecting layers by an area."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gui.canvas.gestures.gesture import CanvasGesture, Feedback, Pointer
from gui.canvas.plane import Box
from gui.canvas.shape import covers, drawn_shape
from sync.scene import Scene

__all__ = ["MarqueeGesture"]


class MarqueeGesture(CanvasGesture):
    """Selects every visible layer that the area meets, backgrounds only when it holds them whole.

    ``kept`` stays selected (Shift). Cancelling restores the selection from before.
    """

    def __init__(
        self,
        scene: Callable[[], Scene | None],
        select: Callable[[Sequence[str]], None],
        before: Sequence[str],
        kept: Sequence[str],
        start: Pointer,
    ) -> None:
        self._scene = scene
        self._select = select
        self._before = tuple(before)
        self._kept = tuple(kept)
        self._start = start.at
        self._is_open = True

    @property
    def is_open(self) -> bool:
        return self._is_open

    def move(self, pointer: Pointer) -> Feedback:
        area = Box.between(self._start, pointer.at)
        scene = self._scene()
        met = () if scene is None else tuple(_met(scene, area))
        self._select(tuple(dict.fromkeys((*self._kept, *met))))
        return Feedback(marquee=area)

    def end(self) -> None:
        self._is_open = False

    def cancel(self, reason: str) -> None:  # noqa: ARG002  (a selection has nobody to tell the reason to)
        self._select(self._before)
        self._is_open = False


def _met(scene: Scene, area: Box) -> list[str]:
    met: list[str] = []
    for layer in scene.layers:
        shape = drawn_shape(layer)
        is_background = covers(layer, scene.canvas)
        whole = area.x <= shape.box.x and area.y <= shape.box.y and area.right >= shape.box.right
        if layer.is_hidden or (is_background and not (whole and area.bottom >= shape.box.bottom)):
            continue
        if shape.meets(area):
            met.append(layer.id)
    return met
