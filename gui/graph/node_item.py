"""A node on the graph: name, kind, state in colour and word, rates, and its pins down both sides."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.graph.faces import NodeFace, PinFace
from gui.health.tones import TONE_COLOURS
from gui.theme.fonts import body_font
from gui.theme.tokens import Tokens

__all__ = ["HIT_RADIUS", "NODE_WIDTH", "NodeItem", "PinRef"]

NODE_WIDTH: Final = 232.0
HEAD_HEIGHT: Final = 60.0
PIN_STEP: Final = 19.0
PIN_RADIUS: Final = 5.0
HIT_RADIUS: Final = 11.0
PAD: Final = 10.0


class PinRef(NamedTuple):
    """One pin of one node."""

    node_id: str
    pin: str
    is_output: bool


class NodeItem(QGraphicsItem):
    """Selectable; ``face`` is what it shows. ``fitting`` are the pins that a running drag may end at, None for all."""

    def __init__(self, face: NodeFace, tokens: Tokens) -> None:
        super().__init__()
        self.face = face
        self.fitting: frozenset[PinRef] | None = None
        self._tokens = tokens
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setZValue(1)
        self.show_face(face)

    def show_face(self, face: NodeFace) -> None:
        """Takes over what is to be shown."""
        if len(face.inputs) != len(self.face.inputs) or len(face.outputs) != len(self.face.outputs):
            self.prepareGeometryChange()
        self.face = face
        words = [f"{face.node_id} ({face.kind})", f"{face.state}: {face.reason}" if face.reason else face.state]
        self.setToolTip("\n".join([*words, face.rates] if face.rates else words))
        self.update()

    def show_fitting(self, fitting: frozenset[PinRef] | None) -> None:
        """Fades the pins at which a drag cannot end."""
        self.fitting = fitting
        self.update()

    def size(self) -> tuple[float, float]:
        """Width and height in scene units."""
        rows = max(len(self.face.inputs), len(self.face.outputs))
        return NODE_WIDTH, HEAD_HEIGHT + rows * PIN_STEP + (6 if rows else 0)

    def boundingRect(self) -> QRectF:
        return self._body().adjusted(-HIT_RADIUS, -3, HIT_RADIUS, 3)

    def pin_at(self, place: QPointF) -> PinRef | None:
        """The pin at a place of the scene: its dot, or its name beside it."""
        at = self.mapFromScene(place)
        for ref, _face, dot in self._pins():
            side = dot.x() - 90 if ref.is_output else dot.x() - HIT_RADIUS
            if QRectF(side, dot.y() - PIN_STEP / 2, 90 + HIT_RADIUS, PIN_STEP).contains(at):
                return ref
        return None

    def pin_place(self, ref: PinRef) -> QPointF | None:
        """Where a pin's dot is in the scene."""
        return next((self.mapToScene(dot) for known, _face, dot in self._pins() if known == ref), None)

    def pins(self) -> tuple[PinRef, ...]:
        """All of them."""
        return tuple(ref for ref, _face, _dot in self._pins())

    def pin_words(self, ref: PinRef) -> str:
        """What a tool tip says of a pin."""
        face = next((face for known, face, _dot in self._pins() if known == ref), None)
        if face is None:
            return ""
        way = "gives" if ref.is_output else "takes"
        return f"{ref.node_id}.{ref.pin} {way} {face.words}" + (" (new pin)" if face.is_spare else "")

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        del option, widget
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_body(painter)
        self._paint_words(painter)
        for ref, face, dot in self._pins():
            self._paint_pin(painter, ref, face, dot)

    def _body(self) -> QRectF:
        return QRectF(0, 0, *self.size())

    def _pins(self) -> list[tuple[PinRef, PinFace, QPointF]]:
        width, _height = self.size()
        rows: list[tuple[PinRef, PinFace, QPointF]] = []
        for is_output, pins in ((False, self.face.inputs), (True, self.face.outputs)):
            for number, pin in enumerate(pins):
                dot = QPointF(width if is_output else 0, HEAD_HEIGHT + PIN_STEP * (number + 0.5))
                rows.append((PinRef(self.face.node_id, pin.name, is_output), pin, dot))
        return rows

    def _paint_body(self, painter: QPainter) -> None:
        tokens = self._tokens
        pen = QPen(QColor(tokens.sel if self.isSelected() else tokens.line), 2 if self.isSelected() else 1)
        if self.face.is_draft:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(tokens.bg1 if self.face.is_draft else tokens.bg2))
        painter.drawRoundedRect(self._body(), 6, 6)

    def _paint_words(self, painter: QPainter) -> None:
        tokens, face = self._tokens, self.face
        self._write(painter, face.node_id, 17, tokens.text, is_bold=True)
        self._write(painter, face.kind, 33, tokens.dim, px=tokens.small_px)
        colour = getattr(tokens, TONE_COLOURS[face.tone])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(QPointF(PAD + 4, 46), 4, 4)
        small = tokens.small_px
        used = self._write(painter, face.state, 50, colour if face.tone else tokens.dim, x=PAD + 14, px=small)
        self._write(painter, face.rates, 50, tokens.dim, x=PAD + 14 + used + PAD, px=small)

    def _write(
        self,
        painter: QPainter,
        words: str,
        y: float,
        colour: str,
        *,
        x: float = PAD,
        px: int = 0,
        is_bold: bool = False,
    ) -> float:
        """Writes one line, cut to the room there is; its width."""
        font = QFont(body_font(self._tokens))
        font.setPixelSize(px or self._tokens.body_px)
        font.setBold(is_bold)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        metrics = QFontMetricsF(font)
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, NODE_WIDTH - PAD - x)
        painter.drawText(QPointF(x, y), shown)
        return metrics.horizontalAdvance(shown)

    def _paint_pin(self, painter: QPainter, ref: PinRef, face: PinFace, dot: QPointF) -> None:
        tokens = self._tokens
        is_faded = self.fitting is not None and ref not in self.fitting
        colour = QColor(tokens.line if is_faded else face.colour or tokens.dim)
        painter.setPen(QPen(colour, 2))
        painter.setBrush(QColor(tokens.bg2) if face.is_spare or is_faded else colour)
        painter.drawEllipse(dot, PIN_RADIUS, PIN_RADIUS)
        font = QFont(body_font(tokens))
        font.setPixelSize(tokens.small_px)
        painter.setFont(font)
        painter.setPen(QColor(tokens.faint if is_faded or face.is_spare else tokens.dim))
        word = f"{face.name} +" if face.is_spare else face.name
        width = QFontMetricsF(font).horizontalAdvance(word)
        x = dot.x() - PAD - width if ref.is_output else dot.x() + PAD
        painter.drawText(QPointF(x, dot.y() + 4), word)
