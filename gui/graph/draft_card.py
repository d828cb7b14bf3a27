"""The card of a node that is not there yet: its params, what is still missing, adding and discarding it."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gui.inspector.rows.json_text import JsonRow
from gui.inspector.rows.making import make_row
from gui.inspector.rows.row import Row
from gui.theme.tokens import Tokens
from sync.field import Field, FieldKind
from sync.graph_edit import Draft, Stage
from sync.paths import Path, read
from sync.schema_fields import fields_from_schema, required_names
from sync.wire.json_value import JsonObject

__all__ = ["DraftCard", "renamed"]

WIDTH: Final = 300
JSON_HEIGHT: Final = 48
REQUIRED: Final = " *"


def renamed(row: Row, name: str) -> Row:
    """Gives a row and its editors the names of another area than the inspector's."""
    for widget in (row.widget, *row.widget.findChildren(QWidget)):
        widget.setObjectName(widget.objectName().replace(row.name, name, 1))
    row.name = name
    return row


class DraftCard(QFrame):
    """Signals: ``filled`` with node id, path and value; ``wanted`` and ``discarded`` with the id; ``refused``."""

    filled = Signal(str, object, object)
    wanted = Signal(str)
    discarded = Signal(str)
    refused = Signal(str)

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("graph/draft")
        self.setProperty("role", "card")
        self.setFixedWidth(WIDTH)
        self._tokens = tokens
        self._draft: Draft | None = None
        self.rows: dict[Path, Row] = {}
        self._required: tuple[str, ...] = ()
        self.title = QLabel()
        self.title.setProperty("role", "head")
        self.words = QLabel()
        self.words.setObjectName("graph/draft/words")
        self.words.setWordWrap(True)
        self.add = self._button("add", "Add node", "Ask the server to build this node", "first")
        self.discard = self._button("discard", "Discard", "Forget this node", "")
        self.add.clicked.connect(lambda: self.wanted.emit(self.node_id))
        self.discard.clicked.connect(lambda: self.discarded.emit(self.node_id))
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._lay_out()
        self.hide()

    def show_draft(self, draft: Draft | None, schema: JsonObject) -> None:
        """Shows a draft with the params of its kind; None hides the card."""
        is_other = draft is None or self._draft is None or draft.node_id != self._draft.node_id
        self._draft = draft
        self.setVisible(draft is not None)
        if draft is None:
            return
        if is_other:
            self._make_rows(schema)
        for path, row in self.rows.items():
            value = read(draft.params, path, row.field.default)
            is_text = row.field.kind is FieldKind.TEXT
            row.show("" if value is None and is_text and path[0] in self._required else value)
            row.set_editable(draft.stage is not Stage.ASKED, "The server is building this node.")
        self.title.setText(f"{draft.node_id} · {draft.kind}")
        self.add.setText("Try again" if draft.stage is Stage.FAILED else "Add node")
        self._judge()

    @property
    def node_id(self) -> str:
        """The draft that is shown; empty when there is none."""
        return "" if self._draft is None else self._draft.node_id

    def _judge(self) -> None:
        """Says what still stands in the way; nothing is added while a row holds what is no value."""
        if self._draft is None:
            return
        wrong = [row for row in self.rows.values() if isinstance(row, JsonRow) and row.problem]
        problem = f"{wrong[0].field.title.removesuffix(REQUIRED)}: {wrong[0].problem}" if wrong else ""
        self.words.setText(problem or _words(self._draft))
        self.add.setEnabled(self._draft.stage is not Stage.ASKED and not self._draft.missing and not wrong)

    def _button(self, name: str, title: str, tip: str, role: str) -> QPushButton:
        button = QPushButton(title)
        button.setObjectName(f"graph/draft/{name}")
        button.setAccessibleName(title)
        button.setToolTip(tip)
        if role:
            button.setProperty("role", role)
        return button

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(4)
        buttons = QHBoxLayout()
        buttons.addWidget(self.add)
        buttons.addWidget(self.discard)
        buttons.addStretch()
        column.addWidget(self.title)
        column.addWidget(self.words)
        column.addWidget(self._scroll, 1)
        column.addLayout(buttons)

    def _make_rows(self, schema: JsonObject) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.rows = {}
        self._required = required = required_names(schema)
        for field in sorted(fields_from_schema(schema), key=lambda one: one.path[0] not in required):
            row = self._row(field, is_required=field.path[0] in required)
            # Not Fixed: a sentence under a row needs more lines in a narrow card.
            row.widget.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
            column.addWidget(row.widget)
        column.addStretch()
        self._scroll.setWidget(body)

    def _row(self, field: Field, *, is_required: bool) -> Row:
        if is_required:
            field = msgspec.structs.replace(field, title=f"{field.title}{REQUIRED}")
        row = renamed(make_row(field, self._tokens), f"graph/draft/{'.'.join(field.path)}")
        row.changing.connect(lambda value, path=field.path: self._take(path, value))
        row.refused.connect(self.refused.emit)
        if isinstance(row, JsonRow):
            row.is_draft = True
            row.text.setFixedHeight(JSON_HEIGHT)
            row.judged.connect(self._judge)
        self.rows[field.path] = row
        return row

    def _take(self, path: Path, value: Any) -> None:
        if self._draft is not None:
            self.filled.emit(self._draft.node_id, path, value)


def _words(draft: Draft) -> str:
    if draft.reason:
        return draft.reason
    if draft.stage is Stage.ASKED:
        return "The server is building it…"
    return f"Still needed: {', '.join(draft.missing)}." if draft.missing else "Ready to be added."
