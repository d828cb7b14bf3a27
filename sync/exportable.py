"""What of a running pipeline belongs into a file, and the plain data of that file."""

from __future__ import annotations

from enum import Enum
from itertools import pairwise
from typing import Any

import msgspec

from sync.needs_form import compatible_needs, faithful_needs
from sync.wire.compositor import KIND as COMPOSITOR
from sync.wire.compositor import CompositorConfig
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Connection, Node, Pipeline
from sync.wire.stamp import strip_metadata
from sync.yaml_order import is_equal

PREVIEW = "_preview_"
HEADER = ("name", "description", "attributes", "client")
_DEFAULTS: JsonObject = msgspec.to_builtins(CompositorConfig())

__all__ = ["ExportStyle", "exportable", "fresh_data", "updated_data"]


class ExportStyle(Enum):
    """FAITHFUL keeps every pin and mode; COMPATIBLE is read by the oldest servers and loses pin names."""

    FAITHFUL = "faithful"
    COMPATIBLE = "compatible"


def exportable(pipeline: Pipeline) -> Pipeline:
    """``pipeline`` without states, view data, metadata, preview nodes, empty params, and doubled or loose edges."""
    nodes = {
        node_id: Node(node.kind, strip_metadata(node.params or {}) or None)
        for node_id, node in pipeline.nodes.items()
        if not node_id.startswith(PREVIEW)
    }
    edges = {edge.ends: edge for edge in pipeline.connections if edge.from_node in nodes and edge.to_node in nodes}
    return msgspec.structs.replace(
        pipeline, nodes=nodes, connections=list(edges.values()), view_data=None, runtime_schemas=None
    )


def fresh_data(graph: Pipeline, style: ExportStyle, lost: list[str]) -> JsonObject:
    """A whole file's data for an exportable graph; what the style cannot say goes to ``lost``."""
    header = {key: getattr(graph, key) for key in HEADER}
    incoming = _incoming(graph)
    nodes = {}
    for node_id, node in graph.nodes.items():
        edges = incoming[node_id]
        is_faithful = style is ExportStyle.FAITHFUL
        needs = faithful_needs(edges, graph.nodes, None, lost) if is_faithful else compatible_needs(edges, lost)
        nodes[node_id] = _node_data(node, needs)
    order = ("name", "description", "mode", "attributes", "client")
    data = {**header, "mode": graph.mode}
    return {**{key: data[key] for key in order if data[key] is not None}, "nodes": nodes}


def updated_data(data: JsonObject, before: Pipeline, graph: Pipeline, lost: list[str]) -> JsonObject:
    """``data``, the plain data that compiled to ``before``, changed where ``graph`` differs."""
    updated = {**data, **{key: value for key, value in _header_changes(data, graph).items() if value is not None}}
    if graph.mode != before.mode:
        updated["mode"] = graph.mode
    if data.get("steps") is None:
        updated["nodes"] = _updated_nodes(data["nodes"], before, graph, lost)
    elif _is_chain(graph, len(before.nodes)):
        rows = zip(data["steps"], graph.nodes.items(), strict=True)
        updated["steps"] = [_updated_node(old, before.nodes[name], node) for old, (name, node) in rows]
    else:
        nodes = fresh_data(graph, ExportStyle.FAITHFUL, lost)["nodes"]
        updated = {("nodes" if key == "steps" else key): value for key, value in updated.items() if key != "nodes"}
        updated["nodes"] = nodes
    return updated


def _header_changes(data: JsonObject, graph: Pipeline) -> JsonObject:
    """Servers fill absent options of a client section with null, so nulls do not count."""
    found = {key: getattr(graph, key) for key in HEADER}
    old = {key: _without_nulls(data.get(key)) for key in HEADER}
    return {key: value for key, value in found.items() if not is_equal(old[key], _without_nulls(value))}


def _updated_nodes(old: JsonObject, before: Pipeline, graph: Pipeline, lost: list[str]) -> JsonObject:
    was, now = _incoming(before), _incoming(graph)
    nodes = {}
    for node_id, node in graph.nodes.items():
        if node_id not in before.nodes:
            nodes[node_id] = _node_data(node, faithful_needs(now[node_id], graph.nodes, None, lost))
            continue
        nodes[node_id] = _updated_node(old[node_id], before.nodes[node_id], node)
        if _edge_set(was[node_id]) != _edge_set(now[node_id]):
            needs = faithful_needs(now[node_id], graph.nodes, old[node_id].get("needs"), lost)
            nodes[node_id] = _with(nodes[node_id], "needs", needs)
    return nodes


def _updated_node(old: JsonObject, before: Node, node: Node) -> JsonObject:
    params, was = old.get("params") or {}, before.params or {}
    updated = old if before.kind == node.kind else {**old, "kind": node.kind}
    has_metadata = len(strip_metadata(params)) != len(params)
    if is_equal(was, node.params or {}) and not has_metadata:
        return updated
    now = {
        key: value
        for key, value in (node.params or {}).items()
        if key in params or (not is_equal(was[key], value) if key in was else not _is_default(node.kind, key, value))
    }
    return _with(updated, "params", now or None)


def _is_default(kind: str, key: str, value: Any) -> bool:
    """A commit spells a compositor's config out: a default that the file leaves to the server is no edit."""
    return kind == COMPOSITOR and key in _DEFAULTS and is_equal(_DEFAULTS[key], value)


def _with(body: JsonObject, key: str, value: Any) -> JsonObject:
    kept = {name: inner for name, inner in body.items() if name != key or value is not None}
    return kept if value is None else {**kept, key: value}


def _node_data(node: Node, needs: Any) -> JsonObject:
    return {
        "kind": node.kind,
        **({"params": node.params} if node.params else {}),
        **({"needs": needs} if needs is not None else {}),
    }


def _incoming(graph: Pipeline) -> dict[str, list[Connection]]:
    found: dict[str, list[Connection]] = {node_id: [] for node_id in graph.nodes}
    for edge in graph.connections:
        found[edge.to_node].append(edge)
    return found


def _edge_set(edges: list[Connection]) -> set[tuple[str, str, str, str, bool]]:
    return {(*edge.ends, edge.mode == "best_effort") for edge in edges}


def _is_chain(graph: Pipeline, count: int) -> bool:
    names = [f"step_{place}" for place in range(count)]
    chain = {(a, "out", b, "in", False) for a, b in pairwise(names)}
    return list(graph.nodes) == names and _edge_set(graph.connections) == chain


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value
