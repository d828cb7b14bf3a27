"""How far our newest edits have come: queued, sent, on the server, seen; as a word, a sign and a sentence."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui.theme.tokens import Tokens
from sync.log.delivery import Tick
from sync.log.op import NODES, OpId, Path
from sync.ordered.session_log import SessionLog
from sync.paths import Path as ParamPath

__all__ = ["DELIVERY_TIPS", "DELIVERY_WORDS", "Deliveries", "TickSign"]

KEPT: Final = 1_000
DELIVERY_WORDS: Final = {
    Tick.UNDELIVERED: "undelivered",
    Tick.QUEUED: "queued",
    Tick.SENT: "sent",
    Tick.ON_SERVER: "on server",
    Tick.POSSIBLY_SEEN: "perhaps seen",
    Tick.SEEN: "seen by others",
}
DELIVERY_TIPS: Final = {
    Tick.UNDELIVERED: "Sent five times without an answer; it is kept and goes with the next link.",
    Tick.QUEUED: "Waits at this desk.",
    Tick.SENT: "On its way to the server.",
    Tick.ON_SERVER: "The server has it.",
    Tick.POSSIBLY_SEEN: "The server has it, and another engine of this session has probably taken it over.",
    Tick.SEEN: "The server has it, and other desks, or the engine that they work at, have it too.",
}


class Deliveries:
    """The newest own op of every place that this desk changed lately; it asks the log how far each has come."""

    def __init__(self) -> None:
        self._log: SessionLog | None = None
        self._seq = 0
        self._ops: OrderedDict[Path, OpId] = OrderedDict()

    def follow(self, log: SessionLog | None) -> None:
        """Takes note of what was proposed since the last time."""
        if log is not self._log:
            self._log, self._seq = log, 0
            self._ops.clear()
        if log is None:
            return
        replica = log.replica
        for seq in range(max(self._seq, replica.last_seq - KEPT) + 1, replica.last_seq + 1):
            bill = replica.outbox.get(OpId(replica.author, seq))
            for change in () if bill is None else bill.op.changes:
                self._ops[change.path] = OpId(replica.author, seq)
                self._ops.move_to_end(change.path)
        self._seq = replica.last_seq
        while len(self._ops) > KEPT:
            self._ops.popitem(last=False)

    def newest(self) -> Tick | None:
        """How far the newest edit of this run has come; None before the first."""
        replica = None if self._log is None else self._log.replica
        if replica is None or not replica.last_seq:
            return None
        return replica.delivery.tick(OpId(replica.author, replica.last_seq))

    def may_advance(self, *, with_others: bool) -> bool:
        """Whether the newest edit can still come further; to be seen it needs others who are there."""
        tick = self.newest()
        return tick is not None and Tick.UNDELIVERED < tick < (Tick.SEEN if with_others else Tick.ON_SERVER)

    def of(self, node: str, path: ParamPath) -> Tick | None:
        """How far the newest edit of one param has come; None when there was none lately."""
        op_id = self._ops.get((NODES, node, "params", *path))
        return None if op_id is None or self._log is None else self._log.replica.delivery.tick(op_id)


class TickSign(QWidget):
    """A ring while it waits, one tick when it was sent, two when it has arrived, filled colour when others saw it."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._tokens = tokens
        self.tick: Tick | None = None
        self.setFixedSize(18, 12)

    def show_tick(self, tick: Tick | None) -> None:
        """Shows how far an edit is."""
        if tick is not self.tick:
            self.tick = tick
            self.setVisible(tick is not None)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(18, 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        if self.tick is None:
            return
        tokens, tick = self._tokens, self.tick
        colour = tokens.error if tick is Tick.UNDELIVERED else tokens.accent if tick >= Tick.SEEN else tokens.dim
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colour), 1.6))
        if tick <= Tick.QUEUED:
            painter.drawEllipse(QPointF(9, 6), 4, 4)
        if tick is Tick.UNDELIVERED:
            painter.drawLine(QPointF(6.5, 3.5), QPointF(11.5, 8.5))
        for start in (3.0, 8.0)[: 0 if tick <= Tick.QUEUED else 1 if tick is Tick.SENT else 2]:
            corner = QPointF(start + 2.5, 9.5)
            painter.drawLine(QPointF(start, 6.5), corner)
            painter.drawLine(corner, QPointF(start + 7, 2.5))
