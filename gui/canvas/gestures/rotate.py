"""Turning one layer by its rotate handle."""

from __future__ import annotations

import math

from gui.canvas.gestures.gesture import Feedback, LayerGesture, Pointer, title_of
from gui.canvas.plane import Point
from gui.canvas.shape import frame_shape
from sync.paths import Path
from sync.scene import Layer, Scene
from sync.session import DeskSession

STEP_DEGREES = 15.0
UPRIGHT_DEGREES = 2.0

__all__ = ["STEP_DEGREES", "RotateGesture"]


class RotateGesture(LayerGesture):
    """Clockwise degrees from 0 to 360, one decimal. Shift goes in steps of 15°; near a right angle it clicks in unless
    Ctrl is down.
    """

    def __init__(self, session: DeskSession, scene: Scene, layer: Layer, start: Pointer) -> None:
        super().__init__(session, scene, (layer,), title_of("Rotate", (layer,)))
        self._layer = layer
        self._pivot = frame_shape(layer).pivot
        self._offset = layer.rotation_degrees - self._direction(start.at)

    def _holds(self) -> tuple[Path, ...]:
        return ((*self._layers[0].path, "rotation_degrees"),)

    def move(self, pointer: Pointer) -> Feedback:
        degrees = self._direction(pointer.at) + self._offset
        if pointer.modifiers.is_shift:
            degrees = round(degrees / STEP_DEGREES) * STEP_DEGREES
        elif not pointer.modifiers.is_ctrl:
            degrees = _upright(degrees)
        degrees = round(degrees, 1) % 360.0
        self._propose({(*self._layer.path, "rotation_degrees"): degrees})
        return Feedback(label=f"{self._layer.name} · {degrees:.1f}°")

    def _direction(self, point: Point) -> float:
        away = point.minus(self._pivot)
        return math.degrees(math.atan2(away.y, away.x))


def _upright(degrees: float) -> float:
    right_angle = round(degrees / 90.0) * 90.0
    return right_angle if abs(degrees - right_angle) <= UPRIGHT_DEGREES else degrees
