"""PROTOCOL.md §4, §7, Engine: a bad update is refused at any moment of a node's life, counted and told each time."""

from __future__ import annotations

from typing import Any

import pytest

from sync.log.edits import change, param_place
from sync.wire.state import NodeState
from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import BROKEN, SLOW, SOURCE
from tests.engine.harness import Harness
from tests.engine.log_client import connect_log

SUCCESS = {"action": "success"}
CLIP = {"path": "media/guest.mp4"}


async def _tune(client: ControlClient, session: str, node_id: str, **params: Any) -> str:
    """The sentence of the refusal, empty when it was taken."""
    message = {"UpdateParams": params}
    answer = await client.ask("tunenode", session_id=session, node_id=node_id, message=message)
    return str(answer.get("message", "")).removeprefix(f"Node '{node_id}' refused the update: ")


async def _stored(client: ControlClient, session: str, node_id: str) -> Any:
    return (await client.ask("getpipeline", session_id=session))["pipeline"]["nodes"][node_id]["params"]


async def _open(engine: Harness, client: ControlClient, kind: str, params: str) -> str:
    """A session of one node ``a``, which need not come to life."""
    yaml = f"nodes: {{a: {{kind: '{kind}', params: {params}}}}}"
    async with engine.http.post(f"{engine.base}/api/v1/sessions", json={"yaml": yaml}) as answer:
        return str((await answer.json())["session_id"])


async def _hold_up(client: ControlClient, session: str) -> None:
    """What is added now is not built before the gate opens."""
    await client.ask("addnode", session_id=session, node_id="slow", kind=SLOW)
    await client.state("slow", "Initializing")


@pytest.mark.parametrize(
    ("kind", "params", "bad", "sentence"),
    [
        ("layerdesk::media", CLIP, {"start_s": -5, "nonsense": 1}, "Object contains unknown field `nonsense`"),
        ("layerdesk::media", CLIP, {"start_s": -5}, "start_s: must be 0 or more seconds"),
        ("video::colorbars", {}, {"animate": 7}, "animate: Expected `bool`, got `int`"),
        ("video::compositor", {}, {"width": -64, "zz": 48}, "Object contains unknown field `zz`"),
        ("video::vp9::encoder", {}, {"threads": 0}, "threads: must be 1 to 64"),
        ("transport::http::mse", {"path": "/a"}, {"path": "/a..b"}, "path: must not be empty and hold neither .. nor"),
    ],
    ids=["media-unknown", "media", "colorbars", "compositor", "encoder", "mse"],
)
async def test_a_node_that_is_not_built_yet_refuses_what_it_could_not_be_built_with(
    engine: Harness, client: ControlClient, session: str, kind: str, params: dict[str, Any], bad: Any, sentence: str
) -> None:
    """So that what is stored builds again at the next start."""
    await _hold_up(client, session)
    assert await client.ask("addnode", session_id=session, node_id="a", kind=kind, params=params) == SUCCESS
    assert (await _tune(client, session, "a", **bad)).startswith(sentence)
    engine.kinds.gate.set()
    assert (await client.event("nodeadded", node_id="a"))["params"] == params
    assert await _stored(client, session, "a") == params


@pytest.mark.expects_log("refused an update: fixed: cannot change")
async def test_what_was_taken_before_there_was_a_node_and_is_refused_by_it_is_told(
    engine: Harness, client: ControlClient, session: str
) -> None:
    """It is in the params all the same, and holds from the next start on."""
    await client.ask("addnode", session_id=session, node_id="a", kind=SLOW)
    assert await _tune(client, session, "a", fixed=1) == ""
    engine.kinds.gate.set()
    told = await client.event("nodetelemetry", node_id="a")
    assert told["data"] == {
        "event_type": "slow.config_refused",
        "field": "fixed",
        "reason": "cannot change while the node runs",
    }
    assert (await client.event("nodestatsupdated", node_id="a"))["stats"]["errored"] == 1
    assert (await client.event("nodeadded"))["params"] == {"fixed": 1}


async def test_a_compositor_that_could_not_be_built_refuses_and_takes(engine: Harness, client: ControlClient) -> None:
    """A config that it would take is stored, for the next start."""
    session = await _open(engine, client, "video::compositor", "{width: 0}")
    await client.state("a", "Failed")
    mark = len(client.frames)
    assert await _tune(client, session, "a", width=-64, zz=48) == "Object contains unknown field `zz`"
    assert await _tune(client, session, "a", width=-64) == "width: must be 1 to 7680"
    told = [event["event"] for event in await client.events_so_far(session, mark)]
    assert told == ["nodetelemetry", "nodestatsupdated"] * 2
    assert await _stored(client, session, "a") == {"width": 0}
    assert await _tune(client, session, "a", width=64) == ""
    assert await _stored(client, session, "a") == {"width": 64}


