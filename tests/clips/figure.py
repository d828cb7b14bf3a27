"""A stylised person who talks, nods and blinks, and the soft lights behind; time runs in turns of the loop (0..1)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPainterPath, QPen, QRadialGradient

__all__ = ["Person", "glow", "shade", "swing", "vertical_gradient"]


@dataclass(frozen=True)
class Person:
    """Where a person stands (the middle of the head), how large (radius of the head) and in which colours."""

    x: float
    y: float
    radius: float
    skin: QColor
    hair: QColor
    coat: QColor
    has_long_hair: bool = False
    words: int = 18
    """How often the mouth opens in one loop."""
    blinks: tuple[float, ...] = (0.12, 0.43, 0.71)

    def paint(self, painter: QPainter, turn: float) -> None:
        """Draws the person at one moment of the loop."""
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        sway, nod = swing(turn, 2) * 0.06, swing(turn, 5, 0.2) * 0.025
        painter.translate(self.x, self.y)
        painter.scale(self.radius, self.radius)
        self._paint_body(painter, sway, swing(turn, 3))
        painter.translate(sway, nod)
        painter.rotate(swing(turn, 2, 0.1) * 3.0)
        self._paint_head(painter, turn)
        painter.restore()

    def _paint_body(self, painter: QPainter, sway: float, breath: float) -> None:
        top = 1.12 - breath * 0.02
        body = QPainterPath(QPointF(-1.75, 4.6))
        body.cubicTo(-1.7, 2.2, -1.55, top + 0.42, -0.55 + sway * 0.5, top)
        body.lineTo(0.55 + sway * 0.5, top)
        body.cubicTo(1.55, top + 0.42, 1.7, 2.2, 1.75, 4.6)
        body.closeSubpath()
        if self.has_long_hair:
            painter.setBrush(shade(self.hair, 0.85))
            painter.drawRoundedRect(QRectF(-1.02 + sway, -0.5, 2.04, 2.15), 0.8, 0.8)
        painter.setBrush(vertical_gradient(1.1, 4.2, shade(self.coat, 1.18), shade(self.coat, 0.7)))
        painter.drawPath(body)
        painter.setBrush(shade(self.skin, 0.84))
        painter.drawRoundedRect(QRectF(-0.34 + sway * 0.8, 0.6, 0.68, 0.85), 0.32, 0.32)
        self._paint_collar(painter, sway * 0.5, top)

    def _paint_collar(self, painter: QPainter, shift: float, top: float) -> None:
        for side in (-1, 1):
            lapel = QPainterPath(QPointF(shift + side * 0.5, top - 0.02))
            lapel.lineTo(shift, top + 1.25)
            lapel.lineTo(shift + side * 0.86, top + 0.62)
            lapel.closeSubpath()
            painter.setBrush(shade(self.coat, 1.42 if side < 0 else 1.3))
            painter.drawPath(lapel)

    def _paint_head(self, painter: QPainter, turn: float) -> None:
        light = QRadialGradient(QPointF(-0.35, -0.45), 1.7)
        light.setColorAt(0, shade(self.skin, 1.1))
        light.setColorAt(1, shade(self.skin, 0.82))
        painter.setBrush(QBrush(light))
        painter.drawEllipse(QPointF(0, 0), 0.93, 1.0)
        self._paint_hair(painter)
        self._paint_eyes(painter, turn)
        self._paint_mouth(painter, turn)

    def _paint_hair(self, painter: QPainter) -> None:
        hair = QPainterPath(QPointF(-0.95, 0.08))
        hair.cubicTo(-1.14, -1.0, -0.45, -1.24, 0.1, -1.2)
        hair.cubicTo(0.85, -1.16, 1.12, -0.6, 0.95, 0.08)
        hair.cubicTo(0.9, -0.3, 0.72, -0.5, 0.42, -0.56)
        hair.cubicTo(0.0, -0.62, -0.4, -0.36, -0.68, -0.44)
        hair.cubicTo(-0.86, -0.34, -0.93, -0.1, -0.95, 0.08)
        painter.setBrush(vertical_gradient(-1.2, 0.1, shade(self.hair, 1.25), self.hair))
        painter.drawPath(hair)

    def _paint_eyes(self, painter: QPainter, turn: float) -> None:
        is_shut = any(abs(turn - blink) < 0.008 for blink in self.blinks)
        look = swing(turn, 1, 0.3) * 0.03
        painter.setBrush(QColor("#22262C"))
        for side in (-0.34, 0.34):
            painter.drawEllipse(QPointF(side + look, 0.02), 0.075, 0.018 if is_shut else 0.095)
        painter.setPen(QPen(self.hair, 0.055, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        lift = max(0.0, swing(turn, 3, 0.6)) * 0.05
        for side in (-1, 1):
            painter.drawArc(QRectF(side * 0.34 - 0.17, -0.28 - lift, 0.34, 0.2), 30 * 16, 120 * 16)
        painter.setPen(Qt.PenStyle.NoPen)

    def _paint_mouth(self, painter: QPainter, turn: float) -> None:
        speech = max(0.0, swing(turn, self.words)) * abs(0.55 + 0.45 * swing(turn, 7, 0.4))
        lips = QPainterPath(QPointF(-0.27, 0.44))
        lips.quadTo(0.0, 0.52, 0.27, 0.44)
        lips.quadTo(0.0, 0.66 + speech * 0.3, -0.27, 0.44)
        painter.setBrush(QColor("#8A3A3E"))
        painter.drawPath(lips)
        painter.setBrush(shade(self.skin, 0.76))
        painter.drawEllipse(QPointF(0.0, 0.24), 0.07, 0.05)


def swing(turn: float, times: int, phase: float = 0.0) -> float:
    """A value from -1 to 1 that swings a whole number of times in one loop, so that the loop has no seam."""
    return math.sin(math.tau * (turn * times + phase))


def shade(color: QColor, factor: float) -> QColor:
    """The colour made lighter (above 1) or darker."""
    red, green, blue = (min(1.0, part * factor) for part in (color.redF(), color.greenF(), color.blueF()))
    return QColor.fromRgbF(red, green, blue)


def vertical_gradient(top: float, bottom: float, first: QColor, last: QColor) -> QBrush:
    """A fill that runs from one colour down to another."""
    gradient = QLinearGradient(0, top, 0, bottom)
    gradient.setColorAt(0, first)
    gradient.setColorAt(1, last)
    return QBrush(gradient)


def glow(painter: QPainter, middle: QPointF, radius: float, color: QColor, strength: float) -> None:
    """A soft disc of light."""
    light = QRadialGradient(middle, radius)
    for at, part in ((0.0, 1.0), (0.45, 0.42), (1.0, 0.0)):
        light.setColorAt(at, QColor.fromRgbF(color.redF(), color.greenF(), color.blueF(), strength * part))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(light))
    painter.drawEllipse(middle, radius, radius)
