"""PROTOCOL.md §6, §9, §10, §11: what nodes report and who hears of it."""

from __future__ import annotations

import re
from typing import Any

from engine.running.telemetry import PER_SECOND, TelemetryGate
from sync.wire.events import NodeStats
from sync.wire.state import NodeState
from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import BROKEN, SLOW, SOURCE, FakeNode
from tests.engine.harness import Harness

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z\Z")


async def _node(engine: Harness, client: ControlClient, session: str) -> FakeNode:
    await client.ask("addnode", session_id=session, node_id="a", kind=SOURCE)
    await client.state("a", "Running")
    return engine.kinds.nodes["a"]


async def test_states_with_a_reason_are_objects(engine: Harness, client: ControlClient, session: str) -> None:
    """§9: details are null rather than absent; Failed and Stopped have a reason only."""
    node = await _node(engine, client, session)
    for state, wire in (
        (
            NodeState("Recovering", "lost", {"attempt": 1}),
            {"Recovering": {"reason": "lost", "details": {"attempt": 1}}},
        ),
        (NodeState("Degraded", "slow"), {"Degraded": {"reason": "slow", "details": None}}),
        (NodeState("Stopped", "completed"), {"Stopped": {"reason": "completed"}}),
        (NodeState("Failed", "gone"), {"Failed": {"reason": "gone"}}),
    ):
        node.context.on_state(state)
        event = await client.state("a", wire)
        assert RFC_3339.match(event["timestamp"])
        pipeline = (await client.ask("getpipeline", session_id=session))["pipeline"]
        assert pipeline["nodes"]["a"]["state"] == wire


async def test_failed_is_the_end(engine: Harness, client: ControlClient, session: str) -> None:
    """§9: any → Failed, and nothing after it."""
    node = await _node(engine, client, session)
    node.context.on_state(NodeState("Failed", "gone"))
    await client.state("a", "Failed")
    mark = len(client.frames)
    node.context.on_state(NodeState("Running"))
    assert await client.events_so_far(session, mark) == []


async def test_a_node_that_was_shut_down_stays_down(engine: Harness, client: ControlClient, session: str) -> None:
    """§9: a report that was on its way does not bring it back; one that ended by itself may come back."""
    node = await _node(engine, client, session)
    node.context.on_state(NodeState("Stopped", "completed"))
    node.context.on_state(NodeState("Running"))
    await client.state("a", {"Stopped": {"reason": "completed"}})
    await client.ask("tunenode", session_id=session, node_id="a", message="Shutdown")
    node.context.on_state(NodeState("Running"))
    node.context.on_view_data({"last": True})
    await client.event("nodeviewdataupdated")
    events = [event for event in await client.events_so_far(session) if event["event"] == "nodestatechanged"]
    assert [event["state"] for event in events[-3:]] == [
        {"Stopped": {"reason": "completed"}},
        "Running",
        {"Stopped": {"reason": "shutdown"}},
    ]


async def test_nodes_start_when_all_are_ready(engine: Harness, client: ControlClient, session: str) -> None:
    """§9: Ready until the last one is built; one that failed holds nobody up."""
    operations = [
        {"action": "addnode", "node_id": node_id, "kind": kind}
        for node_id, kind in (("a", SOURCE), ("broken", BROKEN), ("late", SLOW))
    ]
    await client.ask("applybatch", session_id=session, operations=operations)
    await client.state("a", "Ready")
    await client.state("broken", "Failed")
    assert engine.kinds.nodes["a"].calls == []
    engine.kinds.gate.set()
    await client.state("a", "Running")
    await client.state("late", "Running")


async def test_stats_have_all_five_numbers(engine: Harness, client: ControlClient, session: str) -> None:
    """§10: and they are not in getpipeline."""
    node = await _node(engine, client, session)
    node.context.on_stats(NodeStats(received=5, duration_secs=1.5))
    event = await client.event("nodestatsupdated")
    assert event.keys() == {"event", "session_id", "node_id", "stats", "timestamp"}
    assert event["stats"] == {"received": 5, "sent": 0, "discarded": 0, "errored": 0, "duration_secs": 1.5}
    pipeline = (await client.ask("getpipeline", session_id=session))["pipeline"]
    assert "stats" not in pipeline["nodes"]["a"]


