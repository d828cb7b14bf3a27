"""sync/log/PROTOCOL.md §1, §5-§7, §9 over a real socket: what a desk and a client of protocol 1 see of each other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import pytest_asyncio

from sync.log.edits import REMOVED, add_node, change, connect, param_place, remove_node
from sync.log.frames import SUBPROTOCOL
from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import BROKEN, SOURCE
from tests.engine.harness import Harness
from tests.engine.log_client import LogClient, connect_log

Join = Callable[..., Awaitable[LogClient]]


@pytest_asyncio.fixture
async def join(engine: Harness, session: str) -> AsyncIterator[Join]:
    """Connects desks to the session's log; all hang up at the end."""
    clients: list[LogClient] = []

    async def connect_one(install: str = "d", **options: Any) -> LogClient:
        clients.append(await connect_log(engine, session, install, **options))
        return await clients[-1].live()

    yield connect_one
    for each in clients:
        await each.close()


async def _add(client: ControlClient, session: str, node_id: str, kind: str = SOURCE, params: Any = None) -> None:
    await client.ask("addnode", session_id=session, node_id=node_id, kind=kind, params=params)
    await client.state(node_id, "Running")


async def test_the_subprotocol_is_taken_when_a_session_is_named(engine: Harness, session: str) -> None:
    """§1: offered with a session → chosen; without one, or not offered → protocol 1 and no subprotocol."""
    url = f"{engine.base}/api/v1/control"
    for query, offers, chosen in (
        ({"session": session}, (SUBPROTOCOL,), SUBPROTOCOL),
        ({"session": "studio"}, ("other", SUBPROTOCOL), SUBPROTOCOL),
        ({}, (SUBPROTOCOL,), None),
        ({"session": session}, (), None),
    ):
        async with engine.http.ws_connect(url, params=query, protocols=offers) as socket:
            assert socket.protocol == chosen


async def test_an_unknown_session_is_not_found_before_the_upgrade(engine: Harness) -> None:
    """§1: HTTP 404."""
    url, query = f"{engine.base}/api/v1/control", {"session": "nowhere"}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await engine.http.ws_connect(url, params=query, protocols=(SUBPROTOCOL,))
    assert refusal.value.status == 404


async def test_a_desk_begins_with_the_session_as_it_is(join: Join, client: ControlClient, session: str) -> None:
    """§6.3: without shared history a snapshot at the newest rev."""
    await _add(client, session, "a", params={"x": 1})
    await _add(client, session, "b")
    await client.ask("connect", session_id=session, from_node="a", from_pin="out", to_node="b", to_pin="in")
    desk = await join()
    document = desk.replica.confirmed
    assert (document.node_ids(), document.params("a")) == (("a", "b"), {"x": 1})
    assert document.connections() == (("a", "out", "b", "in", None),)


async def test_an_op_reaches_the_node_the_others_and_protocol_1(
    engine: Harness, join: Join, client: ControlClient, session: str
) -> None:
    """§7.1; protocol 1 hears the params with the author and the rev of the op as their stamp."""
    await _add(client, session, "a", params={"x": 1, "y": 2})
    mine, theirs = await join("mine"), await join("theirs")
    op = mine.tune("a", 7, "x")
    await mine.decided(op)
    await theirs.until(lambda: theirs.replica.value(("nodes", "a", "params", "x")) == 7)
    event = await client.event("nodeparamschanged", node_id="a")
    assert event["params"] == {"x": 7, "_sender": op.author, "_rev": op.seq}
    assert engine.kinds.nodes["a"].updates[-1] == event["params"]
    assert (await client.ask("getpipeline", session_id=session))["pipeline"]["nodes"]["a"]["params"] == {"x": 7, "y": 2}


