"""Crop mode's wheel: notches that follow each other are one gesture and one undo step."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from gui.bridge import Bridge
from gui.canvas.gestures.crop import CropZoom
from gui.canvas.gestures.gesture import Feedback, Pointer
from sync.scene import Layer

MERGE_MS = 600
NOTCH_FACTOR = 1.08

__all__ = ["MERGE_MS", "WheelCrop"]


class WheelCrop(QObject):
    """Zooms the crop of one layer by wheel notches. ``settled`` is emitted when a series is over, kept or not."""

    settled = Signal()

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._gesture: CropZoom | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(MERGE_MS)
        self._timer.timeout.connect(self.settle)

    def turn(self, layer: Layer, notches: float, pointer: Pointer) -> Feedback:
        """Turns by ``notches`` (positive zooms in)."""
        scene, session = self._bridge.scene, self._bridge.session
        if scene is None or session is None:
            return Feedback()
        if self._gesture is None or not self._gesture.is_open or self._gesture.layer_ids != (layer.id,):
            self.settle()
            self._gesture = CropZoom(session, scene, layer, pointer)
        self._timer.start()
        return self._gesture.turn(NOTCH_FACTOR**notches)

    def settle(self) -> None:
        """Ends the running series."""
        self._timer.stop()
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.end()
            self.settled.emit()

    def cancel(self, reason: str) -> bool:
        """Takes the running series back; False when there is none."""
        self._timer.stop()
        gesture, self._gesture = self._gesture, None
        if gesture is None or not gesture.is_open:
            return False
        gesture.cancel(reason)
        self.settled.emit()
        return True
