"""PROTOCOL.md §4: adding and removing nodes and connections."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import BROKEN, DEFECTIVE, SLOW, SOURCE, UNSTARTABLE
from tests.engine.harness import Harness

SUCCESS = {"action": "success"}


def _error(message: str) -> dict[str, str]:
    return {"action": "error", "message": message}


def _edge(source: str, target: str, to_pin: str = "in") -> dict[str, str]:
    return {"from_node": source, "from_pin": "out", "to_node": target, "to_pin": to_pin}


async def _pipeline(client: ControlClient, session: str) -> dict[str, Any]:
    return dict((await client.ask("getpipeline", session_id=session))["pipeline"])


async def _add(client: ControlClient, session: str, *node_ids: str, kind: str = SOURCE) -> None:
    for node_id in node_ids:
        assert await client.ask("addnode", session_id=session, node_id=node_id, kind=kind) == SUCCESS
        await client.state(node_id, "Running")


async def test_success_means_accepted_and_nodeadded_means_built(
    engine: Harness, client: ControlClient, session: str
) -> None:
    """§4.5: until it is built the node is known through its states only."""
    assert await client.ask("addnode", session_id=session, node_id="a", kind=SLOW, params={"x": 1}) == SUCCESS
    await client.state("a", "Initializing")
    assert (await _pipeline(client, session))["nodes"] == {}
    assert not [event for event in await client.events_so_far(session) if event["event"] == "nodeadded"]
    engine.kinds.gate.set()
    added = await client.event("nodeadded")
    assert added == {"event": "nodeadded", "session_id": session, "node_id": "a", "kind": SLOW, "params": {"x": 1}}
    await client.state("a", "Running")
    assert (await _pipeline(client, session))["nodes"] == {"a": {"kind": SLOW, "params": {"x": 1}, "state": "Running"}}


async def test_the_states_of_a_new_node_come_in_order(client: ControlClient, session: str) -> None:
    """§4.5, §9: Creating → Initializing → … → Running; unit states are bare strings."""
    await _add(client, session, "a")
    events = [event for event in await client.events_so_far(session) if event["event"] == "nodestatechanged"]
    assert [event["state"] for event in events] == ["Creating", "Initializing", "Ready", "Running"]
    assert events[0].keys() == {"event", "session_id", "node_id", "state", "timestamp"}


async def test_a_node_without_params_says_null(client: ControlClient, session: str) -> None:
    """§3.3, §6: the params key is always present."""
    await _add(client, session, "a")
    assert (await client.event("nodeadded"))["params"] is None
    assert (await _pipeline(client, session))["nodes"]["a"]["params"] is None


@pytest.mark.parametrize("kind", ["no::such::kind", BROKEN])
async def test_a_node_that_cannot_be_built_fails_and_is_never_added(
    client: ControlClient, session: str, kind: str
) -> None:
    """§4.5: the request succeeds, Failed with a reason follows, and no nodeadded."""
    assert await client.ask("addnode", session_id=session, node_id="a", kind=kind) == SUCCESS
    state = (await client.state("a", "Failed"))["state"]
    reasons = {"no::such::kind": "there is no node kind 'no::such::kind'", BROKEN: "a has no picture"}
    assert state == {"Failed": {"reason": reasons[kind]}}
    assert not [event for event in await client.events_so_far(session) if event["event"] == "nodeadded"]
    assert (await _pipeline(client, session))["nodes"] == {}


@pytest.mark.expects_log("a failed by a defect")
async def test_a_defect_of_a_node_fails_that_node_only(client: ControlClient, session: str) -> None:
    """§9, and the engine survives: no traceback reaches a client."""
    await client.ask("addnode", session_id=session, node_id="a", kind=DEFECTIVE)
    assert (await client.state("a", "Failed"))["state"] == {"Failed": {"reason": "internal error: KeyError"}}
    await _add(client, session, "b")


async def test_a_node_that_cannot_start_fails_after_it_was_added(client: ControlClient, session: str) -> None:
    """§9: Ready → Failed."""
    await client.ask("addnode", session_id=session, node_id="a", kind=UNSTARTABLE)
    assert (await client.state("a", "Failed"))["state"] == {"Failed": {"reason": "no device"}}
    assert (await _pipeline(client, session))["nodes"]["a"]["state"] == {"Failed": {"reason": "no device"}}


async def test_residue_stays_until_it_is_removed(client: ControlClient, session: str) -> None:
    """§4.5: the engine keeps the failed node until removenode."""
    await client.ask("addnode", session_id=session, node_id="a", kind=BROKEN)
    await client.state("a", "Failed")
    answer = await client.ask("addnode", session_id=session, node_id="a", kind=SOURCE)
    assert answer == _error("Node 'a' is still present in the engine in a failed state; remove it before re-adding")
    await client.ask("removenode", session_id=session, node_id="a")
    await client.event("noderemoved", node_id="a")
    await _add(client, session, "a")


async def test_ids_are_unique(engine: Harness, client: ControlClient, session: str) -> None:
    """§4.5: the sentences for a node that exists and for one on its way."""
    await _add(client, session, "a")
    assert await client.ask("addnode", session_id=session, node_id="a", kind=SOURCE) == _error(
        "Node 'a' already exists in the pipeline"
    )
    await client.ask("addnode", session_id=session, node_id="b", kind=SLOW)
    assert await client.ask("addnode", session_id=session, node_id="b", kind=SOURCE) == _error(
        "Node 'b' is already being added"
    )
    engine.kinds.gate.set()
    await client.event("nodeadded", node_id="b")


@pytest.mark.parametrize("kind", ["streamkit::http_input", "streamkit::http_output"])
async def test_oneshot_kinds_are_refused(client: ControlClient, session: str, kind: str) -> None:
    """§4.5."""
    assert await client.ask("addnode", session_id=session, node_id="a", kind=kind) == _error(
        f"Node type '{kind}' is oneshot-only and cannot be used in dynamic sessions"
    )


@pytest.mark.parametrize(
    ("kind", "params", "message"),
    [
        ("core::file_reader", {}, "Invalid file_reader params: expected params.path to be a string"),
        ("core::file_reader", {"path": 5}, "Invalid file_reader params: expected params.path to be a string"),
        ("core::file_reader", {"path": "../secret"}, "Invalid file path: '../secret' is no file in the media folders"),
        ("core::file_writer", {"path": "x"}, "Invalid write path: this server writes no files"),
        ("core::script", {"script_path": "/x"}, "Invalid script_path: '/x' is no file in the media folders"),
        ("layerdesk::media", {"path": "/bin/sh"}, "Invalid file path: '/bin/sh' is no file in the media folders"),
        ("layerdesk::media", {"path": "/no/such"}, "Invalid file path: '/no/such' is no file in the media folders"),
    ],
)  # fmt: skip
async def test_paths_are_checked_when_a_node_is_added(
    client: ControlClient, session: str, kind: str, params: dict[str, Any], message: str
) -> None:
    """§4.5: the path policy; the kind check comes before the session."""
    fields = {"node_id": "a", "kind": kind, "params": params}
    assert await client.ask("addnode", session_id=session, **fields) == _error(message)
    assert await client.ask("addnode", session_id="nowhere", **fields) == _error(message)


async def test_removing_takes_the_connections_first(client: ControlClient, session: str) -> None:
    """§4.6: one connectionremoved per connection at once, then noderemoved when the node is gone."""
    await _add(client, session, "a", "b", "c")
    await client.ask("connect", session_id=session, **_edge("a", "b"))
    await client.ask("connect", session_id=session, **_edge("b", "c", "in_0"))
    await client.ask("connect", session_id=session, **_edge("a", "c", "in_1"))
    mark = len(client.frames)
    assert await client.ask("removenode", session_id=session, node_id="b") == SUCCESS
    await client.event("noderemoved", mark)
    events = await client.events_so_far(session, mark)
    assert events == [
        {"event": "connectionremoved", "session_id": session, **_edge("a", "b")},
        {"event": "connectionremoved", "session_id": session, **_edge("b", "c", "in_0")},
        {"event": "noderemoved", "session_id": session, "node_id": "b"},
    ]
    pipeline = await _pipeline(client, session)
    assert list(pipeline["nodes"]) == ["a", "c"]
    assert pipeline["connections"] == [_edge("a", "c", "in_1")]


async def test_removing_an_unknown_node_succeeds(client: ControlClient, session: str) -> None:
    """§4.6: always success."""
    mark = len(client.frames)
    assert await client.ask("removenode", session_id=session, node_id="ghost") == SUCCESS
    assert await client.events_so_far(session, mark) == []


async def test_removing_a_node_on_its_way_cancels_it(engine: Harness, client: ControlClient, session: str) -> None:
    """§4.6: a pending reservation is cancelled; what was built is stopped and never added."""
    await client.ask("addnode", session_id=session, node_id="a", kind=SLOW)
    await client.state("a", "Initializing")
    await client.ask("removenode", session_id=session, node_id="a")
    engine.kinds.gate.set()
    await client.event("noderemoved", node_id="a")
    assert engine.kinds.nodes["a"].calls == ["stop"]
    assert not [event for event in await client.events_so_far(session) if event["event"] == "nodeadded"]


async def test_late_states_of_a_removed_node_are_dropped(engine: Harness, client: ControlClient, session: str) -> None:
    """§9: after removenode nothing follows noderemoved."""
    await _add(client, session, "a")
    context = engine.kinds.nodes["a"].context
    await client.ask("removenode", session_id=session, node_id="a")
    await client.event("noderemoved")
    from sync.wire.state import NodeState

    context.on_state(NodeState("Stopped", "completed"))
    events = await client.events_so_far(session)
    assert events[-1]["event"] == "noderemoved"


async def test_a_connection_is_appended_and_told(engine: Harness, client: ControlClient, session: str) -> None:
    """§4.7, §6: in the model, one event, and no mode in the event."""
    await _add(client, session, "a", "b")
    answer = await client.ask("connect", session_id=session, **_edge("a", "b", "in_3"), mode="best_effort")
    assert answer == SUCCESS
    assert await client.event("connectionadded") == {
        "event": "connectionadded",
        "session_id": session,
        **_edge("a", "b", "in_3"),
    }
    assert (await _pipeline(client, session))["connections"] == [{**_edge("a", "b", "in_3"), "mode": "best_effort"}]
    await _settled(client, session)
    assert [pin for pin, _ in engine.kinds.nodes["b"].inputs] == ["in_3"]


async def test_reliable_is_not_written(client: ControlClient, session: str) -> None:
    """§3.3: mode is omitted when reliable."""
    await client.ask("connect", session_id=session, **_edge("a", "b"), mode="reliable")
    assert (await _pipeline(client, session))["connections"] == [_edge("a", "b")]


async def test_a_duplicate_makes_two_rows_and_disconnect_removes_both(
    engine: Harness, client: ControlClient, session: str
) -> None:
    """§4.7: duplicates are kept, disconnect removes all rows equal in the four names; packets flow once."""
    await _add(client, session, "a", "b")
    for _ in range(2):
        await client.ask("connect", session_id=session, **_edge("a", "b"))
    await _settled(client, session)
    assert len((await _pipeline(client, session))["connections"]) == 2
    assert len(engine.kinds.nodes["b"].inputs) == 1
    await client.ask("disconnect", session_id=session, **_edge("a", "b"))
    await _settled(client, session)
    assert (await _pipeline(client, session))["connections"] == []
    assert engine.kinds.nodes["b"].inputs == []


async def test_disconnect_goes_by_the_four_names(client: ControlClient, session: str) -> None:
    """§4.7: whatever the row's mode; rows that differ in a pin stay."""
    await client.ask("connect", session_id=session, **_edge("a", "b"), mode="best_effort")
    await client.ask("connect", session_id=session, **_edge("a", "b", "in_1"))
    await client.ask("disconnect", session_id=session, **_edge("a", "b"))
    assert (await _pipeline(client, session))["connections"] == [_edge("a", "b", "in_1")]


