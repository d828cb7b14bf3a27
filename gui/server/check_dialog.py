"""The check of a pipeline file against the connected server: every finding, and the place in the file that it means."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QSplitter, QWidget

from gui.health.speech import counted
from gui.icons import pixmap
from gui.server.dialog import ServerDialog
from gui.server.failure import RestFailed
from gui.server.findings import Issue, local_issues, server_issues
from gui.server.rest import RestClient
from gui.theme.tokens import Tokens
from gui.yaml.highlighter import YamlHighlighter
from gui.yaml.panel import read_only_text
from sync.tasks import Tasks
from sync.wire.yaml_reader import MAX_BYTES
from sync.wire.yaml_text import decode_yaml
from sync.wire.yaml_tree import YamlRefused

LINE_ROLE: Final = int(Qt.ItemDataRole.UserRole)
SIGN: Final = 16

__all__ = ["CheckDialog"]


class CheckDialog(ServerDialog):
    """Signals: ``start_asked`` with the checked Path; ``start_text_asked`` with text and title where only the server
    can read the file.
    """

    start_asked = Signal(object)
    start_text_asked = Signal(str, str)

    def __init__(self, tokens: Tokens, tasks: Tasks, client: Callable[[], RestClient], parent: QWidget) -> None:
        super().__init__("check", "Check against this server", tokens, tasks, parent)
        self._client = client
        self._file, self._text = Path(), ""
        self.issues: list[Issue] = []
        self._is_good = False
        self.list = QListWidget()
        self.list.setObjectName("check/list")
        self.list.setAccessibleName("What was found")
        self.list.setToolTip("Choose a finding to see its line")
        self.list.setWordWrap(True)
        self.list.setIconSize(QSize(SIGN, SIGN))
        self.list.setSpacing(3)
        self.list.currentItemChanged.connect(lambda item, _before: self._show_place(item))
        self.text = read_only_text("check/text", "The file", tokens)
        self._colours = YamlHighlighter(self.text.document(), tokens)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.addWidget(self.list)
        halves.addWidget(self.text)
        halves.setStretchFactor(0, 2)
        halves.setStretchFactor(1, 3)
        halves.setChildrenCollapsible(False)
        self.start = self.button("Start it", "start", "Start a session from this file on the server", self._start)
        self.start.setProperty("role", "first")
        self.again = self.button("Check again", "again", "Read the file again and ask the server again", self.refresh)
        self.copy = self.button("Copy", "copy", "Copy the findings, one a line", self._copy)
        close = self.button("Close", "close", "Close this check", self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy)
        buttons.addStretch()
        for part in (self.again, close, self.start):
            buttons.addWidget(part)
        self.arrange(halves, buttons, stretched=halves)
        self.resize(760, 560)

    def check(self, file: Path) -> None:
        """Checks ``file`` and shows what comes of it."""
        self._file = file
        self.refresh()
        self.show()
        self.activateWindow()

    def refresh(self) -> None:
        """Reads the file again and asks again."""
        self._is_good = False
        self.list.clear()
        self.work(f"Checking {self._file.name}…", self._check())

    def allow(self) -> None:
        self.start.setEnabled(self._is_good and not self.is_busy)
        self.again.setEnabled(not self.is_busy)
        self.copy.setEnabled(bool(self.issues))

    async def _check(self) -> None:
        self.issues = []
        text = self._text = await asyncio.to_thread(_read, self._file)
        self.text.setPlainText(text)
        local = await asyncio.to_thread(local_issues, text, self._file.name)
        self._show(local, "here")
        findings = await self._client().validate(text)
        remote = await asyncio.to_thread(server_issues, findings, text, local)
        self._is_good = findings.valid
        self._show([*remote, *local], "there")

    def _show(self, issues: list[Issue], where: str) -> None:
        self.issues = sorted(issues, key=lambda issue: (not issue.is_error, issue.line or 0))
        self.list.clear()
        for issue in self.issues:
            self._add(issue)
        if self.list.count():
            self.list.setCurrentRow(0)
        if where == "there":
            self.summary.setText(self._verdict())

    def _add(self, issue: Issue) -> None:
        line = "" if issue.line is None else f"Line {issue.line}: "
        whose = "" if issue.source == "server" else " (found by this desk)"
        item = QListWidgetItem(f"{line}{issue.words}{whose}")
        colour = self.tokens.error if issue.is_error else self.tokens.late
        item.setIcon(QIcon(pixmap("warning" if not issue.is_error else "close", colour, SIGN)))
        item.setData(LINE_ROLE, issue.line)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, issue.spoken(self._file.name))
        self.list.addItem(item)

    def _verdict(self) -> str:
        errors = sum(issue.is_error for issue in self.issues)
        doubts = len(self.issues) - errors
        name = self._file.name
        if errors and self._is_good:
            return f"This server would run {name}; this desk cannot read all of it."
        if errors:
            more = f" and {counted(doubts, 'warning')}" if doubts else ""
            return f"{name} would not run on this server: {counted(errors, 'error')}{more}."
        return f"{name} would run on this server, with {counted(doubts, 'warning')}." if doubts else (
            f"{name} would run on this server; nothing is doubtful."
        )  # fmt: skip

    def _show_place(self, item: QListWidgetItem | None) -> None:
        line = None if item is None else item.data(LINE_ROLE)
        block = self.text.document().findBlockByNumber(max(0, (line or 0) - 1))
        if line is None or not block.isValid():
            return
        cursor = QTextCursor(block)
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
        self.text.setTextCursor(cursor)
        self.text.centerCursor()

    def _start(self) -> None:
        if any(issue.is_error for issue in self.issues):
            self.start_text_asked.emit(self._text, self._file.stem)
        else:
            self.start_asked.emit(self._file)
        self.accept()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(issue.spoken(self._file.name) for issue in self.issues))


def _read(file: Path) -> str:
    """The file's text, within bounds; raises RestFailed."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise RestFailed(f"{file.name} is longer than {MAX_BYTES} bytes.")
        return decode_yaml(data)
    except OSError as error:
        raise RestFailed(f"{file.name} cannot be read: {error.strerror or error}.") from error
    except YamlRefused as refused:
        raise RestFailed(f"{file.name}, {refused}.") from refused
