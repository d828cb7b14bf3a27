"""The changes that make an edit: of params, nodes and connections (PROTOCOL.md §2.1, §2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, TypeAlias

import msgspec

from sync.log.leaves import flatten, keyed_items
from sync.log.op import CONNECTIONS, NODES, Change, Path, is_metadata
from sync.wire.json_value import JsonObject
from sync.wire.stamp import strip_metadata

__all__ = [
    "REMOVED",
    "Edits",
    "add_node",
    "change",
    "connect",
    "connection_place",
    "disconnect",
    "edits_between",
    "node_place",
    "param_place",
    "remove_node",
    "set_params",
]


class Removed(Enum):
    """The type of REMOVED."""

    REMOVED = "removed"


REMOVED: Final = Removed.REMOVED
ABSENT: Final = object()
LARGE = 16  # members
_pack = msgspec.msgpack.Encoder().encode
Edits: TypeAlias = Mapping[Path, Any]


def node_place(node: str) -> Path:
    """Where a node lives; writing here replaces or removes everything below."""
    return (NODES, node)


def param_place(node: str, path: Path) -> Path:
    """Where a leaf of a node's params lives."""
    return (NODES, node, "params", *path)


def connection_place(from_node: str, from_pin: str, to_node: str, to_pin: str) -> Path:
    """Where a connection lives."""
    return (CONNECTIONS, from_node, from_pin, to_node, to_pin)


def change(path: Path, value: Any, seen: int | None = None) -> Change:
    """A change of one place; REMOVED takes the place and all below it away."""
    return Change(path, None, True, seen) if value is REMOVED else Change(path, value, False, seen)


def set_params(node: str, edits: Edits, seen: int | None = None) -> tuple[Change, ...]:
    """The changes that edit a node's params; metadata is left out, an object replaces all that was below its path."""
    places = {param_place(node, path): value for path, value in edits.items()}
    leaves = [leaf for place, value in places.items() if not is_metadata(place) for leaf in _expanded(place, value)]
    return tuple(change(place, value, seen) for place, value in leaves)


def _expanded(place: Path, value: Any) -> list[tuple[Path, Any]]:
    if value is REMOVED:
        return [(place, value)]
    leaves = [(place + below[1:], leaf) for below, leaf in flatten({"": value}).items()]
    return [(place, {}), *leaves] if isinstance(value, dict) and value else leaves


def add_node(node: str, kind: str, params: JsonObject | None = None) -> tuple[Change, ...]:
    """The changes that make a node with all its params."""
    leaves = flatten(strip_metadata(params or {}))
    head = (Change(node_place(node), {}), Change((*node_place(node), "kind"), kind))
    return head + tuple(Change(param_place(node, path), value) for path, value in leaves.items())


def edits_between(old: JsonObject, new: JsonObject) -> dict[Path, Any]:
    """The edits that turn one object of params into another; what has gone is REMOVED at its highest place.

    What is equal is passed over whole, so that one changed leaf of a large object costs little.
    """
    edits: dict[Path, Any] = {}
    _compare_members((), strip_metadata(old), strip_metadata(new), edits)
    return edits


def _compare(path: Path, old: Any, new: Any, edits: dict[Path, Any]) -> None:
    if old is new:
        return
    are_objects = isinstance(old, dict) and isinstance(new, dict) and bool(old and new)
    if are_objects and len(new) > LARGE:  # its members are looked at one by one anyhow: not twice
        _compare_members(path, old, new, edits)
    elif _is_equal(old, new):
        return
    elif are_objects:
        _compare_members(path, old, new, edits)
    elif (before := _items(old)) is not None and (after := _items(new)) is not None:
        _compare_members(path, before, after, edits)
    elif (after := keyed_items(new)) is not None or (isinstance(new, dict) and new):
        _begin(path, old, new, edits)
    else:
        edits[path] = new


def _items(value: Any) -> JsonObject | None:
    """An empty list is one whose items are still to come: to write it again would sweep away what others add."""
    return {} if value == [] else keyed_items(value)


def _is_equal(old: Any, new: Any) -> bool:
    """Equal in types and order too; what cannot be packed is compared member by member."""
    try:
        return _pack(old) == _pack(new)
    except (OverflowError, TypeError, UnicodeError):
        return isinstance(old, int) and type(old) is type(new) and old == new


def _compare_members(path: Path, old: JsonObject, new: JsonObject, edits: dict[Path, Any]) -> None:
    edits.update({(*path, name): REMOVED for name in old if name not in new})
    for name, value in new.items():
        if name in old:
            _compare((*path, name), old[name], value, edits)
        else:
            _begin((*path, name), ABSENT, value, edits)


def _begin(path: Path, old: Any, new: Any, edits: dict[Path, Any]) -> None:
    """Members appear at a place that had none, or something else."""
    if old is not ABSENT and keyed_items(new) is None:
        edits[path] = REMOVED  # a leaf became an object: its own value must not stay
    edits.update({path[:-1] + below: value for below, value in flatten({path[-1]: new}).items()})


def remove_node(node: str, seen: int | None = None) -> tuple[Change, ...]:
    """The change that removes a node; guarded, any foreign change below it refuses the removal."""
    return (change(node_place(node), REMOVED, seen),)


def connect(
    from_node: str, from_pin: str, to_node: str, to_pin: str, mode: str | None = None, seen: int | None = None
) -> tuple[Change, ...]:
    """The change that makes a connection."""
    return (change(connection_place(from_node, from_pin, to_node, to_pin), mode, seen),)


def disconnect(from_node: str, from_pin: str, to_node: str, to_pin: str, seen: int | None = None) -> tuple[Change, ...]:
    """The change that takes a connection away."""
    return (change(connection_place(from_node, from_pin, to_node, to_pin), REMOVED, seen),)
