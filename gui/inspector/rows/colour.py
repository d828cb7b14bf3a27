"""A row with a colour: a swatch that opens the colour dialog, the colour in hex, and its opacity."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QColorDialog, QWidget

from gui.inspector.rows.line_edit import LineEdit
from gui.inspector.rows.row import MIXED, SETTLE_MS, Row
from gui.theme.fonts import mono_font
from gui.theme.tokens import Tokens
from sync.fields import Field

__all__ = ["ColourRow", "read_colour", "write_colour"]

_HEX = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")


def read_colour(text: str) -> list[int] | None:
    """``#RGB``, ``#RRGGBB`` or ``#RRGGBBAA`` as [r, g, b, a]; None for anything else."""
    match = _HEX.fullmatch(text.strip())
    if match is None:
        return None
    digits = match.group(1)
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return [int(part, 16) for part in re.findall("..", digits.ljust(8, "F" if len(digits) == 6 else "0"))]


def write_colour(parts: Any) -> str:
    """[r, g, b, a] as ``#RRGGBB``, with ``AA`` when it is not opaque."""
    red, green, blue, alpha = parts
    return f"#{red:02X}{green:02X}{blue:02X}" + ("" if alpha == 255 else f"{alpha:02X}")


class Swatch(QAbstractButton):
    """The colour over a chequered ground, so that its opacity shows."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._tokens = tokens
        self.colour: QColor | None = None
        self.setFixedSize(40, tokens.row_height - 4)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        return QSize(40, self._tokens.row_height - 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        body = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.colour is None:
            painter.fillRect(body, QColor(self._tokens.bg3))
        else:
            painter.fillRect(body, QColor("#B0B0B0"))
            painter.fillRect(body, Qt.BrushStyle.Dense4Pattern)
            painter.fillRect(body, self.colour)
        painter.setPen(QPen(QColor(self._tokens.accent if self.hasFocus() else self._tokens.line), 1))
        painter.drawRect(body)


class ColourRow(Row):
    """Label, swatch, hex. The dialog stays open while the show runs; the picture follows it."""

    def __init__(self, field: Field, tokens: Tokens, settle_ms: int = SETTLE_MS) -> None:
        super().__init__(field, tokens, settle_ms)
        self.swatch = Swatch(tokens)
        self.swatch.setObjectName(f"{self.name}/swatch")
        self.swatch.clicked.connect(self.open_dialog)
        self.hex = LineEdit()
        self.hex.setObjectName(f"{self.name}/hex")
        self.hex.setFont(mono_font(tokens))
        self.hex.setFixedHeight(tokens.row_height - 4)
        self.hex.textEdited.connect(self.begin_typing)
        self.hex.returnPressed.connect(self._take)
        self.hex.left.connect(self._take)
        self.hex.escaped.connect(self._give_up)
        self._parts: list[int] | None = None
        self.dialog: QColorDialog | None = None
        self.arrange((self.swatch, 0), (self.hex, 1))

    def display(self, value: Any) -> None:
        self._parts = None if value is MIXED or not isinstance(value, list | tuple) or len(value) != 4 else list(value)
        self.swatch.colour = None if self._parts is None else QColor(*self._parts)
        self.swatch.update()
        if not self.hex.isModified():
            self._write()

    def open_dialog(self) -> None:
        """Opens the colour dialog beside the window; not modal, so that the desk stays usable."""
        if self.dialog is None:
            options = QColorDialog.ColorDialogOption
            self.dialog = QColorDialog(self.widget.window())
            self.dialog.setObjectName(f"{self.name}/dialog")
            self.dialog.setWindowTitle(self.field.title)
            self.dialog.setOptions(options.ShowAlphaChannel | options.DontUseNativeDialog)
            self.dialog.currentColorChanged.connect(self._pick)
            self.dialog.accepted.connect(self.release)
            self.dialog.rejected.connect(self.cancel)
        # Setting the colour speaks; the dialog is hidden then, and only a visible dialog counts.
        self.dialog.setCurrentColor(QColor(*(self._parts or [255, 255, 255, 255])))
        self.dialog.show()
        self.dialog.activateWindow()

    def editors(self) -> tuple[QWidget, ...]:
        return (self.swatch, self.hex)

    def tip(self) -> str:
        return f"{self.field.title}: #RRGGBB, or #RRGGBBAA with opacity"

    def _pick(self, colour: QColor) -> None:
        if self.dialog is not None and self.dialog.isVisible():
            parts = [colour.red(), colour.green(), colour.blue(), colour.alpha()]
            self.display(parts)
            self.change(parts)

    def _take(self) -> None:
        if not self.hex.isModified():
            return
        parts = read_colour(self.hex.text())
        if parts is None:
            self.refused.emit(f"{self.field.title}: “{self.hex.text()[:12]}” is no colour; write #RRGGBB")
            self._write()
            self.release()
            return
        self.hex.setModified(False)
        self.display(parts)
        self.change(parts)
        self.release()

    def _give_up(self) -> None:
        self._write()
        self.cancel()

    def _write(self) -> None:
        self.hex.setText("" if self._parts is None else write_colour(self._parts))
        self.hex.setPlaceholderText("mixed" if self._parts is None else "")
        self.hex.setModified(False)
