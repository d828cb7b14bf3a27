"""Where nodes stand: a column is the longest way from a source, the order inside it keeps edges short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

__all__ = ["Edge", "columns", "places"]

Edge = tuple[str, str]
GAP_ACROSS = 70.0
GAP_DOWN = 16.0


def columns(node_ids: Sequence[str], edges: Iterable[Edge]) -> dict[str, int]:
    """The column of every node; a circle is cut at the node that comes first in the pipeline."""
    follow = _followers(node_ids, edges)
    open_inputs = dict.fromkeys(node_ids, 0)
    for targets in follow.values():
        for target in targets:
            open_inputs[target] += 1
    level = dict.fromkeys(node_ids, 0)
    waiting = dict.fromkeys(node_ids)
    while waiting:
        ready = [node_id for node_id in waiting if not open_inputs[node_id]] or [next(iter(waiting))]
        for node_id in ready:
            del waiting[node_id]
        for node_id in ready:
            for target in follow[node_id] & waiting.keys():
                level[target] = max(level[target], level[node_id] + 1)
                open_inputs[target] -= 1
    return level


def places(sizes: Mapping[str, tuple[float, float]], edges: Iterable[Edge]) -> dict[str, tuple[float, float]]:
    """The top left corner of every node, from its width and height; columns are centred on one line."""
    rows = tuple(edges)
    level = columns(tuple(sizes), rows)
    stacks: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for node_id in sizes:
        stacks[level[node_id]].append(node_id)
    found: dict[str, tuple[float, float]] = {}
    x = 0.0
    for stack in stacks:
        stack.sort(key=lambda node_id: _pull(node_id, rows, found))
        y = -(sum(sizes[node_id][1] for node_id in stack) + GAP_DOWN * (len(stack) - 1)) / 2
        for node_id in stack:
            found[node_id] = (x, y)
            y += sizes[node_id][1] + GAP_DOWN
        x += max(sizes[node_id][0] for node_id in stack) + GAP_ACROSS
    return found


def _followers(node_ids: Sequence[str], edges: Iterable[Edge]) -> dict[str, set[str]]:
    follow: dict[str, set[str]] = {node_id: set() for node_id in node_ids}
    for source, target in edges:
        if source != target and source in follow and target in follow:
            follow[source].add(target)
    return follow


def _pull(node_id: str, edges: Sequence[Edge], found: Mapping[str, tuple[float, float]]) -> float:
    heights = [found[source][1] for source, target in edges if target == node_id and source in found]
    return fmean(heights) if heights else 0.0
