"""What only this desk knows of layers: the opacity of hidden ones, and locks. Plain JSON in and out."""

from __future__ import annotations

from typing import Any

from sync.paths import Edits
from sync.scene import HIDDEN_BELOW
from sync.store import Store
from sync.wire.json_value import JsonObject

__all__ = ["LayerMemory"]


class LayerMemory:
    """Hidden layers keep their opacity here while 0 is on the wire."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._locked: set[str] = set()

    def remember_opacity(self, node_id: str, layer_id: str, opacity: float) -> None:
        """A layer is about to be hidden."""
        self._store.hidden_opacity.setdefault(node_id, {})[layer_id] = opacity

    def opacity_proposed(self, node_id: str, edits: Edits) -> None:
        """A visible opacity makes the remembered one obsolete."""
        remembered = self._store.hidden_opacity.get(node_id, {})
        for path, value in edits.items():
            if len(path) == 3 and path[2] == "opacity" and isinstance(value, int | float) and value >= HIDDEN_BELOW:
                remembered.pop(path[1], None)

    def hidden(self) -> dict[tuple[str, str], float]:
        """(node, layer) → remembered opacity, for the comment in an exported file."""
        return {
            (node_id, layer_id): opacity
            for node_id, layers in self._store.hidden_opacity.items()
            for layer_id, opacity in layers.items()
        }

    def set_locked(self, layer_id: str, locked: bool) -> None:
        """Locks or unlocks a layer at this desk."""
        if locked:
            self._locked.add(layer_id)
        else:
            self._locked.discard(layer_id)
        self._touch()

    def is_locked(self, layer_id: str) -> bool:
        """True when the layer is locked at this desk."""
        return layer_id in self._locked

    def as_json(self) -> JsonObject:
        """All of it."""
        hidden = {node_id: dict(layers) for node_id, layers in self._store.hidden_opacity.items() if layers}
        return {"hidden": hidden, "locked": sorted(self._locked)}

    def restore(self, memory: Any) -> None:
        """Takes what ``as_json`` gave; every part of another shape is ignored."""
        memory = memory if isinstance(memory, dict) else {}
        hidden, locked = memory.get("hidden"), memory.get("locked")
        for node_id, layers in hidden.items() if isinstance(hidden, dict) else ():
            for layer_id, opacity in layers.items() if isinstance(layers, dict) else ():
                if isinstance(opacity, int | float) and HIDDEN_BELOW <= opacity <= 1:
                    self.remember_opacity(node_id, layer_id, float(opacity))
        self._locked |= (
            {layer_id for layer_id in locked if isinstance(layer_id, str)} if isinstance(locked, list) else set()
        )
        self._touch()

    def _touch(self) -> None:
        for node_id in self._store.compositors():
            self._store.touch(node_id)
