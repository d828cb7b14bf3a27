"""PROTOCOL.md §5: batches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import BROKEN, SLOW, SOURCE
from tests.engine.harness import Harness

APPLIED = {"action": "batchapplied", "success": True, "errors": []}


def _add(node_id: str, kind: str = SOURCE) -> dict[str, Any]:
    return {"action": "addnode", "node_id": node_id, "kind": kind}


def _remove(node_id: str) -> dict[str, Any]:
    return {"action": "removenode", "node_id": node_id}


def _edge(action: str = "connect") -> dict[str, Any]:
    return {"action": action, "from_node": "a", "from_pin": "out", "to_node": "b", "to_pin": "in"}


def _refused(message: str) -> dict[str, str]:
    return {"action": "error", "message": f"Batch rejected: {message}"}


async def _apply(client: ControlClient, session: str, *operations: dict[str, Any]) -> dict[str, Any]:
    return await client.ask("applybatch", session_id=session, operations=list(operations))


async def _names(client: ControlClient, session: str, mark: int) -> list[str]:
    return [event["event"] for event in await client.events_so_far(session, mark)]


async def test_a_batch_adds_and_connects(engine: Harness, client: ControlClient, session: str) -> None:
    """§5: applied in order, answered once."""
    assert await _apply(client, session, _add("a"), _add("b"), _edge()) == APPLIED
    await client.state("b", "Running")
    pipeline = (await client.ask("getpipeline", session_id=session))["pipeline"]
    assert list(pipeline["nodes"]) == ["a", "b"]
    assert len(pipeline["connections"]) == 1
    assert [pin for pin, _ in engine.kinds.nodes["b"].inputs] == ["in"]


async def test_connections_inside_a_batch_raise_no_events(client: ControlClient, session: str) -> None:
    """§5, the trap: neither connectionadded nor connectionremoved; nodeadded comes from the engine."""
    await _apply(client, session, _add("a"), _add("b"), _edge())
    await client.state("b", "Running")
    mark = len(client.frames)
    await _apply(client, session, _edge("disconnect"), _edge())
    assert await _names(client, session, mark) == []
    everything = await _names(client, session, 0)
    assert everything.count("nodeadded") == 2
    assert "connectionadded" not in everything


async def test_connections_pruned_by_a_removenode_are_told(client: ControlClient, session: str) -> None:
    """§5: only those do."""
    await _apply(client, session, _add("a"), _add("b"), _edge())
    await client.state("b", "Running")
    mark = len(client.frames)
    await _apply(client, session, _remove("b"))
    await client.event("noderemoved", mark)
    assert await _names(client, session, mark) == ["connectionremoved", "noderemoved"]


async def test_remove_then_add_of_one_id_is_allowed(client: ControlClient, session: str) -> None:
    """§5: in this order; the model holds the new node afterwards."""
    await _apply(client, session, _add("a"))
    await client.state("a", "Running")
    mark = len(client.frames)
    assert await _apply(client, session, _remove("a"), _add("a")) == APPLIED
    await client.event("nodeadded", mark)
    await client.state("a", "Running", mark)
    assert [name for name in await _names(client, session, mark) if name != "nodestatechanged"] == [
        "noderemoved",
        "nodeadded",
    ]
    assert list((await client.ask("getpipeline", session_id=session))["pipeline"]["nodes"]) == ["a"]


async def test_add_then_remove_of_a_live_id_is_a_conflict(client: ControlClient, session: str) -> None:
    """§5."""
    await _apply(client, session, _add("a"))
    await client.event("nodeadded")
    assert await _apply(client, session, _add("a"), _remove("a")) == _refused("node 'a' already exists in the pipeline")


async def test_ids_collide_with_exact_sentences(engine: Harness, client: ControlClient, session: str) -> None:
    """§5: the four reasons."""
    await _apply(client, session, _add("live"))
    await client.state("live", "Running")
    await _apply(client, session, _add("broken", BROKEN))
    await client.state("broken", "Failed")
    await _apply(client, session, _add("pending", SLOW))
    reasons = {
        "live": "node 'live' already exists in the pipeline",
        "pending": "node 'pending' is already being added",
        "broken": "node 'broken' is still present in the engine in a failed state; remove it before re-adding",
    }
    for node_id, reason in reasons.items():
        assert await _apply(client, session, _add(node_id)) == _refused(reason)
    assert await _apply(client, session, _add("x"), _add("x")) == _refused(
        "node 'x' is added more than once in this batch"
    )
    engine.kinds.gate.set()
    await client.event("nodeadded", node_id="pending")


async def test_nothing_is_applied_when_a_check_fails(client: ControlClient, session: str) -> None:
    """§5: ids first, then kinds, then everything or nothing."""
    mark = len(client.frames)
    answer = await _apply(client, session, _add("a"), _edge(), _add("b", "streamkit::http_input"))
    assert answer == {
        "action": "error",
        "message": "Node type 'streamkit::http_input' is oneshot-only and cannot be used in dynamic sessions",
    }
    answer = await _apply(client, session, _add("b", "streamkit::http_input"), _add("a"), _add("a"))
    assert answer == _refused("node 'a' is added more than once in this batch")
    assert await _names(client, session, mark) == []
    pipeline = (await client.ask("getpipeline", session_id=session))["pipeline"]
    assert pipeline == {"mode": "dynamic", "nodes": {}, "connections": []}


async def test_validation_finds_the_same_and_changes_nothing(client: ControlClient, session: str) -> None:
    """§5: both ids are always there; connections are not validated."""
    mark = len(client.frames)
    operations = [_add("a"), _add("a"), _add("b", "streamkit::http_output"), _edge()]
    answer = await client.ask("validatebatch", session_id=session, operations=operations)
    assert answer["action"] == "validationresult"
    assert answer["errors"] == [
        {
            "error_type": "error",
            "message": "Batch rejected: node 'a' is added more than once in this batch",
            "node_id": "a",
            "connection_id": None,
        },
        {
            "error_type": "error",
            "message": "Node type 'streamkit::http_output' is oneshot-only and cannot be used in dynamic sessions",
            "node_id": "b",
            "connection_id": None,
        },
    ]
    assert await _names(client, session, mark) == []


@pytest.mark.parametrize("operations", [[], [_add("a")], [_edge(), _remove("ghost")]])
async def test_an_empty_list_means_fine(client: ControlClient, session: str, operations: list[dict[str, Any]]) -> None:
    """§5."""
    answer = await client.ask("validatebatch", session_id=session, operations=operations)
    assert answer == {"action": "validationresult", "errors": []}
