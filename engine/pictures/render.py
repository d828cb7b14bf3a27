"""Rendering: resolved items and their pictures → one composed picture (QPainter; order of steps: PROTOCOL.md §13.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath

from engine.pictures.drawing import OPAQUE
from engine.pictures.layout import Item
from sync.wire.compositor import Rect

__all__ = ["Drawable", "Renderer"]

# Bilinear sampling looks at four pixels: below half size it would skip some, so the picture is averaged down first.
SHRINK_FROM = 2.0


class Drawable(NamedTuple):
    """An item with its picture; the picture's first ``overhang`` rows stand above the item's rect."""

    item: Item
    image: QImage
    overhang: int = 0


class Renderer:
    """Paints drawables onto a canvas. ``is_smooth`` False samples nearest, as StreamKit's CPU path does."""

    def __init__(self, *, is_smooth: bool = True) -> None:
        self._is_smooth = is_smooth
        self._shrunk: dict[tuple[int, QSize, Rect | None], QImage] = {}

    def paint(self, canvas: QImage, drawables: Sequence[Drawable]) -> None:
        """Paints bottom first; what nothing covers is transparent black."""
        shrunk: dict[tuple[int, QSize, Rect | None], QImage] = {}
        painter = QPainter(canvas)
        try:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._is_smooth)
            _clear(painter, canvas, drawables)
            for drawable in drawables:
                self._draw(painter, drawable, shrunk)
        finally:
            painter.end()
        self._shrunk = shrunk

    def _draw(
        self, painter: QPainter, drawable: Drawable, shrunk: dict[tuple[int, QSize, Rect | None], QImage]
    ) -> None:
        item, image = drawable.item, drawable.image
        if image.isNull():
            return
        source = QRect(*_sides(item.crop)) if item.crop is not None else image.rect()
        image, source = self._shrink(item, image, source, shrunk)
        target = QRect(*_sides(item.rect)).adjusted(0, -drawable.overhang, 0, 0)
        if drawable.overhang:
            target.setHeight(image.height())
        painter.setOpacity(item.opacity)
        if _is_plain(item):
            painter.drawImage(target, image, source)
            return
        painter.save()
        try:
            _place(painter, item)
            painter.drawImage(target, image, source)
        finally:
            painter.restore()

    def _shrink(
        self,
        item: Item,
        image: QImage,
        source: QRect,
        shrunk: dict[tuple[int, QSize, Rect | None], QImage],
    ) -> tuple[QImage, QRect]:
        size = QSize(item.rect.width, item.rect.height)
        ratio = max(source.width() / size.width(), source.height() / size.height())
        if not self._is_smooth or ratio <= SHRINK_FROM:
            return image, source
        key = (image.cacheKey(), size, item.crop)
        small = self._shrunk.get(key)
        if small is None:
            part = image if source == image.rect() else image.copy(source)
            mode = Qt.TransformationMode.SmoothTransformation
            small = part.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
        shrunk[key] = small
        return small, small.rect()


def _sides(rect: Rect) -> tuple[int, int, int, int]:
    return rect.x, rect.y, rect.width, rect.height


def _is_plain(item: Item) -> bool:
    return not (item.rotation_degrees or item.mirror_horizontal or item.mirror_vertical or item.is_circle)


def _covers(drawable: Drawable, canvas: QImage) -> bool:
    item = drawable.item
    is_whole = item.rect.x <= 0 and item.rect.y <= 0
    is_whole &= item.rect.x + item.rect.width >= canvas.width() and item.rect.y + item.rect.height >= canvas.height()
    is_opaque = drawable.image.format() == OPAQUE and item.opacity >= 1.0 and not drawable.image.isNull()
    return is_whole and is_opaque and not item.rotation_degrees and not item.is_circle


def _clear(painter: QPainter, canvas: QImage, drawables: Iterable[Drawable]) -> None:
    bottom = next(iter(drawables), None)
    if bottom is not None and _covers(bottom, canvas):
        return
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    painter.fillRect(canvas.rect(), Qt.GlobalColor.transparent)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)


def _place(painter: QPainter, item: Item) -> None:
    """Turns and mirrors the painter about the rect's centre and cuts the circle, in the layer's own frame."""
    centre = QRectF(*_sides(item.rect)).center()
    painter.translate(centre)
    painter.rotate(item.rotation_degrees)
    painter.scale(-1.0 if item.mirror_horizontal else 1.0, -1.0 if item.mirror_vertical else 1.0)
    painter.translate(-centre)
    if item.rotation_degrees or item.is_circle:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if item.is_circle:
        painter.setClipPath(_circle(item.rect, centre))


def _circle(rect: Rect, centre: QPointF) -> QPainterPath:
    radius = min(rect.width, rect.height) / 2
    path = QPainterPath()
    path.addEllipse(centre, radius, radius)
    return path
