"""One running pipeline: its durable model, its running nodes, and the events that tell of both (PROTOCOL.md §4-§7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from engine.node import Kind, Node
from engine.ordered.logs import OrderedLogs
from engine.ordered.mirror import Ends
from engine.ordered.session_log import SessionLog
from engine.running.model import PipelineModel, merged_params
from engine.running.params_check import check_update
from engine.running.refused import Refused
from engine.running.reports import Reports
from engine.running.resident import Resident, with_states
from engine.running.runner import Runner
from engine.running.timestamp import timestamp
from sync.log.oplog import OpLog
from sync.wire.compositor import ConfigRefused
from sync.wire.events import (
    ConnectionAdded,
    ConnectionRemoved,
    Event,
    NodeAdded,
    NodeParamsChanged,
    NodeRemoved,
    NodeStats,
    NodeViewDataUpdated,
)
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Connection, Pipeline, SessionInfo
from sync.wire.stamp import strip_metadata

__all__ = ["ENGINE", "MAX_CONNECTIONS", "MAX_NODES", "Outlet", "Session"]

MAX_NODES = 2_000
MAX_CONNECTIONS = 20_000
ENGINE = "engine"  # who changes a session when no client does


class Outlet(Protocol):
    """Where a session's events go."""

    def __call__(self, event: Event, creator: str | None = None, /) -> None: ...


