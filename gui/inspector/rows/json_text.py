"""A row with a value as JSON: lists, free objects, anything that no other row can show."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.inspector.rows.row import MIXED, SETTLE_MS, Row
from gui.inspector.rows.text import TextEdit
from gui.theme.tokens import Tokens
from sync.field import Field

__all__ = ["JsonRefused", "JsonRow", "read_json", "write_json"]

LINES: Final = 3
ONE_LINE: Final = 36
INDENT: Final = 2
_PYTHON_TYPES: Final[dict[str, type]] = {"array": list, "object": dict}
_WANTED: Final = {"array": "a list, as in [1, 2]", "object": 'an object, as in {"name": 1}'}


class JsonRefused(ValueError):
    """A text that is no value for a field; the message is a sentence."""


def read_json(field: Field, text: str) -> Any:
    """The value that a text means; an empty one is None. Raises JsonRefused."""
    if not text.strip():
        return None
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise JsonRefused("This is nested too deep.") from None
    except ValueError as error:
        raise JsonRefused(_complaint(text, error)) from None
    wanted = _PYTHON_TYPES.get(field.json_type)
    if wanted is not None and value is not None and not isinstance(value, wanted):
        raise JsonRefused(f"This must be {_WANTED[field.json_type]}.")
    return value


def write_json(value: Any) -> str:
    """A value as text: short ones in one line, others with a line for each part."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= ONE_LINE else json.dumps(value, ensure_ascii=False, indent=INDENT)


class JsonRow(Row):
    """Label, text, and under it what is wrong with the text. A value counts when the hand leaves the text.

    Signals: ``judged`` when the text becomes right or wrong; ``problem`` is the sentence, empty for a right one. With
    ``is_draft`` every right text counts as it is typed, and a wrong one stays.
    """

    judged = Signal()

    def __init__(self, field: Field, tokens: Tokens, settle_ms: int = SETTLE_MS) -> None:
        super().__init__(field, tokens, settle_ms)
        self.is_draft = False
        self.problem = ""
        self._is_showing = False
        self._written = ""
        self.text = TextEdit(LINES, tokens)
        self.text.setObjectName(f"{self.name}/json")
        self.text.setAccessibleName(field.title)
        self.complaint = QLabel()
        self.complaint.setObjectName(f"{self.name}/problem")
        self.complaint.setProperty("tone", "late")
        self.complaint.setWordWrap(True)
        self.complaint.setTextFormat(Qt.TextFormat.PlainText)
        self.complaint.hide()
        self.text.textChanged.connect(self._typed)
        self.text.escaped.connect(self.cancel)
        self.text.entered.connect(self.release)
        self.text.left.connect(self.release)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 2, 0, 2)
        column.setSpacing(2)
        column.addWidget(self.text)
        column.addWidget(self.complaint)
        self.arrange((body, 1))
        self.text.setToolTip(self.tip())
        if line := self.widget.layout():
            line.setAlignment(self.label, Qt.AlignmentFlag.AlignTop)
            self.label.setContentsMargins(0, 5, 0, 0)

    def display(self, value: Any) -> None:
        self.text.setPlaceholderText("mixed" if value is MIXED else "not set")
        self._written = "" if value is MIXED or value is None else write_json(value)
        if self._written != self.text.toPlainText():
            self._is_showing = True
            self.text.setPlainText(self._written)
            self._is_showing = False
        self._judge("")

    def release(self) -> None:
        text = self.text.toPlainText()
        if self.is_held and not self.is_draft and text != self._written:
            self._take(text)
        super().release()

    def let_go(self) -> None:
        super().let_go()
        self._put_back()

    def editors(self) -> tuple[QWidget, ...]:
        return (self.text,)

    def tip(self) -> str:
        ending = "" if self.is_draft else ": counts when you leave it or press Ctrl+Enter; Escape puts the old one back"
        explained = f"\n{self.field.description}" if self.field.description else ""
        return f"{self.field.title} as JSON{ending}{explained}"

    def _typed(self) -> None:
        # The document speaks for setPlainText too; only the hand counts.
        if self._is_showing:
            return
        self.begin_typing()
        try:
            value = read_json(self.field, self.text.toPlainText())
        except JsonRefused as refused:
            self._judge(str(refused))
            return
        self._judge("")
        if self.is_draft:
            self.change(value)

    def _take(self, text: str) -> None:
        try:
            self.change(read_json(self.field, text))
            self._written = text
        except JsonRefused as refused:
            self._put_back()
            self.refused.emit(f"{self.field.title}: {refused} Ctrl+Z in the field brings your text back.")

    def _put_back(self) -> None:
        """The old text again, as a step that Ctrl+Z takes back."""
        self._is_showing = True
        cursor = self.text.textCursor()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(self._written)
        self._is_showing = False
        self._judge("")

    def _judge(self, problem: str) -> None:
        if problem != self.problem:
            self.problem = problem
            self.complaint.setText(problem)
            self.complaint.setVisible(bool(problem))
            self.judged.emit()


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number that can be sent")


def _complaint(text: str, error: ValueError) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return f"This is no JSON: {error}."
    if text.strip()[0].isalpha():
        return 'This is no JSON; a text needs quotes, as in "hello".'
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
        return "This is no JSON yet: it ends too early."
    where = f"line {error.lineno}, column {error.colno}" if "\n" in text.strip() else f"character {error.pos + 1}"
    return f"This is no JSON at {where}: {error.msg[:1].lower()}{error.msg[1:]}."
