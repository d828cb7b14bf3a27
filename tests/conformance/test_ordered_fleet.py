"""Mixed fleets on one session: three clients of protocol 1 and three desks with logs, over real sockets, at once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from engine.running.session import Session
from sync.log import fanout
from sync.log.edits import (
    REMOVED,
    add_node,
    change,
    connect,
    disconnect,
    edits_between,
    param_place,
    remove_node,
    set_params,
)
from sync.log.op import Change
from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import BROKEN, SOURCE
from tests.engine.harness import Harness
from tests.engine.log_client import LogClient, connect_log

COMPOSITOR = "video::compositor"
IDS = ("a", "b", "c", "d")
STEPS = 120


async def _plain(client: ControlClient, session: str, dice: random.Random) -> None:
    """A client of protocol 1 at work; what it is refused is part of it."""
    for _ in range(STEPS):
        node, other = dice.choice(IDS), dice.choice(IDS)
        ends = {"from_node": node, "from_pin": "out", "to_node": other, "to_pin": f"in_{dice.randrange(2)}"}
        match dice.randrange(10):
            case 0:
                kind = dice.choice((SOURCE, BROKEN, COMPOSITOR))
                await client.ask("addnode", session_id=session, node_id=node, kind=kind, params={"x": 1})
            case 1 if dice.random() < 0.5:
                await client.ask("removenode", session_id=session, node_id=node)
            case 2:
                await client.ask("connect", session_id=session, **ends)
            case 3:
                await client.ask("disconnect", session_id=session, **ends)
            case 4:
                both = [{"action": "addnode", "node_id": node, "kind": SOURCE}, {"action": "connect", **ends}]
                await client.ask("applybatch", session_id=session, operations=both)
            case _:
                params = {dice.choice("xyz"): dice.randrange(100), "_sender": "s", "_rev": 1}
                params["items"] = [{"id": each, "v": dice.randrange(5)} for each in dice.sample("uvw", 2)]
                message = {"UpdateParams": params}
                await client.tell("tunenodeasync", session_id=session, node_id=node, message=message)
        await asyncio.sleep(dice.choice((0.0, 0.0, 0.003)))


def _edit(dice: random.Random) -> tuple[Change, ...]:
    node, other, pin = dice.choice(IDS), dice.choice(IDS), f"in_{dice.randrange(2)}"
    match dice.randrange(10):
        case 0:
            return add_node(node, dice.choice((SOURCE, BROKEN, COMPOSITOR)), {"y": 2})
        case 1:
            return remove_node(node)
        case 2:
            return connect(node, "out", other, pin)
        case 3:
            return disconnect(node, "out", other, pin)
        case 4:
            return (change(param_place(node, ("items", dice.choice("uvw"))), REMOVED),)
        case 5:
            place = ("items", dice.choice("uvw"))
            value = dice.randrange(5)
            return (
                change(param_place(node, (*place, "id")), place[1]),
                change(param_place(node, (*place, "v")), value),
            )
        case _:
            return (change(param_place(node, (dice.choice("xyz"),)), dice.randrange(100)),)


async def _desk(desk: LogClient, dice: random.Random) -> None:
    for _ in range(STEPS):
        op = desk.replica.propose(_edit(dice), live=dice.random() < 0.5, guarded=dice.random() < 0.2)
        if op is not None:
            desk.end.submitted(op)
            desk.link.submit([op])
            desk.driver.kick()
        await asyncio.sleep(dice.choice((0.0, 0.0, 0.003)))


def _shape(session: Session) -> Any:
    nodes = session.model.nodes
    rows = {row.ends for row in session.model.connections if row.from_node in nodes and row.to_node in nodes}
    return {each: (node.kind, node.params or {}) for each, node in nodes.items()}, rows


def _document(document: Any) -> Any:
    nodes = {each: (document.kind(each), document.params(each)) for each in document.node_ids()}
    return nodes, {row[:4] for row in document.connections()}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_mixed_fleet_ends_with_one_document(engine: Harness, seed: int) -> None:
    """§14: every op decided once and in order; the model, the document and every replica are the same."""
    session = engine.core.sessions.create("studio", None)
    plain = [await engine.client() for _ in range(3)]
    desks = [await (await connect_log(engine, session.id, f"d{index}")).live() for index in range(3)]
    dice = [random.Random(f"{seed}/{index}") for index in range(6)]
    await asyncio.gather(
        *(_plain(client, session.id, each) for client, each in zip(plain, dice[:3], strict=True)),
        *(_desk(desk, each) for desk, each in zip(desks, dice[3:], strict=True)),
    )
    for client in plain:
        await client.ask("getpipeline", session_id=session.id)
    for desk in desks:
        await desk.settled()
    log = session.log.log
    for desk in desks:
        await desk.until(lambda desk=desk: desk.replica.applied == log.head)  # type: ignore[misc]
    assert _shape(session) == _document(log.document)
    assert {desk.replica.confirmed.digest() for desk in desks} == {log.document.digest()}
    decided = Counter((entry.author, entry.seq) for entry in log.entries.after(0))
    assert max(decided.values()) == 1
    for desk in desks:
        assert log.authors[desk.replica.author] == desk.replica.last_seq
        assert {seq for author, seq in decided if author == desk.replica.author} == set(
            range(1, desk.replica.last_seq + 1)
        )
    for desk in desks:
        await desk.close()


async def test_a_desk_comes_back_with_what_it_did_alone(engine: Harness, session: str) -> None:
    """§6.3: it gets the delta, the engine gets the ops that it lacks, once."""
    studio = engine.core.sessions.by_id(session)
    assert studio is not None
    studio.add_node("a", SOURCE, {"x": 0, "y": 0})
    desk = await (await connect_log(engine, session)).live()
    await desk.until(lambda: desk.replica.confirmed.kind("a") == SOURCE)
    replica = desk.replica
    sent = desk.tune("a", 1, "x")
    await desk.close()  # whether it was decided is not known here
    alone = replica.propose([change(param_place("a", ("y",)), 2)])
    assert alone is not None
    studio.tune("a", {"z": 3})
    back = await (await connect_log(engine, session, replica=replica)).live()
    await back.settled()
    assert replica.params("a") == {"x": 1, "y": 2, "z": 3}
    assert studio.model.nodes["a"].params == {"x": 1, "y": 2, "z": 3}
    entries = studio.log.log.entries.after(0)
    assert [entry.seq for entry in entries if entry.author == replica.author] == [sent.seq, alone.seq]
    assert not replica.conflicts
    await back.close()


async def test_two_desks_that_begin_a_list_at_once_both_have_their_item(engine: Harness, session: str) -> None:
    """§2.2: the first text of each, added by two operators who did not know of each other's."""
    studio = engine.core.sessions.by_id(session)
    assert studio is not None
    studio.add_node("mix", COMPOSITOR, {"width": 640})
    desks = [await (await connect_log(engine, session, name)).live() for name in ("one", "two")]
    for desk in desks:
        await desk.until(lambda desk=desk: desk.replica.confirmed.kind("mix") == COMPOSITOR)  # type: ignore[misc]
    for number, desk in enumerate(desks):
        text = {"id": f"text_{number}", "text": "Hello", "rect": {"x": 0, "y": 0, "width": 0, "height": 0}}
        desk.submit(list(set_params("mix", edits_between({"width": 640}, {"width": 640, "text_overlays": [text]}))))
    for desk in desks:
        await desk.settled()
        await desk.until(lambda desk=desk: desk.replica.applied == studio.log.log.head)  # type: ignore[misc]
        assert [text["id"] for text in desk.replica.params("mix")["text_overlays"]] == ["text_0", "text_1"]
        assert not desk.replica.conflicts
    params = studio.model.nodes["mix"].params or {}
    assert [text["id"] for text in params["text_overlays"]] == ["text_0", "text_1"]
    for desk in desks:
        await desk.close()


