"""The list of sessions with a search above it, which is there when there are many."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.bridge import Bridge
from gui.inspector.rows.line_edit import LineEdit
from gui.sessions.list import SessionList
from gui.theme.tokens import Tokens

__all__ = ["SessionBrowser"]

SEARCH_FROM: Final = 5


class SessionBrowser(QWidget):
    """``list`` shows what ``search`` leaves; Enter opens the first of them, Escape shows all again."""

    def __init__(self, bridge: Bridge, tokens: Tokens) -> None:
        super().__init__()
        self._bridge = bridge
        self.list = SessionList(bridge, tokens)
        self.search = LineEdit()
        self.search.setObjectName("sessions/search")
        self.search.setAccessibleName("Search the sessions")
        self.search.setToolTip("Shows only sessions whose name or id holds these words; Enter opens the first")
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.list.session_model.search)
        self.search.returnPressed.connect(self._open_first)
        self.search.escaped.connect(self.search.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.gap)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        bridge.sessions_shown.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        has_many = len(self._bridge.desk.sessions) >= SEARCH_FROM
        if not has_many:
            self.search.clear()
        self.search.setVisible(has_many)

    def _open_first(self) -> None:
        first = self.list.session_model.index(0)
        if first.isValid():
            self.list.open_index(first)