async def test_view_data_is_told_and_kept(engine: Harness, client: ControlClient, session: str) -> None:
    """§13.1: the last value of each node is in getpipeline; it never reaches the params."""
    node = await _node(engine, client, session)
    for value in ({"x": 1}, {"x": 2, "_sender": "s", "_rev": 3}):
        node.context.on_view_data(value)
    event = await client.event("nodeviewdataupdated", data={"x": 2, "_sender": "s", "_rev": 3})
    assert event.keys() == {"event", "session_id", "node_id", "data", "timestamp"}
    pipeline = (await client.ask("getpipeline", session_id=session))["pipeline"]
    assert pipeline["view_data"] == {"a": {"x": 2, "_sender": "s", "_rev": 3}}
    assert pipeline["nodes"]["a"]["params"] is None


async def test_order_holds_inside_one_family(engine: Harness, client: ControlClient, session: str) -> None:
    """§6: inside one family of one session."""
    node = await _node(engine, client, session)
    for number in range(50):
        node.context.on_view_data({"n": number})
    await client.event("nodeviewdataupdated", data={"n": 49})
    events = [event for event in await client.events_so_far(session) if event["event"] == "nodeviewdataupdated"]
    assert [event["data"]["n"] for event in events] == list(range(50))


async def test_long_strings_of_telemetry_are_cut(engine: Harness, client: ControlClient, session: str) -> None:
    """§11: more than 100 bytes → the first 100 characters and a mark, at any depth."""
    node = await _node(engine, client, session)
    fields: dict[str, Any] = {"text": "x" * 101, "fits": "y" * 100, "deep": [{"wide": "ü" * 60}], "number": 7}
    node.context.on_telemetry("speech", fields)
    event = await client.event("nodetelemetry")
    assert event.keys() == {"event", "session_id", "node_id", "type_id", "data", "timestamp"}
    assert event["type_id"] == "core::telemetry/event@1"
    assert event["data"] == {
        "event_type": "speech",
        "text": "x" * 100 + "...[truncated]",
        "fits": "y" * 100,
        "deep": [{"wide": "ü" * 60 + "...[truncated]"}],
        "number": 7,
    }


async def test_nobody_hears_of_a_destroyed_session(engine: Harness, client: ControlClient, session: str) -> None:
    """§4.2: reports that come late are dropped."""
    node = await _node(engine, client, session)
    await client.ask("destroysession", session_id=session)
    mark = len(client.frames)
    node.context.on_state(NodeState("Stopped", "shutdown"))
    node.context.on_view_data({"x": 1})
    other = (await client.ask("createsession"))["session_id"]
    events = await client.events_so_far(other, mark)
    assert [event["event"] for event in events] in (["sessioncreated"], ["sessiondestroyed", "sessioncreated"])


def test_telemetry_is_limited_by_type_and_second() -> None:
    """§11: at most 100 a second and type; the drops are told at most every 5 s."""
    now = 100.0
    gate = TelemetryGate(lambda: now)
    assert sum(gate.admit("a") for _ in range(150)) == PER_SECOND
    assert gate.admit("b")
    assert gate.health() == {"dropped_due_to_full": 0, "dropped_due_to_rate_limit": 50}
    now = 101.0
    assert gate.admit("a")
    assert gate.health() is None
    assert sum(gate.admit("a") for _ in range(PER_SECOND)) == PER_SECOND - 1
    now = 104.9
    assert gate.health() is None
    now = 105.1
    assert gate.health() == {"dropped_due_to_full": 0, "dropped_due_to_rate_limit": 1}
    assert gate.health() is None


async def test_a_flood_of_telemetry_ends_in_a_health_record(
    engine: Harness, client: ControlClient, session: str
) -> None:
    """§11: telemetry.health names the drops."""
    node = await _node(engine, client, session)
    for number in range(3 * PER_SECOND):
        node.context.on_telemetry("noise", {"n": number})

    def is_health(frame: dict[str, Any]) -> bool:
        return bool(frame["payload"].get("data", {}).get("event_type") == "telemetry.health")

    frame = await client.frame(is_health)
    assert frame["payload"]["data"]["dropped_due_to_rate_limit"] >= 1
