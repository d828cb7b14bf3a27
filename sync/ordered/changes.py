"""Between params as the desk edits them and the places of the log (sync/log/PROTOCOL.md §2.1, §2.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sync.log.document import Document
from sync.log.edits import REMOVED as GONE
from sync.log.edits import edits_between, set_params
from sync.log.leaves import POSITION
from sync.log.op import NODES, Change, Path
from sync.log.replica import Replica
from sync.paths import REMOVED, differences, overlaps, read, write
from sync.wire.json_value import JsonObject

__all__ = ["changes_of", "undecided_edits", "unsent_edits", "updated_params"]


def changes_of(replica: Replica, node: str, wanted: JsonObject, paths: Iterable[Path]) -> tuple[Change, ...]:
    """The changes that bring the log to say at ``paths`` what ``wanted`` says.

    A list by id is compared as a whole when members come or go, so that their places among the others travel too.
    """
    edits: dict[Path, Any] = {}
    lists: dict[str, None] = {}
    for path in paths:
        value = read(wanted, path, REMOVED)
        is_member = isinstance(wanted.get(path[0]), list)
        if isinstance(value, list) or (is_member and not (_is_plain(value) and len(path) > 2)):
            lists[path[0]] = None
        else:
            edits[path] = GONE if value is REMOVED else value
    if lists:
        known = replica.params(node)
        edits.update(edits_between(_parts(known, lists), _parts(wanted, lists)))
    return set_params(node, edits)


def unsent_edits(replica: Replica) -> dict[str, dict[Path, Any]]:
    """By node, what the undecided ops would change: for a server that keeps no log."""
    nodes = {each.path[1] for each in replica.outbox.changes() if each.path[0] == NODES}
    edits = {node: differences(replica.confirmed.params(node), replica.params(node)) for node in sorted(nodes)}
    return {node: values for node, values in edits.items() if values}


def undecided_edits(replica: Replica, node: str) -> dict[Path, Any]:
    """What the undecided ops change at a node, also where that is what the log says now: it may come to say less."""
    shown = replica.params(node)
    edits = differences(replica.confirmed.params(node), shown)
    paths = [each.path[3:] for each in replica.outbox.changes() if each.path[:2] == (NODES, node)]
    for path in paths:
        if path and POSITION not in path and not any(overlaps(path, other) for other in edits):
            edits[path] = read(shown, path, REMOVED)
    return edits


def updated_params(before: JsonObject, document: Document, node: str, places: Iterable[Path]) -> JsonObject:
    """The params after the log has moved at ``places``: leaf by leaf where that is enough, else built anew."""
    after = before
    for place in places:
        path = place[3:]
        if not _is_leaf_step(after, document, place, path):
            return document.params(node)
        after = write(after, path, document.value(place))
    return after


def _is_leaf_step(params: JsonObject, document: Document, place: Path, path: Path) -> bool:
    register = document.register(place)
    return (
        bool(path)
        and register is not None
        and not register.is_removed
        and _is_plain(register.value)
        and not document.has_below(place)
        and _is_plain(read(params, path, REMOVED))
    )


def _is_plain(value: Any) -> bool:
    """A leaf that stands for itself."""
    return value is not REMOVED and not isinstance(value, dict | list)


def _parts(params: JsonObject, keys: Iterable[str]) -> JsonObject:
    return {key: params[key] for key in keys if key in params}
