"""The scene's layers as a Qt list, the front one first; the scene stays the owner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QAbstractListModel, QByteArray, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt

from gui.bridge import Bridge
from gui.health.tones import STATE_TONES
from gui.layers.verbs import LayerVerbs
from gui.syncing.people import Person
from sync.scene import Layer, LayerKind, Scene
from sync.wire.state import NodeState

__all__ = ["LAYER_ROLE", "LOCKED_ROLE", "MIME", "PEOPLE_ROLE", "TROUBLE_ROLE", "LayerModel"]

LAYER_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1
LOCKED_ROLE: Final = LAYER_ROLE + 1
TROUBLE_ROLE: Final = LAYER_ROLE + 2
PEOPLE_ROLE: Final = LAYER_ROLE + 3
MIME: Final = "application/x-layerdesk-layers"
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class _Seen(NamedTuple):
    """All that a row shows; where a layer lies is none of it."""

    layer_id: str
    name: str
    kind: LayerKind
    is_hidden: bool
    is_locked: bool
    trouble: NodeState | None
    hands: tuple[Person, ...]


class LayerModel(QAbstractListModel):
    """A drop inside the list renumbers the stack.

    LAYER_ROLE gives the Layer, LOCKED_ROLE whether it is locked here, TROUBLE_ROLE the NodeState of a source that is
    not well, else None; PEOPLE_ROLE the other operators whose hands are on it.
    """

    def __init__(self, bridge: Bridge, verbs: LayerVerbs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._verbs = verbs
        self._rows: tuple[Layer, ...] = ()
        self._locks: tuple[bool, ...] = ()
        self._troubles: tuple[NodeState | None, ...] = ()
        self._seen: tuple[_Seen, ...] = ()
        bridge.scene_shown.connect(self.show)
        bridge.states_shown.connect(lambda: self.show(bridge.scene))
        bridge.people_shown.connect(lambda: self.show(bridge.scene))
        self.show(bridge.scene)

    def show(self, scene: Scene | None) -> None:
        """Takes a scene over; only rows that look different are told to the views."""
        session = self._bridge.session
        rows = tuple(reversed(scene.layers)) if scene is not None else ()
        locks = tuple(session is not None and session.is_locked(layer.id) for layer in rows)
        troubles = tuple(map(self._trouble, rows))
        node = "" if scene is None else scene.node_id
        hands = (self._bridge.people.on_layer(node, layer.id) for layer in rows)
        seen, old = tuple(map(_seen, rows, locks, troubles, hands)), self._seen
        is_another_stack = [row.layer_id for row in seen] != [row.layer_id for row in old]
        if is_another_stack:
            self.beginResetModel()
        self._rows, self._locks, self._troubles, self._seen = rows, locks, troubles, seen
        if is_another_stack:
            self.endResetModel()
        elif seen != old:
            self._tell(old)

    def _tell(self, old: Sequence[_Seen]) -> None:
        for row, (one, other) in enumerate(zip(old, self._seen, strict=True)):
            if one != other:
                self.dataChanged.emit(self.index(row), self.index(row))

    def layer(self, row: int) -> Layer | None:
        """The layer in a row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def row_of(self, layer_id: str) -> int:
        """The row of a layer; -1 when it is not there."""
        return next((row for row, layer in enumerate(self._rows) if layer.id == layer_id), -1)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        layer = self.layer(index.row())
        if layer is None:
            return None
        if role == LAYER_ROLE:
            return layer
        if role == LOCKED_ROLE:
            return self._locks[index.row()]
        if role == TROUBLE_ROLE:
            return self._troubles[index.row()]
        if role == PEOPLE_ROLE:
            return self._seen[index.row()].hands
        if role == Qt.ItemDataRole.DisplayRole:
            return layer.name
        if role in {Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole}:
            hands = "".join(f", {person.name}’s hand is on it" for person in self._seen[index.row()].hands)
            return self._spoken(layer, self._troubles[index.row()], is_locked=self._locks[index.row()]) + hands
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        if not index.isValid():
            return flag.ItemIsDropEnabled
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsDragEnabled | flag.ItemNeverHasChildren

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        rows = sorted({index.row() for index in indexes})
        data = QMimeData()
        data.setData(MIME, QByteArray("\n".join(self._rows[row].id for row in rows).encode()))
        return data

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        del column
        if action is not Qt.DropAction.MoveAction or not data.hasFormat(MIME):
            return False
        ids = bytes(data.data(MIME).data()).decode().splitlines()
        row = parent.row() if row < 0 and parent.isValid() else len(self._rows) if row < 0 else row
        below = [layer.id for layer in self._rows[row:] if layer.id not in ids]
        self._verbs.put(ids, len(below))
        # The scene answers with the new order; the view must not take rows out by itself.
        return False

    def _trouble(self, layer: Layer) -> NodeState | None:
        session = self._bridge.session
        if session is None or not layer.source_pin:
            return None
        state = session.store.state(layer.source_pin.partition(".")[0])
        return state if state is not None and STATE_TONES.get(state.name) in {"late", "bad"} else None

    @staticmethod
    def _spoken(layer: Layer, trouble: NodeState | None, *, is_locked: bool) -> str:
        states = ["hidden" if layer.is_hidden else "visible", "locked" if is_locked else ""]
        words = [layer.name, f"{layer.kind.value} {layer.id}" if layer.id != layer.name else layer.kind.value, *states]
        if trouble is not None:
            words.append(f"{trouble.name.lower()}: {trouble.reason}" if trouble.reason else trouble.name.lower())
        return ", ".join(word for word in words if word)


def _seen(layer: Layer, is_locked: bool, trouble: NodeState | None, hands: tuple[Person, ...]) -> _Seen:
    return _Seen(layer.id, layer.name, layer.kind, layer.is_hidden, is_locked, trouble, hands)