async def test_a_tune_of_protocol_1_is_an_entry_of_its_role(join: Join, client: ControlClient, session: str) -> None:
    """§2.5: numbered in the step that applied it, the smallest changes, under an author of the engine's."""
    await _add(client, session, "a", params={"x": 1, "deep": {"y": 2, "z": 3}})
    desk = await join()
    params = {"x": 1, "deep": {"y": 5}, "_sender": "s", "_rev": 1}
    await client.ask("tunenode", session_id=session, node_id="a", message={"UpdateParams": params})
    await desk.until(lambda: desk.replica.value(("nodes", "a", "params", "deep", "y")) == 5)
    register = desk.replica.confirmed.register(("nodes", "a", "params", "deep", "y"))
    assert register is not None
    assert register.author.startswith("p1/admin~")
    untouched = desk.replica.confirmed.register(("nodes", "a", "params", "x"))
    assert untouched is not None
    assert untouched.rev < register.rev


async def test_a_node_and_its_connection_by_one_op(
    engine: Harness, join: Join, client: ControlClient, session: str
) -> None:
    """§3: the op is the transaction; protocol 1 hears of the node at once and of a failure as of any other."""
    await _add(client, session, "a")
    desk = await join()
    op = desk.submit([*add_node("b", SOURCE, {"v": 1}), *connect("a", "out", "b", "in_0")])
    await desk.decided(op)
    assert (await client.event("nodeadded", node_id="b"))["params"] == {"v": 1}
    await client.event("connectionadded", to_node="b")
    await client.state("b", "Running")
    pipeline = (await client.ask("getpipeline", session_id=session))["pipeline"]
    assert [row["to_node"] for row in pipeline["connections"]] == ["b"]
    assert [pin for pin, _ in engine.kinds.nodes["b"].inputs] == ["in_0"]
    await desk.decided(desk.submit([*add_node("c", BROKEN)]))
    await client.event("nodeadded", node_id="c")
    await client.state("c", "Failed")
    await desk.decided(desk.submit([*remove_node("b")]))
    await client.event("connectionremoved", to_node="b")
    await client.event("noderemoved", node_id="b")
    pipeline = (await client.ask("getpipeline", session_id=session))["pipeline"]
    assert (list(pipeline["nodes"]), pipeline["connections"]) == (["a", "c"], [])


async def test_a_param_that_an_op_takes_away_has_its_default_again(
    engine: Harness, join: Join, client: ControlClient, session: str
) -> None:
    """Protocol 1 has no word for it: it hears of the default."""
    params = {"width": 64, "height": 48, "draw_time": True}
    await _add(client, session, "bars", "video::colorbars", params)
    desk = await join()
    op = desk.submit([change(param_place("bars", ("draw_time",)), REMOVED)])
    await desk.decided(op)
    event = await client.event("nodeparamschanged", node_id="bars")
    assert event["params"] == {"draw_time": False, "_sender": op.author, "_rev": op.seq}
    studio = engine.core.sessions.by_id(session)
    assert studio is not None
    assert studio.model.nodes["bars"].params == {"width": 64, "height": 48}


async def test_a_desk_that_follows_the_log_is_not_told_twice(
    engine: Harness, join: Join, client: ControlClient, session: str
) -> None:
    """§1: while its log link is live, what the log carries does not come by events; states go on."""
    await _add(client, session, "a")
    desk_id = str(uuid4())
    both = await engine.client(params={"desk": desk_id})
    await both.ask("getpermissions")
    desk = await join(desk=desk_id)
    await client.ask("tunenode", session_id=session, node_id="a", message={"UpdateParams": {"x": 1}})
    await client.ask("addnode", session_id=session, node_id="b", kind=SOURCE, params=None)
    await both.state("b", "Running")
    heard = {frame["payload"]["event"] for frame in both.frames if frame["type"] == "event"}
    assert "nodestatechanged" in heard
    assert not heard & {"nodeparamschanged", "nodeadded"}
    await desk.close()
    await client.ask("tunenode", session_id=session, node_id="a", message={"UpdateParams": {"x": 2}})
    await both.event("nodeparamschanged", params={"x": 2})
