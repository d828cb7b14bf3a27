"""Params types as JSON Schema, with StreamKit's ``tunable`` mark on what is live (PROTOCOL.md §8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from sync.wire.json_value import JsonObject

__all__ = ["schema_of"]

Limits = Mapping[str, tuple[float | None, float | None]]


def schema_of(params: type[msgspec.Struct], tunable: Collection[str] = (), limits: Limits | None = None) -> JsonObject:
    """The schema of ``params``: the object itself at the top, nested types under ``$defs``."""
    (top,), definitions = msgspec.json.schema_components([params], ref_template="#/$defs/{name}")
    schema: JsonObject = dict(definitions.pop(top["$ref"].rsplit("/", 1)[-1]))
    for name, entry in schema.get("properties", {}).items():
        _extend(entry, limits.get(name) if limits else None, is_tunable=name in tunable)
    if definitions:
        schema["$defs"] = definitions
    return schema


def _extend(entry: dict[str, Any], limit: tuple[float | None, float | None] | None, *, is_tunable: bool) -> None:
    bounds = zip(("minimum", "maximum"), limit or (None, None), strict=True)
    entry.update((key, bound) for key, bound in bounds if bound is not None)
    if is_tunable:
        entry["tunable"] = True
