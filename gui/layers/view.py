"""The layers list: selection in both directions, drag to reorder, eye and lock, a context menu."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt
from PySide6.QtWidgets import QAbstractItemView, QListView

from gui.actions.menus import context_menu
from gui.actions.shortcuts import BoundActions
from gui.bridge import Bridge
from gui.layers.delegate import LayerDelegate
from gui.layers.model import LayerModel
from gui.layers.verbs import LayerVerbs
from gui.theme.tokens import Tokens

__all__ = ["LayerList"]

MENU: Final = (
    "layer.hide",
    "layer.lock",
    "",
    "stack.front",
    "stack.forward",
    "stack.backward",
    "stack.back",
    "",
    "layer.delete",
)


class LayerList(QListView):
    """Front layer on top. The selection is the bridge's."""

    def __init__(self, bridge: Bridge, verbs: LayerVerbs, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("layers/list")
        self.setAccessibleName("Layers, front first")
        self.setToolTip("Drag to reorder; the top one covers the others")
        self._bridge = bridge
        self._bound: BoundActions | None = None
        self.layer_model = LayerModel(bridge, verbs, self)
        self.setModel(self.layer_model)
        self._delegate = LayerDelegate(tokens, self)
        self.setItemDelegate(self._delegate)
        self._delegate.eye_clicked.connect(lambda layer_id: verbs.toggle_hidden([layer_id]))
        self._delegate.lock_clicked.connect(lambda layer_id: verbs.toggle_locked([layer_id]))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.selectionModel().selectionChanged.connect(lambda _on, _off: self._tell())
        self.layer_model.modelReset.connect(self._follow)
        bridge.selection_shown.connect(lambda _selection: self._follow())
        self._follow()

    def set_actions(self, bound: BoundActions) -> None:
        """The actions that the context menu offers."""
        self._bound = bound

    def selected_ids(self) -> tuple[str, ...]:
        """Ids of the rows that are marked."""
        layers = [self.layer_model.layer(index.row()) for index in self.selectedIndexes()]
        return tuple(layer.id for layer in layers if layer is not None)

    def _tell(self) -> None:
        marked = self.selected_ids()
        # The same layers in another order are the same selection: that breaks the circle with the bridge.
        if set(marked) != set(self._bridge.selection):
            self._bridge.select(marked)

    def _follow(self) -> None:
        wanted = self._bridge.selection
        if set(wanted) == set(self.selected_ids()):
            return
        marked = QItemSelection()
        rows = [row for layer_id in wanted if (row := self.layer_model.row_of(layer_id)) >= 0]
        for row in rows:
            marked.select(self.layer_model.index(row), self.layer_model.index(row))
        flag = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(marked, flag.ClearAndSelect)
        if rows:
            self.selectionModel().setCurrentIndex(self.layer_model.index(rows[-1]), flag.NoUpdate)
            self.scrollTo(self.layer_model.index(rows[-1]))

    def _open_menu(self, at: QPoint) -> None:
        if self._bound is not None and self.selected_ids():
            context_menu(self._bound, MENU, self).popup(self.viewport().mapToGlobal(at))
