"""The strip under the top bar while the link or the session is gone: what is wrong, and what will be sent again."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from gui.bridge import Bridge
from gui.health.speech import banner_text
from gui.icons import set_sign
from gui.theme.tokens import Tokens
from sync.desk import LinkState

__all__ = ["ReconnectBanner"]

TICK_MS: Final = 200


class ReconnectBanner(QFrame):
    """Hidden while all is well. Signals: ``retry_asked``, ``token_asked``."""

    retry_asked = Signal()
    token_asked = Signal()

    def __init__(self, bridge: Bridge, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("banner")
        self._bridge = bridge
        sign = QLabel()
        set_sign(sign, "warning", "late", 18, tokens)
        self.words = QLabel()
        self.words.setObjectName("banner/words")
        self.words.setAccessibleName("State of the link")
        self.words.setWordWrap(True)
        self.retry = QPushButton("Try now")
        self.retry.setObjectName("banner/retry")
        self.retry.setAccessibleName("Try now")
        self.retry.setToolTip("Try to reach the server at once")
        self.retry.clicked.connect(self.retry_asked.emit)
        self.token = QPushButton("Give a token…")
        self.token.setObjectName("banner/token")
        self.token.setAccessibleName("Give a token")
        self.token.setToolTip("Type the token that this server wants")
        self.token.clicked.connect(self.token_asked.emit)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 12, 6)
        line.setSpacing(tokens.gap)
        line.addWidget(sign)
        line.addWidget(self.words, 1)
        line.addWidget(self.token)
        line.addWidget(self.retry)
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self.refresh)
        self._since = (bridge.desk.link, time.monotonic())
        bridge.link_shown.connect(lambda _link: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Brings the words up to date; the countdown runs while the strip is there."""
        desk = self._bridge.desk
        words = banner_text(desk.link, self._now(), self._unsent(), desk.missing)
        self.setVisible(bool(words))
        self.words.setText(words)
        self.retry.setVisible(desk.link.state in {LinkState.WAITING, LinkState.REFUSED})
        self.token.setVisible(desk.link.state is LinkState.REFUSED)
        if words and not self._tick.isActive():
            self._tick.start()
        elif not words:
            self._tick.stop()

    def _now(self) -> float:
        """The link's own time: it was ``since`` when this link was first seen."""
        link = self._bridge.desk.link
        if self._since[0] is not link:
            self._since = (link, time.monotonic())
        return link.since + time.monotonic() - self._since[1]

    def _unsent(self) -> int:
        session = self._bridge.session
        return 0 if session is None else sum(len(replica.pending) for replica in session.store.replicas().values())
