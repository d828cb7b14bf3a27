"""A saved graph under the log that was kept with it: the log's document wins, the order of the graph stays."""

from __future__ import annotations

from typing import cast

import msgspec

from engine.ordered.params import in_order_of
from sync.log.document import Document
from sync.log.edits import connect, edits_between, set_params
from sync.log.op import NODES, Change, size_of
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Connection, ConnectionMode, Node, Pipeline

__all__ = ["under_document"]


def under_document(saved: Pipeline, document: Document) -> Pipeline:
    """``saved`` with the nodes, params and connections of ``document``. Rows that wait for a node stay, and so do
    params that no op can carry."""
    kept = [node_id for node_id in saved.nodes if document.kind(node_id) or not _is_storable(node_id)]
    fresh = [node_id for node_id in document.node_ids() if node_id not in saved.nodes]
    nodes = {node_id: _node(node_id, saved.nodes.get(node_id), document) for node_id in (*kept, *fresh)}
    return msgspec.structs.replace(saved, nodes=nodes, connections=_connections(saved, document))


def _is_storable(node_id: str) -> bool:
    return size_of(Change((NODES, node_id), {})) is not None


def _node(node_id: str, saved: Node | None, document: Document) -> Node:
    if saved is not None and not _is_storable(node_id):
        return saved
    kind, params = document.kind(node_id), document.params(node_id)
    if saved is None or saved.kind != kind:
        return Node(kind, params)
    return Node(kind, saved.params if _is_same(saved.params, params) else in_order_of(saved.params, params))


def _is_same(saved: JsonObject | None, params: JsonObject) -> bool:
    """Whether the log says of the saved params what it can say of them."""
    differences = set_params("n", edits_between(params, saved or {}))
    return all(size_of(each) is None for each in differences)


def _connections(saved: Pipeline, document: Document) -> list[Connection]:
    rows = {row[:4]: Connection(*row[:4], cast("ConnectionMode | None", row[4])) for row in document.connections()}
    kept: list[Connection] = []
    for row in saved.connections:
        is_counted = document.kind(row.from_node) and document.kind(row.to_node) and size_of(connect(*row.ends)[0])
        if not is_counted:
            kept.append(row)
        elif (known := rows.pop(row.ends, None)) is not None:
            kept.append(known)
    return [*kept, *rows.values()]
