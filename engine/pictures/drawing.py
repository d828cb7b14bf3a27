"""Qt made ready for drawing without a display, and the two picture formats that everything here uses."""

from __future__ import annotations

import os
import sys

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter, QPainterPath

__all__ = ["OPAQUE", "SWITCH_INTERVAL_S", "WITH_ALPHA", "prepare_drawing"]

OPAQUE = QImage.Format.Format_RGB32
WITH_ALPHA = QImage.Format.Format_ARGB32_Premultiplied

SWITCH_INTERVAL_S = 0.001

_application: QGuiApplication | None = None


def prepare_drawing() -> None:
    """Makes the process's one QGuiApplication on the offscreen platform; texts cannot be drawn before. May be repeated.

    Threads hand the interpreter over within a millisecond, so that a decoder never holds a due frame back for long.
    """
    global _application  # noqa: PLW0603  (Qt wants exactly one, alive as long as the process)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    if QGuiApplication.instance() is None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        _application = QGuiApplication(["layerdesk-engine"])


def _make_types() -> None:
    """Draws a little of everything. PySide makes its enumerations when they are first needed, be it to tell overloads
    apart, and the process crashes when two threads need the same one at once: so all are made before there are two."""
    canvas = QImage(2, 2, WITH_ALPHA)
    canvas.fill(Qt.GlobalColor.transparent)
    canvas.setPixelColor(0, 0, QColor(0, 0, 0))
    small = canvas.scaled(QSize(1, 1), Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    circle = QPainterPath()
    circle.addEllipse(QPointF(1.0, 1.0), 1.0, 1.0)
    font = QFont()
    font.setWeight(QFont.Weight.Normal)
    font.setStyle(QFont.Style.StyleNormal)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    painter = QPainter(canvas)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    painter.setClipPath(circle)
    painter.setPen(Qt.GlobalColor.white)
    painter.setPen(QColor(0, 0, 0))
    painter.fillRect(QRectF(0.0, 0.0, 1.0, 1.0), QColor(0, 0, 0, 160))
    painter.fillRect(canvas.rect(), Qt.GlobalColor.transparent)
    painter.drawImage(0, 0, small)
    painter.drawImage(QRect(0, 0, 1, 1), small, QRect(0, 0, 1, 1))
    painter.end()
    small.convertToFormat(OPAQUE).copy(QRect(0, 0, 1, 1))


_make_types()
