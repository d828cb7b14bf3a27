"""A section of figures: name on the left, digits of one width on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from gui.health.toned import Toned
from gui.syncing.readings import Figure, Section
from gui.theme.fonts import mono_font
from gui.theme.tokens import Tokens

__all__ = ["FigureTable"]


class FigureTable(QWidget):
    """A head and one line a figure; hidden while the section is empty. The labels are reused."""

    def __init__(self, name: str, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName(name)
        self._name = name
        self._tokens = tokens
        self._lines: list[tuple[QLabel, Toned]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(tokens.gap)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        self._head = QLabel()
        self._head.setProperty("role", "head")
        self._grid.addWidget(self._head, 0, 0, 1, 2)
        self._grid.setRowMinimumHeight(0, 22)

    def show_section(self, section: Section) -> None:
        """Shows these figures and no others."""
        self._head.setText(section.title.upper())
        while len(self._lines) < len(section.figures):
            self._add_line()
        for number, line in enumerate(self._lines):
            is_there = number < len(section.figures)
            for label in line:
                label.setVisible(is_there)
            if is_there:
                self._say(*line, section.figures[number])
        self.setVisible(bool(section.figures))

    def words_of(self, key: str) -> Toned:
        """The label that shows a figure's words. Raises LookupError when it is not shown."""
        for _name, words in self._lines:
            if words.objectName() == f"{self._name}/{key}":
                return words
        raise LookupError(key)

    def _say(self, name: QLabel, words: Toned, figure: Figure) -> None:
        room = max(60, self.width() - words.sizeHint().width() - 2 * self._tokens.gap)
        name.setText(name.fontMetrics().elidedText(figure.name, Qt.TextElideMode.ElideRight, room))
        words.setObjectName(f"{self._name}/{figure.key}")
        words.say(figure.words, figure.tone)
        words.setAccessibleName(f"{figure.name}: {figure.words}")
        for label in (name, words):
            label.setToolTip(figure.tip)

    def _add_line(self) -> None:
        name, words = QLabel(), Toned()
        for label in (name, words):
            label.setTextFormat(Qt.TextFormat.PlainText)
        name.setProperty("role", "dim")
        words.setFont(mono_font(self._tokens))
        row = len(self._lines) + 1
        self._grid.addWidget(name, row, 0)
        self._grid.addWidget(words, row, 1, Qt.AlignmentFlag.AlignRight)
        self._lines.append((name, words))
