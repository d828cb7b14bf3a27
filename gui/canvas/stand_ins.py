"""Labelled boxes in place of a picture: every visible layer in one pass of the painter."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QStaticText, QTransform
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from gui.canvas.coordinates import REACH, point_of, qpoint, qrect
from gui.canvas.plane import Box, Point, rotated, union
from gui.canvas.shape import Shape, drawn_shape
from gui.canvas.sheet import Order, Place, Sheet
from gui.theme.tokens import Tokens
from sync.scene import Layer, LayerKind

_MARGIN = 6
_GRID = 20
_STRIP_ROWS = 90  # Qt spreads a taller fill over threads, and waking them takes longer than filling
_EVERYWHERE = QRectF(-1.0e6, -1.0e6, 2.0e6, 2.0e6)

AT_ONCE = 24  # so many are painted while the window waits, more than that a slice at a time

__all__ = ["AT_ONCE", "StandIns"]


class StandIns(QGraphicsItem):
    """Lies above the picture and paints the layers at their drawn places, bottom first, also beyond the canvas."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._tokens = tokens
        self._kinds = _kinds_in(self._tokens)
        self._ground = (QColor(tokens.bg0), QColor(tokens.bg2))
        self._layers: tuple[Layer, ...] = ()
        self._canvas = (0, 0)
        self._place: Place | None = None
        self._sheet = Sheet(self, self.update)
        self.setZValue(-0.5)

    def end_with(self, graphics: QGraphicsScene) -> None:
        """No box is in work any more when its scene is gone, and this item with it."""
        graphics.destroyed.connect(self._sheet.forget)

    def show_layers(self, layers: tuple[Layer, ...], canvas: tuple[int, int]) -> None:
        """Shows these on a canvas of that size; nothing at all for none."""
        self.setVisible(bool(layers))
        if (layers, canvas) == (self._layers, self._canvas):
            return
        self._layers, self._canvas = layers, canvas
        if len(layers) <= AT_ONCE:
            self._sheet.forget()
            self.update()
        elif self._place is not None:
            self._sheet.ask(self._order(self._place))

    @property
    def is_catching_up(self) -> bool:
        """Whether newer boxes than those shown are being painted."""
        return self._sheet.is_busy

    def show_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._kinds = _kinds_in(self._tokens)
        self._ground = (QColor(tokens.bg0), QColor(tokens.bg2))
        self._sheet.forget()
        self.update()

    def paint_ground(self, painter: QPainter, area: QRect, to_view: QTransform) -> None:
        around, canvas = self._ground
        painter.fillRect(area, around)
        painter.save()
        painter.setTransform(to_view, combine=True)
        painter.fillRect(QRectF(0, 0, *self._canvas), canvas)
        painter.restore()

    def prepare(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(QColor(self._tokens.text))
        painter.setFont(_font(self._tokens.body_font, self._tokens.body_px))

    def paint_layer(self, painter: QPainter, layer: Layer, to_view: QTransform) -> None:
        if layer.rotation_degrees:
            self._paint_turned(painter, drawn_shape(layer), layer, to_view)
            return
        scale, place = to_view.m11(), layer.drawn
        left, top = round(place.x * scale + to_view.dx()), round(place.y * scale + to_view.dy())
        box = Box(left, top, round(place.width * scale), round(place.height * scale))
        self._paint_box(painter, box, REACH, layer)

    def _paint_turned(self, painter: QPainter, shape: Shape, layer: Layer, to_view: QTransform) -> None:
        width, height = round(shape.box.width * to_view.m11()), round(shape.box.height * to_view.m11())
        pivot = point_of(to_view.map(qpoint(shape.pivot)))
        painter.save()
        painter.translate(qpoint(pivot))
        painter.rotate(shape.degrees)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
        self._paint_box(painter, Box(-width // 2, -height // 2, width, height), _reach(pivot, shape.degrees), layer)
        painter.restore()

    def _paint_box(self, painter: QPainter, box: Box, reach: Box, layer: Layer) -> None:
        """In pixels of the screen: tint, outline, the name in the middle of what lies within ``reach``."""
        if not box.meets(reach):
            return
        left, top, width, height = (round(each) for each in box.within(reach))
        tint, line = _colours(self._kinds[layer.kind], layer.opacity)
        if layer.crop_shape == "circle":
            _paint_disc(painter, qrect(box), tint)
        else:
            for row in range(0, height, _STRIP_ROWS):
                painter.fillRect(left, top + row, width, min(_STRIP_ROWS, height - row), tint)
        # Four filled strips: a third of what ``drawRect`` with a pen costs.
        painter.fillRect(left, top, width + 1, 1, line)
        painter.fillRect(left, top + height, width + 1, 1, line)
        painter.fillRect(left, top + 1, 1, height - 1, line)
        painter.fillRect(left + width, top + 1, 1, height - 1, line)
        room = width - 2 * _MARGIN
        if room > self._tokens.body_px:
            words = _words(layer.text or layer.name, room, self._tokens.body_font, self._tokens.body_px)
            painter.drawStaticText(
                left + width // 2 - words.half_width, top + height // 2 - words.half_height, words.text
            )

    def boundingRect(self) -> QRectF:
        return _EVERYWHERE

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        device = painter.device()
        self._place = Place(
            painter.worldTransform(), QSize(device.width(), device.height()), device.devicePixelRatioF()
        )
        painter.save()
        painter.resetTransform()
        painted = self._sheet.shown(self._place)
        if painted is not None:
            painter.drawImage(painted.at, painted.image)
        else:
            self._paint_all(painter, self._place)
        painter.restore()

    def _paint_all(self, painter: QPainter, place: Place) -> None:
        self.prepare(painter)
        for layer in self._layers:
            self.paint_layer(painter, layer, place.to_view)
        if len(self._layers) > AT_ONCE:
            self._sheet.ask(self._order(place))

    def _order(self, place: Place) -> Order:
        seen = QRect(QPoint(0, 0), place.size)
        return Order(self._layers, place, _on_grid(_bounds(self._layers, place.to_view).intersected(seen)))


def _reach(pivot: Point, degrees: float) -> Box:
    """REACH as seen from the frame that is turned about ``pivot`` and has its origin there."""
    corners = [
        rotated(REACH.at(*share).minus(pivot), Point(0.0, 0.0), -degrees) for share in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
    return union(Box(corner.x, corner.y, 0.0, 0.0) for corner in corners) or REACH


def _bounds(layers: tuple[Layer, ...], to_view: QTransform) -> QRect:
    """All that the boxes cover, in pixels of the viewport."""
    boxes = [drawn_shape(layer).bounds() if layer.rotation_degrees else layer.drawn for layer in layers]
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.x + box.width for box in boxes), max(box.y + box.height for box in boxes)
    area = to_view.mapRect(QRectF(left, top, right - left, bottom - top)).intersected(qrect(REACH))
    return area.toAlignedRect().adjusted(-2, -2, 2, 2)


class _Words(NamedTuple):
    text: QStaticText
    half_width: int
    half_height: int


def _on_grid(area: QRect) -> QRect:
    """Grown to where every usual scale of a screen has a whole pixel."""
    left, top = area.left() // _GRID * _GRID, area.top() // _GRID * _GRID
    right, bottom = -(-(area.right() + 1) // _GRID) * _GRID, -(-(area.bottom() + 1) // _GRID) * _GRID
    return QRect(left, top, right - left, bottom - top)


def _kinds_in(tokens: Tokens) -> dict[LayerKind, str]:
    return {kind: getattr(tokens, f"kind_{kind.value}") for kind in LayerKind}


def _paint_disc(painter: QPainter, area: QRectF, tint: QColor) -> None:
    side = min(area.width(), area.height())
    disc = QRectF(0, 0, side, side)
    disc.moveCenter(area.center())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint)
    painter.drawEllipse(disc)
    painter.restore()


# A hundred boxes are painted for every layout of the server: what they are painted with is made once.
@lru_cache(maxsize=512)
def _colours(kind: str, opacity: float) -> tuple[QColor, QColor]:
    """Tint and outline in the colour of a kind."""
    line = QColor(kind)
    tint = QColor(line)
    tint.setAlpha(round(25.5 + 56.1 * opacity))
    return tint, line


@lru_cache(maxsize=4)
def _font(family: str, size_px: int) -> QFont:
    font = QFont(family)
    font.setPixelSize(size_px)
    return font


@lru_cache(maxsize=512)
def _words(words: str, room: int, family: str, size_px: int) -> _Words:
    font = _font(family, size_px)
    line = " ".join(words.split())
    text = QStaticText(QFontMetricsF(font).elidedText(line, Qt.TextElideMode.ElideRight, room))
    text.setTextFormat(Qt.TextFormat.PlainText)
    text.prepare(QTransform(), font)
    half = text.size() / 2
    return _Words(text, round(half.width()), round(half.height()))
