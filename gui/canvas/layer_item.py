"""One layer over the picture: the outline of a layer that is selected or under the pointer."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.canvas.coordinates import qpoint
from gui.canvas.ink import ink_of
from gui.canvas.plane import Point
from gui.canvas.shape import Shape, drawn_shape
from gui.theme.tokens import Tokens
from sync.scene import Layer

_CASING_ALPHA = 150

__all__ = ["AT_REST", "LayerItem", "LayerLook"]


class LayerLook(msgspec.Struct, frozen=True):
    """What else decides how a layer is drawn."""

    is_selected: bool = False
    is_hovered: bool = False
    is_locked: bool = False


AT_REST = LayerLook()


class LayerItem(QGraphicsItem):
    """Kept for as long as the layer exists: a change moves it or repaints it, nothing is built again."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._tokens = ink_of(tokens)
        self._layer: Layer | None = None
        self._look = AT_REST
        self._depth = 0
        self._area = QRectF()
        self._shape: Shape | None = None
        self.setVisible(False)

    def show_layer(self, layer: Layer, look: LayerLook, depth: int) -> None:
        """Shows the layer at ``depth`` in the stack; an equal call does nothing."""
        if depth != self._depth:
            self._depth = depth
            self.setZValue(depth)
        if look is AT_REST is self._look:
            self._layer = layer  # nothing is drawn
            return
        if layer == self._layer and look == self._look:
            return
        self._layer, self._look = layer, look
        is_shown = look.is_selected or (look.is_hovered and not layer.is_hidden)
        if is_shown != self.isVisible():
            self.setVisible(is_shown)
        if is_shown:
            self._place(drawn_shape(layer))
            self.update()

    def show_tokens(self, tokens: Tokens) -> None:
        self._tokens = ink_of(tokens)
        self.update()

    def _place(self, shape: Shape) -> None:
        if shape == self._shape:
            return
        area = QRectF(0, 0, shape.box.width, shape.box.height)
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area
        pivot = shape.pivot.minus(Point(shape.box.x, shape.box.y))
        self.setPos(shape.box.x, shape.box.y)
        self.setTransformOriginPoint(qpoint(pivot))
        self.setRotation(shape.degrees)
        self._shape = shape

    def _pens(self, layer: Layer, look: LayerLook) -> list[QPen]:
        """Casing first: a dark line under the bright one reads on white and on black."""
        shade = QColor(self._tokens.shade)
        shade.setAlpha(_CASING_ALPHA)
        if look.is_selected:
            style = Qt.PenStyle.DashLine if layer.is_hidden or look.is_locked else Qt.PenStyle.SolidLine
            return [_cosmetic(shade, 4.0), _cosmetic(QColor(self._tokens.sel), 2.0, style)]
        if look.is_hovered:
            return [_cosmetic(shade, 3.0), _cosmetic(QColor("#FFFFFF"), 1.5)]
        return []

    def boundingRect(self) -> QRectF:
        return self._area

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        if self._layer is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=bool(self._layer.rotation_degrees))
        for pen in self._pens(self._layer, self._look):
            painter.setPen(pen)
            painter.drawRect(self._area)


def _cosmetic(colour: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    pen = QPen(colour, width, style)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return pen
