"""Docks with a quiet head, and what locking them means."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QToolButton, QWidget

from gui.icons import set_icon
from gui.theme.tokens import Tokens

MAY_SHRINK: Final = 12
"""How much narrower than it was made a dock may become."""

__all__ = ["Dock", "lock_docks"]

Feature = QDockWidget.DockWidgetFeature


class Dock(QDockWidget):
    """A dock whose title bar is a section head; ``name`` is a part of its objectName."""

    def __init__(self, name: str, title: str, content: QWidget, tokens: Tokens, width: int) -> None:
        super().__init__(title)
        self.setObjectName(f"dock/{name}")
        self.setAccessibleName(title)
        self._width, self._tokens = width, tokens
        self.head = QLabel(title.upper())
        self.head.setObjectName(f"{name}/head")
        self.head.setProperty("role", "head")
        self.head.setTextFormat(Qt.TextFormat.PlainText)
        bar = QWidget()
        line = QHBoxLayout(bar)
        line.setContentsMargins(12, 10, 8, 4)
        line.addWidget(self.head, 1)
        self.setTitleBarWidget(bar)
        body = _Body(content, tokens, width)
        self.setWidget(body)

    def add_close(self, tip: str) -> None:
        """A way to close it with the pointer, for a dock that is not always wanted."""
        close = QToolButton()
        close.setObjectName(f"{self.objectName().removeprefix('dock/')}/close")
        close.setAccessibleName(tip)
        close.setToolTip(tip)
        close.setProperty("role", "quiet")
        set_icon(close, "close", self._tokens)
        close.clicked.connect(self.hide)
        bar = self.titleBarWidget()
        line = None if bar is None else bar.layout()
        if line is not None:
            line.addWidget(close)

    def sizeHint(self) -> QSize:
        return QSize(self._width, super().sizeHint().height())


class _Body(QWidget):
    def __init__(self, content: QWidget, tokens: Tokens, width: int) -> None:
        super().__init__()
        self._width = width
        self.setMinimumWidth(width - MAY_SHRINK)
        line = QHBoxLayout(self)
        line.setContentsMargins(tokens.gap, 0, tokens.gap, tokens.gap)
        line.addWidget(content)

    def sizeHint(self) -> QSize:
        return QSize(self._width, super().sizeHint().height())


def lock_docks(docks: list[QDockWidget], *, is_locked: bool) -> None:
    """Locked docks can be neither moved, floated nor closed."""
    free = Feature.DockWidgetMovable | Feature.DockWidgetFloatable | Feature.DockWidgetClosable
    for dock in docks:
        dock.setFeatures(Feature.NoDockWidgetFeatures if is_locked else free)
        bar = dock.titleBarWidget()
        if bar is not None:
            bar.setCursor(Qt.CursorShape.ArrowCursor if is_locked else Qt.CursorShape.OpenHandCursor)
