"""A sentence at the foot of the canvas, on a framed ground: why there is no picture, or no fresh one."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from gui.canvas.plane import Box
from gui.theme.tokens import Tokens

_WIDEST, _MARGIN, _PAD_X, _PAD_Y, _BELOW = 640.0, 20.0, 16.0, 10.0, 24.0
_FLAGS = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)

__all__ = ["paint_plate"]


class _Look(NamedTuple):
    family: str
    size_px: int
    ground: str
    edge: str
    text: str
    radius: float


def paint_plate(painter: QPainter, sentence: str, tokens: Tokens, viewport: Box) -> None:
    """Paints the sentence in the middle of the lower edge, in as many lines as it needs."""
    look = _Look(tokens.body_font, tokens.body_px, tokens.bg1, tokens.late, tokens.text, float(tokens.radius))
    ratio = painter.device().devicePixelRatioF()
    plate = _drawn(sentence, min(viewport.width - 2 * _MARGIN, _WIDEST), look, ratio)
    size = plate.deviceIndependentSize()
    left, top = viewport.centre.x - size.width() / 2, viewport.bottom - _BELOW - size.height()
    painter.drawImage(QPointF(round(left * ratio) / ratio, round(top * ratio) / ratio), plate)


@lru_cache(maxsize=8)
def _drawn(sentence: str, room: float, look: _Look, ratio: float) -> QImage:
    """The plate as a picture: it stays the same from frame to frame, and breaking lines is slow."""
    font = QFont(look.family)
    font.setPixelSize(look.size_px)
    words = QFontMetricsF(font).boundingRect(QRectF(0, 0, room, 4096), _FLAGS, sentence)
    width, height = math.ceil(words.width() + 2 * _PAD_X), math.ceil(words.height() + 2 * _PAD_Y)
    image = QImage(math.ceil(width * ratio), math.ceil(height * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    ground = QColor(look.ground)
    ground.setAlpha(235)
    painter.setBrush(ground)
    painter.setPen(QPen(QColor(look.edge), 1.0))
    area = QRectF(0, 0, width, height)
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), look.radius, look.radius)
    painter.setFont(font)
    painter.setPen(QColor(look.text))
    painter.drawText(area.adjusted(_PAD_X, _PAD_Y, -_PAD_X, -_PAD_Y), _FLAGS, sentence)
    painter.end()
    return image
