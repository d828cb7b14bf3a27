"""A short text on a filled, rounded ground: readable over any picture."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from gui.canvas.plane import Box, Point

_PAD_X, _PAD_Y, _RADIUS = 7.0, 3.0, 4.0

__all__ = ["Pill", "paint_pill"]


class Pill(NamedTuple):
    """The words, their colour, the ground's colour and how opaque it is (0 to 255)."""

    words: str
    text: str
    fill: str
    font: QFont
    alpha: int = 255

    def size(self) -> QSizeF:
        """With its padding, in logical pixels."""
        return _size(self.words, self.font.toString())


def paint_pill(painter: QPainter, pill: Pill, left_bottom: Point, viewport: Box) -> None:
    """Paints the pill with its left bottom corner there, pushed back into ``viewport`` where it would leave it."""
    size = pill.size()
    x = max(viewport.x + 2, min(left_bottom.x, viewport.right - size.width() - 2))
    y = max(viewport.y + 2, min(left_bottom.y - size.height(), viewport.bottom - size.height() - 2))
    ratio = painter.device().devicePixelRatioF()
    shot = _drawn(pill.words, pill.text, pill.fill, pill.font.toString(), pill.alpha, ratio)
    painter.drawImage(QPointF(round(x * ratio) / ratio, round(y * ratio) / ratio), shot)


@lru_cache(maxsize=256)
def _size(words: str, font_name: str) -> QSizeF:
    metrics = QFontMetricsF(_font(font_name))
    width = metrics.horizontalAdvance(words) + 2 * _PAD_X
    return QSizeF(math.ceil(width), math.ceil(metrics.height() + 2 * _PAD_Y))


@lru_cache(maxsize=64)
def _drawn(words: str, text: str, fill: str, font_name: str, alpha: int, ratio: float) -> QImage:
    """The pill as a picture: most of them stay the same from frame to frame."""
    size = _size(words, font_name)
    sides = (math.ceil(size.width() * ratio), math.ceil(size.height() * ratio))
    image = QImage(*sides, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    ground = QRectF(0, 0, size.width(), size.height())
    colour = QColor(fill)
    colour.setAlpha(alpha)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(ground, _RADIUS, _RADIUS)
    painter.setFont(_font(font_name))
    painter.setPen(QColor(text))
    painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, words)
    painter.end()
    return image


def _font(name: str) -> QFont:
    font = QFont()
    font.fromString(name)
    return font
