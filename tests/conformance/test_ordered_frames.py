"""sync/log/PROTOCOL.md §1, §5, §6, §7 over a real socket, frame by frame: what the server says and when it hangs up."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import msgspec
import pytest

from sync.wire.codec import MAX_MESSAGE_BYTES
from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import SOURCE
from tests.engine.harness import Harness
from tests.engine.log_client import connect_log
from tests.engine.raw_link import RawLink

PARAM = ["nodes", "a", "params", "x"]


@pytest.fixture(autouse=True)
async def a_node(client: ControlClient, session: str) -> None:
    """A node to work on."""
    await client.ask("addnode", session_id=session, node_id="a", kind=SOURCE, params={"x": 0})
    await client.state("a", "Running")


def _op(seq: int, value: Any, author: str = "open/raw~1", **more: Any) -> dict[str, Any]:
    return {"author": author, "seq": seq, "changes": [[PARAM, value]], **more}


async def test_the_server_speaks_first_and_lets_an_open_door_in(engine: Harness, session: str) -> None:
    """§6.1: challenge → auth → welcome; an open door needs no key; then its clock, and what is missing."""
    link = await RawLink.open(engine, session)
    challenge = await link.hear("challenge")
    assert (len(challenge["nonce"]), challenge["is_open"]) == (64, True)
    await link.say("auth", install="raw")
    welcome = await link.hear("welcome")
    assert (welcome["author"], welcome["rights"]) == ("open/raw", "control")
    clock = (await link.hear("clock"))["clock"]
    assert (clock["epoch"], clock["role"]) == (welcome["epoch"], "authority")
    await link.say("clock", clock={"epoch": "", "rev": 0})
    snapshot = await link.hear("snapshot")
    assert [row[1] for row in snapshot["registers"] if row[0] == PARAM] == [0]
    await link.hear("ready")
    await link.socket.close()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([json.dumps({"type": "clock", "clock": {"epoch": "", "rev": 0}})], 4401),
        ([json.dumps({"type": "auth", "install": ""})], 4401),
        ([json.dumps({"type": "auth", "install": "x", "key": "00" * 32, "signature": "00" * 64})], 4401),
        ([b"\x01\x93\x05\x00\x90"], 4401),
        (["no json"], 1007),
        ([b"\x02\x93\x05\x00\x90"], 4401),
    ],
)
async def test_nothing_but_an_answer_to_the_challenge_comes_in(
    engine: Harness, session: str, words: list[str | bytes], code: int
) -> None:
    """§6.1: refusal is an error and the end, and says no more than that."""
    link = await RawLink.open(engine, session)
    for word in words:
        await (link.socket.send_str(word) if isinstance(word, str) else link.socket.send_bytes(word))
    assert await link.closed() == code
    assert link.heard[-1]["type"] == "error"
    assert link.heard[-1]["message"] in ("Not admitted.", "Too many frames could not be read.")


async def test_an_op_comes_back_as_a_bare_acknowledgement(engine: Harness, session: str) -> None:
    """§7.1: over the connection that it came by, `changes` null when it was admitted as sent."""
    link = await RawLink.live(engine, session)
    await link.submit(_op(1, 5))
    _, _, stable, epoch, entry = await link.hear(1)
    assert (entry[2:4], entry[5:7]) == (["open/raw~1", 1], [None, None])
    assert stable == entry[0]  # nothing is kept: what is numbered is as safe as it will be
    assert epoch == engine.core.logs.run
    await link.submit(_op(2, 5))
    entry = (await link.hear(1))[4]
    assert (entry[5], entry[9]) == ([], True)  # it changed nothing and acknowledges all the same
    await link.socket.close()


async def test_a_refused_op_is_numbered_and_told(engine: Harness, session: str) -> None:
    """§2.5, §3.2: gone, exists, invalid, stale; the author's count goes on."""
    link = await RawLink.live(engine, session)
    await link.submit(
        {"author": "open/raw~1", "seq": 1, "changes": [[["nodes", "b", "params", "x"], 1]]},
        {"author": "open/raw~1", "seq": 2, "changes": [[["nodes", "a"], {}], [["nodes", "a", "kind"], "k"]]},
        {"author": "open/raw~1", "seq": 3, "changes": [[["nodes", "a", "params", "bad"], 1]]},
        {"author": "open/raw~1", "seq": 4, "changes": [[PARAM, 1, False, 0]], "epoch": engine.core.logs.run},
        {"author": "open/raw~1", "seq": 5, "changes": [[["nodes", "a", "kind"], "other"]]},
        {"author": "open/raw~1", "seq": 6, "changes": [[["nodes", "c"], {}]]},
        {"author": "open/raw~1", "seq": 7, "changes": [[["elsewhere", "c"], 1]]},
    )
    reasons: list[tuple[str, str]] = []
    while len(reasons) < 7:
        frame = await _live(link)
        reasons += [(entry[6][0], entry[6][1]) for entry in (frame[5] if frame[0] == 2 else [frame[4]])]
    assert [reason for reason, _ in reasons] == ["gone", "exists", "invalid", "stale", "invalid", "invalid", "invalid"]
    assert reasons[2][1] == "bad: must not be there"
    pipeline = engine.core.sessions.find(session)
    assert pipeline is not None
    assert pipeline.model.nodes["a"].params == {"x": 0}
    await link.socket.close()