@pytest.mark.expects_log("reads too slowly: events are lost")
async def test_many_changes_come_in_few_frames_and_a_far_one_gets_the_newest_values(
    engine: Harness, session: str
) -> None:
    """§7.1: up to 256 entries a frame; more than that behind: the newest value of what changed."""
    studio = engine.core.sessions.by_id(session)
    assert studio is not None
    studio.add_node("a", SOURCE, {"x": 0})
    desk = await (await connect_log(engine, session)).live()
    await desk.until(lambda: desk.replica.confirmed.kind("a") == SOURCE)
    for value in range(1, 101):
        studio.tune("a", {"x": value})
    await desk.until(lambda: desk.replica.applied == studio.log.log.head)
    frames = studio.log.fanout.traffic.frames
    assert frames["batch"] <= 2
    for value in range(101, 501):
        studio.tune("a", {"x": value})
    await desk.until(lambda: desk.replica.applied == studio.log.log.head)
    assert (frames["squash"], desk.replica.params("a")) == (1, {"x": 500})
    await desk.close()


async def test_a_desk_that_does_not_read_slows_nobody_and_is_dropped(
    engine: Harness, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§7.3: the others go on at their pace; it is told 1013 in the end."""
    monkeypatch.setattr(fanout, "STALL_S", 1.0)
    studio = engine.core.sessions.by_id(session)
    assert studio is not None
    studio.add_node("a", SOURCE, {"x": 0})
    stalled = await (await connect_log(engine, session, "stalled")).live()
    desk = await (await connect_log(engine, session)).live()
    await desk.until(lambda: desk.replica.confirmed.kind("a") == SOURCE)
    stalled.transport.stop_reading()
    for value in range(200):
        studio.tune("a", {"x": value, "text": "w" * 60_000 + str(value)})
        await desk.until(lambda: desk.replica.applied == studio.log.log.head)  # while the other one holds its socket
        if len(studio.log.rounds.links) == 1:
            break
        await asyncio.sleep(0.01)
    await desk.until(lambda: len(studio.log.rounds.links) == 1)
    assert studio.log.fanout.traffic.events["peers dropped"] == 1
    stalled.transport.read_on()
    close = await stalled.running
    assert close.code in (1013, 1006)
    await desk.close()


async def test_without_a_link_a_session_has_no_rounds(engine: Harness, session: str) -> None:
    """Idle costs nothing."""
    studio = engine.core.sessions.by_id(session)
    assert studio is not None

    def tasks() -> list[str]:
        return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("log rounds")]

    studio.add_node("a", SOURCE, {"x": 0})
    assert not tasks()
    desk = await (await connect_log(engine, session)).live()
    assert len(tasks()) == 1
    await desk.close()
    await desk.until(lambda: not tasks())
