"""A short text on a filled, rounded ground: readable over any picture."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

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


@lru_cache(maxsize=256)
def _size(words: str, font_name: str) -> QSizeF:
    font = QFont()
    font.fromString(font_name)
    metrics = QFontMetricsF(font)
    return QSizeF(metrics.horizontalAdvance(words) + 2 * _PAD_X, metrics.height() + 2 * _PAD_Y)


def paint_pill(painter: QPainter, pill: Pill, left_bottom: Point, viewport: Box) -> None:
    """Paints the pill with its left bottom corner there, pushed back into ``viewport`` where it would leave it."""
    size = pill.size()
    x = max(viewport.x + 2, min(left_bottom.x, viewport.right - size.width() - 2))
    y = max(viewport.y + 2, min(left_bottom.y - size.height(), viewport.bottom - size.height() - 2))
    ground = QRectF(x, y, size.width(), size.height())
    fill = QColor(pill.fill)
    fill.setAlpha(pill.alpha)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawRoundedRect(ground, _RADIUS, _RADIUS)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setFont(pill.font)
    painter.setPen(QColor(pill.text))
    painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, pill.words)
