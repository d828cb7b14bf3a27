"""A pipeline server as a model: no sockets, no time. Mirrors PROTOCOL.md §4-§7, §13 and §14 step by step."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sync.wire.compositor import KIND, CompositorConfig, ConfigRefused, LayerConfig, Rect, parse_config
from sync.wire.events import (
    ConnectionAdded,
    ConnectionRemoved,
    Event,
    NodeAdded,
    NodeParamsChanged,
    NodeRemoved,
    NodeStateChanged,
    NodeViewDataUpdated,
)
from sync.wire.geometry import automatic_layer, place, slot_key
from sync.wire.json_value import JsonObject, deep_merge
from sync.wire.pipeline import Connection, Node, Pipeline, SessionInfo
from sync.wire.requests import AddNode, Connect, Disconnect, GetPipeline, RemoveNode, Request, TuneNodeAsync
from sync.wire.responses import Error, PipelineReply, Response, Success
from sync.wire.stamp import strip_metadata

__all__ = ["Family", "ModelNode", "ModelServer", "Peer", "Storage"]


class Storage(Enum):
    """How a tune is stored: merged and stripped, or in place of the old params with its ``_`` keys (January 2026)."""

    MERGE = "merge"
    REPLACE = "replace"


class Family(Enum):
    """Events keep their order inside a family only."""

    PARAMS = "params"
    VIEW = "view"
    STRUCTURE = "structure"
    STATE = "state"


_FAMILIES = {NodeParamsChanged: Family.PARAMS, NodeViewDataUpdated: Family.VIEW, NodeStateChanged: Family.STATE}


@dataclass(eq=False)
class Peer:
    """One connection: events wait here in their families until somebody takes them."""

    queues: dict[Family, deque[Event]] = field(default_factory=lambda: {family: deque() for family in Family})
    replies: deque[Response] = field(default_factory=deque)

    def waiting(self) -> list[Family]:
        """The families that hold an event."""
        return [family for family, queue in self.queues.items() if queue]


@dataclass(eq=False)
class ModelNode:
    """One node: ``stored`` is the model's params, ``running`` what the compositor works with."""

    kind: str
    stored: Any
    running: CompositorConfig | None = None
    sender: str = ""
    rev: int = 0
    last_layout: JsonObject | None = None
    is_dirty: bool = True


