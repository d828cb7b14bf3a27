"""A number with its unit that understands sums; arrow keys step it, Enter takes what was typed."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QLabel, QLineEdit

from gui.inspector.expression import ExpressionRefused, evaluate
from gui.inspector.rows.scale import format_shown
from gui.inspector.rows.scrub_label import pace
from gui.theme.fonts import mono_font
from gui.theme.tokens import Tokens
from sync.fields import Field

__all__ = ["NumberField"]

_STEPS: Final = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}


class NumberField(QLineEdit):
    """Shows and takes *shown* numbers (wire value × scale).

    Signals: ``typing`` (a key changed it), ``stepped`` (steps, by key or wheel), ``typed`` (a number was entered),
    ``refused`` (a sentence), ``escaped``, ``left``.
    """

    typing = Signal()
    stepped = Signal(float)
    typed = Signal(float)
    refused = Signal(str)
    escaped = Signal()
    left = Signal()

    def __init__(self, field: Field, tokens: Tokens) -> None:
        super().__init__()
        self._field = field
        self._shown: float | None = None
        self._words = ""
        self.whole: float | None = None
        self._unit = QLabel(field.unit, self)
        self._unit.setObjectName("unit")
        self._unit.setFont(mono_font(tokens, tokens.small_px))
        self._unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._unit.setVisible(bool(field.unit))
        self._unit_width = self._unit.sizeHint().width() + 2 if field.unit else 0
        self.setFont(mono_font(tokens))
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.textEdited.connect(lambda _text: self.typing.emit())
        self.setFixedHeight(tokens.row_height - 4)
        self.setTextMargins(0, 0, self._unit_width, 0)

    def display(self, shown: float | None, words: str = "") -> None:
        """Shows a number, or ``words`` when there is none. A text that is being typed stays."""
        self._shown = shown
        self._words = words
        if not (self.hasFocus() and self.isModified()):
            self._write()

    def take(self) -> None:
        """Reads the typed text; emits ``typed``, or ``refused`` and puts the old number back."""
        if not self.isModified():
            return
        self.setModified(False)
        try:
            value = evaluate(self.text(), self._shown or 0.0, self.whole, self._field.unit)
        except ExpressionRefused as refusal:
            self._write()
            self.refused.emit(f"{self._field.title}: {refusal}")
            return
        self._shown = value
        self.typed.emit(value)
        self._write()

    def _write(self) -> None:
        text = "" if self._shown is None else format_shown(self._field, self._shown)
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)  # of a long number the first digits are seen
        self.setPlaceholderText(self._words if self._shown is None else "")
        self.setModified(False)

    def _step(self, steps: int, keys: Qt.KeyboardModifier) -> None:
        self.take()
        self.stepped.emit(steps * pace(keys))

    def sizeHint(self) -> QSize:
        return QSize(92, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(64, self.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _STEPS:
            self._step(_STEPS[Qt.Key(event.key())], event.modifiers())
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.take()
            self.selectAll()
        elif event.key() == Qt.Key.Key_Escape:
            self._write()
            self.escaped.emit()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only a field with the focus takes the wheel; others let the panel scroll."""
        turned = event.angleDelta().y() or event.angleDelta().x()
        if self.hasFocus() and turned and self.isEnabled():
            self._step(1 if turned > 0 else -1, event.modifiers())
            event.accept()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason}:
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.take()
        super().focusOutEvent(event)
        self._write()
        self.left.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._unit.setGeometry(self.width() - self._unit_width - 6, 0, self._unit_width, self.height())
