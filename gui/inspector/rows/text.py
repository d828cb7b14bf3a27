"""A row with a text: what is typed is shown on air as it is typed, a pause later."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from gui.inspector.rows.row import MIXED, Row
from gui.theme.tokens import Tokens
from sync.fields import Field

__all__ = ["DEBOUNCE_MS", "TextEdit", "TextRow"]

DEBOUNCE_MS: Final = 300
TEXT_SETTLE_MS: Final = 1500
LINES: Final = {"text": 3}


class TextEdit(QPlainTextEdit):
    """Signals: ``escaped``, ``entered`` (Enter in a one-line text, Ctrl+Enter in a longer one), ``left``."""

    escaped = Signal()
    entered = Signal()
    left = Signal()

    def __init__(self, lines: int, tokens: Tokens) -> None:
        super().__init__()
        self._is_one_line = lines == 1
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(3)
        wraps = QPlainTextEdit.LineWrapMode
        self.setLineWrapMode(wraps.NoWrap if self._is_one_line else wraps.WidgetWidth)
        if self._is_one_line:
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(tokens.row_height - 4 if self._is_one_line else 20 * lines + 10)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif is_enter and (self._is_one_line or event.modifiers() & Qt.KeyboardModifier.ControlModifier):
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.left.emit()


class TextRow(Row):
    """Label and text. An empty text means None in a field that has no default."""

    def __init__(self, field: Field, tokens: Tokens, settle_ms: int = TEXT_SETTLE_MS) -> None:
        super().__init__(field, tokens, settle_ms)
        self.text = TextEdit(LINES.get(field.name, 1), tokens)
        self.text.setObjectName(f"{self.name}/text")
        self._is_showing = False
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(DEBOUNCE_MS)
        self._typing.timeout.connect(self._offer)
        self.text.textChanged.connect(self._typed)
        self.text.escaped.connect(self.cancel)
        self.text.entered.connect(self.release)
        self.text.left.connect(self.release)
        self.arrange((self.text, 1))
        if line := self.widget.layout():
            line.setAlignment(self.label, Qt.AlignmentFlag.AlignTop)
            self.label.setContentsMargins(0, 5, 0, 0)

    def display(self, value: Any) -> None:
        self.text.setPlaceholderText("mixed" if value is MIXED else "server's default" if value is None else "")
        text = "" if value is MIXED or value is None else str(value)
        if text == self.text.toPlainText():
            return
        cursor = self.text.textCursor().position()
        self._is_showing = True
        self.text.setPlainText(text)
        self._is_showing = False
        place = self.text.textCursor()
        place.setPosition(min(cursor, len(text)))
        self.text.setTextCursor(place)

    def release(self) -> None:
        if self._typing.isActive():
            self._offer()
        super().release()

    def let_go(self) -> None:
        self._typing.stop()
        super().let_go()

    def editors(self) -> tuple[QWidget, ...]:
        return (self.text,)

    def tip(self) -> str:
        return f"{self.field.title}: follows while you type; Escape puts the old text back"

    def _typed(self) -> None:
        # The document speaks for setPlainText too; only the hand counts.
        if self._is_showing:
            return
        self.press()
        self._typing.start()

    def _offer(self) -> None:
        self._typing.stop()
        text = self.text.toPlainText()
        self.change(None if not text and self.field.default is None else text, settles=True)
