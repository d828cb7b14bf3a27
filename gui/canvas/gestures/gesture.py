"""What all canvas gestures are: they follow the pointer, stream edits while it moves, and end once, with a reason."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

import msgspec

from gui.canvas.coordinates import CoordinateMap
from gui.canvas.placing import LayerEdits
from gui.canvas.plane import Box, Point
from gui.canvas.shape import drawn_shape
from gui.canvas.snapping import Guide, Neighbours
from sync.gesture import Gesture
from sync.paths import Path
from sync.scene import Layer, Scene
from sync.session import DeskSession

SNAP_PX = 8  # on the screen, whatever the zoom

__all__ = ["SNAP_PX", "CanvasGesture", "Feedback", "LayerGesture", "Modifiers", "Pointer", "neighbours_of", "title_of"]


class Modifiers(msgspec.Struct, frozen=True):
    """The keys that are down: Shift constrains or frees, Ctrl switches snapping off, Alt works from the centre."""

    is_shift: bool = False
    is_ctrl: bool = False
    is_alt: bool = False


class Pointer(msgspec.Struct, frozen=True):
    """One pointer event: where (canvas pixels), at which map, with which keys."""

    at: Point
    map: CoordinateMap
    modifiers: Modifiers = Modifiers()

    @property
    def tolerance(self) -> float:
        """The snapping distance in canvas pixels; 0 switches snapping off."""
        return 0.0 if self.modifiers.is_ctrl else self.map.length_on_canvas(SNAP_PX)


class Feedback(msgspec.Struct, frozen=True):
    """What the canvas draws while a gesture runs: guides that hold, a label at the layer, the marquee's area."""

    guides: tuple[Guide, ...] = ()
    label: str = ""
    marquee: Box | None = None


class CanvasGesture(ABC):
    """A gesture from its first movement to its end; ``layer_ids`` are the layers that it cannot go on without."""

    layer_ids: tuple[str, ...] = ()

    @property
    @abstractmethod
    def is_open(self) -> bool:
        """Whether it still follows the pointer; it may be ended from elsewhere (disconnect, layer deleted)."""

    @abstractmethod
    def move(self, pointer: Pointer) -> Feedback:
        """Follows the pointer."""

    @abstractmethod
    def end(self) -> None:
        """The button is released."""

    @abstractmethod
    def cancel(self, reason: str) -> None:
        """Ends without keeping anything."""


class LayerGesture(CanvasGesture):
    """A gesture that edits layers of one compositor: one sync gesture, one undo step."""

    def __init__(self, session: DeskSession, scene: Scene, layers: Sequence[Layer], title: str) -> None:
        self.layer_ids = tuple(layer.id for layer in layers)
        self._scene = scene
        self._layers = tuple(layers)
        self._edits: Gesture = session.begin(scene.node_id, title, holds=self._holds())

    @abstractmethod
    def _holds(self) -> tuple[Path, ...]:
        """The fields that stay under the hand while the gesture runs."""

    @property
    def is_open(self) -> bool:
        return self._edits.is_open

    def _propose(self, edits: LayerEdits) -> None:
        if edits and self._edits.is_open:
            self._edits.change(edits)

    def end(self) -> None:
        if self._edits.is_open:
            self._edits.end()

    def cancel(self, reason: str) -> None:
        if self._edits.is_open:
            self._edits.cancel(reason)


def title_of(verb: str, layers: Sequence[Layer]) -> str:
    """The undo title: ``Move Cam B`` or ``Move 3 layers``."""
    return f"{verb} {layers[0].name}" if len(layers) == 1 else f"{verb} {len(layers)} layers"


def neighbours_of(scene: Scene, moving: Iterable[str]) -> Neighbours:
    """What the moving layers may snap to: the canvas and every visible layer that stays."""
    away = set(moving)
    boxes = tuple(drawn_shape(each).bounds() for each in scene.layers if not each.is_hidden and each.id not in away)
    return Neighbours(scene.canvas, boxes)
