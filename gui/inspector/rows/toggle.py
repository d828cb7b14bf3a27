"""A row with a switch."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QWidget

from gui.inspector.rows.row import MIXED, SETTLE_MS, Row
from gui.theme.tokens import Tokens
from sync.fields import Field

__all__ = ["Switch", "ToggleRow"]


class Switch(QCheckBox):
    """A check box drawn as a switch: off is left, on is right and filled, mixed is in the middle."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._tokens = tokens
        self.setFixedSize(36, tokens.row_height - 4)

    def sizeHint(self) -> QSize:
        return QSize(36, self._tokens.row_height - 4)

    def hitButton(self, at: object) -> bool:
        del at
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens, state = self._tokens, self.checkState()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(1, self.height() / 2 - 9, 34, 18)
        is_on = state is Qt.CheckState.Checked and self.isEnabled()
        painter.setPen(QPen(QColor(tokens.accent if self.hasFocus() else tokens.line), 2 if self.hasFocus() else 1))
        painter.setBrush(QColor(tokens.accent if is_on else tokens.field))
        painter.drawRoundedRect(body, 9, 9)
        share = {Qt.CheckState.Unchecked: 0.0, Qt.CheckState.PartiallyChecked: 0.5}.get(state, 1.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.accent_text if is_on else tokens.dim))
        painter.drawEllipse(QPointF(body.left() + 9 + share * 16, body.center().y()), 5.5, 5.5)


class ToggleRow(Row):
    """Label and switch; every click is one change."""

    def __init__(self, field: Field, tokens: Tokens, settle_ms: int = SETTLE_MS) -> None:
        super().__init__(field, tokens, settle_ms)
        self.toggle = Switch(tokens)
        self.toggle.setObjectName(f"{self.name}/toggle")
        # ``clicked`` is the hand's; ``toggled`` would also speak when a value is shown.
        self.toggle.clicked.connect(self._flip)
        self.arrange((self.toggle, 0))
        line = self.widget.layout()
        if line is not None:
            line.setAlignment(Qt.AlignmentFlag.AlignLeft)

    def display(self, value: Any) -> None:
        self.toggle.setTristate(value is MIXED)
        if value is MIXED:
            self.toggle.setCheckState(Qt.CheckState.PartiallyChecked)
        else:
            self.toggle.setChecked(bool(value))

    def editors(self) -> tuple[QWidget, ...]:
        return (self.toggle,)

    def tip(self) -> str:
        return f"{self.field.title}: on or off"

    def _flip(self) -> None:
        self.toggle.setTristate(False)
        self.change(self.toggle.checkState() is not Qt.CheckState.Unchecked)
        self.release()
