"""PROTOCOL.md §3, §4: sessions, names and identities."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from engine.running.session_name import generated_name
from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import SOURCE
from tests.engine.harness import Harness, running

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z\Z")


def _error(message: str) -> dict[str, str]:
    return {"action": "error", "message": message}


def test_generated_names_are_a_function_of_the_id() -> None:
    """§3.8: the check value."""
    assert generated_name("00000000-0000-4000-8000-000000000000") == "kind-dragon-7c28"


async def test_a_session_is_created_empty(client: ControlClient) -> None:
    """§4.1: an empty dynamic session; the answer has id, name and time."""
    answer = await client.ask("createsession", name="studio")
    assert answer.keys() == {"action", "session_id", "name", "created_at"}
    assert (answer["action"], answer["name"]) == ("sessioncreated", "studio")
    assert UUID(answer["session_id"]).version == 4
    assert RFC_3339.match(answer["created_at"])
    pipeline = (await client.ask("getpipeline", session_id=answer["session_id"]))["pipeline"]
    assert pipeline == {"mode": "dynamic", "nodes": {}, "connections": []}


@pytest.mark.parametrize("name", [None, "", "   "])
async def test_without_a_name_one_is_generated(client: ControlClient, name: str | None) -> None:
    """§3.8: blank or missing → generated from the id."""
    answer = await client.ask("createsession", name=name)
    assert answer["name"] == generated_name(answer["session_id"])


async def test_names_are_trimmed_and_unique(client: ControlClient) -> None:
    """§3.8, §4.1: trimmed; a second session of the name is refused."""
    assert (await client.ask("createsession", name="  studio "))["name"] == "studio"
    assert await client.ask("createsession", name="studio") == _error("Session with name 'studio' already exists")


async def test_the_number_of_sessions_may_be_limited() -> None:
    """§4.1: the limit's sentence."""
    async with running(session_limit=1) as engine:
        client = await engine.client()
        await client.ask("createsession")
        assert await client.ask("createsession") == _error("Maximum concurrent sessions limit reached")


async def test_everyone_hears_of_a_new_session(engine: Harness, client: ControlClient) -> None:
    """§4.1, §6: sessioncreated goes to all who may see it, the caller included."""
    other = await engine.client()
    await other.ask("getpermissions")
    answer = await client.ask("createsession", name="studio")
    expected = {"event": "sessioncreated", **{key: answer[key] for key in ("session_id", "name", "created_at")}}
    assert await client.event("sessioncreated") == expected
    assert await other.event("sessioncreated") == expected


async def test_sessions_are_listed(client: ControlClient, session: str) -> None:
    """§4.3: the field is `id` here."""
    (row,) = (await client.ask("listsessions"))["sessions"]
    assert row.keys() == {"id", "name", "created_at"}
    assert (row["id"], row["name"]) == (session, "studio")


async def test_a_session_is_found_by_id_or_name_and_answers_hold_the_id(client: ControlClient, session: str) -> None:
    """§3.1: id or name everywhere; responses and events carry the real id."""
    assert (await client.ask("addnode", session_id="studio", node_id="a", kind=SOURCE))["action"] == "success"
    assert (await client.event("nodeadded"))["session_id"] == session
    await client.ask("tunenode", session_id="studio", node_id="a", message={"UpdateParams": {"x": 1}})
    assert (await client.event("nodeparamschanged"))["session_id"] == session
    assert (await client.ask("getpipeline", session_id="studio"))["action"] == "pipeline"
    answer = await client.ask("destroysession", session_id="studio")
    assert answer == {"action": "sessiondestroyed", "session_id": session}


async def test_the_id_is_tried_before_the_name(client: ControlClient, session: str) -> None:
    """§3.1: matched by id first."""
    await client.ask("createsession", name=session)
    await client.ask("destroysession", session_id=session)
    left = (await client.ask("listsessions"))["sessions"]
    assert [row["name"] for row in left] == [session]


async def test_a_destroyed_session_is_gone_at_once(engine: Harness, client: ControlClient, session: str) -> None:
    """§4.2: out of the registry, then the event; the nodes stop in the background."""
    await client.ask("addnode", session_id=session, node_id="a", kind=SOURCE)
    await client.state("a", "Running")
    node = engine.kinds.nodes["a"]
    await client.ask("destroysession", session_id=session)
    assert await client.event("sessiondestroyed") == {"event": "sessiondestroyed", "session_id": session}
    assert (await client.ask("listsessions"))["sessions"] == []
    assert await client.ask("getpipeline", session_id=session) == _error(f"Session '{session}' not found")
    await engine.server.stop()
    assert node.calls == ["start", "stop"]


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("destroysession", {}),
        ("getpipeline", {}),
        ("addnode", {"node_id": "n", "kind": SOURCE}),
        ("removenode", {"node_id": "n"}),
        ("connect", {"from_node": "a", "from_pin": "out", "to_node": "b", "to_pin": "in"}),
        ("disconnect", {"from_node": "a", "from_pin": "out", "to_node": "b", "to_pin": "in"}),
        ("tunenode", {"node_id": "n", "message": {"UpdateParams": {}}}),
        ("validatebatch", {"operations": []}),
        ("applybatch", {"operations": []}),
    ],
)
async def test_an_unknown_session_is_named_as_it_was_given(
    client: ControlClient, action: str, fields: dict[str, object]
) -> None:
    """§4: `Session '{given id or name}' not found`."""
    assert await client.ask(action, session_id="nowhere", **fields) == _error("Session 'nowhere' not found")


async def test_permissions_are_a_role_and_fifteen_booleans(client: ControlClient) -> None:
    """§3.7, §4.10."""
    answer = await client.ask("getpermissions")
    assert answer["role"] == "admin"
    rights = (
        "create_sessions destroy_sessions list_sessions modify_sessions tune_nodes load_plugins delete_plugins "
        "list_nodes list_samples read_samples write_samples delete_samples access_all_sessions upload_assets "
        "delete_assets"
    )
    assert set(answer["permissions"]) == set(rights.split())
    assert all(value is True for value in answer["permissions"].values())


async def test_node_kinds_are_listed_with_the_two_oneshot_ones(client: ControlClient) -> None:
    """§3.5, §4.4: definitions, the two synthetic kinds included."""
    answer = await client.ask("listnodes")
    assert answer["action"] == "nodeslisted"
    kinds = {node["kind"]: node for node in answer["nodes"]}
    assert {"video::compositor", "video::colorbars", "core::sink", SOURCE} <= kinds.keys()
    oneshot = kinds["streamkit::http_output"]
    assert oneshot["inputs"] == [{"name": "in", "accepts_types": ["Binary"], "cardinality": "One"}]
    assert oneshot["param_schema"] == {}
    assert kinds["streamkit::http_input"]["outputs"] == [
        {"name": "out", "produces_type": "Binary", "cardinality": "Broadcast"}
    ]
    assert all(kinds[name]["categories"] == ["transport", "oneshot"] for name in kinds if name.startswith("streamkit"))
    compositor = kinds["video::compositor"]
    assert compositor["inputs"][0]["cardinality"] == {"Dynamic": {"prefix": "in"}}
    assert compositor.keys() >= {"kind", "param_schema", "inputs", "outputs", "categories", "bidirectional"}
