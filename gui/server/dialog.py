"""What the dialogs about the server share: one thing under way at a time, one line that says how it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from gui.server.failure import RestFailed
from gui.theme.tokens import Tokens
from sync.tasks import Tasks

__all__ = ["ServerDialog"]


class ServerDialog(QDialog):
    """Not modal, the show goes on; closing it gives up what it waits for. ``area`` begins the names of its parts.

    ``at_rest`` is what the first line says when something failed.
    """

    def __init__(self, area: str, title: str, tokens: Tokens, tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"{area}/dialog")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._area, self._tasks = area, tasks
        self._task: asyncio.Task[None] | None = None
        self.tokens, self.at_rest = tokens, ""
        self.summary = self.words("summary", "dim")
        self.complaint = self.words("complaint", "")
        self.complaint.setProperty("tone", "bad")
        self.complaint.hide()
        self.busy = QProgressBar()
        self.busy.setObjectName(f"{area}/busy")
        self.busy.setAccessibleName("Waiting for the server")
        self.busy.setToolTip("Waiting for the server")
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setFixedHeight(4)
        kept = self.busy.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.busy.setSizePolicy(kept)
        self.busy.hide()
        self.finished.connect(lambda _result: self._give_up())

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return self._task is not None and not self._task.done()

    def work(self, sentence: str, work: Coroutine[Any, Any, None]) -> None:
        """Does ``work`` in place of what was under way; RestFailed is said in the dialog."""
        self._give_up()
        self.summary.setText(sentence)
        self.complain("")
        self.busy.show()
        self._task = self._tasks.start(self._do(work), sentence)
        self.allow()

    def complain(self, sentence: str) -> None:
        """Says what went wrong; nothing for an empty sentence."""
        self.complaint.setText(sentence)
        self.complaint.setVisible(bool(sentence))
        if sentence and (layout := self.layout()) is not None:
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def allow(self) -> None:
        """Enables what can be done now; called whenever something begins or ends."""

    def button(self, title: str, name: str, tip: str, run: Callable[[], None]) -> QPushButton:
        """A push button that Enter does not press by accident."""
        button = QPushButton(title)
        button.setObjectName(f"{self._area}/{name}")
        button.setAccessibleName(tip)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _is_checked=False: run())
        return button

    def words(self, name: str, role: str) -> QLabel:
        """A label for foreign text: shown as text, wrapped."""
        label = QLabel()
        label.setObjectName(f"{self._area}/{name}")
        label.setProperty("role", role)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def arrange(self, *parts: QWidget | QHBoxLayout, stretched: QWidget) -> None:
        """Summary and busy line on top, then the parts, the complaint before the last one."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(self.tokens.gap)
        layout.addWidget(self.summary)
        layout.addWidget(self.busy)
        for part in (*parts[:-1], self.complaint, parts[-1]):
            if isinstance(part, QWidget):
                layout.addWidget(part, 1 if part is stretched else 0)
            else:
                layout.addLayout(part)

    async def _do(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except RestFailed as failed:
            self.summary.setText(self.at_rest)
            self.complain(str(failed))
        self._task = None
        self.busy.hide()
        self.allow()

    def _give_up(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
