"""Params as leaves and back: items of a list of ``{"id": …}`` objects are addressed by id (PROTOCOL.md §2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sync.wire.json_value import JsonObject

POSITION: Final = "#"  # a leaf of a list item: where it stands among its siblings

__all__ = ["POSITION", "build", "flatten", "keyed_items"]


def flatten(value: Any) -> dict[tuple[str, ...], Any]:
    """The leaves of an object: path → scalar, list or empty object. A list of objects with ids becomes an empty list
    at its own path (which says that the children are items) and one subtree an item."""
    leaves: dict[tuple[str, ...], Any] = {}
    for key, child in value.items():
        _flatten_into(leaves, (key,), child)
    return leaves


def build(leaves: Mapping[tuple[str, ...], Any]) -> JsonObject:
    """The object that ``flatten`` took apart. Parents may be missing; a child turns a scalar parent into an object."""
    root: JsonObject = {}
    lists: set[tuple[str, ...]] = set()
    for path in sorted(leaves, key=len):
        value = leaves[path]
        if isinstance(value, list) and not value:
            lists.add(path)
        _put(root, path, {} if path in lists else value)
    for path in sorted(lists, key=len, reverse=True):
        _to_list(root, path)
    return root


def _flatten_into(leaves: dict[tuple[str, ...], Any], path: tuple[str, ...], value: Any) -> None:
    if isinstance(value, dict) and value:
        for key, child in value.items():
            _flatten_into(leaves, (*path, key), child)
    elif (items := keyed_items(value)) is not None:
        leaves[path] = []
        for name, item in items.items():
            for key, child in item.items():
                _flatten_into(leaves, (*path, name, key), child)
    else:
        leaves[path] = value


def keyed_items(value: Any) -> JsonObject | None:
    """The items of a list by their ids, each with its position; None for what is no list of objects with ids."""
    if not isinstance(value, list) or not value:
        return None
    ids = [item.get("id") if isinstance(item, dict) else None for item in value]
    if len(set(map(str, ids))) != len(ids) or not all(isinstance(each, str) and each for each in ids):
        return None
    return {item["id"]: {**item, POSITION: index} for index, item in enumerate(value)}


def _put(root: JsonObject, path: tuple[str, ...], value: Any) -> None:
    *parents, leaf = path
    target = root
    for name in parents:
        child = target.get(name)
        if not isinstance(child, dict):
            child = target[name] = {}
        target = child
    target[leaf] = dict(value) if isinstance(value, dict) else value


def _to_list(root: JsonObject, path: tuple[str, ...]) -> None:
    *parents, leaf = path
    target: Any = root
    for name in parents:
        target = target.get(name) if isinstance(target, dict) else None
    if not isinstance(target, dict):
        return
    # Without its id an item is the rest of one that was removed while somebody else was editing it.
    rows = [(name, item) for name, item in target[leaf].items() if isinstance(item, dict) and "id" in item]
    rows.sort(key=lambda row: (_position(row[1]), row[0]))
    target[leaf] = [{key: value for key, value in item.items() if key != POSITION} for _, item in rows]


def _position(item: JsonObject) -> float:
    position = item.get(POSITION)
    return position if isinstance(position, int | float) else float("inf")
