"""Text overlays: measured and drawn once, kept as bitmaps until something about them changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from engine.pictures.drawing import WITH_ALPHA
from engine.pictures.fonts import FontShelf
from engine.pictures.layout import TextBox
from sync.wire.compositor import MAX_CANVAS_SIDE, TextOverlay

__all__ = ["RenderedText", "TextShelf", "wrap"]

LINE_HEIGHT = 1.2
MAX_BITMAP_PIXELS = 16_000_000


class RenderedText(NamedTuple):
    """A text's box and its bitmap, whose row 0 lies ``overhang`` pixels above the box (accents of the first line)."""

    box: TextBox
    image: QImage
    overhang: int


class _Key(NamedTuple):
    text: str
    color: tuple[int, int, int, int]
    font_size: int
    font_name: str | None
    word_wrap: bool
    bounds: tuple[int, int]


class TextShelf:
    """The bitmaps of one compositor's texts."""

    def __init__(self, fonts: FontShelf) -> None:
        self._fonts = fonts
        self._shelf: dict[_Key, RenderedText] = {}

    def render(self, overlays: Sequence[TextOverlay]) -> list[RenderedText]:
        """One bitmap an overlay; unchanged ones are taken from the shelf, unused ones leave it."""
        kept = {key: self._shelf.get(key) or self._draw(key) for key in map(_key, overlays)}
        self._shelf = kept
        return [kept[_key(overlay)] for overlay in overlays]

    def _draw(self, key: _Key) -> RenderedText:
        font = self._fonts.font(key.font_name, max(1, key.font_size))
        metrics = QFontMetricsF(font)
        lines = wrap(key.text, key.bounds[0] if key.word_wrap else 0, metrics.horizontalAdvance)
        box = _measure(lines, metrics, max(1, key.font_size), key.bounds)
        cap = math.ceil(metrics.tightBoundingRect("A").height())
        overhang = max(0, math.ceil(metrics.ascent()) - cap)
        return RenderedText(box, _paint(lines, font, key, box, (cap, overhang)), overhang)


def wrap(text: str, width: int, advance: Callable[[str], float]) -> list[str]:
    """Lines of ``text``: cut at ``\\n``, and greedily at white space where ``width`` (pixels, 0 is none) asks for it.

    A word that is wider than ``width`` stays whole.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_wrap_paragraph(paragraph, width, advance) if width else [paragraph])
    return lines


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


def _key(overlay: TextOverlay) -> _Key:
    bounds = (overlay.rect.width, overlay.rect.height)
    # Half a surrogate pair is no text for Qt.
    text = overlay.text.encode("utf-8", "replace").decode()
    return _Key(text, overlay.color, overlay.font_size, overlay.font_name, overlay.word_wrap, bounds)


def _measure(lines: Sequence[str], metrics: QFontMetricsF, size: int, bounds: tuple[int, int]) -> TextBox:
    width = math.ceil(max((metrics.horizontalAdvance(line) for line in lines), default=0.0))
    height = math.ceil(len(lines) * LINE_HEIGHT * size)
    return TextBox(_clamped(width, bounds[0]), _clamped(height, bounds[1]), width, height)


def _clamped(side: int, bound: int) -> int:
    return min(side, bound or MAX_CANVAS_SIDE, MAX_CANVAS_SIDE)


def _paint(lines: Sequence[str], font: QFont, key: _Key, box: TextBox, offsets: tuple[int, int]) -> QImage:
    cap, overhang = offsets
    if not box.width or not box.height:
        return QImage()
    height = min(box.height + overhang, max(1, MAX_BITMAP_PIXELS // box.width))
    image = QImage(box.width, height, WITH_ALPHA)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    try:
        painter.setFont(font)
        painter.setPen(QColor(*key.color))
        for number, line in enumerate(lines):
            baseline = overhang + cap + number * LINE_HEIGHT * max(1, key.font_size)
            if baseline - font.pixelSize() * 2 > height:
                break
            painter.drawText(QPointF(0.0, baseline), line)
    finally:
        painter.end()
    return image
