"""Type a few letters, press Enter: every action of the table, and whatever its sources offer."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui.actions.matching import best
from gui.actions.palette_delegate import KEY_ROLE, PaletteDelegate
from gui.actions.table import Action, ActionTable
from gui.theme.tokens import Tokens

__all__ = ["Palette"]

WIDTH: Final = 520
HEIGHT: Final = 420
_STAYS_OPEN = {Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason}
_KEYS_TO_LIST = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}


class Palette(QFrame):
    """A card over the window: an input and the list of what matches, best first; disabled ones come last, greyed."""

    def __init__(self, table: ActionTable, tokens: Tokens, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._table = table
        self._offered: tuple[Action, ...] = ()
        self._came_from: QWidget | None = None
        self.setObjectName("palette")
        self.setProperty("role", "card")
        self.setFixedSize(WIDTH, HEIGHT)
        self.input = QLineEdit()
        self.input.setObjectName("palette/input")
        self.input.setAccessibleName("Do anything")
        self.input.setToolTip("Type a few letters of what you want to do")
        self.input.setPlaceholderText("Do anything…")
        self.input.setFixedHeight(tokens.row_height + 6)
        self.list = QListWidget()
        self.list.setObjectName("palette/list")
        self.list.setAccessibleName("Matching actions")
        self.list.setToolTip("Enter runs the marked action")
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setItemDelegate(PaletteDelegate(tokens, self.list))
        self._none = QLabel("Nothing is called that.")
        self._none.setObjectName("palette/none")
        self._none.setProperty("role", "dim")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(tokens.gap, tokens.gap, tokens.gap, tokens.gap)
        for part in (self.input, self.list, self._none):
            layout.addWidget(part)
        self.input.textChanged.connect(self._fill)
        self.input.installEventFilter(self)
        self.list.itemActivated.connect(self._run_item)
        self.list.clicked.connect(self._run_index)
        self.hide()

    def open(self) -> None:
        """Shows the palette, empty, with the focus in its input."""
        self._came_from = self._window.window().focusWidget()
        self._offered = self._table.offered()
        self.move(QPoint((self._window.width() - WIDTH) // 2, 56))
        self.input.clear()
        self._fill("")
        self.show()
        self.raise_()
        self.input.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_palette(self) -> None:
        """Hides it and gives the focus back."""
        self.hide()
        if self._came_from is not None:
            self._came_from.setFocus(Qt.FocusReason.PopupFocusReason)
            self._came_from = None

    def titles(self) -> list[str]:
        """What the list shows now, from the top."""
        return [self.list.item(row).text() for row in range(self.list.count())]

    def run_marked(self) -> None:
        """Runs the marked action if it is enabled."""
        item = self.list.currentItem()
        if item is not None:
            self._run_item(item)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self.input:
            return False
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event)
        # The list never takes the focus, so losing it means that something outside was clicked.
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() not in _STAYS_OPEN:
            self.hide()
        return False

    def _key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            self.close_palette()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.run_marked()
        elif event.key() in _KEYS_TO_LIST:
            self._mark(event.key())
        else:
            return False
        return True

    def _mark(self, key: int) -> None:
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -8, Qt.Key.Key_PageDown: 8}[Qt.Key(key)]
        if self.list.count():
            self.list.setCurrentRow(min(max(self.list.currentRow() + by, 0), self.list.count() - 1))

    def _fill(self, query: str) -> None:
        bridge = self._table.bridge
        titles = [action.title_now(bridge) for action in self._offered]
        found = best(query, titles)
        usable = {index: self._offered[index].may_run(bridge) for index in found}
        self.list.clear()
        for index in sorted(found, key=lambda at: not usable[at]):
            action = self._offered[index]
            keys = action.key_sequences()
            item = QListWidgetItem(titles[index])
            item.setData(Qt.ItemDataRole.UserRole, index)
            item.setData(KEY_ROLE, keys[0].toString() if keys else "")
            item.setToolTip(action.obstacle(bridge) or action.tip)
            if not usable[index]:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setVisible(bool(found))
        self._none.setVisible(not found)

    def _run_index(self, index: QModelIndex) -> None:
        self._run_item(self.list.item(index.row()))

    def _run_item(self, item: QListWidgetItem) -> None:
        if not item.flags() & Qt.ItemFlag.ItemIsEnabled or not self.isVisible():
            return
        action = self._offered[item.data(Qt.ItemDataRole.UserRole)]
        self.close_palette()
        self._table.do(action)
