"""PROTOCOL.md §4.8, §7 and §14.2: what a tune does on the server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import SLOW, SOURCE
from tests.engine.harness import Harness

SUCCESS = {"action": "success"}


async def _add(client: ControlClient, session: str, params: dict[str, Any] | None, kind: str = SOURCE) -> None:
    await client.ask("addnode", session_id=session, node_id="a", kind=kind, params=params)
    await client.state("a", "Running")


async def _tune(client: ControlClient, session: str, params: Any, node_id: str = "a") -> dict[str, Any]:
    message = {"UpdateParams": params}
    return await client.ask("tunenode", session_id=session, node_id=node_id, message=message)


async def _stored(client: ControlClient, session: str) -> Any:
    return (await client.ask("getpipeline", session_id=session))["pipeline"]["nodes"]["a"]["params"]


async def test_objects_merge_and_everything_else_replaces(client: ControlClient, session: str) -> None:
    """§7.3: deep merge; arrays, scalars and null replace; null is stored, it does not delete."""
    await _add(client, session, {"deep": {"a": 1, "b": {"c": 2}}, "list": [1, 2], "gone": 5, "kept": "x"})
    assert await _tune(client, session, {"deep": {"b": {"d": 3}}, "list": [9], "gone": None}) == SUCCESS
    assert await _stored(client, session) == {
        "deep": {"a": 1, "b": {"c": 2, "d": 3}},
        "list": [9],
        "gone": None,
        "kept": "x",
    }


async def test_params_of_a_node_without_any_are_replaced(client: ControlClient, session: str) -> None:
    """§7.3: if the stored params are null, D replaces."""
    await _add(client, session, None)
    await _tune(client, session, {"a": 1, "_x": 2})
    assert await _stored(client, session) == {"a": 1}


async def test_the_raw_message_goes_to_everyone(engine: Harness, client: ControlClient, session: str) -> None:
    """§7.4: exactly as sent, partial and with its `_` keys, the sender included; no timestamp."""
    await _add(client, session, {"kept": 1})
    other = await engine.client()
    await other.ask("getpermissions")
    params = {"x": {"y": 1}, "_sender": "nonce", "_rev": 4, "_more": [1]}
    await _tune(client, session, params)
    expected = {"event": "nodeparamschanged", "session_id": session, "node_id": "a", "params": params}
    assert await client.event("nodeparamschanged") == expected
    assert await other.event("nodeparamschanged") == expected


async def test_the_node_gets_the_original(engine: Harness, client: ControlClient, session: str) -> None:
    """§7.5: unmerged, with its stamp."""
    await _add(client, session, {"kept": 1})
    await _tune(client, session, {"x": 1, "_sender": "nonce", "_rev": 4})
    assert engine.kinds.nodes["a"].updates == [{"x": 1, "_sender": "nonce", "_rev": 4}]


async def test_metadata_never_reaches_the_store_on_any_way(engine: Harness, client: ControlClient) -> None:
    """§7.3, §14.2: top-level `_…` keys are left out, nested ones stay: add, batch, tune, tune async, YAML."""
    bad = {"_sender": "s", "_rev": 1, "_own": 2, "nested": {"_stays": 3}}
    text = f"nodes: {{a: {{kind: '{SOURCE}', params: {{_sender: s, _rev: 1, nested: {{_stays: 3}}}}}}}}"
    async with engine.http.post(f"{engine.base}/api/v1/sessions", json={"yaml": text, "name": "yaml"}) as answer:
        assert answer.status == 200
    await client.state("a", "Running")
    await client.ask("createsession", name="wire")
    add = {"node_id": "b", "kind": SOURCE, "params": bad}
    await client.ask("addnode", session_id="wire", **{**add, "node_id": "a"})
    await client.ask("applybatch", session_id="wire", operations=[{"action": "addnode", **add}])
    await client.event("nodeadded", node_id="b")
    assert (await client.event("nodeadded", node_id="a"))["params"] == {"nested": {"_stays": 3}}
    await client.ask("tunenode", session_id="wire", node_id="b", message={"UpdateParams": bad})
    await client.tell("tunenodeasync", session_id="wire", node_id="a", message={"UpdateParams": bad})
    for name, nodes in (("yaml", ["a"]), ("wire", ["a", "b"])):
        pipeline = (await client.ask("getpipeline", session_id=name))["pipeline"]
        for node in nodes:
            assert pipeline["nodes"][node]["params"] == {"nested": {"_stays": 3}}
    assert engine.kinds.nodes["b"].context.params == {"nested": {"_stays": 3}}


async def test_the_async_form_does_the_same_without_an_answer(
    engine: Harness, client: ControlClient, session: str
) -> None:
    """§4.8: identical effect, no response ever, a correlation id notwithstanding."""
    await _add(client, session, {"a": 1})
    mark = len(client.frames)
    payload = {"action": "tunenodeasync", "session_id": session, "node_id": "a", "message": {"UpdateParams": {"b": 2}}}
    await client.send({"type": "request", "correlation_id": "mine", "payload": payload})
    await client.event("nodeparamschanged", mark)
    assert await _stored(client, session) == {"a": 1, "b": 2}
    assert engine.kinds.nodes["a"].updates == [{"b": 2}]
    assert not [frame for frame in client.frames if frame.get("correlation_id") == "mine"]


@pytest.mark.parametrize("target", [("nowhere", "a"), ("studio", "a")])
async def test_the_async_form_is_silent_whatever_is_wrong(
    client: ControlClient, session: str, target: tuple[str, str]
) -> None:
    """§4.8: a refused call is visible only by the absence of the event."""
    await _add(client, session, None)
    mark = len(client.frames)
    message = {"UpdateParams": {"bad": 1}}
    await client.tell("tunenodeasync", session_id=target[0], node_id=target[1], message=message)
    assert {event["event"] for event in await client.events_so_far(session, mark)} <= {
        "nodetelemetry",
        "nodestatsupdated",
    }
    assert {frame["type"] for frame in client.frames[mark:]} == {"event"}


async def test_an_unknown_node_is_no_error(client: ControlClient, session: str) -> None:
    """§4.8, §7: nothing is stored, the event comes all the same."""
    assert await _tune(client, session, {"x": 1}, node_id="ghost") == SUCCESS
    assert (await client.event("nodeparamschanged"))["node_id"] == "ghost"
    assert (await client.ask("getpipeline", session_id=session))["pipeline"]["nodes"] == {}


async def test_updates_of_a_node_on_its_way_are_not_lost(engine: Harness, client: ControlClient, session: str) -> None:
    """§7: handed over when the node is built, and in its params from the start."""
    await client.ask("addnode", session_id=session, node_id="a", kind=SLOW, params={"x": 1})
    await _tune(client, session, {"y": 2, "_rev": 1})
    engine.kinds.gate.set()
    assert (await client.event("nodeadded"))["params"] == {"x": 1, "y": 2}
    await client.state("a", "Running")
    assert engine.kinds.nodes["a"].updates == [{"y": 2, "_rev": 1}]


async def test_a_refused_update_is_reported_and_changes_nothing(client: ControlClient, session: str) -> None:
    """§7, Engine: not merged, not broadcast; tunenode answers with the reason, telemetry and counter tell everyone."""
    await _add(client, session, {"x": 1})
    mark = len(client.frames)
    answer = await _tune(client, session, {"bad": 1, "x": 2})
    assert answer == {"action": "error", "message": "Node 'a' refused the update: bad: must not be there"}
    told, counted = await client.events_so_far(session, mark)
    assert told["data"] == {"event_type": "source.config_refused", "field": "bad", "reason": "must not be there"}
    assert counted["stats"]["errored"] == 1
    assert await _stored(client, session) == {"x": 1}


async def test_a_compositor_that_is_not_built_yet_refuses_too(
    engine: Harness, client: ControlClient, session: str
) -> None:
    """§7, Engine: checked as it will be, so that nothing bad waits for it."""
    await client.ask("addnode", session_id=session, node_id="slow", kind=SLOW)
    await client.state("slow", "Initializing")
    await client.ask("addnode", session_id=session, node_id="a", kind="video::compositor", params={"fps": 5})
    await client.state("a", "Creating")
    mark = len(client.frames)
    answer = await _tune(client, session, {"fps": 0})
    assert answer == {"action": "error", "message": "Node 'a' refused the update: fps: must be more than 0"}
    told, _ = await client.events_so_far(session, mark)
    assert told["data"]["event_type"] == "compositor.config_refused"
    assert await _tune(client, session, {"fps": 6}) == SUCCESS
    engine.kinds.gate.set()
    assert (await client.event("nodeadded", node_id="a"))["params"] == {"fps": 6}


@pytest.mark.parametrize("params", [None, 5, [1], "text"])
async def test_params_must_be_an_object(client: ControlClient, session: str, params: Any) -> None:
    """§7, Engine: no node could take anything else."""
    await _add(client, session, {"x": 1})
    answer = await _tune(client, session, params)
    assert answer == {"action": "error", "message": "Node 'a' refused the update: params must be an object"}
    assert await _stored(client, session) == {"x": 1}


async def test_a_forbidden_path_is_refused(client: ControlClient, session: str) -> None:
    """§7.2: `Security policy rejected the UpdateParams payload`; nothing is stored or broadcast."""
    good = {"path": "media/guest.mp4"}
    answer = await client.ask("addnode", session_id=session, node_id="a", kind="layerdesk::media", params=good)
    assert answer == SUCCESS
    await client.event("nodeadded")
    mark = len(client.frames)
    refused = {"action": "error", "message": "Security policy rejected the UpdateParams payload"}
    for path in ("../../etc/passwd", "/etc/passwd", "media/../../secret"):
        assert await _tune(client, session, {"path": path}) == refused
        await client.tell("tunenodeasync", session_id=session, node_id="a", message={"UpdateParams": {"path": path}})
    changed = [event for event in await client.events_so_far(session, mark) if event["event"] == "nodeparamschanged"]
    assert changed == []
    assert await _stored(client, session) == good


async def test_start_and_shutdown_store_and_broadcast_nothing(
    engine: Harness, client: ControlClient, session: str
) -> None:
    """§7: handed to the engine."""
    await _add(client, session, {"x": 1})
    mark = len(client.frames)
    assert await client.ask("tunenode", session_id=session, node_id="a", message="Start") == SUCCESS
    assert await client.ask("tunenode", session_id=session, node_id="a", message="Shutdown") == SUCCESS
    stopped = await client.state("a", "Stopped", mark)
    assert stopped["state"] == {"Stopped": {"reason": "shutdown"}}
    assert [event["event"] for event in await client.events_so_far(session, mark)] == ["nodestatechanged"]
    assert await _stored(client, session) == {"x": 1}
    assert engine.kinds.nodes["a"].calls[0] == "start"


async def test_neither_schema_nor_tunable_is_enforced(client: ControlClient, session: str) -> None:
    """§7.1: no schema check."""
    await _add(client, session, None)
    assert await _tune(client, session, {"anything": {"goes": [1, None, {"x": 1e300}]}}) == SUCCESS
    assert await _stored(client, session) == {"anything": {"goes": [1, None, {"x": 1e300}]}}
