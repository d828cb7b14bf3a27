"""The dot at the end of a row: where the newest value is on its way. A colour, a shape and a word each."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from gui.theme.tokens import Tokens

__all__ = ["Mark", "MarkKind"]


class MarkKind(Enum):
    """What the dot says; the value is the word in its tool tip."""

    SETTLED = ""
    IN_FLIGHT = "In flight: the server has not confirmed this value yet."
    LATE = "Late: unconfirmed for more than a second."
    PARKED = "Parked: someone else changed this while your hand is on it."
    SHARED = "Shared:"


class Mark(QWidget):
    """Nothing when settled; a blue dot in flight, an amber ring late, an amber diamond while a peer's value waits.

    A square in an operator's colour while that operator's hand is on the same field.
    """

    def __init__(self, tokens: Tokens, title: str) -> None:
        super().__init__()
        self._tokens = tokens
        self._title = title
        self.kind = MarkKind.SETTLED
        self._colour = ""
        self.setAccessibleName(f"{title}: settled")
        self.setFixedSize(10, 16)

    def show_kind(self, kind: MarkKind, detail: str = "", colour: str = "") -> None:
        """Shows ``kind``; ``detail`` (the parked value, whose hand) is added to the tool tip; ``colour`` of a hand."""
        sentence = f"{kind.value} {detail}".strip()
        if (kind, sentence, colour) == (self.kind, self.toolTip(), self._colour):
            return
        self.kind, self._colour = kind, colour
        self.setToolTip(sentence)
        self.setAccessibleName(f"{self._title}: {sentence or 'settled'}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(10, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        if self.kind is MarkKind.SETTLED:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(self.width() / 2, self.height() / 2)
        painter.setPen(QPen(QColor(0, 0, 0, 0)))
        if self.kind is MarkKind.IN_FLIGHT:
            painter.setBrush(QColor(self._tokens.accent))
            painter.drawEllipse(middle, 3.5, 3.5)
        elif self.kind is MarkKind.LATE:
            painter.setPen(QPen(QColor(self._tokens.late), 2))
            painter.drawEllipse(QRectF(middle.x() - 3.5, middle.y() - 3.5, 7, 7))
        elif self.kind is MarkKind.SHARED:
            painter.setBrush(QColor(self._colour or self._tokens.dim))
            painter.drawRect(QRectF(middle.x() - 4, middle.y() - 4, 8, 8))
        else:
            painter.setBrush(QColor(self._tokens.late))
            painter.drawPolygon(QPolygonF([middle + QPointF(*at) for at in ((0, -4.5), (4.5, 0), (0, 4.5), (-4.5, 0))]))
