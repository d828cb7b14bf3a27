"""Hostile input over the real socket: no crash, no hang, no path or traceback to a client, a fresh client works."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import SOURCE
from tests.engine.harness import Harness

FRAMES = 2_000
FILES = 200
ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "resources" / "samples").glob("*.yaml"))
BETRAYALS = ("Traceback", 'File "', str(ROOT), "site-packages", "object at 0x")

EDGE = {"from_node": "a", "from_pin": "out", "to_node": "mix", "to_pin": "in_0"}
LAYER = {"rect": {"x": 1, "y": 2, "width": 30, "height": 40}, "opacity": 0.5, "crop_shape": "circle"}
TEXT = {"id": "t", "text": "hello", "rect": LAYER["rect"], "color": [1, 2, 3, 4]}
CONFIG = {"width": 64, "height": 48, "layers": {"in_0": LAYER}, "text_overlays": [TEXT], "_sender": "s", "_rev": 1}
SEEDS: tuple[dict[str, Any], ...] = (
    {"action": "createsession", "name": "x"},
    {"action": "listsessions"},
    {"action": "listnodes"},
    {"action": "getpermissions"},
    {"action": "getpipeline", "session_id": "studio"},
    {"action": "addnode", "session_id": "studio", "node_id": "b", "kind": SOURCE, "params": {"x": [1, {"y": None}]}},
    {"action": "removenode", "session_id": "studio", "node_id": "b"},
    {"action": "connect", "session_id": "studio", **EDGE, "mode": "best_effort"},
    {"action": "disconnect", "session_id": "studio", **EDGE},
    {"action": "tunenode", "session_id": "studio", "node_id": "mix", "message": {"UpdateParams": CONFIG}},
    {"action": "tunenodeasync", "session_id": "studio", "node_id": "a", "message": {"UpdateParams": {"x": 1}}},
    {"action": "tunenode", "session_id": "studio", "node_id": "a", "message": "Start"},
    {"action": "applybatch", "session_id": "studio", "operations": [{"action": "connect", **EDGE}]},
    {
        "action": "validatebatch",
        "session_id": "studio",
        "operations": [{"action": "addnode", "node_id": "c", "kind": SOURCE}, {"action": "removenode", "node_id": "c"}],
    },
)
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2**31, 2**64, 10**40, -(2**70), 1e308, "", "\u0000", "x" * 5_000, "../../etc/passwd",
    "<script>", "%s%n", [], {}, [[]], {"": {}}, "studio", "mix", "\U0010ffff", {"_x": {"_y": 1}},
)  # fmt: skip


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in ``value`` with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)


def _changed_value(frame: dict[str, Any], dice: random.Random) -> str:
    container, key = dice.choice(list(_places(frame)))
    container[key] = dice.choice(VALUES)
    return json.dumps(frame)


def _lost_key(frame: dict[str, Any], dice: random.Random) -> str:
    container, key = dice.choice(list(_places(frame)))
    del container[key]
    return json.dumps(frame)


def _grown(frame: dict[str, Any], dice: random.Random) -> str:
    container, key = dice.choice(list(_places(frame)))
    deep: Any = container[key]
    for _ in range(dice.choice((5, 60, 130, 1200))):
        deep = {"d": deep} if dice.random() < 0.5 else [deep]
    container[key] = "DEEP"
    return json.dumps(frame).replace('"DEEP"', _dump(deep))


def _dump(deep: Any) -> str:
    """JSON of a value too deep for json.dumps."""
    opening, closing = [], []
    while isinstance(deep, dict | list) and len(deep) == 1:
        is_object = isinstance(deep, dict)
        opening.append('{"d":' if is_object else "[")
        closing.append("}" if is_object else "]")
        deep = deep.get("d") if isinstance(deep, dict) else deep[0]
    return "".join(opening) + json.dumps(deep) + "".join(reversed(closing))


def _torn(frame: dict[str, Any], dice: random.Random) -> str:
    text = json.dumps(frame)
    at = dice.randrange(len(text))
    return (
        text[:at]
        + dice.choice(("", "\x00", '"', "}", "{", ",", "\\", "é", "1e999", "NaN"))
        + text[at + dice.randrange(3) :]
    )


def _doubled(frame: dict[str, Any], dice: random.Random) -> str:
    text = json.dumps(frame)
    return text + dice.choice((text, "\n", " x", "}"))


MUTATIONS: tuple[Callable[[dict[str, Any], random.Random], str], ...] = (
    _changed_value, _changed_value, _lost_key, _grown, _torn, _doubled,
)  # fmt: skip


def _assert_discreet(text: str) -> None:
    assert not any(word in text for word in BETRAYALS), text[:500]


@pytest.mark.expects_log("sends malformed frames", "is not connected")
@pytest.mark.parametrize("seed", range(4))
async def test_mutated_frames(engine: Harness, client: ControlClient, session: str, seed: int) -> None:
    """§2.3: whatever comes, the connection answers on, and nothing leaks."""
    dice = random.Random(seed)
    await client.ask("addnode", session_id=session, node_id="a", kind=SOURCE)
    await client.ask("addnode", session_id=session, node_id="mix", kind="video::compositor", params={"fps": 5})
    await client.state("mix", "Running")
    for _ in range(FRAMES // 4):
        payload = dice.choice(SEEDS)
        frame = {"type": "request", "correlation_id": "m", "payload": json.loads(json.dumps(payload))}
        await client.send(dice.choice(MUTATIONS)(frame, dice))
        if dice.random() < 0.02:
            await client.ask("getpermissions")
    assert (await client.ask("getpermissions"))["action"] == "permissions"
    for received in client.frames:
        if received["payload"].get("action") == "error":
            _assert_discreet(received["payload"]["message"])
    fresh = await engine.client()
    assert (await fresh.ask("addnode", session_id=session, node_id="end", kind=SOURCE))["action"] == "success"
    await fresh.state("end", "Running")
    assert (await fresh.ask("getpipeline", session_id=session))["action"] == "pipeline"


REQUESTS = (
    b"GET /api/v1/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b'POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{"yaml":1}',
    b"GET /api/v1/control HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n\x81\x85abcdhello",
    b"POST /api/v1/assets/images HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n5\r\n--x\r\n\r\n0\r\n\r\n",
)


def _mutated_bytes(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(changed))
        if dice.random() < 0.5:
            changed[at] = dice.randrange(256)
        else:
            changed[at : at + dice.randrange(2)] = dice.randbytes(dice.randint(0, 20))
    return bytes(changed)


@pytest.mark.expects_log("is no HTTP was refused")
async def test_mutated_http(engine: Harness, client: ControlClient) -> None:
    """§18: what is no HTTP is refused without a word about the inside, here and in the log."""
    dice = random.Random(1)
    port = int(engine.base.rpartition(":")[2])
    for _ in range(300):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_mutated_bytes(dice.choice(REQUESTS), dice))
        writer.write_eof()
        async with asyncio.timeout(20):
            _assert_discreet((await reader.read()).decode(errors="replace"))
        writer.close()
    assert (await client.ask("getpermissions"))["action"] == "permissions"


def _mutated_text(text: str, dice: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(lines))
        action = dice.randrange(7)
        if action == 0:
            del lines[at]
        elif action == 1:
            lines[at] = lines[at].replace(
                ":", dice.choice(["", "::", ": [", ": {", ": &a", ": *a", ": !!python/object:os.x"])
            )
        elif action == 2:
            lines[at] = "  " * dice.randint(0, 6) + lines[at].lstrip()
        elif action == 3:
            lines.insert(at, dice.choice(lines))
        elif action == 4:
            lines[at] = lines[at][: dice.randrange(len(lines[at]) + 1)] + dice.choice("\x00\t\"'{[|>&*!%@`\u2028é")
        elif action == 5:
            lines[at] = lines[at].replace(
                "0", dice.choice(["-1", ".inf", ".nan", "1e400", "99999999999999999999", "'0'"])
            )
        else:
            lines[at] = lines[at].rstrip("\n") + dice.choice([" # x", " <<: *b", ": : :", "\n---\n", "\n...\n"]) + "\n"
        lines = lines or ["x"]
    return "".join(lines)


async def test_mutated_files(engine: Harness, client: ControlClient) -> None:
    """§17, §18: each becomes a session or one line of refusal; validate agrees without an error of its own."""
    dice = random.Random(7)
    texts = [path.read_text() for path in SAMPLES]
    refused = 0
    for _ in range(FILES):
        body = {"yaml": _mutated_text(dice.choice(texts), dice)}
        async with asyncio.timeout(20), engine.http.post(f"{engine.base}/api/v1/sessions", json=body) as answer:
            text = await answer.text()
            assert answer.status in (200, 400)
            _assert_discreet(text)
            refused += answer.status == 400
        async with engine.http.post(f"{engine.base}/api/v1/validate", json=body) as answer:
            assert answer.status == 200
            _assert_discreet(await answer.text())
        for row in (await client.ask("listsessions"))["sessions"]:
            await client.ask("destroysession", session_id=row["id"])
    assert 0 < refused < FILES
    fresh = await engine.client()
    assert (await fresh.ask("createsession", name="after"))["action"] == "sessioncreated"
