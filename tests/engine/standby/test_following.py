"""A standby copies the sessions of another engine, runs them and changes nothing by itself (log PROTOCOL.md §6.7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sync.log.frames import Reject, StandbysFrame
from sync.log.replica import Replica
from tests.engine.control_client import ControlClient
from tests.engine.standby.pair import SHOW, Place, follower_of, is_live, pair, place, start, until
from tests.support.engine_process import EngineProcess

OPACITY = ("layers", "in_0", "opacity")
SQUASHED = b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10"/></svg>'
YAML = "name: second\nnodes: {bars: {kind: 'video::colorbars', params: {width: 64, height: 48, fps: 10}}}"


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def control(at: Place) -> ControlClient:
    return ControlClient(await at.http.ws_connect(f"{at.base}/api/v1/control"))


async def test_a_standby_has_the_sessions_under_their_names_and_runs_them(stack: AsyncExitStack) -> None:
    leader, standby = await pair(stack)
    assert await standby.get("/api/v1/sessions") == await leader.get("/api/v1/sessions")
    here, there = (
        await standby.get("/api/v1/sessions/show/pipeline"),
        await leader.get("/api/v1/sessions/show/pipeline"),
    )
    assert here["description"] == there["description"] == "What a standby is tried with."
    assert list(here["nodes"]) == list(there["nodes"])
    assert here["connections"] == there["connections"]
    await until(lambda: runs(standby))
    desk = await leader.desk()
    await desk.decided(desk.tune("mix", 0.25, *OPACITY))
    await until(lambda: opacity_is(standby, 0.25))
    assert await standby.document() == await leader.document()
    await desk.close()


async def runs(at: Place) -> bool:
    return set(map(str, (await at.states()).values())) == {"Running"}


async def opacity_is(at: Place, value: float) -> bool:
    nodes = (await at.get("/api/v1/sessions/show/pipeline"))["nodes"]
    return bool(nodes["mix"]["params"]["layers"]["in_0"]["opacity"] == value)


async def test_a_standby_shows_everything_and_refuses_every_change_with_one_sentence(stack: AsyncExitStack) -> None:
    leader, standby = await pair(stack)
    sentence = f"This engine is a standby of {leader.base}; take over first."
    client = await control(standby)
    node = {"session_id": "show", "node_id": "mix"}
    changes: list[tuple[str, dict[str, Any]]] = [
        ("createsession", {"name": "x"}),
        ("destroysession", {"session_id": "show"}),
        ("addnode", {**node, "kind": "core::sink"}),
        ("removenode", node),
        ("tunenode", {**node, "message": {"UpdateParams": {"width": 1}}}),
        ("applybatch", {"session_id": "show", "operations": []}),
    ]
    for action, fields in changes:
        assert await client.ask(action, **fields) == {"action": "error", "message": sentence}, action
    await client.tell("tunenodeasync", **node, message={"UpdateParams": {"width": 1}})
    assert (await client.ask("getpipeline", session_id="show"))["pipeline"]["nodes"]["mix"]["params"]["width"] == 64
    rights = (await client.ask("getpermissions"))["permissions"]
    assert not rights["tune_nodes"]
    assert rights["list_sessions"]
    await client.close()
    assert await standby.post("/api/v1/sessions", json={"yaml": YAML}) == (403, sentence)
    async with standby.http.delete(f"{standby.base}/api/v1/sessions/show") as answer:
        assert (answer.status, await answer.text()) == (403, sentence)
    desk = await standby.desk()
    assert desk.end.welcome is not None
    assert desk.end.welcome.rights == "view"
    desk.tune("mix", 0.5, *OPACITY)
    await desk.until(lambda: any(isinstance(frame, Reject) for frame in desk.controls))
    (reject,) = [frame for frame in desk.controls if isinstance(frame, Reject)]
    assert (reject.reason, reject.sentence) == ("standby", sentence)
    await desk.close()
    assert await opacity_is(standby, 1.0)


async def test_the_leader_tells_its_desks_where_its_standby_is(stack: AsyncExitStack) -> None:
    leader, standby = await pair(stack)
    desk = await leader.desk()

    def told() -> Any:
        frames = [frame for frame in desk.controls if isinstance(frame, StandbysFrame) and frame.standbys]
        return frames[-1].standbys if frames else ()

    await desk.until(lambda: bool(told()))
    assert [row.url for row in told()] == [standby.base]
    (row,) = (await leader.facts())["standbys"]
    assert row["url"] == standby.base
    await desk.close()


async def test_sessions_come_and_go_with_those_of_the_leader(stack: AsyncExitStack) -> None:
    leader, standby = await pair(stack)
    assert (await leader.post("/api/v1/sessions", json={"yaml": YAML, "name": "second"}))[0] == 200
    await until(lambda: is_live(standby, 2))
    assert [row["name"] for row in await standby.get("/api/v1/sessions")] == ["show", "second"]
    async with leader.http.delete(f"{leader.base}/api/v1/sessions/second") as answer:
        assert answer.status == 200
    await until(lambda: is_live(standby, 1))
    assert [row["name"] for row in await standby.get("/api/v1/sessions")] == ["show"]


async def test_one_session_of_several_can_be_copied(stack: AsyncExitStack) -> None:
    leader = await start(stack, EngineProcess(SHOW))
    assert (await leader.post("/api/v1/sessions", json={"yaml": YAML, "name": "second"}))[0] == 200
    standby = await start(stack, follower_of(leader.base, "--session", "second"))
    await until(lambda: is_live(standby))
    assert [row["name"] for row in await standby.get("/api/v1/sessions")] == ["second"]


async def test_a_leader_that_stops_or_forgets_takes_no_copy_with_it(stack: AsyncExitStack) -> None:
    """Only an operator who ends a session there ends the copy here."""
    leader, standby = await pair(stack)
    before = await standby.get("/api/v1/sessions")
    await asyncio.to_thread(leader.engine.stop)
    await until(lambda: is_waiting(standby))
    await asyncio.to_thread(leader.engine.restart)  # without its files: it has no session any more
    await until(
        lambda: trouble_is(
            standby, f"{leader.base} no longer has this session; its copy is kept until it is ended here"
        )
    )
    assert await standby.get("/api/v1/sessions") == before
    assert await runs(standby)


async def is_waiting(standby: Place) -> bool:
    return bool((await standby.copy())["state"] != "live")


async def trouble_is(standby: Place, sentence: str) -> bool:
    return bool((await standby.copy())["trouble"] == sentence)


async def test_a_server_without_ordered_logs_cannot_be_followed_and_that_is_said(stack: AsyncExitStack) -> None:
    from aiohttp import web

    async def nothing(_: web.Request) -> web.Response:
        return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{tail:.*}", nothing)
    runner = web.AppRunner(app)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    standby = await start(stack, follower_of(url))

    async def trouble() -> str:
        return str((await standby.facts())["trouble"])

    assert await until(trouble) == f"{url} keeps no ordered logs (layerdesk.v2): there is nothing to follow"


async def test_only_an_admin_may_let_it_take_over(stack: AsyncExitStack, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("admin a-token\nuser u-token\n")
    tokens.chmod(0o600)
    leader = await start(stack, EngineProcess(SHOW))
    standby = await start(stack, follower_of(leader.base, "--tokens", tokens), "u-token")
    status, text = await standby.post("/api/v1/standby/take-over")
    assert (status, text) == (403, "Permission denied: only an admin may let this engine take over")
    async with aiohttp.ClientSession() as nobody:
        assert (await Place(standby.engine, nobody).post("/api/v1/standby/take-over"))[0] == 401
    assert (await standby.facts())["part"] == "standby"
    async with place(standby.engine, "a-token") as director:
        assert (await director.take_over())["part"] == "leader"


async def test_an_engine_that_leads_has_nothing_to_take_over(stack: AsyncExitStack) -> None:
    leader = await start(stack, EngineProcess(SHOW))
    desk = await leader.desk(replica=Replica("open/d~1"))
    facts = await leader.take_over()
    assert (facts["part"], facts["leader"], facts["copies"]) == ("leader", "", [])
    await desk.decided(desk.tune("mix", 0.5, *OPACITY))
    await desk.close()


async def test_pictures_that_were_uploaded_to_the_leader_are_on_the_standby_too(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    """One from before, and one that comes while it follows: both are drawn, as the leader draws them."""
    leader = await start(stack, EngineProcess(SHOW, options=["--samples-dir", tmp_path / "leader"]))
    await upload(leader, "before.svg")
    standby = await start(stack, follower_of(leader.base, "--samples-dir", tmp_path / "standby"))
    await until(lambda: is_live(standby))
    await upload(leader, "after.svg")
    params = (await leader.get("/api/v1/sessions/show/pipeline"))["nodes"]["mix"]["params"]
    rect = {"x": 0, "y": 0, "width": 10, "height": 10}
    overlays = [
        {"id": name, "asset_path": f"samples/images/user/{name}.svg", "rect": rect, "z_index": 5}
        for name in ("before", "after")
    ]
    client = await control(leader)
    message = {"UpdateParams": {**params, "image_overlays": overlays}}
    assert (await client.ask("tunenode", session_id="show", node_id="mix", message=message))["action"] == "success"
    await client.close()

    async def draws_both(at: Place) -> bool:
        view = (await at.get("/api/v1/sessions/show/pipeline"))["view_data"]["mix"]
        return len(view["image_overlays"]) == 2 and all(each["height"] == 5 for each in view["image_overlays"])

    await until(lambda: draws_both(leader))
    await until(lambda: draws_both(standby))
    assert [each["id"] for each in await standby.get("/api/v1/assets/images") if not each["is_system"]] == [
        "user/after.svg",
        "user/before.svg",
    ]


async def upload(at: Place, name: str) -> None:
    form = aiohttp.FormData()
    form.add_field("file", SQUASHED, filename=name)
    status, text = await at.post("/api/v1/assets/images", data=form)
    assert status == 200, text
