"""The rows for one set of fields, in groups; made once and shown for whatever layers are selected."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

import msgspec
from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.bridge import Bridge
from gui.inspector.binding import Binding
from gui.inspector.rows.font import FontRow
from gui.inspector.rows.making import make_row
from gui.inspector.rows.mark import MarkKind
from gui.inspector.rows.number import NumberRow
from gui.inspector.rows.row import Row
from gui.inspector.subject import Subject
from gui.theme.tokens import Tokens
from sync.field import Field, FieldKind

__all__ = ["FieldForm"]

PAIRS: Final = {"x": "y", "width": "height", "mirror_horizontal": "mirror_vertical"}
SHORT: Final = {"x": "X", "y": "Y", "width": "W", "height": "H"}
SHORT_WIDTH: Final = 14
NODE_LABEL_WIDTH: Final = 96
FIXED: Final = "{title} cannot be changed while the node runs: the server does not mark it as live."


class FieldForm(QWidget):
    """Rows by field name.

    Signals: ``refused`` with a sentence; ``settled`` when the truth is to be shown again; ``reshaped`` when the rows
    need another height.
    """

    refused = Signal(str)
    settled = Signal()
    reshaped = Signal()

    def __init__(self, fields: tuple[Field, ...], bridge: Bridge, tokens: Tokens, *, has_heads: bool = False) -> None:
        super().__init__()
        self._tokens = tokens
        self._allowed: tuple[str, str] | None = None
        fields = _with_names_of_their_own(fields)
        self._is_node = has_heads
        self.bindings = {field.name: Binding(make_row(field, tokens), bridge) for field in fields}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for number, (group, members) in enumerate(groupby(fields, key=lambda field: field.group)):
            if number:
                layout.addSpacing(tokens.gap)
                layout.addWidget(_rule())
                layout.addSpacing(tokens.gap)
            if has_heads and group:
                layout.addWidget(_head(group))
            for line in [[field] for field in members] if has_heads else _lines(list(members)):
                layout.addLayout(self._line(line))
        for binding in self.bindings.values():
            binding.refused.connect(self.refused.emit)
            binding.settled.connect(self.settled.emit)

    def height_for(self, width: int) -> int:
        """How high the rows are at a width; sentences in them wrap."""
        return self.heightForWidth(width) if self.hasHeightForWidth() else self.sizeHint().height()

    def row(self, name: str) -> Row:
        """The row of a field."""
        return self.bindings[name].row

    def font_rows(self) -> tuple[FontRow, ...]:
        """The rows that choose a font."""
        return tuple(each.row for each in self.bindings.values() if isinstance(each.row, FontRow))

    def show_subjects(self, node_id: str, subjects: tuple[Subject, ...], canvas: tuple[int, int] | None = None) -> None:
        """Shows the subjects' values; percents in positions and sizes are of the canvas."""
        for name, binding in self.bindings.items():
            if isinstance(binding.row, NumberRow) and name in SHORT and canvas is not None:
                binding.row.set_whole(canvas[0] if name in {"x", "width"} else canvas[1])
            binding.show(node_id, subjects)

    def show_marks(self) -> None:
        """Brings all marks up to date."""
        for binding in self.bindings.values():
            binding.show_mark()

    def is_unsettled(self) -> bool:
        """Whether some mark will change with time alone."""
        return any(binding.row.mark.kind is not MarkKind.SETTLED for binding in self.bindings.values())

    def allow(self, why_not: str, lock: str) -> None:
        """Greys out everything (``why_not``: no right to edit) or all but typed numbers (``lock``: a locked layer)."""
        if self._allowed == (why_not, lock):
            return
        self._allowed = (why_not, lock)
        for binding in self.bindings.values():
            row = binding.row
            fixed = "" if row.field.is_tunable else FIXED.format(title=row.field.title)
            reason = why_not or fixed or lock
            row.set_editable(not reason, reason)
            if reason == lock != "" and isinstance(row, NumberRow):
                row.number.setEnabled(True)
                row.number.setToolTip(f"{lock} A typed number still counts.")

    def release(self) -> None:
        """Ends every gesture that runs."""
        for binding in self.bindings.values():
            if binding.is_open:
                binding.row.release()

    def event(self, event: QEvent) -> bool:
        is_done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            self.reshaped.emit()
        return is_done

    def _line(self, fields: list[Field]) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(self._tokens.gap)
        for field in fields:
            row = self.bindings[field.name].row
            if self._is_node:
                row.label.setFixedWidth(NODE_LABEL_WIDTH)
                row.label.setWordWrap(True)
            elif field.name in SHORT:
                row.label.setText(SHORT[field.name])
                row.label.setMinimumWidth(SHORT_WIDTH)
            line.addWidget(row.widget, 1)
        return line


def _with_names_of_their_own(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Fields of two nested objects may share a name; the later one is called by its whole path."""
    names: set[str] = set()
    unique: list[Field] = []
    for field in fields:
        name = ".".join(field.path) if field.name in names else field.name
        names.add(name)
        unique.append(field if name == field.name else msgspec.structs.replace(field, name=name))
    return tuple(unique)


def _lines(fields: list[Field]) -> Iterator[list[Field]]:
    named = {field.name: field for field in fields}
    narrow = {name for name, field in named.items() if field.kind is not FieldKind.SLIDER}
    seconds = {second for first, second in PAIRS.items() if first in narrow and second in narrow}
    for field in fields:
        if field.name in seconds:
            continue
        second = PAIRS.get(field.name, "")
        yield [field, named[second]] if second in seconds and field.name in narrow else [field]


def _head(title: str) -> QLabel:
    head = QLabel(title.upper())
    head.setProperty("role", "head")
    return head


def _rule() -> QFrame:
    rule = QFrame()
    rule.setProperty("role", "rule")
    rule.setFixedHeight(1)
    return rule
