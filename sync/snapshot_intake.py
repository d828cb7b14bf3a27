"""A whole pipeline on its way into the store: the truth behind the events (PROTOCOL.md §4, getpipeline)."""

from __future__ import annotations

from typing import Any

import msgspec

from sync.dialect import shown_by, stores_stamps
from sync.paths import REMOVED, Path, forgotten
from sync.replica import Replica
from sync.store import Store
from sync.wire.compositor import KIND
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Node, Pipeline
from sync.wire.stamp import strip_metadata
from sync.wire.state import state_from_wire

__all__ = ["SnapshotReport", "take_snapshot"]


class SnapshotReport(msgspec.Struct):
    """What a snapshot brought: changes of others by node, and nodes that went away.

    ``lost``: what a patch of ours wiped out on a server that replaces params. ``layered``: the compositors among them.
    """

    changes: dict[str, dict[Path, Any]] = {}
    removed: list[str] = []
    lost: dict[str, dict[Path, Any]] = {}
    layered: list[str] = []

    def gone(self) -> list[tuple[str, Path]]:
        """The nodes (empty path) and the parts of a compositor that are not there any more."""
        parts = [
            (node_id, path)
            for node_id, changes in self.changes.items()
            for path, value in changes.items()
            if value is REMOVED and node_id in self.layered
        ]
        return [(node_id, ()) for node_id in self.removed] + parts


def take_snapshot(store: Store, pipeline: Pipeline, last_order: int | None) -> SnapshotReport:
    """Makes the store say what the pipeline says; ``last_order`` is the newest commit that it can hold.

    None is a new connection, on which nothing was sent yet. View data is left to the caller's gate.
    """
    report = SnapshotReport()
    _learn(store, pipeline, last_order)
    for node_id in [node_id for node_id in store.replicas() if node_id not in pipeline.nodes]:
        store.remove_node(node_id)
        report.removed.append(node_id)
    for node_id, node in pipeline.nodes.items():
        _take_node(store, node_id, node, last_order, report)
    store.take_frame(pipeline, pipeline.connections)
    return report


def _learn(store: Store, pipeline: Pipeline, last_order: int | None) -> None:
    """What the pipeline tells of how its server stores params; on a new connection no order of messages is known."""
    if stores_stamps(pipeline):
        store.dialect.learn(True, is_certain=True)
        return
    if pipeline.view_data:
        store.dialect.learn(False, is_certain=True)
    if store.dialect.replaces is not None:
        return
    known = [
        _shown(replica, pipeline.nodes[node_id].params or {}, last_order)
        for node_id, replica in store.replicas().items()
        if node_id in pipeline.nodes
    ]
    if True in known:
        store.dialect.learn(True)
    elif False in known:
        store.dialect.learn(False)


def _shown(replica: Replica, stored: JsonObject, last_order: int | None) -> bool | None:
    if last_order is None:
        return True if replica.memory.is_at_risk and forgotten(replica.confirmed, strip_metadata(stored)) else None
    if replica.flights or not replica.memory.has_heard:
        return None
    return shown_by(replica.confirmed, replica.memory.last_landed, stored)


def _take_node(store: Store, node_id: str, node: Node, last_order: int | None, report: SnapshotReport) -> None:
    params = strip_metadata(node.params or {})
    if store.kind(node_id) not in ("", node.kind):
        store.remove_node(node_id)
        report.removed.append(node_id)
    if store.has(node_id):
        _take_params(store, node_id, params, last_order, report)
    else:
        store.add_node(node_id, node.kind, params)
    if node.state is not None:
        store.set_state(node_id, state_from_wire(node.state))


def _take_params(
    store: Store, node_id: str, params: JsonObject, last_order: int | None, report: SnapshotReport
) -> None:
    replica = store.replica(node_id)
    if replica is None:
        return
    if last_order is not None and replica.flights:
        replica.compare(params, last_order)
        return
    lost = forgotten(replica.confirmed, params) if replica.memory.is_at_risk and store.dialect.replaces else {}
    changes = replica.replace(params, lost)
    if changes:
        report.changes[node_id] = changes
        report.layered += [node_id] if replica.kind == KIND else []
    if lost:
        report.lost[node_id] = lost