class ModelServer:
    """One session. ``sources`` are the frame sizes that have arrived, by compositor node and pin."""

    def __init__(
        self,
        pipeline: Pipeline,
        storage: Storage = Storage.MERGE,
        *,
        writes_empty_stamp: bool = False,
        denies_tunes: bool = False,
    ) -> None:
        self.info = SessionInfo(
            "00000000-0000-4000-8000-000000000000", pipeline.name or "studio", "2026-03-01T10:00:00Z"
        )
        self.storage, self.writes_empty_stamp, self.denies_tunes = storage, writes_empty_stamp, denies_tunes
        self.header = pipeline
        self.nodes = {node_id: _new_node(node.kind, node.params) for node_id, node in pipeline.nodes.items()}
        self.connections = list(pipeline.connections)
        self.sources: dict[tuple[str, str], tuple[int, int]] = {}
        self.peers: list[Peer] = []
        self.tunes: list[TuneNodeAsync] = []

    def connect(self) -> Peer:
        """A new connection."""
        peer = Peer()
        self.peers.append(peer)
        return peer

    def disconnect(self, peer: Peer) -> None:
        """The connection is gone with all that waited on it."""
        self.peers.remove(peer)

    def handle(self, peer: Peer, request: Request) -> None:
        """Works on one request of a connection; a reply, if there is one, waits on the peer."""
        match request:
            case TuneNodeAsync():
                self._tune(request)
            case GetPipeline():
                peer.replies.append(PipelineReply(self.pipeline()))
            case AddNode():
                self.add_node(request.node_id, request.kind, request.params)
                peer.replies.append(Success())
            case RemoveNode():
                self.remove_node(request.node_id)
                peer.replies.append(Success())
            case Connect():
                self.add_connection(
                    Connection(request.from_node, request.from_pin, request.to_node, request.to_pin, request.mode)
                )
                peer.replies.append(Success())
            case Disconnect():
                self.remove_connection((request.from_node, request.from_pin, request.to_node, request.to_pin))
                peer.replies.append(Success())
            case _:
                peer.replies.append(Error(f"the model knows no {type(request).__name__}"))

    def pipeline(self) -> Pipeline:
        """The answer to getpipeline."""
        nodes = {node_id: Node(node.kind, node.stored, "Running") for node_id, node in self.nodes.items()}
        view_data = {
            node_id: self._with_stamp(node, node.last_layout)
            for node_id, node in self.nodes.items()
            if node.last_layout is not None
        }
        header = self.header
        return Pipeline(
            nodes, list(self.connections), header.mode, header.name, client=header.client, view_data=view_data or None
        )

    def tune(self, node_id: str, params: JsonObject) -> None:
        """Somebody (a script, a control panel) tunes a node: what everybody hears is the raw message."""
        node = self.nodes.get(node_id)
        if node is not None:
            self._store(node, params)
        self._broadcast(NodeParamsChanged(self.info.id, node_id, params))
        if node is not None and node.kind == KIND:
            self._run(node, params)

    def tick(self) -> None:
        """One frame: a compositor whose layout differs from the last one sent sends it; in January 2026 none did."""
        if self.storage is Storage.REPLACE:
            return
        for node_id, node in self.nodes.items():
            has_frames = any(owner == node_id for owner, _ in self.sources)
            if node.kind != KIND or node.running is None or not node.is_dirty or not has_frames:
                continue
            node.is_dirty = False
            layout = self._layout(node_id, node.running)
            if layout != node.last_layout:
                node.last_layout = layout
                self._broadcast(NodeViewDataUpdated(self.info.id, node_id, self._with_stamp(node, layout)))

    def deliver_frame(self, node_id: str, pin: str, size: tuple[int, int]) -> None:
        """A source's frame arrived at an input."""
        if self.sources.get((node_id, pin)) != size:
            self.sources[node_id, pin] = size
            self.nodes[node_id].is_dirty = True

    def add_connection(self, row: Connection) -> None:
        """Adds an edge; at a compositor a pin appears, which clears the stamp."""
        self.connections.append(row)
        self._broadcast(ConnectionAdded(self.info.id, *row.ends))
        self._pins_changed(row.to_node)

    def remove_connection(self, ends: tuple[str, str, str, str]) -> None:
        """Removes an edge and its pin."""
        self.connections = [row for row in self.connections if row.ends != ends]
        self.sources.pop((ends[2], ends[3]), None)
        self._broadcast(ConnectionRemoved(self.info.id, *ends))
        self._pins_changed(ends[2])

    def add_node(self, node_id: str, kind: str, params: JsonObject | None) -> None:
        """Adds a node."""
        self.nodes[node_id] = _new_node(kind, params)
        self._broadcast(NodeAdded(self.info.id, node_id, kind, params))

    def remove_node(self, node_id: str) -> None:
        """Removes a node and its edges."""
        for row in [row for row in self.connections if node_id in (row.from_node, row.to_node)]:
            self.remove_connection(row.ends)
        if self.nodes.pop(node_id, None) is not None:
            self._broadcast(NodeRemoved(self.info.id, node_id))

    def set_state(self, node_id: str, state: Any) -> None:
        """Tells a node's state."""
        self._broadcast(NodeStateChanged(self.info.id, node_id, state))

    def slots(self, node_id: str) -> list[str]:
        """A compositor's pins in slot order."""
        return sorted((row.to_pin for row in self.connections if row.to_node == node_id), key=slot_key)

    def _tune(self, request: TuneNodeAsync) -> None:
        self.tunes.append(request)
        if not self.denies_tunes and isinstance(request.message, dict):
            self.tune(request.node_id, request.message["UpdateParams"])

    def _store(self, node: ModelNode, params: JsonObject) -> None:
        if self.storage is Storage.REPLACE:
            node.stored = params
        else:
            node.stored = deep_merge(node.stored if node.stored is not None else {}, strip_metadata(params))

    def _run(self, node: ModelNode, params: JsonObject) -> None:
        sender, rev = params.get("_sender"), params.get("_rev")
        node.sender = sender if isinstance(sender, str) else ""
        node.rev = rev if isinstance(rev, int) and not isinstance(rev, bool) else 0
        node.is_dirty = True
        with suppress(ConfigRefused):
            node.running = parse_config({key: value for key, value in params.items() if key not in ("_sender", "_rev")})

    def _pins_changed(self, node_id: str) -> None:
        node = self.nodes.get(node_id)
        if node is not None and node.kind == KIND:
            node.is_dirty = True
            if not self.writes_empty_stamp:
                node.sender, node.rev = "", 0

    def _with_stamp(self, node: ModelNode, layout: JsonObject) -> JsonObject:
        if node.sender or self.writes_empty_stamp:
            return {**layout, "_sender": node.sender, "_rev": node.rev}
        return layout

    def _layout(self, node_id: str, config: CompositorConfig) -> JsonObject:
        canvas = (config.width, config.height)
        slots = self.slots(node_id)
        layers = []
        for slot, pin in enumerate(slots):
            layer = config.layers.get(pin) or automatic_layer(slot, len(slots), canvas)
            layers.append(self._row(node_id, pin, layer, canvas))
        texts = [
            {**_sides(text.id, text.rect), "measured_text_width": len(text.text) * 10, "measured_text_height": 40}
            for text in config.text_overlays
        ]
        images = [_sides(image.id, image.rect) for image in config.image_overlays]
        return {
            "canvas_width": canvas[0],
            "canvas_height": canvas[1],
            "layers": layers,
            "text_overlays": texts,
            "image_overlays": images,
        }

    def _row(self, node_id: str, pin: str, layer: LayerConfig, canvas: tuple[int, int]) -> JsonObject:
        source = self.sources.get((node_id, pin))
        row = _sides(pin, place(layer, canvas, source))
        return row if source is None else {**row, "source_width": source[0], "source_height": source[1]}

    def _broadcast(self, event: Event) -> None:
        family = _FAMILIES.get(type(event), Family.STRUCTURE)
        for peer in self.peers:
            peer.queues[family].append(event)


def _new_node(kind: str, params: Any) -> ModelNode:
    node = ModelNode(kind, params, CompositorConfig() if kind == KIND else None)
    if kind == KIND:
        with suppress(ConfigRefused):
            node.running = parse_config(strip_metadata(params or {}))
    return node


def _sides(row_id: str, rect: Rect) -> JsonObject:
    return {"id": row_id, "x": rect.x, "y": rect.y, "width": rect.width, "height": rect.height}
