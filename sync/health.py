"""How a session is: status, rates from counters, recent telemetry, edges that hold a node up (PROTOCOL.md §9-§12)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from sync.wire.events import NodeStats
from sync.wire.pipeline import Connection
from sync.wire.state import NodeState

__all__ = [
    "RATES_LAST_S",
    "EdgeAlert",
    "NodeRates",
    "Rates",
    "edge_alerts",
    "session_status",
]

RATES_LAST_S = 5.0
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

    def take(self, node_id: str, stats: NodeStats, age_s: float) -> NodeRates | None:
        """Takes counters that came ``age_s`` ago and gives the rates since the last ones, or since the node's start.

        A server tells counters on activity only, every 2 s (PROTOCOL.md §10): of a node that has told none for longer
        than RATES_LAST_S nobody knows a rate, which is None.
        """
        before = self._last.get(node_id, NodeStats())
        if stats.duration_secs < before.duration_secs or stats.received < before.received or stats.sent < before.sent:
            before = NodeStats()
        elapsed_s = stats.duration_secs - before.duration_secs
        if elapsed_s > 0:
            names = NodeRates.__struct_fields__
            deltas = {name: max(0, getattr(stats, name) - getattr(before, name)) / elapsed_s for name in names}
            self._rates[node_id] = NodeRates(**deltas)
            self._last[node_id] = stats
        return self._rates.get(node_id, NodeRates()) if age_s <= RATES_LAST_S else None

    def forget(self, node_id: str) -> None:
        """The node is gone."""
        self._last.pop(node_id, None)
        self._rates.pop(node_id, None)


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