async def test_disconnect_is_told_even_when_nothing_matched(client: ControlClient, session: str) -> None:
    """§4.7."""
    assert await client.ask("disconnect", session_id=session, **_edge("a", "b")) == SUCCESS
    removed = await client.event("connectionremoved")
    assert removed == {"event": "connectionremoved", "session_id": session, **_edge("a", "b")}


@pytest.mark.expects_log("is not connected")
async def test_what_the_engine_refuses_stays_in_the_model(engine: Harness, client: ControlClient, session: str) -> None:
    """§4.7: no validation, no error, no event; only the server's log."""
    await _add(client, session, "a", "b")
    mark = len(client.frames)
    for edge in (
        {"from_node": "a", "from_pin": "none", "to_node": "b", "to_pin": "in"},
        {"from_node": "a", "from_pin": "out", "to_node": "b", "to_pin": "wrong"},
        {"from_node": "ghost", "from_pin": "out", "to_node": "b", "to_pin": "in"},
    ):
        assert await client.ask("connect", session_id=session, **edge) == SUCCESS
    await _settled(client, session)
    assert {event["event"] for event in await client.events_so_far(session, mark)} <= {
        "connectionadded",
        "nodestatechanged",
        "nodeadded",
    }
    assert len((await _pipeline(client, session))["connections"]) == 3
    assert engine.kinds.nodes["b"].inputs == []


