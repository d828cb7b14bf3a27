"""A canvas on a model server: real view, bridge and session, no sockets and no loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.canvas.plane import Point
from gui.canvas.view import CanvasView
from sync.scene import Layer
from tests.gui.desk import ModelDesk
from tests.support.link import COMPOSITOR, ModelLink

NODE = COMPOSITOR
PARAMS: dict[str, Any] = {
    "width": 1280,
    "height": 720,
    "layers": {
        "in_0": {"rect": {"x": 0, "y": 0, "width": 1280, "height": 720}, "z_index": 0},
        "in_1": {"rect": {"x": 800, "y": 340, "width": 400, "height": 300}, "z_index": 1},
        "in_2": {"rect": {"x": 500, "y": 100, "width": 160, "height": 90}, "z_index": 2},
    },
    "text_overlays": [
        {"id": "title", "text": "Live", "rect": {"x": 60, "y": 600, "width": 300, "height": 60}, "z_index": 5}
    ],
    "image_overlays": [
        {
            "id": "logo",
            "asset_path": "samples/images/logo.png",
            "rect": {"x": 60, "y": 60, "width": 160, "height": 90},
            "z_index": 4,
        }
    ],
}

__all__ = ["NODE", "PARAMS", "Stand", "picture"]


class Stand:
    """The hands of a test: presses, drags and keys in canvas pixels; ``bridge.flush`` stands for the frame timer."""

    def __init__(self, params: Mapping[str, Any] | None = None, size: tuple[int, int] = (900, 600)) -> None:
        self.model = ModelDesk(PARAMS if params is None else params)
        self.session, self.server, self.clock = self.model.session, self.model.server, self.model.clock
        self.desk, self.bridge = self.model.desk, self.model.bridge
        self.server.deliver_frame(NODE, "in_0", (1280, 720))
        self.server.deliver_frame(NODE, "in_1", (640, 480))
        self.model.link.settle()
        self.said: list[str] = []
        self.bridge.noticed.connect(lambda _severity, sentence: self.said.append(sentence))
        self.view = CanvasView(self.bridge, self.model.tokens)
        self.view.resize(*size)
        self.view.show()
        self.view.activateWindow()
        self.view.setFocus()
        QApplication.processEvents()
        self.bridge.flush()

    def close(self) -> None:
        """No timer and no window stays."""
        self.model.close()
        self.view.close()
        self.view.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.session.close()

    @property
    def link(self) -> ModelLink:
        """The way to the model server."""
        return self.model.link

    def settle(self) -> None:
        """What was sent arrives, comes back, and is shown."""
        self.clock.advance(1.0)
        self.link.settle()
        self.bridge.flush()

    def layer(self, layer_id: str) -> Layer:
        """The layer as it is shown now."""
        scene = self.bridge.scene
        assert scene is not None
        layer = scene.layer(layer_id)
        assert layer is not None
        return layer

    def rect(self, layer_id: str) -> tuple[int, int, int, int] | None:
        """The configured rect as it is shown now."""
        rect = self.layer(layer_id).rect
        return None if rect is None else (rect.x, rect.y, rect.width, rect.height)

    def select(self, *layer_ids: str) -> None:
        self.bridge.select(layer_ids)
        self.bridge.flush()

    def selection(self) -> tuple[str, ...]:
        """Ids of the selected layers."""
        return self.bridge.selection

    def crops(self) -> bool:
        """Whether crop mode is on."""
        return self.view.is_cropping

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """A key goes down and up on the canvas."""
        QTest.keyClick(self.view, key, keys)

    def steps(self) -> str | None:
        """What undo would undo."""
        title: str | None = self.session.history.undo_title
        return title

    def view_point(self, x: float, y: float) -> QPointF:
        shown = self.view.coordinates.to_view(Point(x, y))
        return QPointF(shown.x, shown.y)

    def press(
        self,
        x: float,
        y: float,
        keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    ) -> None:
        """A button goes down at a canvas point."""
        self._mouse(QEvent.Type.MouseButtonPress, self.view_point(x, y), button, button, keys)

    def move(
        self,
        x: float,
        y: float,
        keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    ) -> None:
        """The pointer goes to a canvas point with the button down."""
        self._mouse(QEvent.Type.MouseMove, self.view_point(x, y), Qt.MouseButton.NoButton, button, keys)

    def release(
        self,
        x: float,
        y: float,
        keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    ) -> None:
        """The button goes up at a canvas point."""
        self._mouse(QEvent.Type.MouseButtonRelease, self.view_point(x, y), button, Qt.MouseButton.NoButton, keys)

    def hover(self, x: float, y: float) -> None:
        """The pointer goes to a canvas point with no button down."""
        none = Qt.MouseButton.NoButton
        self._mouse(QEvent.Type.MouseMove, self.view_point(x, y), none, none, Qt.KeyboardModifier.NoModifier)

    def click(self, x: float, y: float, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.press(x, y, keys)
        self.release(x, y, keys)
        self.bridge.flush()

    def drag(
        self,
        start: tuple[float, float],
        *stops: tuple[float, float],
        keys: Qt.KeyboardModifier = Qt.KeyboardModifier.ControlModifier,
    ) -> None:
        """Press, move over the stops, release; without snapping unless other ``keys`` are given."""
        self.press(*start)
        for stop in stops:
            self.move(*stop, keys)
        self.release(*stops[-1], keys)
        self.bridge.flush()

    def wheel(
        self, x: float, y: float, notches: float, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        at = self.view_point(x, y)
        event = QWheelEvent(
            at,
            self.view.viewport().mapToGlobal(at),
            QPoint(),
            QPoint(0, round(120 * notches)),
            Qt.MouseButton.NoButton,
            keys,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QGuiApplication.sendEvent(self.view.viewport(), event)

    def _mouse(
        self,
        kind: QEvent.Type,
        at: QPointF,
        button: Qt.MouseButton,
        buttons: Qt.MouseButton,
        keys: Qt.KeyboardModifier,
    ) -> None:
        place = self.view.viewport().mapToGlobal(at)
        QGuiApplication.sendEvent(self.view.viewport(), QMouseEvent(kind, at, place, button, buttons, keys))


def picture(kind: str = "studio", size: tuple[int, int] = (1280, 720)) -> QImage:
    """A picture to look at handles on: ``studio``, ``white``, ``black`` or ``busy``."""
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(QColor({"white": "#FFFFFF", "black": "#000000"}.get(kind, "#1E4B5F")))
    painter = QPainter(image)
    if kind == "busy":
        for row in range(0, size[1], 18):
            for column in range(0, size[0], 18):
                hue = (row * 7 + column * 13) % 360
                painter.fillRect(column, row, 18, 18, QColor.fromHsv(hue, 200, 90 + (row * column) % 160))
    elif kind == "studio":
        _paint_studio(painter)
    painter.end()
    return image


def _paint_studio(painter: QPainter) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    painter.setPen(Qt.PenStyle.NoPen)
    for colour, place in (("#34495E", (380, 500, 260, 300)), ("#DBB08A", (400, 180, 220, 260))):
        painter.setBrush(QColor(colour))
        painter.drawEllipse(*place)
    bars = ("#C0C0C0", "#C0C000", "#00C0C0", "#00C000", "#C000C0", "#C00000", "#0000C0")
    for index, colour in enumerate(bars):
        painter.fillRect(60 + index * 23, 60, 23, 90, QColor(colour))
    painter.fillRect(800, 340, 400, 300, QColor("#7A4B32"))
    painter.setBrush(QColor("#E0A98A"))
    painter.drawEllipse(930, 390, 140, 150)
    painter.fillRect(60, 600, 420, 64, QColor(10, 16, 24, 220))
