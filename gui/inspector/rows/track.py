"""A horizontal slider that the hand owns: jumps to where it is pressed, Shift is fine, Escape gives up."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSlider

from gui.inspector.rows.scrub_label import FINE
from gui.theme.tokens import Tokens
from gui.wheel_guard import guard_wheel

__all__ = ["Track"]

RADIUS: Final = 7.0
GROOVE: Final = 4.0


class Track(QSlider):
    """Positions are whole steps from 0 to ``maximum()``; only the hand makes it emit.

    Signals: ``pressed``, ``moved`` (position, with fractions), ``let_go``, ``stepped`` (by key or wheel), ``escaped``,
    ``reset_asked``, ``left``.
    """

    pressed = Signal()
    moved = Signal(float)
    let_go = Signal()
    stepped = Signal(int)
    escaped = Signal()
    reset_asked = Signal()
    left = Signal()

    def __init__(self, tokens: Tokens, positions: int, origin: int = 0) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._tokens = tokens
        self._origin = origin
        self._is_pressed = False
        self._at = 0.0
        self._last_x = 0.0
        self.is_mixed = False
        self.setRange(0, positions)
        self.setPageStep(max(1, positions // 10))
        self.setFixedHeight(tokens.row_height - 4)
        self.setMouseTracking(True)
        guard_wheel(self)
        self.actionTriggered.connect(self._acted)

    @property
    def is_pressed(self) -> bool:
        """Whether a pointer holds the handle."""
        return self._is_pressed

    def put(self, position: float, *, is_mixed: bool = False) -> None:
        """Shows a position; emits nothing of ours."""
        self.is_mixed = is_mixed
        self._at = min(max(position, 0.0), float(self.maximum()))
        self.setValue(round(self._at))
        self.update()

    def handle_x(self) -> float:
        """Where the middle of the handle is, in the widget's pixels."""
        return RADIUS + self._at / max(1, self.maximum()) * self._travel()

    def sizeHint(self) -> QSize:
        return QSize(96, self._tokens.row_height - 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(48, self._tokens.row_height - 4)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._is_pressed, self._last_x = True, event.position().x()
        self.pressed.emit()
        if abs(self._last_x - self.handle_x()) > RADIUS + 2:
            self._move((self._last_x - RADIUS) / self._travel() * self.maximum())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._is_pressed:
            return
        by = (event.position().x() - self._last_x) / self._travel() * self.maximum()
        self._last_x = event.position().x()
        self._move(self._at + by * (FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        del event
        self._finish(is_cancelled=False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._finish(is_cancelled=False)
            self.reset_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._finish(is_cancelled=True)
            self.escaped.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._finish(is_cancelled=False)
        super().focusOutEvent(event)
        self.left.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.angleDelta().y():
            self.stepped.emit(1 if event.angleDelta().y() > 0 else -1)
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle, here = self.height() / 2, self.handle_x()
        painter.setBrush(QColor(self._tokens.bg3))
        painter.drawRoundedRect(QRectF(0, middle - GROOVE / 2, self.width(), GROOVE), 2, 2)
        if self.isEnabled() and not self.is_mixed:
            start = RADIUS + self._origin / max(1, self.maximum()) * self._travel() if self._origin else 0.0
            painter.setBrush(QColor(self._tokens.accent))
            painter.drawRoundedRect(QRectF(min(start, here), middle - GROOVE / 2, abs(here - start), GROOVE), 2, 2)
        self._paint_handle(painter, QPointF(here, middle))

    def _paint_handle(self, painter: QPainter, middle: QPointF) -> None:
        tokens = self._tokens
        fill = tokens.text if tokens.is_dark else tokens.bg2
        if not self.isEnabled() or self.is_mixed:
            fill = tokens.bg3
        ring = tokens.accent if self.hasFocus() else tokens.line
        painter.setPen(QPen(QColor(ring), 2 if self.hasFocus() else 1))
        painter.setBrush(QColor(fill))
        painter.drawEllipse(middle, RADIUS - 1, RADIUS - 1)

    def _travel(self) -> float:
        return max(1.0, self.width() - 2 * RADIUS)

    def _move(self, position: float) -> None:
        self.put(position)
        self.moved.emit(self._at)

    def _finish(self, *, is_cancelled: bool) -> None:
        was_pressed, self._is_pressed = self._is_pressed, False
        if was_pressed and not is_cancelled:
            self.let_go.emit()

    def _acted(self, _action: int) -> None:
        steps = self.sliderPosition() - self.value()
        self.setSliderPosition(self.value())
        if steps:
            self.stepped.emit(steps)
