"""The scene that composing is measured with: a background and seven scaled, half transparent layers of fresh noise."""

from __future__ import annotations

import math
import random
from typing import NamedTuple

from PySide6.QtGui import QImage

from engine.pictures.drawing import OPAQUE
from sync.wire.compositor import Rect

CANVAS = (1280, 720)
PIP_SOURCE = (640, 360)
PIP = (480, 270)
PIPS = 7
OPACITY = 0.8
ROTATION_DEGREES = 15.0

__all__ = [
    "CANVAS",
    "OPACITY",
    "PIP",
    "PIPS",
    "PIP_SOURCE",
    "ROTATION_DEGREES",
    "Pictures",
    "difference",
    "pip_rect",
    "turned_box",
]


class Pictures(NamedTuple):
    """What the layers show: each frame takes other ones than the last, so that no cache can have seen them."""

    backgrounds: list[QImage]
    pips: list[QImage]

    @classmethod
    def of_noise(cls) -> Pictures:
        """Seeded: every run and every rival has the same."""
        return cls([_noise(CANVAS, seed) for seed in range(3)], [_noise(PIP_SOURCE, seed) for seed in range(10, 14)])

    @classmethod
    def smooth(cls) -> Pictures:
        """Gradients, of which all scalers and samplers make the same: what differs then is the scene."""
        return cls([_gradient(CANVAS, 0)], [_gradient(PIP_SOURCE, number) for number in range(4)])

    def background(self, frame: int) -> QImage:
        return self.backgrounds[frame % len(self.backgrounds)]

    def pip(self, layer: int, frame: int) -> QImage:
        return self.pips[(frame + layer) % len(self.pips)]


def pip_rect(layer: int) -> Rect:
    """Where the n-th layer lies before it is turned."""
    return Rect(40 + 100 * layer, 30 + 60 * layer, *PIP)


def turned_box() -> tuple[int, int]:
    """The size of the box around a turned layer, even on both sides of its centre."""
    turn = math.radians(ROTATION_DEGREES)
    width = PIP[0] * math.cos(turn) + PIP[1] * math.sin(turn)
    height = PIP[0] * math.sin(turn) + PIP[1] * math.cos(turn)
    return 2 * math.ceil(width / 2), 2 * math.ceil(height / 2)


def difference(one: bytes, other: bytes) -> float:
    """The mean difference of two pictures of 32-bit pixels, from 0 to 255; every 13th byte is looked at."""
    pairs = list(zip(one[::13], other[::13], strict=True))
    return round(sum(abs(a - b) for a, b in pairs) / len(pairs), 2)


def _gradient(size: tuple[int, int], number: int) -> QImage:
    width, height = size
    row = bytearray(part for x in range(width) for part in (x * 255 // width, 0, 60 * number, 255))
    data = bytearray()
    for y in range(height):
        row[1::4] = bytes([y * 255 // height]) * width
        data += row
    return QImage(data, *size, 4 * width, OPAQUE).copy()


def _noise(size: tuple[int, int], seed: int) -> QImage:
    data = bytearray(random.Random(seed).randbytes(size[0] * size[1] * 4))
    data[3::4] = b"\xff" * (size[0] * size[1])  # opaque also for those who look at alpha
    return QImage(data, *size, 4 * size[0], OPAQUE).copy()
