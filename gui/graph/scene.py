"""The graph's scene: keeps items in step with the pipeline, turns a drag from pin to pin into a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainterPath, QPen
from PySide6.QtWidgets import (
    QGraphicsPathItem,
    QGraphicsScene,
    QGraphicsSceneHelpEvent,
    QGraphicsSceneMouseEvent,
    QToolTip,
)

from gui.graph.edge_item import EdgeItem, curve
from gui.graph.faces import GraphFace
from gui.graph.levels import places
from gui.graph.node_item import NodeItem, PinRef
from gui.theme.tokens import Tokens
from sync.wire.pipeline import Connection

__all__ = ["GraphScene"]

Ends = tuple[str, str, str, str]
MARGIN = 24.0


class GraphScene(QGraphicsScene):
    """Signals: ``link_wanted`` with the Connection that a drag made, ``link_said`` with a sentence on what it would do;
    ``moved`` when nodes got other places.
    """

    link_wanted = Signal(object)
    link_said = Signal(str)
    moved = Signal()

    def __init__(self, tokens: Tokens, why_not: Callable[[Connection], str | None]) -> None:
        super().__init__()
        self.nodes: dict[str, NodeItem] = {}
        self.edges: dict[Ends, EdgeItem] = {}
        self._tokens, self._why_not = tokens, why_not
        self._from: PinRef | None = None
        self._thread: QGraphicsPathItem | None = None

    @property
    def is_linking(self) -> bool:
        """Whether a drag from a pin runs."""
        return self._from is not None

    def show_face(self, face: GraphFace) -> None:
        """Brings the items in step; what is selected stays so, a drag whose pin is gone ends."""
        self._drop(self.nodes, {node.node_id for node in face.nodes})
        self._drop(self.edges, {row.edge.ends for row in face.edges})
        for node in face.nodes:
            if node.node_id in self.nodes:
                self.nodes[node.node_id].show_face(node)
            else:
                self.nodes[node.node_id] = NodeItem(node, self._tokens)
                self.addItem(self.nodes[node.node_id])
        for row in face.edges:
            if row.edge.ends in self.edges:
                self.edges[row.edge.ends].show_face(row)
            else:
                self.edges[row.edge.ends] = EdgeItem(row, self._tokens)
                self.addItem(self.edges[row.edge.ends])
        self._place(tuple(node.node_id for node in face.nodes))
        if self._from is not None and self._pin_place(self._from) is None:
            self.cancel_link()

    def chosen_nodes(self) -> tuple[str, ...]:
        """Ids of the selected nodes."""
        return tuple(node_id for node_id, item in self.nodes.items() if item.isSelected())

    def chosen_edges(self) -> tuple[Ends, ...]:
        """Names of the selected connections."""
        return tuple(ends for ends, item in self.edges.items() if item.isSelected())

    def choose(self, node_ids: Iterable[str]) -> None:
        """Selects these nodes and nothing else."""
        wanted = set(node_ids)
        for node_id, item in self.nodes.items():
            item.setSelected(node_id in wanted)
        for edge in self.edges.values():
            edge.setSelected(False)

    def pin_at(self, place: QPointF) -> PinRef | None:
        """The pin at a place."""
        return next((ref for item in self.nodes.values() if (ref := item.pin_at(place)) is not None), None)

    def begin_link(self, ref: PinRef) -> None:
        """A drag begins at a pin: pins at which it cannot end fade."""
        self._from = ref
        self._thread = QGraphicsPathItem()
        self._thread.setPen(QPen(QColor(self._tokens.accent), 2, Qt.PenStyle.DashLine))
        self._thread.setZValue(2)
        self.addItem(self._thread)
        fitting = [ref]
        for item in self.nodes.values():
            fitting += [pin for pin in item.pins() if pin.is_output != ref.is_output and not self._reason(pin)]
        for item in self.nodes.values():
            item.show_fitting(frozenset(fitting))

    def drag_link(self, place: QPointF) -> str:
        """The drag goes on; what is to be said about the pin under it."""
        if self._from is None or self._thread is None:
            return ""
        start = self._pin_place(self._from)
        target = self.pin_at(place)
        end = place if target is None else self._pin_place(target) or place
        if start is not None:
            self._thread.setPath(curve(start, end) if self._from.is_output else curve(end, start))
        if target is None or target == self._from:
            return ""
        if target.is_output == self._from.is_output:
            return "An output goes to an input."
        return self._reason(target) or f"{self._from.node_id} → {target.node_id}: let go to connect"

    def end_link(self, place: QPointF) -> None:
        """The drag ends; over a pin it asks for a connection."""
        begun, target = self._from, self.pin_at(place)
        self.cancel_link()
        if begun is not None and target is not None and target.is_output != begun.is_output:
            self.link_wanted.emit(_edge(begun, target))

    def cancel_link(self) -> None:
        """The drag ends without effect."""
        self._from = None
        if self._thread is not None:
            self.removeItem(self._thread)
            self._thread = None
        for item in self.nodes.values():
            item.show_fitting(None)
        self.link_said.emit("")

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        ref = self.pin_at(event.scenePos()) if event.button() is Qt.MouseButton.LeftButton else None
        if ref is None:
            super().mousePressEvent(event)
        else:
            self.begin_link(ref)
            event.accept()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if not self.is_linking:
            super().mouseMoveEvent(event)
            return
        self.link_said.emit(self.drag_link(event.scenePos()))

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self.is_linking:
            self.end_link(event.scenePos())
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.is_linking:
            self.cancel_link()
            event.accept()
        else:
            super().keyPressEvent(event)

    def helpEvent(self, event: QGraphicsSceneHelpEvent) -> None:
        ref = self.pin_at(event.scenePos())
        if ref is None:
            super().helpEvent(event)
        else:
            QToolTip.showText(event.screenPos(), self.nodes[ref.node_id].pin_words(ref))

    def _reason(self, target: PinRef) -> str | None:
        return "" if self._from is None else self._why_not(_edge(self._from, target))

    def _drop(self, items: dict[str, NodeItem] | dict[Ends, EdgeItem], kept: set[str] | set[Ends]) -> None:
        for key in [key for key in items if key not in kept]:
            self.removeItem(items.pop(key))  # type: ignore[arg-type]  # keys and items of one dict belong together

    def _place(self, order: tuple[str, ...]) -> None:
        sizes = {node_id: self.nodes[node_id].size() for node_id in order}
        spots = places(sizes, [(ends[0], ends[2]) for ends in self.edges])
        has_moved = False
        for node_id, (x, y) in spots.items():
            if self.nodes[node_id].pos() != QPointF(x, y):
                self.nodes[node_id].setPos(x, y)
                has_moved = True
        for ends, item in self.edges.items():
            start = self._pin_place(PinRef(ends[0], ends[1], is_output=True))
            end = self._pin_place(PinRef(ends[2], ends[3], is_output=False))
            item.setPath(QPainterPath() if start is None or end is None else curve(start, end))
        self.setSceneRect(self._extent())
        if has_moved:
            self.moved.emit()

    def _extent(self) -> QRectF:
        box = QRectF()
        for item in self.nodes.values():
            box = box.united(item.sceneBoundingRect())
        return box.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)

    def _pin_place(self, ref: PinRef) -> QPointF | None:
        item = self.nodes.get(ref.node_id)
        return None if item is None else item.pin_place(ref)


def _edge(one: PinRef, other: PinRef) -> Connection:
    source, target = (one, other) if one.is_output else (other, one)
    return Connection(source.node_id, source.pin, target.node_id, target.pin)
