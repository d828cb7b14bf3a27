"""What a control's row is about: one field of one node, under the name that the author gave it."""

from __future__ import annotations

from typing import Any

from sync.client_controls import Control
from sync.field import Field
from sync.paths import Path
from sync.store import Store

__all__ = ["ControlSubject"]


class ControlSubject:
    """Reads what the store shows now; ``key`` is the node's id."""

    def __init__(self, store: Store, control: Control) -> None:
        self._store, self._control = store, control
        self.key = self.name = control.node

    def path(self, field: Field) -> Path:
        return field.path

    def value(self, field: Field) -> Any:
        return self._store.value(self.key, field.path, field.default)

    def edits(self, field: Field, value: Any) -> dict[Path, Any]:
        return {field.path: value}
