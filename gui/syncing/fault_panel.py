"""Faults on demand: what the link, the disk and the clock of the open session's log suffer from, for rehearsals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from gui.graph.draft_card import renamed
from gui.inspector.rows.making import make_row
from gui.inspector.rows.row import Row
from gui.theme.tokens import Tokens
from sync.field import Field, FieldKind
from sync.ordered.faults import Faults

__all__ = ["FAULT_FIELDS", "FaultPanel"]


def _slider(name: str, title: str, most: float, unit: str, scale: float, least: float = 0.0) -> Field:
    step = 1 / scale
    return Field(name=name, title=title, kind=FieldKind.SLIDER, path=(name,), minimum=least, maximum=most, step=step,
                 unit=unit, scale=scale, default=0.0)  # fmt: skip


def _switch(name: str, title: str) -> Field:
    return Field(name=name, title=title, kind=FieldKind.TOGGLE, path=(name,), default=False)


FAULT_FIELDS: Final = (
    _slider("delay_s", "Delay", 2.0, "ms", 1000),
    _slider("jitter_s", "Jitter", 1.0, "ms", 1000),
    _slider("drop", "Drop", 1.0, "%", 100),
    _slider("duplicate", "Duplicate", 1.0, "%", 100),
    _slider("reorder", "Reorder", 1.0, "%", 100),
    _slider("skew_s", "Clock skew", 60.0, "s", 1, least=-60.0),
    _switch("is_stalled", "Stall"),
    _switch("disk_fails", "Failing disk"),
)
"""A field's name is the name of the attribute of ``Faults`` that it sets."""


class FaultPanel(QFrame):
    """Works on the ``Faults`` that ``faults_now`` gives. Signals: ``changed`` when one was set or all were cleared."""

    changed = Signal()

    def __init__(self, faults_now: Callable[[], Faults | None], tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("sync/faults")
        self.setProperty("role", "card")
        self._faults_now = faults_now
        self.rows = {field.name: self._row(field, tokens) for field in FAULT_FIELDS}
        self.cut = self._button("cut", "Cut now", "Cut the connection of the log; it comes back by itself")
        self.off = self._button("off", "All off", "End every fault")
        self.cut.clicked.connect(self._cut)
        self.off.clicked.connect(self._clear)
        self._lay_out(tokens)
        self.refresh()

    def refresh(self) -> None:
        """Shows the faults as they are, whoever set them."""
        faults = self._faults_now()
        for name, row in self.rows.items():
            row.set_editable(faults is not None, "Faults can be made where the session has an ordered log.")
            row.show(row.field.default if faults is None else getattr(faults, name))
        self.cut.setEnabled(faults is not None)
        self.off.setEnabled(faults is not None and faults.is_any)

    def _row(self, field: Field, tokens: Tokens) -> Row:
        row = renamed(make_row(field, tokens), f"sync/faults/{field.name}")
        row.changing.connect(lambda value, name=field.name: self._set(name, value))
        row.reset_asked.connect(lambda name=field.name, value=field.default: self._set(name, value))
        row.cancelled.connect(lambda name=field.name, value=field.default: self._set(name, value))
        row.refused.connect(row.label.setToolTip)
        return row

    def _set(self, name: str, value: Any) -> None:
        faults = self._faults_now()
        if faults is not None:
            setattr(faults, name, value)
        self._tell()

    def _clear(self) -> None:
        if (faults := self._faults_now()) is not None:
            faults.clear()
        for row in self.rows.values():
            row.let_go()
        self._tell()

    def _cut(self) -> None:
        if (faults := self._faults_now()) is not None:
            faults.cut()
        self.changed.emit()

    def _tell(self) -> None:
        self.refresh()
        self.changed.emit()

    def _button(self, name: str, title: str, tip: str) -> QPushButton:
        button = QPushButton(title)
        button.setObjectName(f"sync/faults/{name}")
        button.setAccessibleName(title)
        button.setToolTip(tip)
        return button

    def _lay_out(self, tokens: Tokens) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(2)
        words = QLabel("For rehearsals: this desk's own link to the log suffers at once, nobody else's.")
        words.setProperty("role", "small")
        words.setWordWrap(True)
        column.addWidget(words)
        column.addSpacing(4)
        for row in self.rows.values():
            column.addWidget(row.widget)
        buttons = QHBoxLayout()
        buttons.setSpacing(tokens.gap)
        buttons.addWidget(self.cut, 1)
        buttons.addWidget(self.off, 1)
        column.addSpacing(4)
        column.addLayout(buttons)
