"""Draws a line of the palette: the title on the left, its shortcut on the right."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.theme.fonts import body_font, mono_font
from gui.theme.tokens import Tokens

__all__ = ["KEY_ROLE", "PaletteDelegate"]

KEY_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1
MARGIN: Final = 10


class PaletteDelegate(QStyledItemDelegate):
    """Reads the title from the display role and the shortcut from KEY_ROLE."""

    def __init__(self, tokens: Tokens, parent: QObject) -> None:
        super().__init__(parent)
        self._tokens = tokens

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        del option, index
        return QSize(200, self._tokens.row_height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        tokens = self._tokens
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        is_enabled = bool(state & QStyle.StateFlag.State_Enabled)
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.bg3))
            painter.drawRoundedRect(rect, tokens.radius, tokens.radius)
        inner = rect.adjusted(MARGIN, 0, -MARGIN, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(tokens.dim))
        painter.setFont(mono_font(tokens, tokens.small_px))
        key = str(index.data(KEY_ROLE) or "")
        painter.drawText(inner, middle | Qt.AlignmentFlag.AlignRight, key)
        painter.setPen(QColor(tokens.text if is_enabled else tokens.faint))
        painter.setFont(body_font(tokens))
        room = inner.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(key) - MARGIN, 0)
        title = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, title)
        painter.restore()
