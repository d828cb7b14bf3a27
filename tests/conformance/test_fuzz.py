"""Hostile input over the real socket: no crash, no hang, no path or traceback to a client, a fresh client works."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from pathlib import Path
from typing import Any, Self

import pytest

from tests.conformance.mutated import BARS, CONFIG, EDGE, FEED, MUTATIONS, SEEDS, TUNE, extreme
from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import SOURCE
from tests.engine.harness import Harness

FRAMES = 2_000
CONFIGS = 100
FILES = 200
ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "resources" / "samples").glob("*.yaml"))
BETRAYALS = ("Traceback", 'File "', str(ROOT), "site-packages", "object at 0x")


def _assert_discreet(text: str) -> None:
    assert not any(word in text for word in BETRAYALS), text[:500]


class Watcher:
    """``async with``: looks at the programme all the time, so that what is accepted is drawn."""

    def __init__(self, engine: Harness, session: str) -> None:
        self._http = engine.http
        self._url = f"{engine.base}/mjpeg/{session}/mix"
        self._news = asyncio.Event()

    async def picture(self) -> None:
        """Returns when the next piece of a picture has come."""
        self._news.clear()
        async with asyncio.timeout(20):
            await self._news.wait()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._look(), name="watcher")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _look(self) -> None:
        while True:
            async with self._http.get(self._url) as answer:
                while await answer.content.readany():
                    self._news.set()
            await asyncio.sleep(0.01)  # until it is there again: a frame may have removed it


async def _assert_on_air(client: ControlClient, session: str) -> None:
    """``mix`` runs, or a frame has removed it; then it is made anew."""
    answer = (await client.ask("getpipeline", session_id=session))["pipeline"]
    mix = answer["nodes"].get("mix")
    if mix is None:
        await client.ask("addnode", session_id=session, node_id="mix", kind="video::compositor", params=CONFIG)
        await client.ask("connect", session_id=session, **FEED)
    else:
        assert mix["state"] in ("Creating", "Initializing", "Ready", "Running")


@pytest.mark.expects_log("sends malformed frames", "is not connected")
@pytest.mark.parametrize("seed", range(4))
async def test_mutated_frames(engine: Harness, client: ControlClient, session: str, seed: int) -> None:
    """§2.3: whatever comes, the connection answers on, nothing leaks, and the programme stays on air."""
    dice = random.Random(seed)
    await client.ask("addnode", session_id=session, node_id="a", kind=SOURCE)
    await client.ask("addnode", session_id=session, **BARS)
    await _assert_on_air(client, session)
    await client.state("mix", "Running")
    await client.ask("connect", session_id=session, **{**EDGE, "to_pin": "nowhere"})
    async with Watcher(engine, session) as watcher:
        for _ in range(FRAMES // 4):
            payload = dice.choice(SEEDS)
            frame = {"type": "request", "correlation_id": "m", "payload": json.loads(json.dumps(payload))}
            await client.send(dice.choice(MUTATIONS)(frame, dice))
            if dice.random() < 0.08:
                await _assert_on_air(client, session)
                await watcher.picture()
        assert (await client.ask("getpermissions"))["action"] == "permissions"
        for received in client.frames:
            if received["payload"].get("action") == "error":
                _assert_discreet(received["payload"]["message"])
        fresh = await engine.client()
        assert (await fresh.ask("addnode", session_id=session, node_id="end", kind=SOURCE))["action"] == "success"
        await fresh.state("end", "Running")
        await _assert_on_air(fresh, session)
        sane = {"UpdateParams": {"width": 33, "height": 22}}
        assert (await fresh.ask("tunenode", session_id=session, node_id="mix", message=sane))["action"] == "success"
        await fresh.frame(lambda each: each["payload"].get("data", {}).get("canvas_width") == 33)
        await watcher.picture()
        pipeline = (await fresh.ask("getpipeline", session_id=session))["pipeline"]
        assert pipeline["nodes"]["mix"]["state"] == "Running"


@pytest.mark.parametrize("seed", range(2))
async def test_mutated_configs(engine: Harness, client: ControlClient, session: str, seed: int) -> None:
    """§13.3: what is accepted is drawn, however absurd, and the programme stays on air."""
    dice = random.Random(seed)
    await client.ask("addnode", session_id=session, **BARS)
    await _assert_on_air(client, session)
    accepted = 0
    async with Watcher(engine, session) as watcher:
        for _ in range(CONFIGS):
            frame = {"type": "request", "correlation_id": "m", "payload": json.loads(json.dumps(TUNE))}
            after = len(client.frames)
            await client.send(extreme(frame, dice))
            answer = await client.frame(lambda each: each.get("correlation_id") == "m", after)
            accepted += answer["payload"]["action"] == "success"
            for _ in range(2):  # one may have been on its way here
                await watcher.picture()
    assert CONFIGS // 3 < accepted < CONFIGS
    assert (await client.ask("getpipeline", session_id=session))["pipeline"]["nodes"]["mix"]["state"] == "Running"
    assert not [each for each in client.frames if "drawing_failed" in str(each)]


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


async def _settled(client: ControlClient, session: str) -> None:
    """Waits until every node of a session runs or has ended, none by a defect, and what colour bars feed is drawn."""
    begun = ("Creating", "Initializing", "Ready")
    async with asyncio.timeout(20):
        while True:
            after = len(client.frames)
            pipeline = (await client.ask("getpipeline", session_id=session))["pipeline"]
            nodes = pipeline["nodes"]
            if not any(node["state"] in begun for node in nodes.values()):
                break
            await client.event("nodestatechanged", after)
    fed = {
        row["to_node"] for row in pipeline["connections"] if _is_running(nodes[row["from_node"]], "video::colorbars")
    }
    for name in fed & {name for name, node in nodes.items() if _is_running(node, "video::compositor")}:
        await client.event("nodeviewdataupdated", session_id=session, node_id=name)
    pipeline = (await client.ask("getpipeline", session_id=session))["pipeline"]
    assert "internal error" not in json.dumps([node["state"] for node in pipeline["nodes"].values()])


def _is_running(node: dict[str, Any], kind: str) -> bool:
    return bool(node["kind"] == kind and node["state"] == "Running")


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
        if answer.status == 200:
            await _settled(client, json.loads(text)["session_id"])
        async with engine.http.post(f"{engine.base}/api/v1/validate", json=body) as answer:
            assert answer.status == 200
            _assert_discreet(await answer.text())
        for row in (await client.ask("listsessions"))["sessions"]:
            await client.ask("destroysession", session_id=row["id"])
    assert 0 < refused < FILES
    fresh = await engine.client()
    assert (await fresh.ask("createsession", name="after"))["action"] == "sessioncreated"
