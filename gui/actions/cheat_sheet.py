"""The cheat sheet: every action that has a shortcut, by menu, read from the table."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from gui.actions.table import MENUS, Action, ActionTable
from gui.canvas.keyboard import KEYS
from gui.theme.fonts import mono_font
from gui.theme.tokens import Tokens

__all__ = ["CheatSheet", "sections"]

COLUMNS: Final = 3
ARROWS: Final = ("Left", "Right", "Up", "Down")
BY_HAND: Final = (
    ("Drag a label", "changes its number; Shift fine, Ctrl coarse"),
    ("Double-click a label", "puts the default back"),
    ("+10  50%  1920/3", "may be typed into any number"),
    ("Escape", "takes a drag back, everywhere"),
    ("Ctrl while dragging", "switches snapping off"),
)


def sections(table: ActionTable) -> dict[str, list[Action]]:
    """The actions with a shortcut by menu, in the order of the menus; those in no menu come last."""
    found = {name: [action for action in table if action.shortcut and action.menu == name] for name in (*MENUS, "")}
    return {name or "Elsewhere": actions for name, actions in found.items() if actions}


def canvas_lines() -> list[tuple[str, str]]:
    """The keys of the canvas, those that do the same on one line."""
    lines: dict[str, list[str]] = {}
    for key in KEYS:
        name = QKeySequence(QKeyCombination(key.modifiers, key.key)).toString()
        lines.setdefault(key.title, []).append(name)
    return [(_short(names), title) for title, names in lines.items()]


def _short(names: list[str]) -> str:
    """The four arrows as one word; at most two keys."""
    if {name.rpartition("+")[2] for name in names} == set(ARROWS):
        before = names[0].rpartition("+")[0]
        return f"{before}+Arrows" if before else "Arrows"
    return "  ".join(names[:2])


def _size(section: tuple[str, list[tuple[str, str]]]) -> int:
    return len(section[1])


class CheatSheet(QDialog):
    """A window beside the desk's; not modal, Escape closes it."""

    def __init__(self, table: ActionTable, tokens: Tokens, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("cheatsheet/dialog")
        self.setWindowTitle("Keys and gestures")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._tokens = tokens
        columns = [QVBoxLayout() for _number in range(COLUMNS)]
        heights = [0] * COLUMNS
        parts = [(name, [self._line(action) for action in actions]) for name, actions in sections(table).items()]
        by_size = sorted(
            [*parts, ("On the canvas", canvas_lines()), ("By hand", list(BY_HAND))], key=_size, reverse=True
        )
        for name, lines in by_size:
            shortest = heights.index(min(heights))
            columns[shortest].addWidget(self._section(name, lines))
            heights[shortest] += len(lines) + 2
        body = QWidget()
        line = QHBoxLayout(body)
        line.setSpacing(4 * tokens.gap)
        for column in columns:
            column.addStretch()
            line.addLayout(column)
        scroll = QScrollArea()
        scroll.setObjectName("cheatsheet/scroll")
        scroll.setAccessibleName("Keys and gestures")
        scroll.setToolTip("Keys and gestures")
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        outer = QVBoxLayout(self)
        outer.addWidget(scroll)
        self.resize(1240, 640)

    @staticmethod
    def _line(action: Action) -> tuple[str, str]:
        return ("  ".join(key.toString() for key in action.key_sequences()), action.title)

    def _section(self, name: str, lines: list[tuple[str, str]]) -> QWidget:
        part = QWidget()
        grid = QGridLayout(part)
        grid.setContentsMargins(0, 0, 0, self._tokens.gap)
        grid.setHorizontalSpacing(2 * self._tokens.gap)
        head = QLabel(name.upper())
        head.setProperty("role", "head")
        grid.addWidget(head, 0, 0, 1, 2)
        for row, (keys, title) in enumerate(lines, start=1):
            key = QLabel(keys)
            key.setFont(mono_font(self._tokens, self._tokens.small_px + 1))
            key.setProperty("role", "dim")
            grid.addWidget(key, row, 0)
            grid.addWidget(QLabel(title), row, 1)
        grid.setColumnStretch(1, 1)
        return part
