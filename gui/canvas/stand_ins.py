"""Labelled boxes in place of a picture: every visible layer in one pass of the painter."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QStaticText, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.canvas.coordinates import qpoint
from gui.canvas.ink import ink_of
from gui.canvas.shape import Shape, drawn_shape
from gui.theme.tokens import Tokens
from sync.scene import Layer

_MARGIN = 6
_EVERYWHERE = QRectF(-1.0e6, -1.0e6, 2.0e6, 2.0e6)

__all__ = ["StandIns"]


class StandIns(QGraphicsItem):
    """Lies above the picture and paints the layers at their drawn places, bottom first, also beyond the canvas."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._tokens = ink_of(tokens)
        self._layers: tuple[Layer, ...] = ()
        self.setZValue(-0.5)

    def show_layers(self, layers: tuple[Layer, ...]) -> None:
        """Shows these; nothing at all for none."""
        self.setVisible(bool(layers))
        if layers != self._layers:
            self._layers = layers
            self.update()

    def show_tokens(self, tokens: Tokens) -> None:
        self._tokens = ink_of(tokens)
        self.update()

    def _paint_layer(self, painter: QPainter, layer: Layer, to_view: QTransform, font: QFont) -> None:
        if layer.rotation_degrees:
            self._paint_turned(painter, drawn_shape(layer), layer, to_view, font)
            return
        scale, place = to_view.m11(), layer.drawn
        left, top = round(place.x * scale + to_view.dx()), round(place.y * scale + to_view.dy())
        self._paint_box(painter, QRect(left, top, round(place.width * scale), round(place.height * scale)), layer, font)

    def _paint_turned(self, painter: QPainter, shape: Shape, layer: Layer, to_view: QTransform, font: QFont) -> None:
        size = QSizeF(shape.box.width, shape.box.height) * to_view.m11()
        painter.save()
        painter.translate(to_view.map(qpoint(shape.pivot)))
        painter.rotate(shape.degrees)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
        area = QRectF(-size.width() / 2, -size.height() / 2, size.width(), size.height())
        self._paint_box(painter, area.toRect(), layer, font)
        painter.restore()

    def _paint_box(self, painter: QPainter, area: QRect, layer: Layer, font: QFont) -> None:
        """In pixels of the screen: tint, outline, the name in the middle."""
        colour = getattr(self._tokens, f"kind_{layer.kind.value}")
        tint = _tint(colour, round(25.5 + 56.1 * layer.opacity))
        if layer.crop_shape == "circle":
            _paint_disc(painter, area, tint)
        else:
            painter.fillRect(area, tint)
        painter.setPen(_line(colour))
        painter.drawRect(area)
        room = area.width() - 2 * _MARGIN
        if room > self._tokens.body_px:
            words = _words(" ".join((layer.text or layer.name).split()), room, font)
            half, centre = words.size() / 2, area.center()
            painter.setPen(_line(self._tokens.text))
            painter.drawStaticText(centre.x() - round(half.width()), centre.y() - round(half.height()), words)

    def boundingRect(self) -> QRectF:
        return _EVERYWHERE

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        to_view = painter.worldTransform()
        font = _font(self._tokens.body_font, self._tokens.body_px)
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setFont(font)
        for layer in self._layers:
            self._paint_layer(painter, layer, to_view, font)
        painter.restore()


def _paint_disc(painter: QPainter, area: QRect, tint: QColor) -> None:
    side = min(area.width(), area.height())
    disc = QRectF(0, 0, side, side)
    disc.moveCenter(QRectF(area).center())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint)
    painter.drawEllipse(disc)
    painter.restore()


# A hundred boxes are painted for every layout of the server: what they are painted with is made once.
@lru_cache(maxsize=256)
def _tint(colour: str, alpha: int) -> QColor:
    tint = QColor(colour)
    tint.setAlpha(alpha)
    return tint


@lru_cache(maxsize=16)
def _line(colour: str) -> QPen:
    return QPen(QColor(colour), 1.0)


@lru_cache(maxsize=4)
def _font(family: str, size_px: int) -> QFont:
    font = QFont(family)
    font.setPixelSize(size_px)
    return font


@lru_cache(maxsize=512)
def _words(words: str, room: int, font: QFont) -> QStaticText:
    text = QStaticText(QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, room))
    text.setTextFormat(Qt.TextFormat.PlainText)
    text.prepare(QTransform(), font)
    return text
