"""The only mutable truth of the desk about one session: nodes, connections, states, and per node its replica."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

from sync.clock import Clock
from sync.dialect import Dialect
from sync.paths import REMOVED, Path, overlaps, read
from sync.pending import Pending
from sync.replica import Replica
from sync.revision import Revisions
from sync.scene import Scene
from sync.scene_reading import SceneMemo, pins_of, read_scene, slots_of
from sync.signals import Signal
from sync.wire.compositor import KIND
from sync.wire.events import NodeStats
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Connection, Node, Pipeline, SessionInfo
from sync.wire.state import NodeState
from sync.wire.view_data import plain_of

__all__ = ["LATE_AFTER_S", "FieldStatus", "Store", "is_preview"]

LATE_AFTER_S = 1.0
_PREVIEW = "_preview_"


class FieldStatus(Enum):
    """How far the server is with a field: LATE is unconfirmed for more than a second."""

    SETTLED = "settled"
    IN_FLIGHT = "in flight"
    LATE = "late"


def is_preview(node_id: str) -> bool:
    """True for a node that a server put into the graph for a preview: never shown, never exported."""
    return node_id.startswith(_PREVIEW)


class Store:
    """Reading is for everyone; the methods under "writing" are called by this package's session only.

    ``node_changed``: params, view data or status of a node; ``structure_changed``: nodes or connections;
    ``state_changed``: a node's state or counters. All are emitted at once, so listeners must be cheap.
    """

    def __init__(self, info: SessionInfo, clock: Clock, revisions: Revisions) -> None:
        self.info = info
        self.node_changed: Signal[str] = Signal()
        self.structure_changed: Signal[()] = Signal()
        self.state_changed: Signal[str] = Signal()
        self.hidden_opacity: dict[str, dict[str, float]] = {}
        self.dialect = Dialect()
        self.runtime_schemas: dict[str, Any] = {}
        self._clock, self._revisions = clock, revisions
        self._replicas: dict[str, Replica] = {}
        self._connections: dict[tuple[str, str, str, str], Connection] = {}
        self._states: dict[str, NodeState] = {}
        self._stats: dict[str, NodeStats] = {}
        self._stats_at: dict[str, float] = {}
        self._frame = Pipeline()
        self._scenes: dict[str, Scene] = {}
        self._memos: dict[str, SceneMemo] = {}
        self._feeds: dict[str, dict[str, str]] = {}

    def node_ids(self) -> tuple[str, ...]:
        """All nodes in the pipeline's order, without previews."""
        return tuple(node_id for node_id in self._replicas if not is_preview(node_id))

    def kind(self, node_id: str) -> str:
        """A node's kind; empty for a node that is not there."""
        replica = self._replicas.get(node_id)
        return "" if replica is None else replica.kind

    def state(self, node_id: str) -> NodeState | None:
        """A node's state, also of one that is still being built; None until the server tells one."""
        return self._states.get(node_id)

    def states(self) -> dict[str, NodeState]:
        """Every state known, by node, without previews."""
        return {node_id: state for node_id, state in self._states.items() if not is_preview(node_id)}

    def stats(self, node_id: str) -> NodeStats | None:
        """A node's counters; None until the server sends some."""
        return self._stats.get(node_id)

    def stats_age_s(self, node_id: str) -> float:
        """Seconds since a node's counters came; 0 for one that has none."""
        at = self._stats_at.get(node_id)
        return 0.0 if at is None else self._clock.now() - at

    def connections(self) -> tuple[Connection, ...]:
        """All edges once, without those of previews."""
        rows = self._connections.values()
        return tuple(row for row in rows if not is_preview(row.from_node) and not is_preview(row.to_node))

    def params(self, node_id: str) -> JsonObject:
        """What is shown: confirmed ⊕ pending ⊕ held. Empty for a node that is not there."""
        replica = self._replicas.get(node_id)
        return {} if replica is None else replica.shown

    def confirmed(self, node_id: str) -> JsonObject:
        """What the server has stored, without metadata."""
        replica = self._replicas.get(node_id)
        return {} if replica is None else replica.confirmed

    def value(self, node_id: str, path: Path, default: Any = None) -> Any:
        """The shown value of a field."""
        return read(self.params(node_id), path, default)

    def view_data(self, node_id: str) -> Any:
        """The newest raw view data of a node, not gated."""
        replica = self._replicas.get(node_id)
        return None if replica is None else plain_of(replica.view_data)

    def status(self, node_id: str, path: Path) -> FieldStatus:
        """Whether the server has confirmed what is shown at and under ``path``."""
        waiting = self._waiting(node_id, path)
        if not waiting:
            return FieldStatus.SETTLED
        is_late = self._clock.now() - min(entry.since for entry in waiting) > LATE_AFTER_S
        return FieldStatus.LATE if is_late else FieldStatus.IN_FLIGHT

    def is_held(self, node_id: str, path: Path) -> bool:
        """True while a gesture holds the field."""
        replica = self._replicas.get(node_id)
        return replica is not None and replica.is_held(path)

    def parked(self, node_id: str, path: Path) -> Any | None:
        """The newest value that a peer gave to a held field; None when there is none."""
        replica = self._replicas.get(node_id)
        return None if replica is None else _none_if_removed(replica.parked.get(path))

    def client(self) -> JsonObject | None:
        """The pipeline's hints for its clients, as the author wrote them (PROTOCOL.md §17.5)."""
        return self._frame.client

    def compositors(self) -> tuple[str, ...]:
        """The compositor nodes in the pipeline's order."""
        found = [node_id for node_id, replica in self._replicas.items() if replica.kind == KIND]
        return tuple(node_id for node_id in found if not is_preview(node_id))

    def scene(self, node_id: str) -> Scene | None:
        """The scene of a compositor; None for other nodes. Cached until something changes."""
        replica = self._replicas.get(node_id)
        if replica is None or replica.kind != KIND:
            return None
        if node_id not in self._scenes:
            hidden, memo = self.hidden_opacity.get(node_id, {}), self._memos.setdefault(node_id, {})
            self._scenes[node_id] = read_scene(
                node_id, replica.shown, self._pins(node_id), replica.geometry, hidden, memo
            )
        return self._scenes[node_id]

    def slots(self, node_id: str) -> tuple[str, ...]:
        """A compositor's input pins in slot order."""
        replica = self._replicas.get(node_id)
        return () if replica is None else slots_of(self._pins(node_id), replica.geometry)

    def pipeline(self) -> Pipeline:
        """The confirmed graph for an export: no metadata, states, view data or previews."""
        nodes = {node_id: Node(self.kind(node_id), self.confirmed(node_id) or None) for node_id in self.node_ids()}
        frame = self._frame
        return Pipeline(
            nodes, list(self.connections()), frame.mode, frame.name, frame.description, frame.attributes, frame.client
        )

    def in_flight(self, node_id: str | None = None) -> int:
        """How many commits wait for their echo, of one node or of all."""
        nodes = self._replicas.values() if node_id is None else [self._replicas[node_id]] if self.has(node_id) else []
        return sum(len(replica.flights) for replica in nodes)

    def unconfirmed_for(self) -> float:
        """Seconds for which the oldest unconfirmed field waits; 0 when all is settled."""
        since = [at for replica in self._replicas.values() if (at := replica.oldest_unconfirmed()) is not None]
        return self._clock.now() - min(since) if since else 0.0

    def local_rev(self, node_id: str) -> int:
        """The revision of our newest commit to a node on this connection."""
        return self._revisions.local(self.info.id, node_id)

    def has(self, node_id: str) -> bool:
        """True when the node is in the pipeline."""
        return node_id in self._replicas

    # writing

    def replica(self, node_id: str) -> Replica | None:
        """The node's mutable state; whoever changes it calls ``touch`` afterwards."""
        return self._replicas.get(node_id)

    def replicas(self) -> dict[str, Replica]:
        """All of them, previews too."""
        return dict(self._replicas)

    def touch(self, node_id: str) -> None:
        """A node's replica changed."""
        self._scenes.pop(node_id, None)
        self.node_changed.emit(node_id)

    def add_node(self, node_id: str, kind: str, params: JsonObject) -> None:
        """A node is there; one of the same kind that is already there stays as it is."""
        known = self._replicas.get(node_id)
        if known is None or known.kind != kind:
            self._replicas[node_id] = Replica(kind, params, self.dialect)
            self._states.setdefault(node_id, NodeState("Initializing"))
            self._restructure()

    def remove_node(self, node_id: str) -> None:
        """A node and all its edges are gone."""
        self._replicas.pop(node_id, None)
        self._states.pop(node_id, None)
        self._stats.pop(node_id, None)
        self._stats_at.pop(node_id, None)
        self._memos.pop(node_id, None)
        self.runtime_schemas.pop(node_id, None)
        self._connections = {
            ends: row for ends, row in self._connections.items() if node_id not in (row.from_node, row.to_node)
        }
        self._restructure()

    def connect(self, row: Connection) -> None:
        """An edge is there; a mode that is known already is kept."""
        known = self._connections.get(row.ends)
        self._connections[row.ends] = row if row.mode is not None or known is None else known
        self._restructure()

    def disconnect(self, ends: tuple[str, str, str, str]) -> None:
        """An edge is gone."""
        if self._connections.pop(ends, None) is not None:
            self._restructure()

    def set_state(self, node_id: str, state: NodeState) -> None:
        """A node's state, or the state of one that is not in the pipeline yet."""
        self._states[node_id] = state
        self.state_changed.emit(node_id)

    def set_stats(self, node_id: str, stats: NodeStats) -> None:
        """A node's counters."""
        self._stats[node_id], self._stats_at[node_id] = stats, self._clock.now()
        self.state_changed.emit(node_id)

    def take_frame(self, pipeline: Pipeline, connections: Iterable[Connection]) -> None:
        """All of a snapshot but its nodes: header, edges and runtime schemas."""
        self._frame = pipeline
        self._connections = {row.ends: row for row in connections}
        self.runtime_schemas = dict(pipeline.runtime_schemas or {})
        order = {node_id: at for at, node_id in enumerate(pipeline.nodes)}
        self._replicas = dict(sorted(self._replicas.items(), key=lambda item: order.get(item[0], len(order))))
        self._restructure()

    def _pins(self, node_id: str) -> dict[str, str]:
        if node_id not in self._feeds:
            self._feeds[node_id] = pins_of(node_id, self.connections())
        return self._feeds[node_id]

    def _restructure(self) -> None:
        self._scenes.clear()
        self._feeds.clear()
        self.structure_changed.emit()

    def _waiting(self, node_id: str, path: Path) -> list[Pending]:
        replica = self._replicas.get(node_id)
        if replica is None or not replica.pending:
            return []
        return [entry for pending, entry in replica.pending.items() if overlaps(pending, path)]


def _none_if_removed(value: Any) -> Any:
    return None if value is REMOVED else value
