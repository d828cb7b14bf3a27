"""Session status, rates, telemetry, edge alerts."""

from __future__ import annotations

import pytest

from sync.health import RATES_LAST_S, NodeRates, Rates, edge_alerts, session_status
from sync.wire.events import NodeStats
from sync.wire.pipeline import Connection
from sync.wire.state import NodeState


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Running", "Failed", "Degraded"], "failed"),
        (["Running", "Stopped"], "stopped"),
        (["Recovering", "Degraded"], "degraded"),
        (["Running", "Initializing"], "initializing"),
        (["Running", "Running"], "running"),
        (["Running", "Ready"], "unknown"),
        (["Running", "FromTheFuture"], "unknown"),
        ([], "unknown"),
    ],
)
def test_status_is_the_worst(names: list[str], expected: str) -> None:
    assert session_status([NodeState(name) for name in names]) == expected


def test_rates_come_from_differences_and_a_restart_begins_again() -> None:
    rates = Rates()
    assert taken(rates, NodeStats(received=100, sent=50, duration_secs=2)).received == 50
    second = taken(rates, NodeStats(received=160, sent=50, discarded=4, duration_secs=4))
    assert (second.received, second.sent, second.discarded) == (30, 0, 2)
    assert taken(rates, NodeStats(received=160, sent=50, discarded=4, duration_secs=4)) == second
    assert taken(rates, NodeStats(received=10, duration_secs=1)).received == 10


def test_a_node_that_falls_silent_has_no_rate_any_more() -> None:
    rates = Rates()
    stats = NodeStats(received=100, sent=50, duration_secs=2)
    assert taken(rates, stats, RATES_LAST_S).received == 50
    assert rates.take("a", stats, RATES_LAST_S + 0.1) is None
    assert taken(rates, NodeStats(received=120, sent=50, duration_secs=4)).received == 10


def taken(rates: Rates, stats: NodeStats, age_s: float = 0.0) -> NodeRates:
    found = rates.take("a", stats, age_s)
    assert found is not None
    return found


def test_a_slow_input_marks_its_edge_until_the_state_changes() -> None:
    details = {"slow_pins": ["in_1"], "newly_slow_pins": ["in_1"], "sync_timeout_ms": 200}
    states = {"mix": NodeState("Degraded", "slow_input_timeout", details)}
    edges = [Connection("a", "out", "mix", "in_0"), Connection("b", "out", "mix", "in_1")]
    (alert,) = edge_alerts(states, edges)
    assert alert.edge == edges[1].ends
    assert alert.lines == ("Slow inputs: b.out → in_1", "This: b.out → in_1", "Newly slow: in_1", "Timeout: 200 ms")
    assert edge_alerts({"mix": NodeState("Running")}, edges) == ()
    assert edge_alerts({"mix": NodeState("Degraded", "slow_input_timeout", None)}, edges) == ()
