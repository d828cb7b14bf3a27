"""What the nodes of a session report of themselves, as events: states, counters, telemetry (PROTOCOL.md §9-§11)."""

from __future__ import annotations

from collections.abc import Callable

from engine.running.resident import Resident
from engine.running.telemetry import TYPE_ID, TelemetryGate
from engine.running.timestamp import timestamp
from sync.wire.compositor import ConfigRefused
from sync.wire.events import Event, NodeStateChanged, NodeStats, NodeStatsUpdated, NodeTelemetry
from sync.wire.json_value import JsonObject
from sync.wire.state import state_to_wire

__all__ = ["Reports"]


class Reports:
    """Sends each report through ``send``."""

    def __init__(self, session_id: str, send: Callable[[Event], None]) -> None:
        self._session_id = session_id
        self._send = send
        self._gates: dict[str, TelemetryGate] = {}

    def state(self, resident: Resident) -> None:
        """A node has another state."""
        state = state_to_wire(resident.state)
        self._send(NodeStateChanged(self._session_id, resident.node_id, state, timestamp()))

    def stats(self, resident: Resident, counted: NodeStats) -> None:
        """A node has counted anew; what the session counts for it is added."""
        resident.counted = counted
        self._send(NodeStatsUpdated(self._session_id, resident.node_id, resident.stats, timestamp()))

    def telemetry(self, resident: Resident, event_type: str, fields: JsonObject) -> bool:
        """A record of a node; False when there were too many of its type in this second."""
        records = list(self._gates.setdefault(resident.node_id, TelemetryGate()).records(event_type, fields))
        for record in records:
            told = NodeTelemetry(self._session_id, resident.node_id, TYPE_ID, record, timestamp=timestamp())
            self._send(told)
        return any(record["event_type"] == event_type for record in records)

    def refusal(self, resident: Resident, refusal: ConfigRefused) -> None:
        """An update of a node was refused: told and counted, whether there is a node yet, still, or not (§7)."""
        resident.refused += 1
        event_type = f"{resident.kind.rpartition('::')[2]}.config_refused"
        if self.telemetry(resident, event_type, {"field": refusal.field, "reason": refusal.reason}):
            self.stats(resident, resident.counted)

    def forget(self, node_id: str) -> None:
        """The node is gone."""
        self._gates.pop(node_id, None)
