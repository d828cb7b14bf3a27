"""A text as lines, its measurement, and a bitmap of any part of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from engine.pictures.drawing import WITH_ALPHA
from engine.pictures.layout import TextBox
from sync.wire.compositor import MAX_CANVAS_SIDE, Rect

__all__ = ["Written", "draw", "wrap", "write"]

LINE_HEIGHT = 1.2
# Qt measures in 1/64 pixels and 32 bits: a longer line is measured small, or it would come out negative.
LONG_LINE_PIXELS = 1_000_000
MEASURED_SIZE = 128


class Written(NamedTuple):
    """Lines, their font of ``size`` pixels, the text's box, the first baseline below the box's top, and how far ink
    may stand above the box.
    """

    lines: Sequence[str]
    font: QFont
    size: int
    box: TextBox
    cap: int
    overhang: int

    @property
    def area(self) -> Rect:
        """What may have ink, from the box's top left corner."""
        if not self.box.width or not self.box.height:
            return Rect(0, 0, 0, 0)
        return Rect(0, -self.overhang, self.box.width, self.box.height + self.overhang)


def write(text: str, font: QFont, size: int, bounds: tuple[int, int], *, wraps: bool) -> Written:
    """``text`` in lines and measured; ``bounds`` are the box's largest width and height, 0 is none."""
    metrics, advance = QFontMetricsF(font), _measure(font, size)
    lines = wrap(text, bounds[0] if wraps else 0, advance)
    width = math.ceil(max((advance(line) for line in lines), default=0.0))
    height = math.ceil(len(lines) * LINE_HEIGHT * size)
    box = TextBox(_clamped(width, bounds[0]), _clamped(height, bounds[1]), width, height)
    cap = math.ceil(metrics.tightBoundingRect("A").height())
    return Written(lines, font, size, box, cap, max(0, math.ceil(metrics.ascent()) - cap))


def wrap(text: str, width: int, advance: Callable[[str], float]) -> list[str]:
    """Lines of ``text``: cut at ``\\n``, and greedily at white space where ``width`` (pixels, 0 is none) asks for it.

    A word that is wider than ``width`` stays whole.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_wrap_paragraph(paragraph, width, advance) if width else [paragraph])
    return lines


def draw(written: Written, color: tuple[int, int, int, int], part: Rect) -> QImage:
    """A bitmap of ``part`` of a text's area; null when there is no memory for it."""
    image = QImage(part.width, part.height, WITH_ALPHA)
    if image.isNull():
        return image
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    try:
        painter.setFont(written.font)
        painter.setPen(QColor(*color))
        for number, line in enumerate(written.lines):
            baseline = written.cap + number * LINE_HEIGHT * written.size - part.y
            if baseline + 2 * written.size < 0:
                continue
            if baseline - 2 * written.size > part.height:
                break
            painter.drawText(QPointF(-part.x, baseline), line)
    finally:
        painter.end()
    return image


def _wrap_paragraph(paragraph: str, width: int, advance: Callable[[str], float]) -> list[str]:
    # Word by word: measuring ever longer lines would take seconds for a long text.
    lines: list[list[str]] = [[]]
    space, used = advance(" "), 0.0
    for word in paragraph.split():
        length = advance(word)
        if lines[-1] and used + space + length > width:
            lines.append([])
        used = used + space + length if lines[-1] else length
        lines[-1].append(word)
    return [" ".join(line) for line in lines]


def _measure(font: QFont, size: int) -> Callable[[str], float]:
    """The width of a line in pixels."""
    metrics = QFontMetricsF(font)
    small = QFont(font)
    small.setPixelSize(min(size, MEASURED_SIZE))
    small_metrics = QFontMetricsF(small)

    def advance(line: str) -> float:
        if len(line) * size <= LONG_LINE_PIXELS:
            return metrics.horizontalAdvance(line)
        return max(0.0, small_metrics.horizontalAdvance(line)) * size / small.pixelSize()

    return advance


def _clamped(side: int, bound: int) -> int:
    return min(side, bound or MAX_CANVAS_SIDE, MAX_CANVAS_SIDE)
