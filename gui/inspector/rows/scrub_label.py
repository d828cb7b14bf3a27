"""A row's label that can be dragged: Shift is fine, Ctrl is coarse, a double click asks for the default."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLabel, QWidget

__all__ = ["FINE", "ScrubLabel", "pace"]

FINE: Final = 0.1
COARSE: Final = 10.0
DEAD_ZONE_PX: Final = 2


def pace(modifiers: Qt.KeyboardModifier) -> float:
    """How much a movement counts: Shift a tenth, Ctrl ten times."""
    if modifiers & Qt.KeyboardModifier.ShiftModifier:
        return FINE
    return COARSE if modifiers & Qt.KeyboardModifier.ControlModifier else 1.0


class ScrubLabel(QLabel):
    """Signals: ``scrub_began``, ``scrubbed`` (steps since), ``scrub_ended``, ``scrub_cancelled``, ``reset_asked``."""

    scrub_began = Signal()
    scrubbed = Signal(float)
    scrub_ended = Signal()
    scrub_cancelled = Signal()
    reset_asked = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.steps = False
        self._is_scrubbing = False
        self._last_x: float | None = None
        self._moved = 0.0

    def set_scrubbable(self, is_scrubbable: bool) -> None:
        """Whether dragging changes a value; the pointer says so."""
        self.steps = is_scrubbable
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus if is_scrubbable else Qt.FocusPolicy.NoFocus)
        if is_scrubbable:
            self.setCursor(Qt.CursorShape.SizeHorCursor)
        else:
            self.unsetCursor()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.steps and event.button() == Qt.MouseButton.LeftButton:
            self._last_x, self._moved, self._is_scrubbing = event.position().x(), 0.0, False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last_x is None:
            return
        by = event.position().x() - self._last_x
        if not self._is_scrubbing:
            if abs(by) < DEAD_ZONE_PX:
                return
            self._is_scrubbing = True
            self.scrub_began.emit()
        self._last_x += by
        self._moved += by * pace(event.modifiers())
        self.scrubbed.emit(self._moved)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        del event
        self._finish(is_cancelled=False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.steps and event.button() == Qt.MouseButton.LeftButton:
            self.reset_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._is_scrubbing:
            self._finish(is_cancelled=True)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._finish(is_cancelled=False)
        super().focusOutEvent(event)

    def _finish(self, *, is_cancelled: bool) -> None:
        was_scrubbing, self._is_scrubbing, self._last_x = self._is_scrubbing, False, None
        if was_scrubbing:
            (self.scrub_cancelled if is_cancelled else self.scrub_ended).emit()
