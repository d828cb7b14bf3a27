"""The tabs below the picture: a dock whose title bar is its tab bar."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QStackedWidget, QTabBar, QWidget

from gui.theme.tokens import Tokens

__all__ = ["BottomTabs"]


class BottomTabs(QDockWidget):
    """Tabs by key. Signals: ``tab_shown`` with the key."""

    tab_shown = Signal(str)

    def __init__(self, tokens: Tokens) -> None:
        super().__init__("Details")
        self.setObjectName("dock/details")
        self._keys: list[str] = []
        self.bar = QTabBar()
        self.bar.setObjectName("details/tabs")
        self.bar.setAccessibleName("Details")
        self.bar.setToolTip("Why values changed, what nodes report, the pipeline as text")
        self.bar.setExpanding(False)
        self.bar.setDrawBase(False)
        self.bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.stack = QStackedWidget()
        self.stack.setObjectName("details/pages")
        title = QWidget()
        line = QHBoxLayout(title)
        line.setContentsMargins(4, 0, tokens.gap, 0)
        line.addWidget(self.bar)
        line.addStretch()
        self.setTitleBarWidget(title)
        self.setWidget(self.stack)
        self.bar.currentChanged.connect(self._show)

    def add_tab(self, key: str, title: str, page: QWidget, tip: str) -> None:
        """A tab at the end."""
        self._keys.append(key)
        self.stack.addWidget(page)
        self.bar.setTabToolTip(self.bar.addTab(title), tip)

    def keys(self) -> tuple[str, ...]:
        """The tabs' keys in their order."""
        return tuple(self._keys)

    def show_tab(self, key: str) -> None:
        """Brings a tab to the front, and the dock with it."""
        self.setVisible(True)
        self.bar.setCurrentIndex(self._keys.index(key))

    def set_tab_visible(self, key: str, is_visible: bool) -> None:
        """Shows or hides a tab; when it was in front, its neighbour is."""
        self.bar.setTabVisible(self._keys.index(key), is_visible)
        self.bar.updateGeometry()

    def current(self) -> str:
        """The key of the tab in front."""
        return self._keys[self.bar.currentIndex()]

    def _show(self, number: int) -> None:
        if 0 <= number < self.stack.count():
            self.stack.setCurrentIndex(number)
            # The tab in front is bold, so the bar is as wide as the words of that one need it to be.
            self.bar.updateGeometry()
            self.tab_shown.emit(self._keys[number])
