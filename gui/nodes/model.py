"""The pipeline's nodes as a table: name, kind, state, packets a second, what was lost, what holds it up."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from gui.bridge import Bridge
from gui.health.tones import STATE_TONES, TONE_COLOURS
from gui.theme.tokens import Tokens
from sync.health import Rates, edge_alerts
from sync.store import Store

__all__ = ["COLUMNS", "NodeModel", "NodeRow"]

COLUMNS: Final = ("Node", "Kind", "State", "In/s", "Out/s", "Dropped", "Errors")
NUMBERS_FROM: Final = 3
SILENT: Final = "–"
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class NodeRow(msgspec.Struct, frozen=True):
    """One node as it is shown; ``hint`` says why it is not well."""

    node_id: str
    kind: str
    state: str
    received: str
    sent: str
    dropped: str
    errors: str
    hint: str

    def cells(self) -> tuple[str, ...]:
        """The words of the columns."""
        return (self.node_id, self.kind, self.state, self.received, self.sent, self.dropped, self.errors)


class NodeModel(QAbstractTableModel):
    """Follows the open session; ``refresh`` is called by the view at its own pace."""

    def __init__(self, bridge: Bridge, tokens: Tokens, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._tokens = tokens
        self._rates = Rates()
        self._rows: tuple[NodeRow, ...] = ()

    def refresh(self) -> None:
        """Takes the store's states over; only what differs is told to the views."""
        session = self._bridge.session
        rows = () if session is None else self._read(session.store)
        if [row.node_id for row in rows] != [row.node_id for row in self._rows]:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        old, self._rows = self._rows, rows
        for number, row in enumerate(rows):
            if row != old[number]:
                self.dataChanged.emit(self.index(number, 0), self.index(number, len(COLUMNS) - 1))

    def has_rates(self) -> bool:
        """Whether some rate is shown, which ends when its node falls silent."""
        return any(row.sent not in {"", SILENT} for row in self._rows)

    def node_id(self, row: int) -> str | None:
        """The node in a row."""
        return self._rows[row].node_id if 0 <= row < len(self._rows) else None

    def row_of(self, node_id: str | None) -> int:
        """The row of a node; -1 when it is not there."""
        return next((number for number, row in enumerate(self._rows) if row.node_id == node_id), -1)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section >= NUMBERS_FROM else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not 0 <= index.row() < len(self._rows):
            return None
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return row.cells()[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.hint or None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{COLUMNS[column]} {row.cells()[column]}"
        if role == Qt.ItemDataRole.TextAlignmentRole and column >= NUMBERS_FROM:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(row, column)
        return None

    def _colour(self, row: NodeRow, column: int) -> QColor:
        tone = ""
        if column == 2:
            tone = STATE_TONES.get(row.state, "")
        elif column >= 5 and row.cells()[column] not in {"", "0"}:
            tone = "late" if column == 5 else "bad"
        name = "text" if column == 0 else TONE_COLOURS[tone]
        return QColor(getattr(self._tokens, name))

    def _read(self, store: Store) -> tuple[NodeRow, ...]:
        hints = {alert.edge[2]: "\n".join(alert.lines) for alert in edge_alerts(store.states(), store.connections())}
        return tuple(self._row(store, node_id, hints.get(node_id, "")) for node_id in store.node_ids())

    def _row(self, store: Store, node_id: str, hint: str) -> NodeRow:
        state, stats = store.state(node_id), store.stats(node_id)
        rates = None if stats is None else self._rates.take(node_id, stats, store.stats_age_s(node_id))
        silent = "" if stats is None else SILENT
        return NodeRow(
            node_id,
            store.kind(node_id),
            "unknown" if state is None else state.name,
            silent if rates is None else f"{rates.received:.1f}",
            silent if rates is None else f"{rates.sent:.1f}",
            "" if stats is None else str(stats.discarded),
            "" if stats is None else str(stats.errored),
            hint or ("" if state is None or not state.reason else f"{state.name}: {state.reason}"),
        )