async def _live(link: RawLink) -> Any:
    """The next frame with entries."""
    while not (frame := await link.hear(1, 2))[-1]:
        pass  # a word about the disk alone
    return frame


async def test_an_edit_in_somebody_elses_name_is_rejected(engine: Harness, session: str) -> None:
    """§5.1: not even numbered."""
    link = await RawLink.live(engine, session)
    await link.submit(_op(1, 5, author="open/other~1"))
    assert (await link.hear("reject"))["reason"] == "forged"
    await link.submit(_op(1, 6, author=f"p1/admin~{engine.core.logs.run}"))
    assert (await link.hear("reject"))["reason"] == "forged"
    await link.socket.close()


async def test_a_gap_is_asked_for_and_then_filled_in_order(engine: Harness, session: str) -> None:
    """§3.2, 3: held, `want` by name, released behind the missing one."""
    link = await RawLink.live(engine, session)
    await link.submit(_op(2, 2))
    assert (await link.hear("want"))["ids"] == [["open/raw~1", 1]]
    await link.submit(_op(1, 1))
    frame = await _live(link)
    entries = frame[5] if frame[0] == 2 else [frame[4], (await _live(link))[4]]
    assert [entry[3] for entry in entries] == [1, 2]
    assert engine.kinds.nodes["a"].updates[-1]["x"] == 2
    await link.socket.close()


async def test_an_op_from_far_away_is_sent_back_and_nobody_waits_for_it(engine: Harness, session: str) -> None:
    """§3.2, 3: neither numbered nor held; its author is asked for what comes first, and goes on from there."""
    link = await RawLink.live(engine, session)
    await link.submit(_op(1_000_000, 2))
    reject = await link.hear("reject")
    assert (reject["seq"], reject["reason"]) == (1_000_000, "early")
    assert (await link.hear("want"))["ids"] == [["open/raw~1", seq] for seq in (1, 2, 3)]
    studio = engine.core.sessions.by_id(session)
    assert studio is not None
    assert studio.log.log.held == ()
    await link.submit(_op(1, 1))
    assert (await link.hear(1))[4][3] == 1
    await link.socket.close()


async def test_a_missing_op_is_given_up_after_three_seconds(engine: Harness, session: str) -> None:
    """§3.2, 3: numbered as lost, and what waited for it goes on."""
    link = await RawLink.live(engine, session)
    await link.submit(_op(2, 2))
    frame = await _live(link)
    entries = frame[5] if frame[0] == 2 else [frame[4], (await _live(link))[4]]
    assert [(entry[3], entry[6][0] if entry[6] else None) for entry in entries] == [(1, "lost"), (2, None)]
    await link.socket.close()


async def test_what_is_wanted_again_comes_again(engine: Harness, session: str) -> None:
    """§5.1: everything above a rev, or the whole state."""
    link = await RawLink.live(engine, session)
    await link.submit(_op(1, 5))
    rev = (await link.hear(1))[4][0]
    await link.say("want", from_rev=rev - 1, epoch=engine.core.logs.run)
    bulk = await link.hear("bulk")
    assert [entry[0] for entry in bulk["entries"]] == [rev]
    await link.say("want", whole=True)
    assert (await link.hear("snapshot"))["clock"]["rev"] == rev
    await link.socket.close()


async def test_a_flood_is_rejected_until_there_are_tokens_again(engine: Harness, session: str) -> None:
    """§6.5: 960 at once, then 240 a second; a rejected op is undecided."""
    link = await RawLink.live(engine, session)
    for start in range(1, 4_001, 100):
        await link.submit(*(_op(seq, seq) for seq in range(start, start + 100)))
    reject = await link.hear("reject")
    assert (reject["reason"], reject["seq"] > 900) == ("rate", True)
    assert reject["retry_after_s"] > 0
    await link.socket.close()


async def test_unknown_types_are_ignored_and_unreadable_frames_counted(engine: Harness, session: str) -> None:
    """§5.1, §6.4: more than a hundred close the link."""
    link = await RawLink.live(engine, session)
    await link.say("tomorrow", anything=[1])
    for _ in range(100):
        await link.socket.send_str("{")
    await link.submit(_op(1, 7))
    await link.hear(1)
    await link.socket.send_str("{")
    assert await link.closed() == 1007


async def test_an_unknown_version_of_live_frames_closes_the_link(engine: Harness, session: str) -> None:
    """§5.2."""
    link = await RawLink.live(engine, session)
    await link.submit(_op(1, 7))
    await link.hear(1)
    await link.socket.send_bytes(b"\x02abc")
    assert await link.closed() == 4426


