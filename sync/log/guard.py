"""The guards of admission: is the target there, has anybody changed what was decided upon (PROTOCOL.md §3.2)."""

from __future__ import annotations

from collections.abc import Iterator

from sync.log.clock import Era, common_rev
from sync.log.document import Document, prefixes
from sync.log.op import CONNECTIONS, NODES, Clash, Op, Path, Refusal, identity_of

MAX_CLASHES = 16

__all__ = ["MAX_CLASHES", "find_refusal"]


def find_refusal(op: Op, document: Document, lineage: tuple[Era, ...]) -> Refusal | None:
    """Why ``op`` may not be applied to ``document``: gone before stale; None when it may."""
    return _find_gone(op, document) or _find_stale(op, document, lineage)


def _find_gone(op: Op, document: Document) -> Refusal | None:
    made = {each.path[1] for each in op.changes if _makes_node(each.path, each.is_removed)}
    for each in op.changes:
        place, named = each.path, _node_named(each.path, each.is_removed)
        if place[0] == NODES and len(place) == 2 and not each.is_removed and document.is_live(place):
            return Refusal("exists", f"There is already a node {place[1]!r}.")
        missing = [node for node in named if node not in made and not document.is_live((NODES, node))]
        if missing:
            return Refusal("gone", f"There is no node {missing[0]!r} any more.")
        if not each.is_removed and (item := _removed_item(op, place, document)) is not None:
            return Refusal("gone", f"There is no {item[-2]} {item[-1]!r} in {place[1]!r} any more.")
    return None


def _makes_node(place: Path, is_removed: bool) -> bool:
    return place[0] == NODES and len(place) == 2 and not is_removed


def _node_named(place: Path, is_removed: bool) -> tuple[str, ...]:
    """The nodes that must exist for a change at ``place``."""
    if place[0] == CONNECTIONS:
        return () if is_removed else (place[1], place[3])
    return (place[1],)


def _removed_item(op: Op, place: Path, document: Document) -> Path | None:
    """The removed list item that ``place`` lies in, unless the op makes the item again."""
    for above in prefixes(place):
        register = document.register(above)
        if register is None or not register.is_removed:
            continue
        if document.value(above[:-1]) == [] and not any(each.path in (above, (*above, "id")) for each in op.changes):
            return above
    return None


def _find_stale(op: Op, document: Document, lineage: tuple[Era, ...]) -> Refusal | None:
    if not op.is_guarded:
        return None
    if common_rev(lineage, op.epoch, 0) is None:
        return Refusal("stale", "The session was restarted since this was decided.")
    clashes: dict[Path, Clash] = {}
    own = _own_names(op)
    for path, seen in _guards(op):
        usable = common_rev(lineage, op.epoch, seen)
        register = document.newest_foreign(path, *own)
        if register is not None and register.rev_not_by(*own) > (usable or 0):
            clashes[path] = Clash(path, document.value(path), register.author_not(*own), register.rev_not_by(*own))
        if len(clashes) == MAX_CLASHES:
            break
    if not clashes:
        return None
    names = ", ".join(sorted({each.author for each in clashes.values()}))
    return Refusal("stale", f"Changed meanwhile by {names}.", tuple(clashes.values()))


def _guards(op: Op) -> Iterator[tuple[Path, int]]:
    yield from ((each.path, each.seen) for each in op.changes if each.seen is not None)
    yield from ((each.path, each.rev) for each in op.verify)


def _own_names(op: Op) -> tuple[str, ...]:
    """The author, and the earlier runs of the same installation whose ops it knew when it made this one."""
    me = identity_of(op.author)
    return (op.author, *(dep.author for dep in op.deps if identity_of(dep.author) == me))
