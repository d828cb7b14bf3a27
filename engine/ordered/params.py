"""A node's params after changes: copied along the changed paths, or rebuilt from the document where shape changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from sync.log.document import Document
from sync.log.leaves import POSITION, keyed_items
from sync.log.op import NODES, Change, Entry, Path
from sync.wire.json_value import JsonObject

PARAMS_DEPTH = 3  # ("nodes", id, "params")

ABSENT: Final = object()

__all__ = ["PARAMS_DEPTH", "changed_params", "in_order_of", "settled_params"]


def changed_params(document: Document, node: str, params: JsonObject, entry: Entry) -> JsonObject:
    """``params`` with the changes of an entry that is, or will be, the newest."""
    simple = _with_leaves(params, _changes_of(entry, node))
    return simple if simple is not None else _with_members(document, node, params, entry, is_pending=True)


def settled_params(document: Document, node: str, params: JsonObject, entry: Entry) -> JsonObject:
    """``params`` as they are after an entry that the document has taken: where something newer stands, that stays."""
    return _with_members(document, node, params, entry, is_pending=False)


def _with_members(document: Document, node: str, params: JsonObject, entry: Entry, *, is_pending: bool) -> JsonObject:
    by_name: dict[str, list[Change]] = {}
    for each in _changes_of(entry, node):
        by_name.setdefault(each.path[PARAMS_DEPTH], []).append(each)
    after = dict(params)
    for name, group in by_name.items():
        pending = msgspec.structs.replace(entry, changes=tuple(group)) if is_pending else None
        place = group[0].path[: PARAMS_DEPTH + 1]
        _put(after, name, _changed_member(document, place, params.get(name), group, pending))
    return after


def _changes_of(entry: Entry, node: str) -> list[Change]:
    return [each for each in entry.changes or () if each.path[:PARAMS_DEPTH] == (NODES, node, "params")]


def _changed_member(document: Document, place: Path, old: Any, changes: Sequence[Change], pending: Entry | None) -> Any:
    """A member under changes: of a large object only the members that are named are made anew."""
    depth = len(place)
    if isinstance(old, dict) and old and all(len(each.path) > depth for each in changes):
        inner = dict(old)
        for key in dict.fromkeys(each.path[depth] for each in changes):
            _put(inner, key, in_order_of(old.get(key), _built(document, (*place, key), pending)))
        if inner:
            return inner
    return in_order_of(old, _built(document, place, pending))


def _built(document: Document, place: Path, pending: Entry | None) -> Any:
    """The value at a place, under the changes of an entry that the document does not have yet; ABSENT without one."""
    after = Document(document.below(place))
    if pending is not None:
        changes = tuple(each for each in pending.changes or () if each.path[: len(place)] == place)
        after.apply(msgspec.structs.replace(pending, changes=changes))
    value: Any = after.params(place[1])
    for name in place[PARAMS_DEPTH:]:
        value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
    return value


def _put(members: JsonObject, name: str, value: Any) -> None:
    if value is ABSENT:
        members.pop(name, None)
    else:
        members[name] = value


def in_order_of(template: Any, value: Any) -> Any:
    """``value`` with the members of its objects in the order of ``template``; new ones come last."""
    if isinstance(template, dict) and isinstance(value, dict):
        names = [*(name for name in template if name in value), *(name for name in value if name not in template)]
        return {name: in_order_of(template.get(name), value[name]) for name in names}
    if isinstance(value, list) and (known := keyed_items(template)) is not None:
        return [in_order_of(known.get(str(item.get("id"))), item) if isinstance(item, dict) else item for item in value]
    return value


def _with_leaves(params: JsonObject, changes: Sequence[Change]) -> JsonObject | None:
    """The params when every change replaces a plain value by another one; None when some change does more."""
    after = dict(params)
    copied: dict[Path, Any] = {(): after}
    for each in changes:
        if each.is_removed or not _is_plain(each.value) or each.path[-1] in (POSITION, "id"):
            return None
        if not _replace(copied, each.path[PARAMS_DEPTH:], each.value):
            return None
    return after


def _replace(copied: dict[Path, Any], path: Path, value: Any) -> bool:
    """Replaces a leaf; ``copied`` are the containers that were copied already, by their paths."""
    for depth in range(len(path) - 1):
        here, there = path[: depth + 1], copied[path[:depth]]
        if here in copied:
            continue
        index = _index_of(there, path[depth])
        if index is None or not isinstance(there[index], dict | list):
            return False
        there[index] = copied[here] = there[index].copy()
    container, name = copied[path[:-1]], path[-1]
    if not isinstance(container, dict) or name not in container or not _is_plain(container[name]):
        return False
    container[name] = value
    return True


def _index_of(container: Any, name: str) -> Any:
    """Where a member lies: its name in an object, its position in a list of items with ids."""
    if isinstance(container, dict):
        return name if name in container else None
    ids = [item.get("id") if isinstance(item, dict) else None for item in container]
    is_keyed = all(isinstance(each, str) and each for each in ids) and len(set(ids)) == len(ids)
    return ids.index(name) if is_keyed and name in ids else None


def _is_plain(value: Any) -> bool:
    """Whether a value is one leaf however it is looked at: no object, no empty list, no list of items with ids."""
    if isinstance(value, list):
        return bool(value) and keyed_items(value) is None
    return not isinstance(value, dict)
