"""The two scenes: a presenter in a blue studio, and a guest in a warm room."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPainterPath, QPen

from tests.clips.figure import Person, glow, shade, swing, vertical_gradient

PRESENTER = Person(430, 300, 118, QColor("#DDB48C"), QColor("#3A2A22"), QColor("#2C4664"))
GUEST = Person(
    320, 205, 92, QColor("#E2AD88"), QColor("#4A2418"), QColor("#6E3F63"), True, words=13, blinks=(0.22, 0.58, 0.9)
)

__all__ = ["paint_guest", "paint_presenter"]

Painting = Callable[[float], QImage]


def paint_presenter(turn: float) -> QImage:
    """The studio at one moment of its loop (0..1): 1280x720, RGB32."""
    image, painter = _canvas(1280, 720)
    wall = QLinearGradient(0, 0, 1280, 720)
    for at, color in ((0.0, "#12303F"), (0.55, "#1E5064"), (1.0, "#2C6F86")):
        wall.setColorAt(at, QColor(color))
    painter.fillRect(image.rect(), wall)
    _paint_panels(painter, turn)
    glow(painter, QPointF(430 + swing(turn, 1) * 30, 300), 430, QColor("#7FD4E8"), 0.34)
    glow(painter, QPointF(1010 + swing(turn, 1, 0.3) * 90, 200 + swing(turn, 2) * 30), 300, QColor("#F2B66B"), 0.30)
    glow(painter, QPointF(180 + swing(turn, 1, 0.6) * 60, 560), 260, QColor("#8D7BF0"), 0.26)
    _paint_drifting_lights(painter, turn)
    PRESENTER.paint(painter, turn)
    _paint_desk(painter, turn)
    painter.end()
    return image


def paint_guest(turn: float) -> QImage:
    """The guest's room at one moment of its loop (0..1): 640x480, RGB32."""
    image, painter = _canvas(640, 480)
    painter.fillRect(image.rect(), vertical_gradient(0, 480, QColor("#8C5A3C"), QColor("#3B2721")))
    _paint_window(painter, turn)
    glow(painter, QPointF(560, 90), 250, QColor("#FFD08A"), 0.42 + swing(turn, 4) * 0.03)
    _paint_shelf(painter)
    _paint_plant(painter, turn)
    GUEST.paint(painter, turn)
    painter.end()
    return image


def _canvas(width: int, height: int) -> tuple[QImage, QPainter]:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return image, painter


def _paint_panels(painter: QPainter, turn: float) -> None:
    """Upright light strips whose brightness runs along the wall."""
    painter.setPen(Qt.PenStyle.NoPen)
    for index in range(7):
        level = 0.5 + 0.5 * swing(turn, 1, -index / 7)
        color = QColor.fromRgbF(0.55, 0.9, 1.0, 0.06 + 0.20 * level)
        painter.setBrush(color)
        painter.drawRoundedRect(QRectF(700 + index * 84, 70, 10, 430), 5, 5)
        glow(painter, QPointF(705 + index * 84, 285), 150, QColor("#86DDF2"), 0.05 + 0.10 * level)


def _paint_drifting_lights(painter: QPainter, turn: float) -> None:
    """Out-of-focus lamps that rise and fade; each makes whole rounds in a loop."""
    for index in range(14):
        rise = (turn + index * 0.0731) % 1.0
        across = 90 + (index * 397) % 1100 + swing(turn, 1 + index % 2, index * 0.17) * 26
        radius = 10 + (index * 7) % 22
        fade = min(1.0, 4 * rise, 4 * (1 - rise))
        tint = QColor("#FFE0B0") if index % 3 else QColor("#B8F0FF")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor.fromRgbF(tint.redF(), tint.greenF(), tint.blueF(), 0.22 * fade))
        painter.drawEllipse(QPointF(across, 700 - rise * 700), radius, radius)


def _paint_desk(painter: QPainter, turn: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(vertical_gradient(610, 720, QColor("#22384A"), QColor("#0F1B25")))
    painter.drawRoundedRect(QRectF(-40, 626, 1360, 140), 26, 26)
    painter.setBrush(QColor("#4FB6CF"))
    painter.drawRect(QRectF(0, 626, 1280, 3))
    painter.setClipRect(QRectF(0, 620, 1280, 14))
    glow(painter, QPointF(640 + swing(turn, 1) * 560, 627), 190, QColor("#D9F8FF"), 0.9)


def _paint_window(painter: QPainter, turn: float) -> None:
    frame = QRectF(52, 48, 170, 210)
    painter.setPen(QPen(QColor("#5A3A2A"), 8))
    painter.setBrush(vertical_gradient(48, 258, QColor("#F5B879"), QColor("#D97F5B")))
    painter.drawRoundedRect(frame, 8, 8)
    painter.save()
    painter.setClipRect(frame.adjusted(4, 4, -4, -4))
    painter.setPen(Qt.PenStyle.NoPen)
    for index in range(3):
        along = ((turn + index / 3) % 1.0) * 300 - 40
        painter.setBrush(QColor(255, 236, 214, 120))
        painter.drawRoundedRect(QRectF(52 + along - 60, 84 + index * 44, 84, 16), 8, 8)
    painter.restore()


def _paint_shelf(painter: QPainter) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#2E1D18"))
    painter.drawRect(QRectF(452, 186, 170, 9))
    colors = ("#B5523B", "#D9A441", "#4F7A6B", "#7C5A86", "#C9C0AE", "#5B7FA6")
    for index, color in enumerate(colors):
        height = 58 + (index * 37) % 34
        painter.setBrush(shade(QColor(color), 0.9))
        painter.drawRoundedRect(QRectF(462 + index * 21, 186 - height, 18, height), 2, 2)


def _paint_plant(painter: QPainter, turn: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for index in range(7):
        painter.save()
        painter.translate(566, 400)
        painter.rotate(-62 + index * 21 + swing(turn, 2, index * 0.11) * 4)
        leaf = QPainterPath(QPointF(0, 0))
        leaf.quadTo(-22, -80, 0, -150)
        leaf.quadTo(22, -80, 0, 0)
        painter.setBrush(shade(QColor("#5E8C5A"), 0.75 + 0.08 * (index % 4)))
        painter.drawPath(leaf)
        painter.restore()
    painter.setBrush(vertical_gradient(390, 480, QColor("#C9775A"), QColor("#8A4A38")))
    painter.drawRoundedRect(QRectF(520, 392, 92, 110), 12, 12)
