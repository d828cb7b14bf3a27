"""Changes laid over a document without touching it: later ones win, and a write hides what was below its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync.log.document import Document
from sync.log.op import Change, Path, begins_list

__all__ = ["overlaid", "overlaid_value"]


def overlaid(leaves: dict[Path, Any], changes: Sequence[Change], root: Path) -> dict[Path, Any]:
    """The leaves below ``root`` (paths relative to it) as they look under ``changes``."""
    depth = len(root)
    for each in changes:
        if each.path[:depth] == root:
            path = each.path[depth:]
            if leaves.get(path) != [] or not begins_list(each, changes):
                leaves = _written(leaves, path, each)
        elif root[: len(each.path)] == each.path:
            leaves = {}
    return leaves


def overlaid_value(document: Document, changes: Sequence[Change], place: Path) -> Any:
    """The value at exactly ``place`` under ``changes``."""
    for each in reversed(changes):
        if each.path == place:
            return None if each.is_removed else each.value
        if place[: len(each.path)] == each.path:
            return None
    return document.value(place)


def _written(leaves: dict[Path, Any], path: Path, each: Change) -> dict[Path, Any]:
    kept = {other: value for other, value in leaves.items() if other[: len(path)] != path}
    if not each.is_removed:
        kept[path] = each.value
    return kept
