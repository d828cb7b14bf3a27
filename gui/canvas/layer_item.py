"""One layer over the picture: its outline, or a labelled box where there is no picture to see it in."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.canvas.coordinates import qpoint
from gui.canvas.ink import ink_of
from gui.canvas.plane import Point
from gui.canvas.shape import Shape, drawn_shape
from gui.theme.tokens import Tokens
from sync.scene import Layer, LayerKind

_CASING_ALPHA = 150

__all__ = ["LayerItem", "LayerLook"]


class LayerLook(msgspec.Struct, frozen=True):
    """What else decides how a layer is drawn."""

    is_selected: bool = False
    is_hovered: bool = False
    is_locked: bool = False
    has_picture: bool = True


class LayerItem(QGraphicsItem):
    """Kept for as long as the layer exists: a change moves it or repaints it, nothing is built again."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._tokens = ink_of(tokens)
        self._layer: Layer | None = None
        self._look = LayerLook()
        self._area = QRectF()
        self._shape: Shape | None = None

    def show_layer(self, layer: Layer, look: LayerLook, depth: int) -> None:
        """Shows the layer at ``depth`` in the stack; an equal call does nothing."""
        self.setZValue(depth)
        if layer == self._layer and look == self._look:
            return
        shape = drawn_shape(layer)
        if shape != self._shape:
            self._place(shape)
        self._layer, self._look = layer, look
        is_shown = look.is_selected or look.is_hovered or not look.has_picture
        self.setVisible(look.is_selected or (is_shown and not layer.is_hidden))
        self.update()

    def show_tokens(self, tokens: Tokens) -> None:
        self._tokens = ink_of(tokens)
        self.update()

    def _place(self, shape: Shape) -> None:
        area = QRectF(0, 0, shape.box.width, shape.box.height)
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area
        pivot = shape.pivot.minus(Point(shape.box.x, shape.box.y))
        self.setPos(shape.box.x, shape.box.y)
        self.setTransformOriginPoint(qpoint(pivot))
        self.setRotation(shape.degrees)
        self._shape = shape

    def _colour(self, layer: Layer) -> QColor:
        tokens = self._tokens
        names = {
            LayerKind.VIDEO: tokens.kind_video,
            LayerKind.TEXT: tokens.kind_text,
            LayerKind.IMAGE: tokens.kind_image,
        }
        return QColor(names[layer.kind])

    def _paint_box(self, painter: QPainter, layer: Layer) -> None:
        """The stand-in for a picture: a tinted box with the layer's name."""
        fill = self._colour(layer)
        fill.setAlphaF(0.10 + 0.22 * layer.opacity)
        painter.setBrush(QBrush(fill))
        painter.setPen(Qt.PenStyle.NoPen)
        if layer.crop_shape == "circle":
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
            radius = min(self._area.width(), self._area.height()) / 2
            painter.drawEllipse(self._area.center(), radius, radius)
        else:
            painter.drawRect(self._area)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        _paint_name(painter, self._area, layer, self._tokens)

    def _pens(self, layer: Layer, look: LayerLook) -> list[QPen]:
        """Casing first: a dark line under the bright one reads on white and on black."""
        shade = QColor(self._tokens.shade)
        shade.setAlpha(_CASING_ALPHA)
        if look.is_selected:
            style = Qt.PenStyle.DashLine if layer.is_hidden or look.is_locked else Qt.PenStyle.SolidLine
            return [_cosmetic(shade, 4.0), _cosmetic(QColor(self._tokens.sel), 2.0, style)]
        if look.is_hovered:
            return [_cosmetic(shade, 3.0), _cosmetic(QColor("#FFFFFF"), 1.5)]
        if not look.has_picture:
            return [_cosmetic(self._colour(layer), 1.0)]
        return []

    def boundingRect(self) -> QRectF:
        return self._area

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        if self._layer is None:
            return
        if not self._look.has_picture:
            self._paint_box(painter, self._layer)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=bool(self._layer.rotation_degrees))
        for pen in self._pens(self._layer, self._look):
            painter.setPen(pen)
            painter.drawRect(self._area)


def _cosmetic(colour: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    pen = QPen(colour, width, style)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return pen


def _paint_name(painter: QPainter, area: QRectF, layer: Layer, tokens: Tokens) -> None:
    """The name in the middle of the box at its size on the screen, upright in the layer's own frame."""
    scale = painter.worldTransform().map(QPointF(1, 0)) - painter.worldTransform().map(QPointF(0, 0))
    factor = max((scale.x() ** 2 + scale.y() ** 2) ** 0.5, 1e-6)
    font = QFont(tokens.body_font)
    font.setPixelSize(tokens.body_px)
    painter.save()
    painter.translate(area.center())
    painter.scale(1 / factor, 1 / factor)
    painter.setFont(font)
    room = area.width() * factor - 12
    words = QFontMetricsF(font).elidedText(
        " ".join((layer.text or layer.name).split()), Qt.TextElideMode.ElideRight, room
    )
    painter.setPen(QColor(tokens.text))
    box = QRectF(-room / 2, -tokens.body_px, room, 2 * tokens.body_px)
    if room > tokens.body_px:
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
    painter.restore()
