"""Params judged without a node: there is none yet, or it has failed (PROTOCOL.md §7)."""

from __future__ import annotations

from engine.node import Kind
from sync.wire.compositor import KIND as COMPOSITOR
from sync.wire.json_value import JsonObject, deep_merge
from sync.wire.stamp import strip_metadata

__all__ = ["check_new", "check_update"]


def check_new(kind: Kind, params: JsonObject | None) -> None:
    """Raises ConfigRefused when no node can be built with ``params``; whether their files are there is not asked."""
    kind.check(strip_metadata(params or {}))


def check_update(kind: Kind, stored: JsonObject | None, message: JsonObject) -> None:
    """Raises ConfigRefused when ``message`` holds what no node can be built with.

    ``stored`` may be bad already: that is not this update's fault, and must not keep anybody from mending it.
    """
    update = strip_metadata(message)
    if kind.definition.kind == COMPOSITOR:  # an update is its whole config
        kind.check(update)
        return
    asked = {*update, *kind.definition.param_schema.get("required", ())}
    merged = dict(deep_merge(stored, update))
    kind.check({name: value for name, value in merged.items() if name in asked})
