"""Nudges by the keyboard: steps that follow each other within a second are one gesture and one undo step."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from gui.bridge import Bridge
from gui.canvas.gestures.gesture import title_of
from gui.canvas.placing import LayerEdits, holds_of_rect, moved, whole
from gui.canvas.plane import Point
from sync.gesture import Gesture
from sync.scene import Layer

MERGE_MS = 1000
FAR_PX = 10
FINE_SHARE = 0.001

__all__ = ["FAR_PX", "FINE_SHARE", "MERGE_MS", "Nudging"]


class Nudging(QObject):
    """Moves the selected, unlocked layers by whole canvas pixels."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._gesture: Gesture | None = None
        self._layers: tuple[Layer, ...] = ()
        self._by = Point(0.0, 0.0)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(MERGE_MS)
        self._timer.timeout.connect(self.settle)

    def nudge(self, dx: float, dy: float) -> bool:
        """One step; False when there is nothing that may move."""
        free = self._free()
        if not free:
            return False
        if self._gesture is None or not self._gesture.is_open or [each.id for each in free] != self._ids():
            self._open(free)
        gesture = self._gesture
        if gesture is None:
            return False
        self._by = self._by.plus(Point(dx, dy))
        edits: LayerEdits = {}
        for layer in self._layers:
            edits |= moved(layer, self._by)
        gesture.change(edits)
        self._timer.start()
        return True

    def fine_step(self) -> int:
        """0.1 % of the canvas width, at least a pixel."""
        scene = self._bridge.scene
        return 1 if scene is None else max(1, whole(scene.canvas[0] * FINE_SHARE))

    def settle(self) -> None:
        """Ends the running series: the next nudge is an undo step of its own."""
        self._timer.stop()
        gesture, self._gesture = self._gesture, None
        if gesture is not None and gesture.is_open:
            gesture.end()

    def cancel(self, reason: str) -> bool:
        """Takes the running series back; False when there is none."""
        self._timer.stop()
        gesture, self._gesture = self._gesture, None
        if gesture is None or not gesture.is_open:
            return False
        gesture.cancel(reason)
        return True

    def _ids(self) -> list[str]:
        return [layer.id for layer in self._layers]

    def _free(self) -> list[Layer]:
        scene, session = self._bridge.scene, self._bridge.session
        if scene is None or session is None:
            return []
        chosen = [layer for layer in scene.layers if layer.id in self._bridge.selection]
        free = [layer for layer in chosen if not session.is_locked(layer.id)]
        if chosen and not free:
            self._bridge.noticed.emit("info", f"{chosen[0].name} is locked: unlock it to move it")
        return free

    def _open(self, free: list[Layer]) -> None:
        self.settle()
        scene, session = self._bridge.scene, self._bridge.session
        if scene is None or session is None:
            return
        self._layers, self._by = tuple(free), Point(0.0, 0.0)
        holds = [path for layer in free for path in holds_of_rect(layer)]
        self._gesture = session.begin(scene.node_id, title_of("Nudge", free), holds=holds)
