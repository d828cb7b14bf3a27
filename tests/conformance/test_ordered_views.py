"""sync/log/PROTOCOL.md §9 with a real compositor: whose ops a geometry was computed from."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from engine.running.session import Session
from sync.log.live_frames import ViewFrame
from tests.engine.control_client import ControlClient
from tests.engine.harness import Harness
from tests.engine.log_client import LogClient, connect_log

PIPELINE = """
nodes:
  bars: {kind: "video::colorbars", params: {width: 160, height: 120, fps: 60}}
  mix:
    kind: video::compositor
    params:
      {width: 320, height: 180, fps: 60, layers: {in_0: {rect: {x: 0, y: 0, width: 100, height: 100}, opacity: 1.0}}}
    needs: {in_0: bars}
"""


@pytest_asyncio.fixture
async def mixed(engine: Harness, client: ControlClient) -> Session:
    """A session that composes one source."""
    async with engine.http.post(f"{engine.base}/api/v1/sessions", json={"yaml": PIPELINE}) as answer:
        session = engine.core.sessions.by_id((await answer.json())["session_id"])
    await client.event("nodeviewdataupdated")
    assert session is not None
    return session


@pytest_asyncio.fixture
async def desk(engine: Harness, mixed: Session) -> AsyncIterator[LogClient]:
    client = await (await connect_log(engine, mixed.id)).live()
    yield client
    await client.close()


def _x(frame: ViewFrame) -> int:
    return int(frame.data["layers"][0]["x"])


async def test_a_link_that_becomes_live_gets_every_slot_without_a_stamp(desk: LogClient) -> None:
    await desk.until(lambda: bool(desk.views))
    frame = desk.views[0]
    assert (frame.node, frame.seen, _x(frame)) == ("mix", {}, 0)
    assert not [name for name in frame.data if name.startswith("_")]


async def test_view_data_names_the_newest_op_that_it_was_computed_from(desk: LogClient, client: ControlClient) -> None:
    """Never an older one: what is shown with ``seen`` n has the place of op n."""
    ops = {}
    for x in range(10, 30):
        op = desk.tune("mix", x, "layers", "in_0", "rect", "x")
        ops[op.seq] = x
        await desk.decided(op)
    await desk.until(lambda: bool(desk.views) and desk.views[-1].seen.get(op.author) == op.seq)
    shown = [frame for frame in desk.views if op.author in frame.seen]
    assert not [name for frame in shown for name in frame.data if name.startswith("_")]
    assert all(_x(frame) == ops[frame.seen[op.author]] for frame in shown)
    assert [frame.view_seq for frame in desk.views] == sorted({frame.view_seq for frame in desk.views})
    event = await _layout(client, x)
    assert (event["_sender"], event["_rev"]) == (op.author, op.seq)


async def _layout(client: ControlClient, x: int) -> dict[str, object]:
    def fits(frame: dict[str, object]) -> bool:
        payload = frame["payload"]
        assert isinstance(payload, dict)
        return payload.get("event") == "nodeviewdataupdated" and payload["data"]["layers"][0]["x"] == x

    return dict((await client.frame(fits))["payload"]["data"])


async def test_several_operators_on_one_node_are_all_named(engine: Harness, mixed: Session, desk: LogClient) -> None:
    other = await (await connect_log(engine, mixed.id, "other")).live()
    mine = desk.tune("mix", 11, "layers", "in_0", "rect", "x")
    await desk.decided(mine)
    theirs = other.tune("mix", 22, "layers", "in_0", "rect", "y")
    await other.decided(theirs)
    wanted = {mine.author: mine.seq, theirs.author: theirs.seq}
    await desk.until(lambda: bool(desk.views) and desk.views[-1].seen == wanted)
    assert _x(desk.views[-1]) == 11
    await other.close()


async def test_an_op_that_leaves_the_geometry_alone_is_named_all_the_same(desk: LogClient) -> None:
    """Its author lets older frames fall: it must not wait for a newer one for ever."""
    op = desk.tune("mix", 0.5, "layers", "in_0", "opacity")
    await desk.until(lambda: bool(desk.views) and desk.views[-1].seen.get(op.author) == op.seq)
    assert _x(desk.views[-1]) == 0


async def test_a_tune_of_protocol_1_is_named_by_its_role(
    desk: LogClient, client: ControlClient, mixed: Session
) -> None:
    layer = {"rect": {"x": 33, "y": 0, "width": 100, "height": 100}}
    params = {"width": 320, "height": 180, "fps": 60, "layers": {"in_0": layer}, "_sender": "nonce", "_rev": 7}
    await client.ask("tunenode", session_id=mixed.id, node_id="mix", message={"UpdateParams": params})
    author = mixed.log.shared.author("admin")
    await desk.until(lambda: bool(desk.views) and _x(desk.views[-1]) == 33)
    assert desk.views[-1].seen == {author: mixed.log.log.authors[author]}
