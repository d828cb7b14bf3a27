"""What the rows are about: a layer of a scene, or a node; read and written field by field."""

from __future__ import annotations

from typing import Any, Protocol

from gui.canvas.placing import configured_box, placed
from sync.fields import Field, fields_of
from sync.paths import Path, differences
from sync.scene import Layer
from sync.store import Store

__all__ = ["LayerSubject", "NodeSubject", "Subject", "shared_fields"]


class Subject(Protocol):
    """Something with fields. ``key`` tells one from another, ``name`` is what the operator calls it."""

    key: str
    name: str

    def path(self, field: Field) -> Path:
        """Where the field sits in the node's params."""

    def value(self, field: Field) -> Any:
        """The field's shown wire value."""

    def edits(self, field: Field, value: Any) -> dict[Path, Any]:
        """The edits that give the field a wire value."""


class LayerSubject:
    """A layer as it was when this was made."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self.key, self.name = layer.id, layer.name

    def path(self, field: Field) -> Path:
        return (*self._layer.path, *field.path)

    def value(self, field: Field) -> Any:
        """A place that the server chose reads as where the layer is drawn."""
        if field.path[0] == "rect":
            return round(getattr(configured_box(self._layer), field.path[1]))
        value = getattr(self._layer, field.name)
        return list(value) if isinstance(value, tuple) else value

    def edits(self, field: Field, value: Any) -> dict[Path, Any]:
        """A place that the server chose is written whole."""
        if field.path[0] == "rect" and self._layer.rect is None:
            return placed(self._layer, configured_box(self._layer)._replace(**{field.path[1]: value}))
        return {self.path(field): value}


class NodeSubject:
    """A node's own params, as the store shows them now."""

    def __init__(self, store: Store, node_id: str) -> None:
        self._store = store
        self.key = self.name = node_id

    def path(self, field: Field) -> Path:
        return field.path

    def value(self, field: Field) -> Any:
        return self._store.value(self.key, field.path, field.default)

    def edits(self, field: Field, value: Any) -> dict[Path, Any]:
        """An object is edited member by member: a server that merges would keep those that went away."""
        old = self._store.value(self.key, field.path, None)
        members = differences(old, value) if isinstance(value, dict) and isinstance(old, dict) else {}
        return {(*field.path, *path): part for path, part in members.items()} or {field.path: value}


def shared_fields(layers: tuple[Layer, ...]) -> tuple[Field, ...]:
    """The fields that all the layers have, in the first one's order; nothing for no layers."""
    if not layers:
        return ()
    others = [{field.name for field in fields_of(layer.kind)} for layer in layers[1:]]
    return tuple(field for field in fields_of(layers[0].kind) if all(field.name in names for names in others))
