"""A connection on the graph: dashed when it may drop packets, amber with a sign when it holds its target up."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QStyleOptionGraphicsItem, QWidget

from gui.graph.faces import EdgeFace
from gui.theme.tokens import Tokens

__all__ = ["EdgeItem", "curve"]

REACH: Final = 60.0
GRIP: Final = 12.0
SIGN: Final = 7.0


def curve(start: QPointF, end: QPointF) -> QPainterPath:
    """From an output's right side to an input's left side."""
    reach = max(REACH, abs(end.x() - start.x()) / 2) if end.x() < start.x() else max(24.0, (end.x() - start.x()) / 2)
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
    return path


class EdgeItem(QGraphicsPathItem):
    """Selectable along its whole line."""

    def __init__(self, face: EdgeFace, tokens: Tokens) -> None:
        super().__init__()
        self.face = face
        self._tokens = tokens
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.show_face(face)

    def show_face(self, face: EdgeFace) -> None:
        """Takes over what is to be shown."""
        self.face = face
        edge = face.edge
        mode = "best effort: drops packets when the target is slow" if edge.mode == "best_effort" else "reliable"
        words = [f"{edge.from_node}.{edge.from_pin} → {edge.to_node}.{edge.to_pin}", mode]
        if face.alert is not None:
            words += [face.alert.title, *face.alert.lines]
        self.setToolTip("\n".join(words))
        self.update()

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(GRIP)
        return stroker.createStroke(self.path())

    def boundingRect(self) -> QRectF:
        return self.path().controlPointRect().adjusted(-GRIP, -GRIP, GRIP, GRIP)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        del option, widget
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_alert = self.face.alert is not None
        name = "sel" if self.isSelected() else "late" if is_alert else "faint"
        pen = QPen(QColor(getattr(self._tokens, name)), 3 if self.isSelected() or is_alert else 1.8)
        if self.face.edge.mode == "best_effort":
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path())
        if is_alert:
            self._paint_sign(painter, self.path().pointAtPercent(0.5))

    def _paint_sign(self, painter: QPainter, at: QPointF) -> None:
        painter.setPen(QPen(QColor(self._tokens.late), 1.5))
        painter.setBrush(QColor(self._tokens.bg0))
        painter.drawEllipse(at, SIGN, SIGN)
        box = QRectF(at.x() - SIGN, at.y() - SIGN, 2 * SIGN, 2 * SIGN)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "!")