async def test_a_connection_waits_for_its_nodes(engine: Harness, client: ControlClient, session: str) -> None:
    """§4.5, §4.7: connect right after addnode, before either node is built."""
    await client.ask("connect", session_id=session, **_edge("a", "b"))
    await _add(client, session, "a")
    await client.ask("addnode", session_id=session, node_id="b", kind=SLOW)
    engine.kinds.gate.set()
    await client.state("b", "Running")
    assert [pin for pin, _ in engine.kinds.nodes["b"].inputs] == ["in"]


async def _settled(client: ControlClient, session: str) -> None:
    """Returns when the session's thread has done all that was asked before: a node that is built now proves it."""
    count = sum(frame["payload"].get("event") == "nodeadded" for frame in client.frames)
    await _add(client, session, f"settled {count}")


async def test_a_session_has_bounds(
    engine: Harness, client: ControlClient, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Engine: sizes are bounded; what is there goes on."""
    monkeypatch.setattr("engine.running.session.MAX_NODES", 1)
    monkeypatch.setattr("engine.running.session.MAX_CONNECTIONS", 1)
    await _add(client, session, "a")
    answer = await client.ask("addnode", session_id=session, node_id="b", kind=SOURCE)
    assert answer == _error("The session is full (max 1 nodes)")
    assert await client.ask("connect", session_id=session, **_edge("a", "a")) == SUCCESS
    answer = await client.ask("connect", session_id=session, **_edge("a", "a", "in_0"))
    assert answer == _error("The session is full (max 1 connections)")
    operations = [{"action": "addnode", "node_id": "c", "kind": SOURCE}]
    answer = await client.ask("applybatch", session_id=session, operations=operations)
    assert answer == _error("The session is full (max 1 nodes)")
    assert list(engine.kinds.nodes) == ["a"]
