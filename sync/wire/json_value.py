"""JSON as Python values: the type names, the deep merge and the dotted path."""

from __future__ import annotations

from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]

__all__ = ["JsonObject", "deep_merge", "nest"]


def deep_merge(base: Any, patch: Any) -> Any:
    """``base`` with ``patch`` merged in: objects merge, everything else replaces (PROTOCOL.md §7). Changes neither."""
    if not isinstance(base, dict) or not isinstance(patch, dict):
        return patch
    merged = dict(base)
    for key, value in patch.items():
        merged[key] = deep_merge(base[key], value) if key in base else value
    return merged


def nest(dotted: str, value: Any) -> JsonObject:
    """The patch that sets a dotted path: ``nest("a.b", 1) == {"a": {"b": 1}}`` (PROTOCOL.md §8)."""
    *parents, leaf = dotted.split(".")
    patch: JsonObject = {leaf: value}
    for parent in reversed(parents):
        patch = {parent: patch}
    return patch
