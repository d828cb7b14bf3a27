"""Going to a server: its address, the token it may want, and whether the keyring remembers that token."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.connecting.keyring import Keyring, KeyringFailed, find_keyring
from gui.connecting.tokens import ServerTokens
from gui.theme.tokens import Tokens
from sync.tasks import Tasks
from sync.wire.address import AddressRefused, ServerAddress

KEPT = "kept in the keyring"
ONLY_IF = "only if the server wants one"

__all__ = ["ConnectDialog"]


class ConnectDialog(QDialog):
    """Not modal. Signals: ``connect_asked`` with the address; a typed token is with ``tokens`` by then."""

    connect_asked = Signal(str)

    def __init__(self, url: str, tokens: ServerTokens, tasks: Tasks, theme: Tokens, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("connect/dialog")
        self.setWindowTitle("Connect to a server")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._server_tokens, self._tasks = tokens, tasks
        self._running: list[asyncio.Task[None]] = []
        self.address = self._line("address", "Address of the server", "ws://host:4545, http://host:4545, wss://…", url)
        self.token = self._line("token", "Token", "The token that the server's operator gave you", "")
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.remember = QCheckBox("Remember in the keyring")
        self.remember.setObjectName("connect/remember")
        self.remember.setAccessibleName("Remember the token in the system's keyring")
        self.remember.setEnabled(False)
        self.why_not = QLabel("Looking for the keyring…")
        self.why_not.setObjectName("connect/why_not")
        self.why_not.setProperty("role", "small")
        self.complaint = QLabel()
        self.complaint.setObjectName("connect/complaint")
        self.complaint.setProperty("tone", "bad")
        for words in (self.why_not, self.complaint):
            words.setWordWrap(True)
            words.setTextFormat(Qt.TextFormat.PlainText)
        self.complaint.hide()
        self.forget = self._button("Forget the token", "forget", "Remove this server's token from the keyring")
        self.forget.clicked.connect(lambda: self._work(self._forget()))
        self.go = self._button("Connect", "go", "Leave the present server and go to this one")
        self.go.setProperty("role", "first")
        self.go.setDefault(True)
        self.go.clicked.connect(self._connect)
        self._lay_out(theme)
        self.address.textChanged.connect(lambda _text: self._show())
        self.finished.connect(lambda _result: self._give_up())
        self._show()
        self._work(self._look())

    def _lay_out(self, theme: Tokens) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(2 * theme.gap)
        form.setVerticalSpacing(theme.gap)
        for line in (self.address, self.token):
            line.setMinimumHeight(theme.row_height)
        form.addRow("Address", self.address)
        form.addRow("Token", self.token)
        form.addRow("", self.remember)
        form.addRow("", self.why_not)
        cancel = self._button("Cancel", "cancel", "Stay where you are")
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(self.forget)
        buttons.addStretch()
        buttons.addWidget(cancel)
        buttons.addWidget(self.go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(theme.gap)
        layout.addLayout(form)
        layout.addWidget(self.complaint)
        layout.addSpacing(theme.gap)
        layout.addLayout(buttons)
        self.setMinimumWidth(480)

    async def _look(self) -> None:
        found = await find_keyring()
        is_there = isinstance(found, Keyring)
        self.remember.setEnabled(is_there)
        self.remember.setToolTip("The system locks it away; the desk asks for it when it goes there again"
                                 if is_there else str(found))  # fmt: skip
        self.why_not.setText("" if is_there else str(found))
        self.why_not.setVisible(not is_there)

    async def _forget(self) -> None:
        try:
            await self._server_tokens.forget(self.address.text())
        except KeyringFailed as failed:
            self._complain(str(failed))
        self._show()

    def _show(self) -> None:
        url = self.address.text().strip()
        is_kept = self._server_tokens.is_kept(url)
        self.token.setPlaceholderText(KEPT if is_kept else ONLY_IF)
        self.forget.setVisible(is_kept)
        self.go.setEnabled(bool(url))

    def _connect(self) -> None:
        url, token = self.address.text().strip(), self.token.text().strip()
        try:
            ServerAddress.parse(url)
        except AddressRefused as refused:
            self._complain(f"{refused}.")
            return
        if not token.isascii() or not token.isprintable() or " " in token:
            self._complain("A token is one word of plain letters, digits and signs.")
            return
        if token:
            self._server_tokens.type_in(url, token, is_kept=self.remember.isEnabled() and self.remember.isChecked())
        self.token.clear()
        self.connect_asked.emit(url)
        self.accept()

    def _complain(self, sentence: str) -> None:
        self.complaint.setText(sentence)
        self.complaint.show()
        if (layout := self.layout()) is not None:
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        self._running.append(self._tasks.start(work, "keyring"))

    def _give_up(self) -> None:
        for task in self._running:
            task.cancel()

    @staticmethod
    def _line(name: str, title: str, tip: str, text: str) -> QLineEdit:
        line = QLineEdit(text)
        line.setObjectName(f"connect/{name}")
        line.setAccessibleName(title)
        line.setToolTip(tip)
        return line

    @staticmethod
    def _button(title: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(title)
        button.setObjectName(f"connect/{name}")
        button.setAccessibleName(tip)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        return button
