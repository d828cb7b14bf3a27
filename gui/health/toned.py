"""Words and lights in a tone of health."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from gui.health.tones import TONE_COLOURS
from gui.theme.tokens import Tokens

__all__ = ["Dot", "Toned"]


class Toned(QLabel):
    """A label that is said in a tone (good, late, bad or plain)."""

    def say(self, text: str, tone: str = "") -> None:
        """Shows ``text``; nothing happens when it is shown already."""
        if text != self.text():
            self.setText(text)
            self.setVisible(bool(text))
        if (self.property("tone") or "") != tone:
            self.setProperty("tone", tone)
            self.style().polish(self)


class Dot(QWidget):
    """A round light in a tone; the word beside it says the same."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._tokens = tokens
        self.tone = ""
        self.setFixedSize(10, 10)

    def show_tone(self, tone: str) -> None:
        """Takes a tone's colour."""
        if tone != self.tone:
            self.tone = tone
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(0, 0, 0, 0))
        painter.setBrush(QColor(getattr(self._tokens, TONE_COLOURS[self.tone])))
        painter.drawEllipse(1, 1, 8, 8)