class Session:
    """A session. ``on_durable_change`` is called after every change that a restart has to survive."""

    def __init__(
        self,
        info: SessionInfo,
        creator: str | None,
        kinds: Mapping[str, Kind],
        send: Outlet,
        on_durable_change: Callable[[], None],
        logs: OrderedLogs | None = None,
        restored: OpLog | None = None,
    ) -> None:
        self.info = info
        self.creator = creator
        self.is_kept = False  # a copy whose leader has it no longer: even a standby may end it
        self.model = PipelineModel()
        self._kinds = kinds
        self._send_event = send
        self.on_durable_change = on_durable_change
        self._runner = Runner(info.id, kinds, self)
        self._leaving: set[Resident] = set()  # their nodes stay in the model until they have stopped
        self._reports = Reports(info.id, self._send)
        self.log = SessionLog(self, logs if logs is not None else OrderedLogs(), restored)

    # ---- what it is

    @property
    def id(self) -> str:
        return self.info.id

    def is_pending(self, node_id: str) -> bool:
        """Accepted, but neither built nor failed."""
        resident = self._runner.residents.get(node_id)
        return resident is not None and not resident.is_added and resident.is_becoming

    def taken(self, node_id: str) -> str | None:
        """Why no node may be added under this id, or None."""
        if self.is_pending(node_id):
            return f"node '{node_id}' is already being added"
        if node_id in self.model.nodes:
            return f"node '{node_id}' already exists in the pipeline"
        if (label := self.residue(node_id)) is not None:
            return f"node '{node_id}' is still present in the engine in a {label} state; remove it before re-adding"
        return None

    def residue(self, node_id: str) -> str | None:
        """``failed`` or ``stopped`` for a node that ended before it came into the model."""
        resident = self._runner.residents.get(node_id)
        return None if resident is None else resident.residue

    def kind_of(self, node_id: str) -> str:
        """A node's kind, pending nodes included; empty for an unknown node."""
        resident = self._runner.residents.get(node_id)
        return "" if resident is None else resident.kind

    def running(self) -> dict[str, Node]:
        """All nodes that are built and have not ended, by id."""
        residents = self._runner.residents.values()
        return {each.node_id: each.node for each in residents if each.node is not None and not each.has_ended}

    def pipeline(self) -> Pipeline:
        """The graph with the states and view data of now."""
        return with_states(self.model.pipeline(), self._runner.residents)

    # ---- changes

    def check_room(self, nodes: int = 0, connections: int = 0) -> None:
        """Raises Refused when that many more do not fit."""
        if nodes and self._node_count() + nodes > MAX_NODES:
            raise Refused(f"The session is full (max {MAX_NODES} nodes)")
        if connections and len(self.model.connections) + connections > MAX_CONNECTIONS:
            raise Refused(f"The session is full (max {MAX_CONNECTIONS} connections)")

    def _node_count(self) -> int:
        """Nodes of the model, and those that are on their way, have failed on it, or have not stopped yet."""
        leaving = {each.node_id for each in self._leaving}
        return len(self.model.nodes.keys() | self._runner.residents.keys() | leaving)

    def load(self, pipeline: Pipeline, by: str = ENGINE) -> None:
        """Takes a whole graph over: in the model at once, built in the background."""
        self.model = PipelineModel(pipeline)
        for node_id, node in self.model.nodes.items():
            self._runner.add(Resident(node_id, node.kind, None, is_added=True), node.params)
        self.log.loaded(by)
        self.on_durable_change()

    def add_node(self, node_id: str, kind: str, params: JsonObject | None, by: str = ENGINE) -> None:
        """Accepts a node; it is in the model when it has been built. Raises Refused when the session is full."""
        self.check_room(nodes=1)
        kept = None if params is None else strip_metadata(params)
        self._runner.add(Resident(node_id, kind, kept, is_added=False, by=by), kept)

    def remove_node(self, node_id: str, by: str = ENGINE) -> None:
        """Takes a node's connections away at once and the node as soon as it has stopped."""
        self.log.connections_changed(by, self._prune(node_id))
        if (resident := self._runner.residents.get(node_id)) is not None:
            resident.by = by
            self._leaving.add(resident)
        self._runner.remove(node_id)
        self.on_durable_change()

    def connect(self, connection: Connection, *, is_silent: bool = False, by: str = ENGINE) -> None:
        """Adds a row, whatever its ends are; connects them when both are running. Raises Refused beyond the bound."""
        self.check_room(connections=1)
        self.model.connect(connection)
        if not is_silent:
            self._send(ConnectionAdded(self.id, *connection.ends))
        self._runner.connect([connection])
        self.log.connections_changed(by, [connection.ends])
        self.on_durable_change()

    def disconnect(self, connection: Connection, *, is_silent: bool = False, by: str = ENGINE) -> None:
        """Takes all equal rows away; tells so even when there were none."""
        self.model.disconnect(connection)
        if not is_silent:
            self._send(ConnectionRemoved(self.id, *connection.ends))
        self._runner.disconnect(connection)
        self.log.connections_changed(by, [connection.ends])
        self.on_durable_change()

    def tune(self, node_id: str, message: JsonObject, by: str = ENGINE) -> None:
        """Hands an update to its node, merges it, tells everyone. Raises ConfigRefused: then only the stamp moved."""
        resident = self._runner.residents.get(node_id)
        if resident is not None:
            self._update(resident, message)
            if not resident.is_added and resident.is_becoming:
                resident.params = merged_params(resident.params, message)
        before = self.model.merge_params(node_id, message)
        self.log.tuned(by, node_id, before, message)
        self._send(NodeParamsChanged(self.id, node_id, message))
        self.on_durable_change()

    def start_node(self, node_id: str) -> None:
        """The ``Start`` message; unknown nodes are ignored."""
        if (resident := self._runner.residents.get(node_id)) is not None:
            self._runner.start_node(resident)

    def shut_down_node(self, node_id: str) -> None:
        """The ``Shutdown`` message; unknown nodes are ignored."""
        if (resident := self._runner.residents.get(node_id)) is not None:
            self._runner.shut_down(resident)

    async def stop(self) -> None:
        """Stops all nodes; silent from now on."""
        await self.log.close()
        await self._runner.stop()

    # ---- changes that the ordered log has decided: in the model and told in the same step

    def check_params(self, node_id: str, message: JsonObject) -> None:
        """Raises ConfigRefused when a node would refuse the update, or could not be built with it."""
        resident = self._runner.residents.get(node_id)
        if resident is None:
            return
        if resident.node is not None and resident.takes_updates:
            resident.node.check(message)
        else:
            self._check_unbuilt(resident, message)

    def defaults_of(self, kind: str) -> JsonObject:
        """What a kind's params are when they are left out, as far as its schema says."""
        known = self._kinds.get(kind)
        members = {} if known is None else known.definition.param_schema.get("properties", {})
        return {name: entry["default"] for name, entry in members.items() if "default" in entry}

    def put_node(self, node_id: str, kind: str, params: JsonObject) -> None:
        """Adds a node; one that cannot be built is Failed."""
        self.model.insert(node_id, kind, params)
        self._runner.add(Resident(node_id, kind, None, is_added=True), params)
        self._send(NodeAdded(self.id, node_id, kind, params))

    def take_node(self, node_id: str) -> list[Ends]:
        """Takes a node away, whether it has stopped yet or not; the connections that went with it."""
        gone = self._prune(node_id)
        self.model.drop(node_id)
        self._leaving = {each for each in self._leaving if each.node_id != node_id}
        self._runner.remove(node_id)
        self._reports.forget(node_id)
        self._send(NodeRemoved(self.id, node_id))
        return gone

    def put_params(self, node_id: str, params: JsonObject, message: JsonObject) -> None:
        """Gives a node new params; ``message`` is what it and the clients are told."""
        self.model.set_params(node_id, params)
        if (resident := self._runner.residents.get(node_id)) is not None:
            self._runner.update_late(resident, message)
        self._send(NodeParamsChanged(self.id, node_id, message))

    def put_connection(self, connection: Connection) -> None:
        """Makes a connection what ``connection`` says."""
        rows = [row for row in self.model.connections if row.ends == connection.ends]
        if rows and rows[0].mode == connection.mode:
            return
        if rows:
            self.take_connection(connection.ends)
        self.model.connect(connection)
        self._send(ConnectionAdded(self.id, *connection.ends))
        self._runner.connect([connection])

    def take_connection(self, ends: Ends) -> None:
        """Takes a connection away, if it is there."""
        connection = Connection(*ends)
        if any(row.ends == ends for row in self.model.connections):
            self.model.disconnect(connection)
            self._send(ConnectionRemoved(self.id, *ends))
            self._runner.disconnect(connection)

    def _prune(self, node_id: str) -> list[Ends]:
        gone = [row.ends for row in self.model.prune(node_id)]
        for ends in gone:
            self._send(ConnectionRemoved(self.id, *ends))
        return gone

    def _update(self, resident: Resident, message: JsonObject) -> None:
        """Raises ConfigRefused, after everyone was told of it."""
        try:
            if not resident.takes_updates:
                self._check_unbuilt(resident, message)
            self._runner.update(resident, message)
        except ConfigRefused as refusal:
            self._reports.refusal(resident, refusal)
            raise

    def _check_unbuilt(self, resident: Resident, message: JsonObject) -> None:
        kind = self._kinds.get(resident.kind)
        if kind is not None:
            stored = self.model.nodes[resident.node_id].params if resident.is_added else resident.params
            check_update(kind, stored, message)

    def _send(self, event: Event) -> None:
        self._send_event(event, self.creator)

    # ---- what the runner tells

    def node_built(self, resident: Resident) -> None:
        if not resident.is_added:
            resident.is_added = True
            self.model.insert(resident.node_id, resident.kind, resident.params)
            self.log.node_added(resident.by, resident.node_id)
            self._send(NodeAdded(self.id, resident.node_id, resident.kind, resident.params))
            self.on_durable_change()
        near = [row for row in self.model.connections if resident.node_id in (row.from_node, row.to_node)]
        self._runner.connect(near)

    def node_gone(self, resident: Resident) -> None:
        if resident not in self._leaving:
            return  # an op took it away and told so already
        self._leaving.discard(resident)
        if resident.is_added:
            self.model.drop(resident.node_id)
            self.log.node_dropped(resident.by, resident.node_id)
        self._reports.forget(resident.node_id)
        self._send(NodeRemoved(self.id, resident.node_id))
        self.on_durable_change()

    def state_changed(self, resident: Resident) -> None:
        self._reports.state(resident)

    def stats_changed(self, resident: Resident, stats: NodeStats) -> None:
        self._reports.stats(resident, stats)

    def view_data_changed(self, resident: Resident) -> None:
        self._send(NodeViewDataUpdated(self.id, resident.node_id, resident.view_data, timestamp()))
        self.log.view_data_changed(resident.node_id, resident.view_data)

    def told(self, resident: Resident, event_type: str, fields: JsonObject) -> None:
        self._reports.telemetry(resident, event_type, fields)

    def update_refused(self, resident: Resident, refusal: ConfigRefused) -> None:
        self._reports.refusal(resident, refusal)
