"""The Nodes tab: one line a node; the chosen one's params are in the inspector."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from gui.bridge import Bridge
from gui.nodes.model import NodeModel
from gui.theme.tokens import Tokens

__all__ = ["NodeTable"]

REFRESH_MS: Final = 250
AGING_MS: Final = 1000
WIDTHS: Final = (180, 220, 110, 70, 70, 80, 70)


class NodeTable(QTableView):
    """Follows states and counters four times a second, and only while it is seen."""

    def __init__(self, bridge: Bridge, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("nodes/table")
        self.setAccessibleName("Nodes of the pipeline")
        self.setToolTip("Choose a node to see its parameters in the inspector")
        self._bridge = bridge
        self.node_model = NodeModel(bridge, tokens, self)
        self.setModel(self.node_model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(tokens.row_height - 6)
        self._prepare_header()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REFRESH_MS)
        self._rest.timeout.connect(self.refresh)
        self._aging = QTimer(self)
        self._aging.setInterval(AGING_MS)
        self._aging.timeout.connect(self.refresh)
        bridge.states_shown.connect(self._soon)
        bridge.structure_shown.connect(self._soon)
        bridge.session_shown.connect(lambda _session: self._soon())
        bridge.selection_shown.connect(lambda _selection: self._follow())
        self.selectionModel().selectionChanged.connect(lambda _on, _off: self._tell())

    def refresh(self) -> None:
        """Brings the table up to date."""
        self._rest.stop()
        if self.isVisible():
            self.node_model.refresh()
            self._follow()
        is_aging = self.isVisible() and self.node_model.has_rates()
        if is_aging != self._aging.isActive():
            self._aging.start() if is_aging else self._aging.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _prepare_header(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(False)
        for column, width in enumerate(WIDTHS):
            self.setColumnWidth(column, width)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)

    def _soon(self) -> None:
        if self.isVisible() and not self._rest.isActive():
            self._rest.start()

    def _tell(self) -> None:
        rows = self.selectionModel().selectedRows()
        node_id = self.node_model.node_id(rows[0].row()) if rows else None
        if node_id is not None:
            self._bridge.inspect(node_id)

    def _follow(self) -> None:
        row = self.node_model.row_of(self._bridge.inspected)
        if row < 0:
            self.clearSelection()
        elif [index.row() for index in self.selectionModel().selectedRows()] != [row]:
            self.selectRow(row)
