"""A session's durable graph: what ``getpipeline`` answers and what survives a restart (PROTOCOL.md §3, §7)."""

from __future__ import annotations

import msgspec

from sync.wire.json_value import JsonObject, deep_merge
from sync.wire.pipeline import Connection, Node, Pipeline
from sync.wire.stamp import strip_metadata

__all__ = ["PipelineModel", "merged_params"]


def merged_params(stored: JsonObject | None, message: JsonObject) -> JsonObject:
    """``stored`` with an update merged in, the message's metadata left out."""
    return dict(deep_merge(stored, strip_metadata(message)))


class PipelineModel:
    """Nodes and connections in their order. Params are stripped on the way in, whatever the way."""

    def __init__(self, pipeline: Pipeline | None = None) -> None:
        self._header = msgspec.structs.replace(pipeline or Pipeline(), nodes={}, connections=[], view_data=None)
        self.nodes: dict[str, Node] = {}
        self.connections: list[Connection] = []
        if pipeline is not None:
            for node_id, node in pipeline.nodes.items():
                self.insert(node_id, node.kind, node.params)
            self.connections.extend(pipeline.connections)

    def insert(self, node_id: str, kind: str, params: JsonObject | None) -> None:
        """Adds a node at the end."""
        self.nodes[node_id] = Node(kind, None if params is None else strip_metadata(params))

    def drop(self, node_id: str) -> bool:
        """Takes a node away; False when there was none."""
        return self.nodes.pop(node_id, None) is not None

    def prune(self, node_id: str) -> list[Connection]:
        """Takes all connections of a node away and returns them."""
        gone = [row for row in self.connections if node_id in (row.from_node, row.to_node)]
        self.connections = [row for row in self.connections if node_id not in (row.from_node, row.to_node)]
        return gone

    def connect(self, connection: Connection) -> None:
        """Adds a row; one that is there already gets a second one."""
        mode = None if connection.mode == "reliable" else connection.mode
        self.connections.append(msgspec.structs.replace(connection, mode=mode))

    def disconnect(self, connection: Connection) -> None:
        """Takes all rows equal in the four names away."""
        self.connections = [row for row in self.connections if row.ends != connection.ends]

    def merge_params(self, node_id: str, message: JsonObject) -> JsonObject | None:
        """Merges an update into a node's stored params, returns those from before; an unknown node stores nothing."""
        node = self.nodes.get(node_id)
        if node is None:
            return None
        self.set_params(node_id, merged_params(node.params, message))
        return node.params

    def set_params(self, node_id: str, params: JsonObject) -> None:
        """Replaces a node's stored params, metadata left out."""
        self.nodes[node_id] = Node(self.nodes[node_id].kind, strip_metadata(params))

    def header(self) -> Pipeline:
        """All but the graph: mode, name, description, client section."""
        return self._header

    def pipeline(self) -> Pipeline:
        """The graph as it is stored, without states and view data."""
        return msgspec.structs.replace(self._header, nodes=dict(self.nodes), connections=list(self.connections))
