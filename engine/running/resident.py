"""One node of a session, from the moment it was accepted until it is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from engine.node import Node
from sync.wire.events import NodeStats
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Pipeline
from sync.wire.state import NodeState, state_to_wire

_ENDED = ("Failed", "Stopped")
_BECOMING = ("Creating", "Initializing")

__all__ = ["Resident", "with_states"]


class Resident:
    """What the session knows of a node. Everything here belongs to the event loop's thread."""

    def __init__(self, node_id: str, kind: str, params: JsonObject | None, *, is_added: bool, by: str = "") -> None:
        self.node_id = node_id
        self.kind = kind
        self.params = params  # of a node that the model does not hold yet
        self.is_added = is_added  # the model holds it
        self.by = by  # the role that asked for it, or for its end
        self.is_leaving = False
        self.is_started = False
        self.node: Node | None = None
        self.state = NodeState("Creating")
        self.view_data: Any = None
        self.waiting: list[JsonObject] = []  # updates that came before it was built
        self.counted = NodeStats()  # by the node itself
        self.refused = 0  # updates

    @property
    def is_becoming(self) -> bool:
        """Accepted, neither built nor failed."""
        return self.state.name in _BECOMING

    @property
    def takes_updates(self) -> bool:
        """Built and not failed: the node itself says what it takes."""
        return self.node is not None and not self.has_failed

    @property
    def stats(self) -> NodeStats:
        """The node's counters; an update that was refused is an error (PROTOCOL.md §7, §10)."""
        return msgspec.structs.replace(self.counted, errored=self.counted.errored + self.refused)

    @property
    def has_failed(self) -> bool:
        """It takes no updates any more."""
        return self.state.name == "Failed"

    @property
    def has_ended(self) -> bool:
        """Failed or stopped."""
        return self.state.name in _ENDED

    @property
    def residue(self) -> str | None:
        """How a node that never made it into the model ended: ``failed`` or ``stopped``."""
        return self.state.name.lower() if not self.is_added and self.has_ended else None


def with_states(stored: Pipeline, residents: Mapping[str, Resident]) -> Pipeline:
    """A graph with the states and view data of its residents."""
    here = {node_id: residents[node_id] for node_id in stored.nodes if node_id in residents}
    states = {node_id: state_to_wire(resident.state) for node_id, resident in here.items()}
    nodes = {
        node_id: msgspec.structs.replace(node, state=states[node_id]) if node_id in states else node
        for node_id, node in stored.nodes.items()
    }
    view_data = {node_id: each.view_data for node_id, each in here.items() if each.view_data is not None}
    return msgspec.structs.replace(stored, nodes=nodes, view_data=view_data or None)
