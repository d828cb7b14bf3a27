"""The scene with OpenCV; the turned layer is warped with its mask, the others resized and added."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QImage

from tests.benchmarks.compose_scene import (
    CANVAS,
    OPACITY,
    PIP,
    PIP_SOURCE,
    PIPS,
    ROTATION_DEGREES,
    Pictures,
    pip_rect,
    turned_box,
)

__all__ = ["as_bytes", "compose_with_opencv", "is_installed"]


def is_installed() -> bool:
    return importlib.util.find_spec("cv2") is not None


def compose_with_opencv(pictures: Pictures, *, is_turned: bool, threads: int) -> Callable[[int], Any]:
    """A function that composes the n-th frame, three bytes a pixel, as BGR. ``threads`` -1 is as many as it likes."""
    cv2: Any = importlib.import_module("cv2")
    numpy: Any = importlib.import_module("numpy")
    cv2.setNumThreads(threads)
    arrays = {id(image): _array(numpy, image) for image in (*pictures.backgrounds, *pictures.pips)}
    box = turned_box()
    centre = ((PIP_SOURCE[0] - 1) / 2, (PIP_SOURCE[1] - 1) / 2)  # of the first pixel's middle to the last one's
    matrix = cv2.getRotationMatrix2D(centre, -ROTATION_DEGREES, PIP[0] / PIP_SOURCE[0])
    matrix[:, 2] += ((box[0] - 1) / 2 - centre[0], (box[1] - 1) / 2 - centre[1])
    solid = numpy.full(PIP_SOURCE[::-1], OPACITY, numpy.float32)
    mask = cv2.warpAffine(solid, matrix, box)
    rest = 1 - mask

    def place(canvas: Any, layer: int, picture: Any) -> None:
        rect = pip_rect(layer)
        part = canvas[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
        small = cv2.resize(picture, PIP, interpolation=cv2.INTER_LINEAR)[: part.shape[0], : part.shape[1]]
        cv2.addWeighted(small, OPACITY, part, 1 - OPACITY, 0, part)

    def place_turned(canvas: Any, picture: Any) -> None:
        rect = pip_rect(0)
        x, y = rect.x - (box[0] - PIP[0]) // 2, rect.y - (box[1] - PIP[1]) // 2
        top = max(0, -y)
        part = canvas[y + top : y + box[1], x : x + box[0]]
        turned = cv2.warpAffine(picture, matrix, box)
        part[:] = cv2.blendLinear(turned[top:], part, mask[top:], rest[top:])

    def compose(frame: int) -> Any:
        canvas = arrays[id(pictures.background(frame))].copy()
        for layer in range(PIPS):
            picture = arrays[id(pictures.pip(layer, frame))]
            if is_turned and not layer:
                place_turned(canvas, picture)
            else:
                place(canvas, layer, picture)
        return canvas

    assert compose(0).shape == (*CANVAS[::-1], 3)
    return compose


def as_bytes(canvas: Any) -> bytes:
    """A composed picture as BGRA."""
    cv2: Any = importlib.import_module("cv2")
    return bytes(cv2.cvtColor(canvas, cv2.COLOR_BGR2BGRA).tobytes())


def _array(numpy: Any, image: QImage) -> Any:
    flat = numpy.frombuffer(image.constBits(), numpy.uint8)
    return flat.reshape(image.height(), image.width(), 4)[:, :, :3].copy()
