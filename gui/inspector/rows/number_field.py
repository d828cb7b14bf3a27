"""A number with its unit that understands sums; arrow keys step it, Enter takes what was typed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent, QShowEvent, QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLabel

from gui.inspector.expression import ExpressionRefused, evaluate
from gui.inspector.rows.scale import format_shown
from gui.inspector.rows.scrub_label import pace
from gui.inspector.rows.wheel_guard import guard_wheel
from gui.theme.fonts import mono_font
from gui.theme.tokens import Tokens
from sync.fields import Field

__all__ = ["NumberField"]

Enabled = QAbstractSpinBox.StepEnabledFlag


class NumberField(QAbstractSpinBox):
    """Shows and takes *shown* numbers (wire value × scale).

    Signals: ``stepped`` (steps, by key or wheel), ``typed`` (a number was entered), ``refused`` (a sentence),
    ``escaped``, ``left``.
    """

    stepped = Signal(float)
    typed = Signal(float)
    refused = Signal(str)
    escaped = Signal()
    left = Signal()

    def __init__(self, field: Field, tokens: Tokens) -> None:
        super().__init__()
        self._unit = QLabel(field.unit, self)
        self._unit_width = 0
        self._field = field
        self._shown: float | None = None
        self.whole: float | None = None
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFont(mono_font(tokens))
        self.setFixedHeight(tokens.row_height - 4)
        self._unit.setObjectName("unit")
        self._unit.setFont(mono_font(tokens, tokens.small_px))
        self._unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._unit.setVisible(bool(field.unit))
        self._unit_width = self._unit.sizeHint().width() + 4 if field.unit else 0
        self.lineEdit().setTextMargins(4, 0, self._unit_width + 4, 0)
        guard_wheel(self)

    def display(self, shown: float | None) -> None:
        """Shows a number, or “mixed” for None. A text that is being typed stays."""
        self._shown = shown
        if not (self.hasFocus() and self.lineEdit().isModified()):
            self._write()

    def has_typed(self) -> bool:
        """Whether the text differs from what was shown because someone typed."""
        return self.lineEdit().isModified()

    def take(self) -> None:
        """Reads the typed text; emits ``typed``, or ``refused`` and puts the old number back."""
        if not self.has_typed():
            return
        text = self.lineEdit().text()
        self.lineEdit().setModified(False)
        try:
            value = evaluate(text, self._shown or 0.0, self.whole, self._field.unit)
        except ExpressionRefused as refusal:
            self._write()
            self.refused.emit(f"{self._field.title}: {refusal}")
            return
        self._shown = value
        self.typed.emit(value)
        self._write()

    def _write(self) -> None:
        text = "" if self._shown is None else format_shown(self._field, self._shown)
        if text != self.lineEdit().text():
            self.lineEdit().setText(text)
        self.lineEdit().setPlaceholderText("mixed" if self._shown is None else "")
        self.lineEdit().setModified(False)

    def stepBy(self, steps: int) -> None:
        self.take()
        # Qt has multiplied a step by ten for Ctrl already.
        keys = QApplication.keyboardModifiers()
        ctrl, by = Qt.KeyboardModifier.ControlModifier, 1 if steps > 0 else -1
        count = max(1, abs(steps) // 10 if keys & ctrl else abs(steps))
        self.stepped.emit(by * count * pace(keys))

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        return Enabled.StepUpEnabled | Enabled.StepDownEnabled

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        return (QValidator.State.Acceptable, text, position)

    def sizeHint(self) -> QSize:
        return QSize(92, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(64, super().minimumSizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.take()
            self.selectAll()
        elif event.key() == Qt.Key.Key_Escape:
            self._write()
            self.escaped.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.take()
        super().focusOutEvent(event)
        self._write()
        self.left.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self._place()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._place()

    def _place(self) -> None:
        # A style sheet gives a spin box without buttons an edit field of no width.
        self.lineEdit().setGeometry(self.rect().adjusted(1, 1, -1, -1))
        self._unit.setGeometry(self.width() - self._unit_width - 6, 0, self._unit_width, self.height())
