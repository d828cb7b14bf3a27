"""What the rows are about: one layer of a scene, read and written field by field. Pure."""

from __future__ import annotations

from typing import Any

from gui.canvas.placing import configured_box, placed
from sync.fields import Field, fields_of
from sync.paths import Path
from sync.scene import Layer

__all__ = ["edits_of", "path_of", "shared_fields", "value_of"]


def path_of(layer: Layer, field: Field) -> Path:
    """Where the field sits in the compositor's params."""
    return (*layer.path, *field.path)


def value_of(layer: Layer, field: Field) -> Any:
    """The field's shown wire value. A place that the server chose reads as where the layer is drawn."""
    if field.path[0] == "rect":
        return round(getattr(configured_box(layer), field.path[1]))
    value = getattr(layer, field.name)
    return list(value) if isinstance(value, tuple) else value


def edits_of(layer: Layer, field: Field, value: Any) -> dict[Path, Any]:
    """The edits that give the field a wire value; a place that the server chose is written whole."""
    if field.path[0] == "rect" and layer.rect is None:
        return placed(layer, configured_box(layer)._replace(**{field.path[1]: value}))
    return {path_of(layer, field): value}


def shared_fields(layers: tuple[Layer, ...]) -> tuple[Field, ...]:
    """The fields that all the layers have, in the first one's order; nothing for no layers."""
    if not layers:
        return ()
    others = [{field.name for field in fields_of(layer.kind)} for layer in layers[1:]]
    return tuple(field for field in fields_of(layers[0].kind) if all(field.name in names for names in others))
