"""How a session is: status, rates from counters, recent telemetry, edges that hold a node up (PROTOCOL.md §9-§12)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from sync.clock import Clock
from sync.wire.events import NodeStats, NodeTelemetry
from sync.wire.pipeline import Connection
from sync.wire.state import NodeState

__all__ = [
    "TELEMETRY_KEPT",
    "EdgeAlert",
    "NodeRates",
    "Rates",
    "TelemetryLog",
    "TelemetryRow",
    "edge_alerts",
    "session_status",
]

TELEMETRY_KEPT = 1000
_WORST_FIRST = ("Failed", "Stopped", "Degraded", "Recovering", "Initializing")


def session_status(states: Iterable[NodeState]) -> str:
    """The worst of all nodes, in lower case; ``running`` only when every node runs, else ``unknown``."""
    names = {state.name for state in states}
    for name in _WORST_FIRST:
        if name in names:
            return name.lower()
    return "running" if names == {"Running"} else "unknown"


class NodeRates(msgspec.Struct, frozen=True):
    """Packets a second between the last two counters of a node."""

    received: float = 0.0
    sent: float = 0.0
    discarded: float = 0.0
    errored: float = 0.0


class Rates:
    """Turns a node's cumulative counters into rates; a counter that fell is a node that started again."""

    def __init__(self) -> None:
        self._last: dict[str, NodeStats] = {}
        self._rates: dict[str, NodeRates] = {}

    def take(self, node_id: str, stats: NodeStats) -> NodeRates:
        """Takes new counters and gives the rates since the last ones, or since the node's start."""
        before = self._last.get(node_id, NodeStats())
        if stats.duration_secs < before.duration_secs or stats.received < before.received or stats.sent < before.sent:
            before = NodeStats()
        elapsed_s = stats.duration_secs - before.duration_secs
        if elapsed_s > 0:
            names = NodeRates.__struct_fields__
            deltas = {name: max(0, getattr(stats, name) - getattr(before, name)) / elapsed_s for name in names}
            self._rates[node_id] = NodeRates(**deltas)
            self._last[node_id] = stats
        return self._rates.get(node_id, NodeRates())

    def of(self, node_id: str) -> NodeRates | None:
        """The newest rates of a node; None before its first counters."""
        return self._rates.get(node_id)

    def forget(self, node_id: str) -> None:
        """The node is gone."""
        self._last.pop(node_id, None)
        self._rates.pop(node_id, None)


class TelemetryRow(msgspec.Struct, frozen=True):
    """One record as it is listed; ``at`` is in the clock's seconds."""

    at: float
    node_id: str
    event_type: str
    latency_ms: float | None
    data: Any
    timestamp: str


class TelemetryLog:
    """The newest records of a session. While paused, records are kept aside and come at once on resume."""

    def __init__(self, clock: Clock, kept: int = TELEMETRY_KEPT) -> None:
        self._clock = clock
        self._rows: deque[TelemetryRow] = deque(maxlen=kept)
        self._aside: deque[TelemetryRow] = deque(maxlen=kept)
        self.is_paused = False
        self.dropped_at_source = 0

    def take(self, event: NodeTelemetry) -> None:
        """Takes a record; a ``telemetry.health`` record is counted as well."""
        data = event.data if isinstance(event.data, dict) else {}
        event_type, latency_ms = data.get("event_type"), data.get("latency_ms")
        row = TelemetryRow(
            self._clock.now(),
            event.node_id,
            event_type if isinstance(event_type, str) else "unknown",
            float(latency_ms) if isinstance(latency_ms, int | float) else None,
            event.data,
            event.timestamp,
        )
        if row.event_type == "telemetry.health":
            self._count_drops(data)
        (self._aside if self.is_paused else self._rows).append(row)

    def pause(self, paused: bool) -> None:
        """Holds the list still, or lets it go on."""
        self.is_paused = paused
        if not paused:
            self._rows.extend(self._aside)
            self._aside.clear()

    def rows(self, text: str = "", node_id: str | None = None) -> list[TelemetryRow]:
        """The records, oldest first, of one node or all, that hold ``text`` anywhere."""
        wanted = text.casefold()
        return [
            row
            for row in self._rows
            if (node_id is None or row.node_id == node_id)
            and (not wanted or wanted in f"{row.node_id} {row.event_type} {row.data}".casefold())
        ]

    def export(self, text: str = "", node_id: str | None = None) -> str:
        """The same records as JSON, one a line."""
        return "".join(msgspec.json.encode(row).decode() + "\n" for row in self.rows(text, node_id))

    def clear(self) -> None:
        """Empties the list."""
        self._rows.clear()
        self._aside.clear()

    def _count_drops(self, data: Mapping[str, Any]) -> None:
        for key in ("dropped_due_to_full", "dropped_due_to_rate_limit"):
            dropped = data.get(key)
            self.dropped_at_source += dropped if isinstance(dropped, int) and not isinstance(dropped, bool) else 0


class EdgeAlert(msgspec.Struct, frozen=True):
    """An edge that makes its target wait; ``lines`` is what a tool tip says."""

    edge: tuple[str, str, str, str]
    title: str
    lines: tuple[str, ...]


def edge_alerts(states: Mapping[str, NodeState], connections: Iterable[Connection]) -> tuple[EdgeAlert, ...]:
    """One alert for each edge into a slow pin of a node that is degraded for slow inputs."""
    rows = tuple(connections)
    alerts: list[EdgeAlert] = []
    for node_id, state in states.items():
        details = state.details if isinstance(state.details, dict) else {}
        if state.name == "Degraded" and state.reason == "slow_input_timeout":
            alerts += _alerts_of(node_id, details, [row for row in rows if row.to_node == node_id])
    return tuple(alerts)


def _alerts_of(node_id: str, details: Mapping[str, Any], edges: list[Connection]) -> list[EdgeAlert]:
    slow = _words(details.get("slow_pins"))
    newly = _words(details.get("newly_slow_pins"))
    timeout_ms = details.get("sync_timeout_ms")
    late = [row for row in edges if row.to_pin in slow]
    inputs = ", ".join(_arrow(row) for row in late)
    shared = [f"Slow inputs: {inputs}"]
    after = [f"Newly slow: {', '.join(newly)}"] if newly else []
    after += [f"Timeout: {timeout_ms} ms"] if isinstance(timeout_ms, int) else []
    return [EdgeAlert(row.ends, f"{node_id} degraded", (*shared, f"This: {_arrow(row)}", *after)) for row in late]


def _arrow(row: Connection) -> str:
    return f"{row.from_node}.{row.from_pin} → {row.to_pin}"


def _words(value: Any) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