async def test_what_was_wrong_in_a_file_can_be_mended_field_by_field(engine: Harness, client: ControlClient) -> None:
    """No field is blamed for another one."""
    session = await _open(engine, client, "video::colorbars", "{width: 0, height: 0, surprise: 1}")
    await client.state("a", "Failed")
    assert await _tune(client, session, "a", width=640) == ""
    assert await _tune(client, session, "a", height=9999) == "height: must be 1 to 7680"
    assert await _tune(client, session, "a", height=480) == ""
    assert await _stored(client, session, "a") == {"width": 640, "height": 480, "surprise": 1}


@pytest.mark.parametrize("kind", [SOURCE, BROKEN])
async def test_a_node_that_has_failed_is_not_asked(
    engine: Harness, client: ControlClient, session: str, kind: str
) -> None:
    """Neither one that failed while it ran nor what is left of one that was never built."""
    await client.ask("addnode", session_id=session, node_id="a", kind=kind)
    if kind == SOURCE:
        await client.state("a", "Running")
        engine.kinds.nodes["a"].context.on_state(NodeState("Failed", "gone"))
    await client.state("a", "Failed")
    mark = len(client.frames)
    assert await _tune(client, session, "a", bad=1) == "bad: must not be there"
    events = await client.events_so_far(session, mark)
    assert [event["event"] for event in events] == ["nodetelemetry", "nodestatsupdated"]


async def test_every_refused_update_is_an_error_of_its_node(
    engine: Harness, client: ControlClient, session: str
) -> None:
    """§7: and what the node counts itself comes on top."""
    await client.ask("addnode", session_id=session, node_id="a", kind="video::colorbars", params={"width": 64})
    await client.state("a", "Running")
    for _ in range(3):
        message = {"UpdateParams": {"animate": "much"}}
        await client.tell("tunenodeasync", session_id=session, node_id="a", message=message)

    def fits(frame: dict[str, Any]) -> bool:
        stats = frame["payload"].get("stats", {})
        return bool(stats.get("errored") == 3 and stats["sent"] > 1)

    await client.frame(fits)


async def test_an_op_that_a_failed_node_could_not_be_built_with_is_refused(
    engine: Harness, client: ControlClient
) -> None:
    """../log/PROTOCOL.md §3.2: as for one that runs."""
    session = await _open(engine, client, "video::colorbars", "{fps: 0}")
    await client.state("a", "Failed")
    desk = await (await connect_log(engine, session)).live()
    await desk.until(lambda: desk.replica.confirmed.kind("a") == "video::colorbars")
    await desk.decided(desk.submit([change(param_place("a", ("fps",)), -1)]))
    (conflict,) = desk.replica.conflicts
    assert (conflict.refusal.reason, conflict.refusal.sentence) == ("invalid", "fps: must be 1 to 1000")
    await desk.decided(desk.submit([change(param_place("a", ("fps",)), 25)]))
    assert await _stored(client, session, "a") == {"fps": 25}
    await desk.close()


@pytest.mark.parametrize(("nodes", "edges", "limit"), [(4, 0, "4 nodes"), (1, 4, "3 connections")])
async def test_a_file_that_no_session_could_hold_is_refused(
    engine: Harness, nodes: int, edges: int, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§4: before anything of it is made; a check says so too."""
    monkeypatch.setattr("engine.running.pipeline_check.MAX_NODES", 4)
    monkeypatch.setattr("engine.running.pipeline_check.MAX_CONNECTIONS", 3)
    rows = "".join(f"  n{number}: {{kind: 'core::sink'}}\n" for number in range(nodes))
    needs = ", ".join(["n0"] * edges)
    body = {"yaml": f"nodes:\n{rows}  last: {{kind: 'core::sink', needs: [{needs}]}}\n"}
    async with engine.http.post(f"{engine.base}/api/v1/sessions", json=body) as answer:
        assert (answer.status, await answer.text()) == (400, f"Pipeline is too large (max {limit})")
    async with engine.http.post(f"{engine.base}/api/v1/validate", json=body) as answer:
        fault = (await answer.json())["errors"][0]
        assert (fault["kind"], fault["message"]) == ("schema", f"Pipeline is too large (max {limit})")
    assert engine.core.sessions.all() == []


async def test_nodes_that_never_came_to_life_fill_a_session_too(
    client: ControlClient, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§4: until they are taken away."""
    monkeypatch.setattr("engine.running.session.MAX_NODES", 2)
    full = {"action": "error", "message": "The session is full (max 2 nodes)"}
    for node_id, answer in (("a", SUCCESS), ("b", SUCCESS), ("c", full)):
        assert await client.ask("addnode", session_id=session, node_id=node_id, kind="no::such") == answer
    operations = [{"action": "addnode", "node_id": "c", "kind": SOURCE}]
    assert await client.ask("applybatch", session_id=session, operations=operations) == full
    await client.ask("removenode", session_id=session, node_id="a")
    await client.event("noderemoved", node_id="a")
    assert await client.ask("addnode", session_id=session, node_id="c", kind=SOURCE) == SUCCESS
    await client.state("c", "Running")
