"""Drives a canvas by real events on a screen of one scale; Qt reads the scale once a process, so each has its own.

Run: ``QT_SCALE_FACTOR=1.25 python -m tests.gui.canvas_at_scale``; prints one JSON line.
"""

from __future__ import annotations

import json
import os
import sys

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication

from gui.canvas.handles import Handle, handle_points
from gui.canvas.shape import frame_shape
from tests.gui.canvas_stand import Stand, picture

MARK = (400, 300, 60, 40)
CTRL = Qt.KeyboardModifier.ControlModifier

__all__ = ["main"]


def _marked_edges(stand: Stand) -> list[float]:
    """Left and top edge of the marked rectangle in the real pixels of the window, minus where the map puts them."""
    image = picture("black")
    for x in range(MARK[0], MARK[0] + MARK[2]):
        for y in range(MARK[1], MARK[1] + MARK[3]):
            image.setPixelColor(x, y, QColor("#00ff00"))
    stand.view.show_frame(image)
    shot = stand.view.viewport().grab().toImage()
    ratio = shot.devicePixelRatio()
    inside = stand.view_point(MARK[0] + MARK[2] / 2, MARK[1] + MARK[3] / 2) * ratio
    row, column = round(inside.y()), round(inside.x())
    left = next(x for x in range(shot.width()) if shot.pixelColor(x, row).green() > 127)
    top = next(y for y in range(shot.height()) if shot.pixelColor(column, y).green() > 127)
    corner = stand.view_point(MARK[0], MARK[1]) * ratio
    return [left - corner.x(), top - corner.y()]


def _dragged_by_the_mouse(stand: Stand) -> list[int]:
    """Where the layer is after a drag that the platform's mouse events describe in logical pixels."""
    for kind, x, y in (
        (QEvent.Type.MouseButtonPress, 1000, 500),
        (QEvent.Type.MouseMove, 1020, 510),
        (QEvent.Type.MouseMove, 1037, 523),
        (QEvent.Type.MouseButtonRelease, 1037, 523),
    ):
        at = stand.view_point(x, y)
        _send(stand, kind, at)
    stand.settle()
    return list(stand.rect("in_1") or ())


def _corner_resized(stand: Stand) -> list[int]:
    stand.select("in_1")
    points = handle_points(frame_shape(stand.layer("in_1")), stand.view.coordinates, stand.view.viewport_box())
    start = QPointF(*points[Handle.LEFT_TOP])
    goal = stand.view_point(937, 438)
    _send(stand, QEvent.Type.MouseButtonPress, start)
    _send(stand, QEvent.Type.MouseMove, (start + goal) / 2)
    _send(stand, QEvent.Type.MouseMove, goal)
    _send(stand, QEvent.Type.MouseButtonRelease, goal)
    stand.settle()
    return list(stand.rect("in_1") or ())


def _send(stand: Stand, kind: QEvent.Type, at: QPointF) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    button = none if kind is QEvent.Type.MouseMove else left
    buttons = none if kind is QEvent.Type.MouseButtonRelease else left
    place = stand.view.viewport().mapToGlobal(at)
    QGuiApplication.sendEvent(stand.view.viewport(), QMouseEvent(kind, at, place, button, buttons, CTRL))


def main() -> int:
    """Prints what the canvas did."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication(sys.argv[:1])
    stand = Stand()
    transform = stand.view.viewportTransform().map(QPointF(800, 340))
    expected = stand.view_point(800, 340)
    report = {
        "ratio": stand.view.viewport().devicePixelRatioF(),
        "map_ratio": stand.view.coordinates.device_ratio,
        "transform_error": max(abs(transform.x() - expected.x()), abs(transform.y() - expected.y())),
        "edges": _marked_edges(stand),
        "dragged": _dragged_by_the_mouse(stand),
        "resized": _corner_resized(stand),
    }
    stand.close()
    application.quit()
    sys.stdout.write(json.dumps(report) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
