"""A row with a choice: buttons side by side for a few, a list for many."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtWidgets import QButtonGroup, QComboBox, QFrame, QHBoxLayout, QPushButton, QWidget

from gui.inspector.rows.row import MIXED, SETTLE_MS, Row
from gui.theme.tokens import Tokens
from gui.wheel_guard import guard_wheel
from sync.fields import Field

__all__ = ["ChoiceRow"]

MOST_BUTTONS: Final = 3


class ChoiceRow(Row):
    """Label and segmented buttons or a combo box; a value that is no choice is shown as none."""

    def __init__(self, field: Field, tokens: Tokens, settle_ms: int = SETTLE_MS) -> None:
        super().__init__(field, tokens, settle_ms)
        self._values = [value for value, _title in field.choices]
        self.buttons = QButtonGroup(self)
        self.list: QComboBox | None = None
        if len(self._values) <= MOST_BUTTONS:
            self.arrange((self._segments(), 1))
        else:
            self.arrange((self._drop_down(), 1))

    def display(self, value: Any) -> None:
        at = self._values.index(value) if value is not MIXED and value in self._values else -1
        if self.list is not None:
            self.list.setCurrentIndex(at)
            return
        # An exclusive group refuses to have none checked.
        self.buttons.setExclusive(at >= 0)
        for number, button in enumerate(self.buttons.buttons()):
            button.setChecked(number == at)
        self.buttons.setExclusive(True)

    def editors(self) -> tuple[QWidget, ...]:
        return (self.list,) if self.list is not None else tuple(self.buttons.buttons())

    def tip(self) -> str:
        return f"{self.field.title}: {', '.join(title for _value, title in self.field.choices)}"

    def _segments(self) -> QWidget:
        frame = QFrame()
        frame.setObjectName(f"{self.name}/choice")
        frame.setProperty("role", "segments")
        line = QHBoxLayout(frame)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        for number, (value, title) in enumerate(self.field.choices):
            button = QPushButton(title)
            button.setObjectName(f"{self.name}/choice/{value}")
            button.setAccessibleName(f"{self.field.title}: {title}")
            button.setToolTip(f"{self.field.title}: {title}")
            button.setCheckable(True)
            button.setProperty("role", "segment")
            self.buttons.addButton(button, number)
            line.addWidget(button, 1)
        self.buttons.idClicked.connect(self._choose)
        return frame

    def _drop_down(self) -> QWidget:
        self.list = box = QComboBox()
        box.setObjectName(f"{self.name}/choice")
        box.addItems([title for _value, title in self.field.choices])
        box.setPlaceholderText("mixed")
        guard_wheel(box)
        # ``activated`` is the hand's; ``currentIndexChanged`` would also speak when a value is shown.
        box.activated.connect(self._choose)
        return box

    def _choose(self, number: int) -> None:
        self.change(self._values[number])
        self.release()
