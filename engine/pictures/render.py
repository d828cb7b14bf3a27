"""Rendering: resolved items and their pictures → one composed picture (QPainter; order of steps: PROTOCOL.md §13.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath

from engine.pictures.drawing import OPAQUE
from engine.pictures.layout import Item
from engine.pictures.visible import visible_part
from sync.wire.compositor import Rect

__all__ = ["Drawable", "Renderer"]

# Bilinear sampling looks at four pixels: below half size it would skip some, so the picture is averaged down first.
SHRINK_FROM = 2.0
# Qt draws in 16.16 fixed point: of a rect that reaches farther than this only the part on the canvas is drawn.
FAR = 30_000

_Shrunk: TypeAlias = dict[tuple[int, tuple[int, int], Rect | None], QImage]


class Drawable(NamedTuple):
    """An item with its picture, and where that lies as seen from the corner of the item's rect; None is all of it."""

    item: Item
    image: QImage
    part: Rect | None = None

    @property
    def place(self) -> Rect:
        """Where the picture is drawn, before it is mirrored and turned."""
        rect, part = self.item.rect, self.part
        return rect if part is None else Rect(rect.x + part.x, rect.y + part.y, part.width, part.height)


class Renderer:
    """Paints drawables onto a canvas. ``is_smooth`` False samples nearest, as StreamKit's CPU path does."""

    def __init__(self, *, is_smooth: bool = True) -> None:
        self._is_smooth = is_smooth
        self._shrunk: _Shrunk = {}

    def paint(self, canvas: QImage, drawables: Sequence[Drawable]) -> list[tuple[Item, Exception]]:
        """Paints bottom first; what nothing covers is transparent black. Returns what was left out by a defect."""
        shrunk: _Shrunk = {}
        painter = QPainter(canvas)
        try:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._is_smooth)
            _clear(painter, canvas, drawables)
            tried = [
                (each.item, self._try(painter, each, (canvas.width(), canvas.height()), shrunk)) for each in drawables
            ]
        finally:
            painter.end()
        self._shrunk = shrunk
        return [(item, defect) for item, defect in tried if defect is not None]

    def _try(self, painter: QPainter, drawable: Drawable, canvas: tuple[int, int], shrunk: _Shrunk) -> Exception | None:
        try:
            self._draw(painter, drawable, canvas, shrunk)
        except Exception as defect:  # noqa: BLE001  (one layer that cannot be drawn must not take the others off air)
            return defect
        return None

    def _draw(self, painter: QPainter, drawable: Drawable, canvas: tuple[int, int], shrunk: _Shrunk) -> None:
        item, place = drawable.item, drawable.place
        seen = visible_part(place, item.rect, item, canvas)
        if seen is None or drawable.image.isNull():
            return
        image, source = self._shrink(drawable, (place.width, place.height), shrunk)
        painter.setOpacity(item.opacity)
        if _is_plain(item):
            _stretch(painter, image, source, place, seen)
            return
        painter.save()
        try:
            _turn(painter, item)
            _stretch(painter, image, source, place, seen)
        finally:
            painter.restore()

    def _shrink(self, drawable: Drawable, size: tuple[int, int], shrunk: _Shrunk) -> tuple[QImage, QRect]:
        """The picture and its part to draw, averaged down where it would be drawn much smaller; never enlarged."""
        image, crop = drawable.image, drawable.item.crop
        source = QRect(*_sides(crop)) if crop is not None else image.rect()
        ratio = max(source.width() / size[0], source.height() / size[1])
        if not self._is_smooth or ratio <= SHRINK_FROM:
            return image, source
        size = (min(size[0], source.width()), min(size[1], source.height()))
        key = (image.cacheKey(), size, crop)
        small = self._shrunk.get(key)
        if small is None:
            part = image if source == image.rect() else image.copy(source)
            mode = Qt.TransformationMode.SmoothTransformation
            small = part.scaled(QSize(*size), Qt.AspectRatioMode.IgnoreAspectRatio, mode)
        shrunk[key] = small
        return small, small.rect()


def _sides(rect: Rect) -> tuple[int, int, int, int]:
    return rect.x, rect.y, rect.width, rect.height


def _stretch(painter: QPainter, image: QImage, source: QRect, place: Rect, seen: Rect) -> None:
    if _is_far(place):
        painter.drawImage(QRectF(*_sides(seen)), image, _part_of(source, place, seen))
    else:
        painter.drawImage(QRect(*_sides(place)), image, source)


def _is_far(rect: Rect) -> bool:
    ends = (rect.x, rect.y, rect.x + rect.width, rect.y + rect.height)
    return any(abs(end) > FAR for end in ends)


def _part_of(source: QRect, place: Rect, seen: Rect) -> QRectF:
    """The part of ``source`` that falls on ``seen`` when the whole is stretched over ``place``."""
    across, down = source.width() / place.width, source.height() / place.height
    x, y = source.x() + (seen.x - place.x) * across, source.y() + (seen.y - place.y) * down
    return QRectF(x, y, seen.width * across, seen.height * down)


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


def _turn(painter: QPainter, item: Item) -> None:
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
