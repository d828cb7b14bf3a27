"""The five steps of a link as dots on a line, and how many entries came in one frame as bars."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.syncing.readings import STEPS, grouped
from gui.theme.fonts import mono_font, small_font
from gui.theme.tokens import Tokens
from sync.ordered.status import LogState

__all__ = ["BatchBars", "Stepper"]

_BAR_HEIGHT = 18


class Stepper(QWidget):
    """AUTH, CLOCK, BULK, READY, LIVE: behind, here, ahead. Each has its word; colour says nothing alone."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("sync/link/steps")
        self.setToolTip("The steps of a link: who are you, where are you, what is missing, ready, live")
        self._tokens = tokens
        self._state: LogState | None = None
        self.setFixedHeight(40)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def step(self) -> int:
        """How many steps were reached, 0 to 5."""
        return STEPS.index(self._state) + 1 if self._state in STEPS else 0

    def show_state(self, state: LogState) -> None:
        """Shows how far the link is."""
        if state is not self._state:
            self._state = state
            self.setAccessibleName(f"Link: {state.value}, step {self.step} of {len(STEPS)}")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        span = self.width() / len(STEPS)
        middles = [QPointF(span * (number + 0.5), 10) for number in range(len(STEPS))]
        for number, (start, end) in enumerate(pairwise(middles), start=1):
            painter.setPen(QPen(QColor(self._colour(number < self.step)), 2))
            painter.drawLine(start + QPointF(8, 0), end - QPointF(8, 0))
        for number, middle in enumerate(middles, start=1):
            self._paint_step(painter, number, middle)

    def _paint_step(self, painter: QPainter, number: int, middle: QPointF) -> None:
        tokens, is_here = self._tokens, number == self.step
        painter.setPen(QPen(QColor(self._colour(number <= self.step)), 2))
        painter.setBrush(QColor(self._colour(True)) if number <= self.step else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(middle, 5.5 if is_here else 4.0, 5.5 if is_here else 4.0)
        font = small_font(tokens)
        font.setWeight(QFont.Weight.DemiBold if is_here else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(tokens.text if is_here else tokens.dim))
        place = QRectF(middle.x() - 32, 20, 64, 18)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, STEPS[number - 1].value.upper())

    def _colour(self, is_reached: bool) -> str:
        tokens = self._tokens
        reached = tokens.preview if self._state is LogState.LIVE else tokens.accent
        return reached if is_reached else tokens.faint


class BatchBars(QWidget):
    """How many entries frames carried: one bar a power of two, its number of frames beside it."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("sync/batches")
        self.setToolTip("How many entries came in one frame: near 1 at rest, more while the server is busy")
        self._tokens = tokens
        self.batches: dict[int, int] = {}

    def show_batches(self, batches: Mapping[int, int]) -> None:
        """Upper bound of entries → number of frames."""
        if dict(batches) != self.batches:
            self.batches = dict(sorted(batches.items()))
            words = ", ".join(f"up to {bound}: {count}" for bound, count in self.batches.items())
            self.setAccessibleName(f"Entries a frame: {words or 'none yet'}")
            self.setFixedHeight(max(1, len(self.batches)) * _BAR_HEIGHT)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, max(1, len(self.batches)) * _BAR_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setFont(mono_font(self._tokens, self._tokens.small_px))
        most = max(self.batches.values(), default=1)
        room = self.width() - 34 - 66
        for number, (bound, count) in enumerate(self.batches.items()):
            top, side = number * _BAR_HEIGHT, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.setPen(QColor(self._tokens.dim))
            painter.drawText(QRectF(0, top, 26, _BAR_HEIGHT), side, str(bound))
            painter.setPen(QColor(self._tokens.text))
            painter.drawText(QRectF(self.width() - 62, top, 62, _BAR_HEIGHT), side, grouped(count))
            painter.fillRect(QRectF(34, top + 4, room, _BAR_HEIGHT - 8), QColor(self._tokens.bg3))
            painter.fillRect(
                QRectF(34, top + 4, max(2.0, room * count / most), _BAR_HEIGHT - 8), QColor(self._tokens.accent)
            )
