"""The canvas to look at: picture, layers, zoom and pan. The hands are in view.py."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from gui.canvas.chrome import Chrome, ChromeState
from gui.canvas.coordinates import CoordinateMap, point_of
from gui.canvas.navigation import NOTCH_FACTOR, Navigation
from gui.canvas.picture_item import Renewal, never_renewed
from gui.canvas.plane import Box, Point
from gui.canvas.stage import Stage
from gui.theme.tokens import Tokens

_REACH = 1.0e7
_NOTCH = 120.0  # Qt counts eighths of a degree, a notch has 15°

__all__ = ["PictureView"]


class PictureView(QGraphicsView):
    """Scene coordinates are canvas pixels; the view's transform is the coordinate map and nothing scrolls.

    Signals: ``zoom_changed`` carries device pixels a canvas pixel.
    """

    zoom_changed = Signal(float)

    def __init__(self, tokens: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self._chrome = Chrome(tokens)
        self._navigation = Navigation()
        self._panning_from: Point | None = None
        self._sentence = ""
        self._state: ChromeState | None = None
        graphics = QGraphicsScene(self)
        graphics.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setScene(graphics)
        self._stage = Stage(graphics, tokens)
        self._prepare()

    def _prepare(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setSceneRect(QRectF(-_REACH, -_REACH, 2 * _REACH, 2 * _REACH))
        self.viewport().setMouseTracking(True)
        # Every pixel is painted in drawBackground or by the picture, and items leave nothing on the painter behind.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)

    @property
    def coordinates(self) -> CoordinateMap:
        """The one map between canvas, viewport and device."""
        return self._navigation.map

    @property
    def stage(self) -> Stage:
        """The items, for counts of frames and repaints."""
        return self._stage

    def show_frame(self, image: QImage, renewal: Renewal = never_renewed) -> None:
        """Shows the newest frame (RGB32). ``renewal`` belongs to a frame in memory that its source reuses."""
        had_picture = self._stage.picture.has_picture
        self._stage.picture.show_frame(image, renewal)
        if not had_picture:
            self.refresh()

    def clear_picture(self) -> None:
        """There is no picture any more: layers become labelled boxes."""
        self._stage.picture.show_frame(None)
        self.refresh()

    def show_picture_state(self, sentence: str) -> None:
        """Why there is no picture, or none as fresh as it should be; empty when all is well."""
        if sentence != self._sentence:
            self._sentence = sentence
            self.restate()

    def picture(self) -> QImage | None:
        """The shown frame, in memory of its own."""
        return self._stage.picture.copy()

    def show_tokens(self, tokens: Tokens) -> None:
        """Another theme."""
        self._tokens = tokens
        self._chrome = Chrome(tokens)
        self._stage.show_tokens(tokens)
        self.refresh()

    def refresh(self) -> None:
        """Paints everything again."""
        self.restate()

    def restate(self) -> None:
        """Something over the layers has changed: it is read again when it is painted."""
        self._state = None
        self.viewport().update()

    def chrome_state(self) -> ChromeState:
        """What is drawn over the layers."""
        return ChromeState(sentence=self._sentence)

    def fit(self) -> None:
        """Shows the whole canvas, and goes on doing so when the window changes."""
        self._navigation.fit()
        self._apply_map()

    def zoom_by(self, factor: float) -> None:
        """Zooms about the middle of the view."""
        self._navigation.zoom_by(factor)
        self._apply_map()

    def zoom_at(self, factor: float, at: Point) -> None:
        """Zooms with what is under ``at`` (logical pixels) staying there."""
        self._navigation.zoom_by(factor, at)
        self._apply_map()

    def zoom_to(self, zoom: float) -> None:
        """1.0 shows one canvas pixel on one pixel of the screen."""
        self._navigation.zoom_to(zoom)
        self._apply_map()

    @property
    def is_panning(self) -> bool:
        return self._panning_from is not None

    def start_panning(self, at: Point) -> None:
        """The canvas follows the pointer until ``stop_panning``."""
        self._panning_from = at
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def pan_to(self, at: Point) -> None:
        if self._panning_from is not None:
            self._navigation.pan(at.minus(self._panning_from))
            self._panning_from = at
            self._apply_map()

    def stop_panning(self) -> None:
        self._panning_from = None
        self.viewport().unsetCursor()

    def viewport_box(self) -> Box:
        """The viewport in logical pixels."""
        return Box(0, 0, self.viewport().width(), self.viewport().height())

    def show_canvas_size(self, canvas: tuple[int, int]) -> None:
        self._navigation.show_canvas(canvas)
        self._apply_map()

    def _apply_map(self) -> None:
        transform = self._navigation.map.transform()
        if transform == self.transform():
            return
        old_zoom = self.transform().m11() * self._navigation.map.device_ratio
        self.setTransform(transform)
        self._state = None
        for bar in (self.horizontalScrollBar(), self.verticalScrollBar()):
            bar.setValue(0)
        if abs(old_zoom - self._navigation.map.zoom) > 1e-9:
            self.zoom_changed.emit(self._navigation.map.zoom)

    def _fit_viewport(self) -> None:
        ratio = self.viewport().devicePixelRatioF()
        self._navigation.resize((self.viewport().width(), self.viewport().height()), ratio)
        self._apply_map()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl zooms at the pointer; without it the wheel moves a canvas that is larger than the view."""
        turned = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_at(NOTCH_FACTOR ** (turned.y() / _NOTCH), point_of(event.position()))
        elif not self._navigation.is_fitted:
            by = event.pixelDelta() if not event.pixelDelta().isNull() else turned / 2
            is_sideways = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._navigation.pan(Point(by.y(), by.x()) if is_sideways else Point(by.x(), by.y()))
            self._apply_map()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pan_to(point_of(event.position()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_viewport()

    def event(self, event: QEvent) -> bool:
        """Another screen may have another scale: the map learns it before the next paint."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._fit_viewport()
        return super().event(event)

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """The ground around the canvas; under the picture it would only be painted over."""
        ground, canvas = QRectF(rect), self._stage.picture.boundingRect()
        colour = QColor(self._tokens.bg0)
        if not self._stage.picture.has_picture or not canvas.intersects(ground):
            painter.fillRect(ground, colour)
            return
        for strip in (
            QRectF(ground.left(), ground.top(), ground.width(), canvas.top() - ground.top()),
            QRectF(ground.left(), canvas.bottom(), ground.width(), ground.bottom() - canvas.bottom()),
            QRectF(ground.left(), canvas.top(), canvas.left() - ground.left(), canvas.height()),
            QRectF(canvas.right(), canvas.top(), ground.right() - canvas.right(), canvas.height()),
        ):
            if strip.isValid():
                painter.fillRect(strip, colour)

    def drawForeground(self, painter: QPainter, _rect: QRectF | QRect) -> None:
        if self._state is None:
            self._state = self.chrome_state()
        painter.save()
        painter.resetTransform()
        self._chrome.paint(painter, self._state, self.coordinates, self.viewport_box())
        painter.restore()
