"""Which lines of a log are shown: those of one kind, or all, that hold the searched words."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel

from gui.health.log_lines import LINE_ROLE, LogLine, LogLines

__all__ = ["LineFilter"]

Index = QModelIndex | QPersistentModelIndex


class LineFilter(QSortFilterProxyModel):
    """``kind`` is a line's verdict, empty for all; ``words`` are looked for in the whole line, case does not count."""

    def __init__(self, lines: LogLines, parent: QObject) -> None:
        super().__init__(parent)
        self._lines = lines
        self.kind = ""
        self.words = ""
        self.setSourceModel(lines)

    def choose(self, kind: str, words: str) -> None:
        """Shows these lines from now on."""
        self.beginFilterChange()
        self.kind, self.words = kind, words.casefold()
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        if not self.kind and not self.words:
            return True
        line = self._lines.index(row, 0, parent).data(LINE_ROLE)
        is_kind = isinstance(line, LogLine) and (not self.kind or line.verdict == self.kind)
        return is_kind and (not self.words or self.words in line.text().casefold())
