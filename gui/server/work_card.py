"""A quiet card at the top of the picture while something takes long at the server: what it is, how far, Cancel."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QProgressBar, QPushButton, QWidget

from gui.theme.tokens import Tokens

WIDTH: Final = 420

__all__ = ["WorkCard"]


class WorkCard(QFrame):
    """Lies over ``over``. Signals: ``cancel_asked``."""

    cancel_asked = Signal()

    def __init__(self, over: QWidget, tokens: Tokens) -> None:
        super().__init__(over)
        self.setObjectName("work")
        self.setProperty("role", "card")
        self._over = over
        self.words = QLabel()
        self.words.setObjectName("work/words")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setObjectName("work/bar")
        self.bar.setAccessibleName("How far it is")
        self.bar.setToolTip("How far it is")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(4)
        cancel = QPushButton("Cancel")
        cancel.setObjectName("work/cancel")
        cancel.setAccessibleName("Give this up")
        cancel.setToolTip("Give this up; nothing that is there already is touched")
        cancel.clicked.connect(self.cancel_asked.emit)
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 10, 10, 10)
        grid.setSpacing(tokens.gap)
        grid.addWidget(self.words, 0, 0)
        grid.addWidget(cancel, 0, 1, 2, 1, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self.bar, 1, 0)
        grid.setColumnStretch(0, 1)
        self._grid = grid
        over.installEventFilter(self)
        self.hide()

    def show_work(self, title: str, share: float | None, waiting: int) -> None:
        """Shows what is under way; ``share`` is 0 to 1, ``waiting`` counts what else is."""
        more = f" (and {waiting} more)" if waiting else ""
        part = "" if share is None else f" {share:.0%}"
        self.words.setText(f"{title}…{part}{more}")
        self.setAccessibleName(self.words.text())
        self.bar.setRange(0, 0 if share is None else 1000)
        if share is not None:
            self.bar.setValue(round(share * 1000))
        self._place()
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        self.setFixedWidth(max(200, min(WIDTH, self._over.width() - 24)))
        self.resize(self.width(), max(48, self._grid.totalHeightForWidth(self.width())))
        self.move((self._over.width() - self.width()) // 2, 16)
