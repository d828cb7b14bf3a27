"""The graph on screen: wheel and keys zoom, the middle button moves it, dragging over the ground selects."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsView, QLabel

from gui.graph.scene import GraphScene
from gui.theme.tokens import Tokens

__all__ = ["GraphView"]

LEAST: Final = 0.2
LEAST_BY_ITSELF: Final = 0.85
MOST: Final = 2.0
STEP: Final = 1.2


class GraphView(QGraphicsView):
    """Shows the whole graph until the hand zooms. Signals: ``delete_pressed``, ``menu_wanted`` with a global point."""

    delete_pressed = Signal()
    menu_wanted = Signal(QPoint)

    def __init__(self, scene: GraphScene, tokens: Tokens) -> None:
        super().__init__(scene)
        self.setObjectName("graph/view")
        self.setAccessibleName("Graph of the pipeline")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragMode(QGraphicsView.DragMode.RubberBandDrag)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(lambda at: self.menu_wanted.emit(self.viewport().mapToGlobal(at)))
        self.setMouseTracking(True)
        self._tokens = tokens
        self._graph = scene
        self.hint = ""
        self.follows = True
        self._pan_from: QPoint | None = None
        self.words = QLabel(self.viewport())
        self.words.setObjectName("graph/words")
        self.words.setProperty("role", "chip")
        self.words.setMargin(5)
        self.words.hide()
        scene.moved.connect(self._moved)
        scene.link_said.connect(self.say)

    @property
    def zoom(self) -> float:
        """Screen pixels a scene unit."""
        return self.transform().m11()

    def fit(self) -> None:
        """Shows everything, never larger than its natural size; follows the graph from now on."""
        self.follows = True
        self._fit(LEAST)

    def _fit(self, least: float) -> None:
        box = self.sceneRect()
        # The room without scroll bars: they go when everything fits.
        room = self.maximumViewportSize()
        if box.isEmpty() or room.isEmpty():
            return
        across, down = (room.width() - 4) / box.width(), (room.height() - 4) / box.height()
        self._set_zoom(max(least, min(1.0, across, down)))
        self.centerOn(box.center())

    def zoom_by(self, factor: float) -> None:
        """Closer or further; the graph is not fitted by itself any more."""
        self.follows = False
        self._set_zoom(self.zoom * factor)

    def say(self, sentence: str) -> None:
        """A sentence in the corner while a drag runs; an empty one takes it away."""
        self.words.setVisible(bool(sentence))
        self.words.setText(sentence)
        self.words.adjustSize()
        self.words.move(10, self.viewport().height() - self.words.height() - 10)

    def drawBackground(self, painter: QPainter, rect: object) -> None:
        del rect
        painter.save()
        painter.resetTransform()
        painter.fillRect(self.viewport().rect(), QColor(self._tokens.bg0))
        painter.restore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._graph.nodes and self.hint:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(self._tokens.dim))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self.hint)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom_by(STEP ** (event.angleDelta().y() / 120))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self.delete_pressed.emit()
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom_by(STEP)
            case Qt.Key.Key_Minus:
                self.zoom_by(1 / STEP)
            case Qt.Key.Key_0:
                self.fit()
            case _:
                super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.MiddleButton:
            self._pan_from = event.position().toPoint()
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is None:
            super().mouseMoveEvent(event)
            return
        at = event.position().toPoint()
        way, self._pan_from = at - self._pan_from, at
        self.follows = False
        for bar, distance in ((self.horizontalScrollBar(), way.x()), (self.verticalScrollBar(), way.y())):
            bar.setValue(bar.value() - distance)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.MiddleButton:
            self._pan_from = None
            self.viewport().unsetCursor()
        else:
            super().mouseReleaseEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._moved()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._moved()

    def _moved(self) -> None:
        if self.follows:
            # Words must stay readable in a low tab; the button shows everything whatever its size.
            self._fit(LEAST_BY_ITSELF)

    def _set_zoom(self, zoom: float) -> None:
        zoom = max(LEAST, min(MOST, zoom))
        self.resetTransform()
        self.scale(zoom, zoom)
