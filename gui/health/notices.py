"""A short sentence over the canvas, where the eye is: refusals, warnings, news. It goes by itself, or by a click."""

from __future__ import annotations

from collections import deque
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from gui.icons import set_icon, set_sign
from gui.theme.tokens import Tokens

__all__ = ["Notices"]

SHOWN_MS: Final = {"info": 4000, "warning": 7000, "error": 12_000}
_SIGNS: Final = {"info": ("check", "accent"), "warning": ("warning", "late"), "error": ("warning", "error")}
_RANK: Final = ("info", "warning", "error")
MAX_WAITING: Final = 20
WIDTH: Final = 560


class Notices(QFrame):
    """One card at the bottom of ``over``; the same sentence is not said twice in a row, others wait their turn."""

    def __init__(self, over: QWidget, tokens: Tokens) -> None:
        super().__init__(over)
        self.setObjectName("notice")
        self.setProperty("role", "card")
        self._over = over
        self._tokens = tokens
        self._waiting: deque[tuple[str, str]] = deque(maxlen=MAX_WAITING)
        self._current: tuple[str, str] | None = None
        self._sign = QLabel()
        self.words = QLabel()
        self.words.setObjectName("notice/words")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        close = QToolButton()
        close.setObjectName("notice/close")
        close.setAccessibleName("Close this notice")
        close.setToolTip("Close this notice")
        close.setProperty("role", "quiet")
        set_icon(close, "close", tokens)
        close.clicked.connect(self._next)
        self._line = line = QHBoxLayout(self)
        line.setContentsMargins(12, 8, 8, 8)
        line.setSpacing(tokens.gap + 2)
        line.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.words, 1)
        line.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._next)
        over.installEventFilter(self)
        self.hide()

    def say(self, severity: str, sentence: str) -> None:
        """Shows a sentence (severity info, warning or error): at once when it is worse than what is being said."""
        new = (severity if severity in SHOWN_MS else "info", sentence)
        if new == self._current:
            self._timer.start()
        elif self._current is None:
            self._show(*new)
        elif new in self._waiting:
            return
        elif _RANK.index(new[0]) > _RANK.index(self._current[0]):
            self._waiting.appendleft(self._current)
            self._show(*new)
        else:
            self._waiting.append(new)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _show(self, severity: str, sentence: str) -> None:
        self._current = (severity, sentence)
        name, colour = _SIGNS[severity]
        set_sign(self._sign, name, colour, 18, self._tokens)
        self.words.setText(sentence)
        self.setAccessibleName(f"{severity}: {sentence}")
        self.show()
        self._place()
        self.raise_()
        self._timer.start(SHOWN_MS[severity])

    def _next(self) -> None:
        self._timer.stop()
        if self._waiting:
            self._show(*self._waiting.popleft())
        else:
            self._current = None
            self.hide()

    def _place(self) -> None:
        width = min(WIDTH, self._over.width() - 24)
        self.setFixedWidth(max(160, width))
        height = max(40, self._line.totalHeightForWidth(self.width()))
        self.resize(self.width(), height)
        self.move((self._over.width() - self.width()) // 2, self._over.height() - height - 16)
