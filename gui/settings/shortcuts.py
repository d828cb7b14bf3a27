"""The operator's own shortcuts: one line an action, a clash is said at once and nothing is taken away silently."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QKeyCombination, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui.actions.table import Action, ActionTable
from gui.canvas.keyboard import KEYS
from gui.settings.settings import Settings
from gui.theme.tokens import Tokens

__all__ = ["ShortcutsDialog"]

PORTABLE: Final = QKeySequence.SequenceFormat.PortableText


class ShortcutsDialog(QDialog):
    """Every action with its keys. Not modal. Signals: ``failed`` with a sentence when the file could not be written."""

    failed = Signal(str)

    def __init__(self, table: ActionTable, settings: Settings, tokens: Tokens, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts/dialog")
        self.setWindowTitle("Shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._table, self._settings, self._tokens = table, settings, tokens
        self._lines: dict[str, list[QWidget]] = {}
        self._edits: dict[str, QKeySequenceEdit] = {}
        self.said = QLabel("Click a field and press the keys. An empty field has no shortcut.")
        self.said.setObjectName("shortcuts/said")
        self.said.setWordWrap(True)
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        search = QLineEdit()
        search.setObjectName("shortcuts/search")
        search.setAccessibleName("Search in the actions")
        search.setToolTip("Shows only actions that hold these words")
        search.setPlaceholderText("Search")
        search.textChanged.connect(self._search)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(tokens.gap)
        for part in (self.said, search, self._all_lines()):
            layout.addWidget(part)
        self.resize(620, 640)

    def choose(self, action_id: str, keys: str) -> bool:
        """Gives an action the shortcut ``keys`` (portable, empty for none); False, with a sentence, for a clash."""
        action = self._table[action_id]
        if keys == action.shortcut:
            return True
        taken = _taken_by(self._table, action, keys)
        if taken:
            self._say(f"{keys} belongs to “{taken}”. Take it away there first.", "bad")
            return False
        self._table.rebind(action_id, keys)
        self._keep(action_id, keys)
        self._say(f"“{action.title}” has {keys}." if keys else f"“{action.title}” has no shortcut now.", "good")
        return True

    def _all_lines(self) -> QScrollArea:
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 0, self._tokens.gap, 0)
        grid.setColumnStretch(0, 1)
        for row, action in enumerate(sorted(self._table, key=lambda each: each.title)):
            title, edit, back = QLabel(action.title), self._edit(action), self._back_button(action)
            title.setToolTip(action.tip)
            for column, part in enumerate((title, edit, back)):
                grid.addWidget(part, row, column)
            self._lines[action.id] = [title, edit, back]
        scroll = QScrollArea()
        scroll.setObjectName("shortcuts/actions")
        scroll.setAccessibleName("Actions and their shortcuts")
        scroll.setToolTip("Actions and their shortcuts")
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        return scroll

    def _edit(self, action: Action) -> QKeySequenceEdit:
        edit = QKeySequenceEdit()
        edit.setObjectName(f"shortcuts/{action.id}/keys")
        edit.setAccessibleName(f"Shortcut of {action.title}")
        edit.setToolTip(action.tip)
        edit.setMaximumSequenceLength(1)
        edit.setClearButtonEnabled(True)
        edit.setFixedWidth(180)
        self._edits[action.id] = edit
        self._show(action)
        # It speaks for what is put into it as well; ``choose`` ignores the shortcut that the action has already.
        edit.keySequenceChanged.connect(lambda keys: self._typed(action.id, keys))
        return edit

    def _back_button(self, action: Action) -> QWidget:
        back = QPushButton("Default")
        back.setObjectName(f"shortcuts/{action.id}/default")
        back.setAccessibleName(f"Default shortcut of {action.title}")
        back.setToolTip("Go back to the shortcut that the desk came with")
        back.setProperty("role", "quiet")
        back.setAutoDefault(False)
        back.clicked.connect(lambda: self._put_back(action.id))
        return back

    def _typed(self, action_id: str, keys: QKeySequence) -> None:
        if keys.toString(PORTABLE) == self._first(action_id):
            return
        if not self.choose(action_id, keys.toString(PORTABLE)):
            self._show(self._table[action_id])

    def _put_back(self, action_id: str) -> None:
        if self.choose(action_id, self._table.default_shortcut(action_id)):
            self._settings.shortcuts.pop(action_id, None)
            self._save()
        self._show(self._table[action_id])

    def _keep(self, action_id: str, keys: str) -> None:
        self._settings.shortcuts[action_id] = keys
        self._save()

    def _save(self) -> None:
        try:
            self._settings.save()
        except OSError as error:
            self.failed.emit(f"The shortcut counts now but could not be saved: {error.strerror or error}.")

    def _show(self, action: Action) -> None:
        self._edits[action.id].setKeySequence(QKeySequence(self._first(action.id), PORTABLE))

    def _first(self, action_id: str) -> str:
        keys = self._table[action_id].key_sequences()
        return keys[0].toString(PORTABLE) if keys else ""

    def _search(self, words: str) -> None:
        for action_id, parts in self._lines.items():
            is_wanted = words.casefold() in self._table[action_id].title.casefold()
            for part in parts:
                part.setVisible(is_wanted)

    def _say(self, sentence: str, tone: str) -> None:
        self.said.setText(sentence)
        self.said.setProperty("tone", tone)
        self.said.style().polish(self.said)


def _taken_by(table: ActionTable, action: Action, keys: str) -> str:
    """The title of what answers to these keys already, the canvas's own keys included; empty for none."""
    other = table.clash(replace(action, shortcut=keys))
    if other is not None:
        return other.title
    mine = {QKeySequence(QKeyCombination(key.modifiers, key.key)).toString(PORTABLE): key.title for key in KEYS}
    return mine.get(keys, "")