async def test_a_frame_above_the_bound_ends_the_connection(engine: Harness, session: str) -> None:
    """§13: 1 MiB, and not one byte less."""
    link = await RawLink.live(engine, session)
    frame = '{"type":"tomorrow","padding":"%s"}'
    await link.socket.send_str(frame % ("x" * (MAX_MESSAGE_BYTES - len(frame) + 2)))
    await link.submit(_op(1, 7))
    await link.hear(1)
    await link.socket.send_bytes(b"\x01" + b"x" * MAX_MESSAGE_BYTES)
    assert await link.closed() in (1009, 1006, None)


async def test_heart_beats_are_passed_on_with_the_leases(engine: Harness, session: str) -> None:
    """§12: the identity is the server's word; who came first holds a control."""
    first, second = await RawLink.live(engine, session, "one"), await RawLink.live(engine, session, "two")
    await first.say("presence", author="forged", name="Ada", focus=["a", "x"], claims=["a.x"], beat=1)
    while True:
        beat = await second.hear("presence")
        if beat["author"]:
            break
    assert (beat["author"], beat["name"], beat["focus"]) == ("open/one", "Ada", ["a", "x"])
    while not (leases := (await second.hear("presence")).get("leases")):
        pass
    assert leases == {"a.x": "open/one"}
    await second.say("presence", author="", claims=["a.x"], beat=1)
    while (await second.hear("presence")).get("leases") != {"a.x": "open/one"}:
        pass
    await first.socket.close()
    await second.socket.close()


async def test_the_server_says_why_it_ends_a_link(engine: Harness, client: ControlClient, session: str) -> None:
    """§6, §13: 4404 when the session ends, 1001 when the server stops."""
    link = await RawLink.live(engine, session)
    await client.ask("destroysession", session_id=session)
    assert await link.closed() == 4404
    other = str((await client.ask("createsession", name="other"))["session_id"])
    early = await RawLink.open(engine, other)
    await early.hear("challenge")
    await client.ask("destroysession", session_id=other)
    assert await early.closed() == 4404  # it had not even signed in
    other = str((await client.ask("createsession", name="other"))["session_id"])
    link = await RawLink.live(engine, other)
    stopping = asyncio.create_task(engine.server.stop())
    assert await link.closed() == 1001
    await stopping


def _mutated(dice: random.Random, frame: bytes) -> bytes:
    data = bytearray(frame)
    for _ in range(dice.choice((1, 1, 2, 8))):
        at = dice.randrange(len(data))
        match dice.randrange(4):
            case 0:
                data[at] = dice.randrange(256)
            case 1:
                del data[at : at + dice.randrange(1, 6)]
            case 2:
                data[at:at] = bytes(dice.randrange(256) for _ in range(dice.randrange(1, 6)))
            case _:
                data[at:at] = data[: dice.randrange(1, 30)]
        data = data or bytearray(b"\x00")
    return bytes(data)


async def test_hostile_frames_do_no_harm(engine: Harness, session: str) -> None:
    """2 000 mutated frames before and after the door: no crash, no hang, and whoever comes next can work."""
    dice = random.Random(7)
    ops = [
        _op(1, 5),
        _op(2, {"id": [1]}, live=True, deps=[["open/raw~1", 1]], verify=[[PARAM, 3]]),
        {"author": "open/raw~1", "seq": 3, "changes": [[["nodes", "b"], {}], [["nodes", "b", "kind"], SOURCE]]},
        {"author": "open/raw~1", "seq": 4, "changes": [[["connections", "a", "out", "a", "in_0"], None]]},
    ]
    live = [b"\x01" + msgspec.msgpack.encode((5, 0.0, [op])) for op in ops]
    texts = [
        json.dumps(frame).encode()
        for frame in (
            {"type": "auth", "install": "raw", "caps": ["batch"], "key": "00" * 32, "signature": "11" * 64},
            {"type": "clock", "clock": {"epoch": "x", "rev": 9, "authors": {"open/raw~1": 2}, "lineage": [["x", 0]]}},
            {"type": "bulk", "ops": ops, "is_last": True},
            {"type": "want", "from_rev": 0, "epoch": "x", "ids": [["open/raw~1", 1]]},
            {"type": "presence", "author": "", "focus": ["a"], "claims": ["a.x"], "beat": 1},
            {"type": "digest", "clock": {"epoch": "x", "rev": 1}, "hash": "00", "bloom": "AAAA"},
        )
    ]
    sent = 0
    while sent < 2_000:
        is_live = dice.random() < 0.7
        link = await (RawLink.live(engine, session) if is_live else RawLink.open(engine, session))
        for _ in range(dice.randrange(10, 80)):
            if link.socket.closed:
                break
            sent += 1
            try:
                if dice.random() < 0.5:
                    await link.socket.send_bytes(_mutated(dice, dice.choice(live)))
                else:
                    await link.socket.send_str(_mutated(dice, dice.choice(texts)).decode("utf-8", "replace"))
            except ConnectionError:
                break
        await link.socket.close()
    desk = await (await connect_log(engine, session, "fresh")).live()
    op = desk.tune("a", 99, "x")
    await desk.decided(op)
    assert engine.kinds.nodes["a"].updates[-1]["x"] == 99
    await desk.close()
