"""Where a field sits in a node's params, and edits as data: read, write, compare, turn around.

A path is a tuple of keys. Items of a list whose members all carry a string ``id`` are addressed by that id; any
other list is one value. An edit maps a path to its new value or to REMOVED.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final, TypeAlias

from sync.wire.json_value import JsonObject

__all__ = [
    "REMOVED",
    "Edits",
    "Path",
    "Removed",
    "apply",
    "differences",
    "expand",
    "forgotten",
    "inverse",
    "is_same",
    "overlaps",
    "read",
    "write",
]


class Removed(Enum):
    """The type of REMOVED."""

    REMOVED = "removed"

    def __repr__(self) -> str:
        return "REMOVED"


REMOVED: Final = Removed.REMOVED
Path: TypeAlias = tuple[str, ...]
Edits: TypeAlias = Mapping[Path, Any]

_LISTS_BY_ID = frozenset({"text_overlays", "image_overlays"})
_ITEM_PARENTS = frozenset((name,) for name in _LISTS_BY_ID)


def read(params: Any, path: Path, default: Any = None) -> Any:
    """The value at ``path``; ``default`` when some part of the way is missing."""
    value = params
    for key in path:
        value = _child(value, key)
        if value is REMOVED:
            return default
    return value


def write(params: JsonObject, path: Path, value: Any) -> JsonObject:
    """A copy of ``params`` with ``value`` at ``path``: missing parents are made, REMOVED takes the key or item away."""
    written = _written(params, path, value)
    return written if isinstance(written, dict) else {}


def apply(params: JsonObject, edits: Edits) -> JsonObject:
    """A copy of ``params`` with all ``edits`` written in their order."""
    for path, value in edits.items():
        params = write(params, path, value)
    return params


def differences(old: Any, new: Any) -> dict[Path, Any]:
    """The leaf edits that turn ``old`` into ``new``.

    A new item of a list by id is one edit with the whole item, a list whose order changed one with the whole list.
    """
    found: dict[Path, Any] = {}
    _collect(old, new, (), found)
    return found


def forgotten(old: JsonObject, new: JsonObject) -> dict[Path, Any]:
    """The leaves of ``old`` that ``new`` has no key for: what a merge into ``old`` could not have taken away."""
    changes = differences(new, old)
    return {path: value for path, value in changes.items() if value is not REMOVED and _is_gap(new, path)}


def expand(edits: Edits) -> dict[Path, Any]:
    """The same edits with every filled object taken apart into its leaves; an item of a list by id stays whole."""
    leaves: dict[Path, Any] = {}
    for path, value in edits.items():
        _expand_into(leaves, path, value)
    return leaves


def inverse(params: JsonObject, edits: Iterable[Path]) -> dict[Path, Any]:
    """The edits that bring the paths back to what they are in ``params``, at the first level that was missing."""
    back: dict[Path, Any] = {}
    for path in edits:
        where = _first_gap(params, path)
        back.setdefault(where, read(params, where, REMOVED))
    return back


def is_same(first: Any, second: Any) -> bool:
    """Equal as JSON: 1 and 1.0 are the same, 1 and true are not."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    return bool(first == second)


def overlaps(first: Path, second: Path) -> bool:
    """True when one of the paths leads to or through the other."""
    shorter = min(len(first), len(second))
    return first[:shorter] == second[:shorter]


def _is_list_by_id(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in value)


def _child(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key, REMOVED)
    if _is_list_by_id(value):
        return next((item for item in value if item["id"] == key), REMOVED)
    return REMOVED


def _written(container: Any, path: Path, value: Any) -> Any:
    key, rest = path[0], path[1:]
    if isinstance(container, list):
        return _written_item(container, key, rest, value)
    child = container.get(key, REMOVED)
    if value is REMOVED and (child is REMOVED or (rest and not isinstance(child, dict | list))):
        return container
    child = _written(_opened(child, key), rest, value) if rest else value
    if child is REMOVED:
        return {name: kept for name, kept in container.items() if name != key}
    return {**container, key: child}


def _is_open(child: Any, key: str) -> bool:
    return isinstance(child, dict) or (_is_list_by_id(child) and bool(child or key in _LISTS_BY_ID))


def _opened(child: Any, key: str) -> Any:
    """``child`` when something can be written inside it, else the empty container that takes its place."""
    if _is_open(child, key):
        return child
    return [] if key in _LISTS_BY_ID else {}


def _written_item(items: list[Any], item_id: str, rest: Path, value: Any) -> list[Any]:
    index = next((at for at, item in enumerate(items) if item["id"] == item_id), None)
    if value is REMOVED and (index is None or not rest):
        return [item for item in items if item["id"] != item_id]
    old = {"id": item_id} if index is None else items[index]
    new = _written(old, rest, value) if rest else {"id": item_id, **(value if isinstance(value, dict) else {})}
    return [*items, new] if index is None else [*items[:index], new, *items[index + 1 :]]


def _collect(old: Any, new: Any, path: Path, found: dict[Path, Any]) -> None:
    if old is new:
        return  # edits copy only the way to what they change
    if isinstance(new, dict) and new and (path or isinstance(old, dict)):
        _collect_members(old if isinstance(old, dict) else {}, new, path, found)
    elif isinstance(new, dict) and isinstance(old, dict):
        _collect_members(old, new, path, found)
    elif path and _is_list_by_id(new) and _is_list_by_id(old) and _keeps_order(old, new):
        _collect_items({item["id"]: item for item in old}, {item["id"]: item for item in new}, path, found)
    elif not is_same(old, new):
        found[path] = new


def _collect_members(old: JsonObject, new: JsonObject, path: Path, found: dict[Path, Any]) -> None:
    for key in old:
        if key not in new:
            found[(*path, key)] = REMOVED
    for key, value in new.items():
        if key in old:
            _collect(old[key], value, (*path, key), found)
        else:
            _expand_into(found, (*path, key), value)


def _collect_items(old: JsonObject, new: JsonObject, path: Path, found: dict[Path, Any]) -> None:
    for key in old:
        if key not in new:
            found[(*path, key)] = REMOVED
    for key, item in new.items():
        if key in old:
            _collect(old[key], item, (*path, key), found)
        else:
            found[(*path, key)] = item


def _keeps_order(old: list[Any], new: list[Any]) -> bool:
    """True when removing items and appending others is all that happened to the order, and no id is doubled."""
    before, after = [item["id"] for item in old], [item["id"] for item in new]
    is_unique = len(set(before)) == len(before) and len(set(after)) == len(after)
    kept = [item_id for item_id in before if item_id in set(after)]
    return is_unique and after[: len(kept)] == kept


def _expand_into(leaves: dict[Path, Any], path: Path, value: Any) -> None:
    if isinstance(value, dict) and value and path[-2:-1] not in _ITEM_PARENTS:
        for key, part in value.items():
            _expand_into(leaves, (*path, str(key)), part)
    else:
        leaves[path] = value


def _is_gap(params: JsonObject, path: Path) -> bool:
    """True when a key on the way is missing in an object, not when something else stands in its place."""
    holder: Any = params
    for key in path:
        if not isinstance(holder, dict):
            return False
        if key not in holder:
            return True
        holder = holder[key]
    return False


def _first_gap(params: JsonObject, path: Path) -> Path:
    for length in range(1, len(path)):
        if not _is_open(read(params, path[:length], REMOVED), path[length - 1]):
            return path[:length]
    return path
