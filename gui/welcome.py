"""The empty window: three large choices."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gui.health.speech import link_word
from gui.icons import set_sign
from gui.theme.tokens import Tokens
from sync.desk import Link, LinkState

__all__ = ["WelcomePage"]

CARD_WIDTH: Final = 248
CARD_LEAST: Final = 150
CARD_HEIGHT: Final = 180
MAX_RECENT: Final = 4


class WelcomePage(QWidget):
    """Signals: ``demo_asked``, ``file_asked``, ``recent_file_asked`` with a path, ``server_asked`` with a URL."""

    demo_asked = Signal()
    file_asked = Signal()
    recent_file_asked = Signal(str)
    server_asked = Signal(str)

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("welcome")
        self._tokens = tokens
        self.address = QLineEdit()
        self.state = QLabel()
        self.state.setObjectName("welcome/state")
        self.state.setProperty("role", "dim")
        self.state.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.state.setWordWrap(True)
        self._recent = QVBoxLayout()
        cards = QHBoxLayout()
        cards.setSpacing(16)
        cards.addStretch(1)
        for card in self._cards():
            cards.addWidget(card, 3)
        cards.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.addStretch(2)
        layout.addWidget(self._centred("Nothing is open", "title"))
        layout.addWidget(self._centred("Pick a picture to work on.", "dim"))
        layout.addSpacing(20)
        layout.addLayout(cards)
        layout.addSpacing(16)
        layout.addLayout(self._address_line())
        layout.addLayout(self._recent)
        layout.addWidget(self.state)
        layout.addStretch(3)

    def show_recent(self, servers: list[str], files: list[str]) -> None:
        """Offers the newest servers and files."""
        while (item := self._recent.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for url in servers[:MAX_RECENT]:
            self._offer(f"server/{url}", url, "Connect to this server again", url, self.server_asked)
        for path in files[:MAX_RECENT]:
            self._offer(f"file/{path}", Path(path).name, path, path, self.recent_file_asked)

    def show_state(self, sentence: str) -> None:
        """What is going on: connecting, nothing there."""
        self.state.setText(sentence)

    def show_link(self, link: Link) -> None:
        """Says that a place is being opened already, so that nobody picks another one meanwhile."""
        is_opening = link.state in {LinkState.CONNECTING, LinkState.SYNCING}
        self.show_state(f"{link_word(link)} {link.url}" if is_opening else "")

    def _cards(self) -> tuple[QPushButton, ...]:
        demo = self._card("demo", "Demo", "Four moving layers on this machine’s own engine")
        demo.clicked.connect(self.demo_asked.emit)
        server = self._card("server", "Connect", "A server on the network: type its address below")
        server.clicked.connect(self._ask_for_server)
        file = self._card("folder", "Open a pipeline", "A YAML file, run on this machine’s own engine")
        file.clicked.connect(self.file_asked.emit)
        return (demo, server, file)

    def _card(self, name: str, title: str, words: str) -> QPushButton:
        card = QPushButton()
        card.setObjectName(f"welcome/{name}")
        card.setAccessibleName(f"{title}: {words}")
        card.setToolTip(words)
        card.setProperty("role", "choice")
        card.setMinimumSize(CARD_LEAST, CARD_HEIGHT)
        card.setMaximumSize(CARD_WIDTH, CARD_HEIGHT)
        card.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        sign, head, body = QLabel(), QLabel(title), QLabel(words)
        set_sign(sign, name, "accent", 40, self._tokens)
        head.setStyleSheet("font-size: 16px; font-weight: 600;")
        body.setProperty("role", "dim")
        body.setWordWrap(True)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(20, 20, 20, 16)
        for part in (sign, head, body):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            layout.addWidget(part)
        layout.addStretch()
        return card

    def _address_line(self) -> QHBoxLayout:
        self.address.setObjectName("welcome/address")
        self.address.setAccessibleName("Address of a server")
        self.address.setToolTip("ws://host:4545, http://host:4545, wss://… or https://…")
        self.address.setPlaceholderText("ws://host:4545")
        self.address.setFixedHeight(self._tokens.row_height + 4)
        self.address.setMinimumWidth(CARD_LEAST)
        self.address.setMaximumWidth(2 * CARD_WIDTH)
        self.address.returnPressed.connect(self._connect)
        go = QPushButton("Connect")
        go.setObjectName("welcome/connect")
        go.setAccessibleName("Connect to this address")
        go.setToolTip("Connect to this address")
        go.clicked.connect(self._connect)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self.address, 4)
        line.addWidget(go)
        line.addStretch(1)
        return line

    def _offer(self, name: str, title: str, tip: str, value: str, asked: SignalInstance) -> None:
        link = QPushButton(title)
        link.setObjectName(f"welcome/{name}")
        link.setAccessibleName(f"Recent: {title}")
        link.setToolTip(tip)
        link.setProperty("role", "quiet")
        link.clicked.connect(lambda: asked.emit(value))
        self._recent.addWidget(link, 0, Qt.AlignmentFlag.AlignCenter)

    def _ask_for_server(self) -> None:
        self.address.setFocus(Qt.FocusReason.OtherFocusReason)
        self.address.selectAll()

    def _connect(self) -> None:
        url = self.address.text().strip()
        if url:
            self.server_asked.emit(url)
        else:
            self.show_state("Type the address of a server first, for example ws://10.0.4.12:4545.")
            self.address.setFocus()

    @staticmethod
    def _centred(words: str, role: str) -> QLabel:
        label = QLabel(words)
        label.setProperty("role", role)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return label
