"""What can be done with layers as wholes: hide, lock, stack. Each is one undo step with a title."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gui.bridge import Bridge
from gui.layers.reorder import lifted, renumbered
from sync.paths import Path
from sync.scene import Layer

__all__ = ["LayerVerbs"]


class LayerVerbs:
    """Works on the selection, or on the layers that are named. Everything is harmless when nothing is open."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def selected(self) -> tuple[Layer, ...]:
        """The selected layers, bottom first."""
        scene, chosen = self._bridge.scene, set(self._bridge.selection)
        return tuple(layer for layer in scene.layers if layer.id in chosen) if scene is not None else ()

    def are_hidden(self) -> bool:
        """Whether every selected layer is hidden."""
        layers = self.selected()
        return bool(layers) and all(layer.is_hidden for layer in layers)

    def are_locked(self) -> bool:
        """Whether every selected layer is locked at this desk."""
        session, layers = self._bridge.session, self.selected()
        return session is not None and bool(layers) and all(session.is_locked(layer.id) for layer in layers)

    def toggle_hidden(self, layer_ids: Iterable[str] | None = None) -> None:
        """Hides the layers, or shows them when all are hidden."""
        session, scene = self._bridge.session, self._bridge.scene
        if session is None or scene is None:
            return
        layers = self._named(layer_ids)
        change = session.show if all(layer.is_hidden for layer in layers) else session.hide
        for layer in layers:
            change(scene.node_id, layer.id)

    def toggle_locked(self, layer_ids: Iterable[str] | None = None) -> None:
        """Locks the layers against the hands at this desk, or unlocks them when all are locked."""
        session = self._bridge.session
        if session is None:
            return
        layers = self._named(layer_ids)
        is_locked = all(session.is_locked(layer.id) for layer in layers)
        for layer in layers:
            session.set_locked(layer.id, not is_locked)

    def to_front(self) -> None:
        """Above all others."""
        self._restack("Bring {} to front", lambda rest, _first: len(rest))

    def to_back(self) -> None:
        """Below all others."""
        self._restack("Send {} to back", lambda _rest, _first: 0)

    def forward(self) -> None:
        """One place up."""
        self._restack("Bring {} forward", lambda _rest, first: first + 1)

    def backward(self) -> None:
        """One place down."""
        self._restack("Send {} backward", lambda _rest, first: first - 1)

    def put(self, layer_ids: Sequence[str], to: int, title: str = "Move {} in the stack") -> bool:
        """Puts the layers at index ``to`` of the others, bottom first; says whether anything changed."""
        session, scene = self._bridge.session, self._bridge.scene
        if session is None or scene is None:
            return False
        if (locked := self._locked(layer_ids)) is not None:
            self._bridge.noticed.emit("info", f"{locked.name} is locked and stays where it is in the stack.")
            return False
        changes = renumbered(lifted(scene.layers, layer_ids, to), scene.layers)
        by_id = {layer.id: layer for layer in scene.layers}
        edits: dict[Path, int] = {(*by_id[layer_id].path, "z_index"): z for layer_id, z in changes.items()}
        return bool(edits) and session.edit(scene.node_id, edits, title.format(self._spoken(layer_ids)))

    def _restack(self, title: str, where: Callable[[list[Layer], int], int]) -> None:
        scene, chosen = self._bridge.scene, self._bridge.selection
        if scene is None or not chosen:
            return
        rest = [layer for layer in scene.layers if layer.id not in chosen]
        first = next(at for at, layer in enumerate(scene.layers) if layer.id in chosen)
        self.put(chosen, where(rest, first), title)

    def _named(self, layer_ids: Iterable[str] | None) -> tuple[Layer, ...]:
        scene = self._bridge.scene
        if layer_ids is None or scene is None:
            return self.selected()
        return tuple(layer for layer_id in layer_ids if (layer := scene.layer(layer_id)) is not None)

    def _locked(self, layer_ids: Sequence[str]) -> Layer | None:
        session = self._bridge.session
        return next((layer for layer in self._named(layer_ids) if session and session.is_locked(layer.id)), None)

    def _spoken(self, layer_ids: Sequence[str]) -> str:
        layers = self._named(layer_ids)
        return layers[0].name if len(layers) == 1 else f"{len(layers)} layers"
