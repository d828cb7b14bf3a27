"""Lines of a log as a bounded Qt list: a time, words with tones, and what a search looks through."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

__all__ = ["LINE_ROLE", "LogLine", "LogLines"]

LINE_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class LogLine(msgspec.Struct, frozen=True):
    """``when`` is seconds since 1970; ``subject`` and ``sentence`` are plain, ``verdict`` is said in ``tone``."""

    when: float
    subject: str
    verdict: str
    tone: str
    sentence: str

    def clock_time(self) -> str:
        """Local time with milliseconds."""
        return f"{time.strftime('%H:%M:%S', time.localtime(self.when))}.{int(self.when * 1000) % 1000:03d}"

    def text(self) -> str:
        """The whole line, as it is copied, exported and searched."""
        return f"{self.clock_time()} {self.subject} {self.verdict} {self.sentence}".replace("  ", " ")


class LogLines(QAbstractListModel):
    """The newest ``limit`` lines, oldest first."""

    def __init__(self, limit: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.limit = limit
        self._lines: list[LogLine] = []

    def lines(self) -> tuple[LogLine, ...]:
        """All lines."""
        return tuple(self._lines)

    def add(self, lines: Sequence[LogLine]) -> None:
        """Appends lines and drops the oldest ones over the limit, in one step each."""
        lines = lines[-self.limit :]
        if not lines:
            return
        over = len(self._lines) + len(lines) - self.limit
        if over > 0:
            self.beginRemoveRows(QModelIndex(), 0, over - 1)
            del self._lines[:over]
            self.endRemoveRows()
        first = len(self._lines)
        self.beginInsertRows(QModelIndex(), first, first + len(lines) - 1)
        self._lines.extend(lines)
        self.endInsertRows()

    def clear(self) -> None:
        """Forgets everything."""
        self.beginResetModel()
        self._lines.clear()
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not 0 <= index.row() < len(self._lines):
            return None
        if role == LINE_ROLE:
            return self._lines[index.row()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return self._lines[index.row()].text()
        return None
