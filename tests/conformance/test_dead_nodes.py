"""PROTOCOL.md §9, §19: a node that fails while it runs ends what it feeds, as a stop would; nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from engine.pictures.inputs import InputSlots
from sync.wire.state import NodeState
from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import SOURCE
from tests.engine.harness import Harness, running
from tests.support.pictures import write_clip

BEHIND_A_MIX = """
  mix: {{kind: "video::compositor", params: {{width: 64, height: 48, fps: 30}}, needs: {needs}}}
  vp9: {{kind: "video::vp9::encoder", needs: mix}}
  webm: {{kind: "containers::webm::muxer", needs: vp9}}
  out: {{kind: "transport::http::mse", params: {{path: /live}}, needs: webm}}
"""
BARS = '  bars: {kind: "video::colorbars", params: {width: 64, height: 48, fps: 30}}'
CLIP = '  clip: {kind: "layerdesk::media", params: {path: clip.avi}}'
INPUT_CLOSED = {"Stopped": {"reason": "input_closed"}}
BROKEN_CLIP = {"Failed": {"reason": "'clip.avi' can no longer be read"}}


@pytest_asyncio.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Harness]:
    async with running(samples_dir=tmp_path) as harness:
        yield harness


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip without compression: once its file is emptied it fails at its next round."""
    return write_clip(tmp_path / "clip.avi", pictures=60, size=(320, 240), codec="rawvideo")


async def _create(engine: Harness, client: ControlClient, needs: str, *sources: str) -> str:
    text = "\n".join(["nodes:", *sources, BEHIND_A_MIX.format(needs=needs)])
    async with engine.http.post(f"{engine.base}/api/v1/sessions", json={"yaml": text, "name": "show"}) as answer:
        assert answer.status == 200, await answer.text()
        session_id = str((await answer.json())["session_id"])
    await client.state("out", "Running")
    await client.event("nodeviewdataupdated")
    return session_id


async def _watch(engine: Harness, path: str) -> Any:
    """An answer whose body has begun."""
    answer = await engine.http.get(engine.base + path)
    assert answer.status == 200
    await answer.content.readexactly(4)
    return answer


async def _ends(answer: Any) -> None:
    async with asyncio.timeout(10):
        await answer.content.read()
    answer.close()


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _crash(*_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.expects_log("ended by a defect|internal error: ZeroDivisionError")
async def test_a_compositor_that_dies_ends_everything_behind_it(
    engine: Harness, client: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its watchers too, and who comes later is told that there is no stream."""
    session = await _create(engine, client, "bars", BARS)
    mse, mjpeg = await _watch(engine, f"/mse/{session}/live"), await _watch(engine, f"/mjpeg/{session}/mix")
    monkeypatch.setattr(InputSlots, "drop_closed", _crash)
    await client.state("mix", {"Failed": {"reason": "internal error: ZeroDivisionError"}})
    for node_id in ("vp9", "webm", "out"):
        await client.state(node_id, INPUT_CLOSED)
    for answer in (mse, mjpeg):
        await _ends(answer)
    for path in (f"/mse/{session}/live", f"/mjpeg/{session}/mix"):
        async with engine.http.get(engine.base + path) as answer:
            assert answer.status == 404
    assert (await client.ask("getpipeline", session_id=session))["pipeline"]["nodes"]["bars"]["state"] == "Running"


@pytest.mark.expects_log("can no longer be read")
async def test_a_source_that_fails_on_air_leaves_the_picture(
    engine: Harness, client: ControlClient, clip: Path
) -> None:
    """Its slot goes with its last frame, and the others stay."""
    session = await _create(engine, client, "[clip, bars]", CLIP, BARS)
    mark = len(client.frames)
    _empty(clip)
    await client.state("clip", BROKEN_CLIP, mark)

    def is_alone(frame: dict[str, Any]) -> bool:
        rows = frame["payload"].get("data", {}).get("layers", [])
        return [row["id"] for row in rows] == ["in_1"]

    await client.frame(is_alone, mark)
    nodes = (await client.ask("getpipeline", session_id=session))["pipeline"]["nodes"]
    assert {node_id: nodes[node_id]["state"] for node_id in ("mix", "vp9", "out")} == dict.fromkeys(
        ("mix", "vp9", "out"), "Running"
    )


@pytest.mark.expects_log("can no longer be read")
async def test_the_last_source_that_fails_ends_the_programme(
    engine: Harness, client: ControlClient, clip: Path
) -> None:
    """A compositor without inputs stops, and so does what it feeds, down to the watchers."""
    session = await _create(engine, client, "clip", CLIP)
    mse = await _watch(engine, f"/mse/{session}/live")
    _empty(clip)
    await client.state("clip", BROKEN_CLIP)
    for node_id in ("mix", "vp9", "webm", "out"):
        await client.state(node_id, INPUT_CLOSED)
    await _ends(mse)


async def test_a_node_that_failed_is_stopped_and_connected_no_more(
    engine: Harness, client: ControlClient, session: str
) -> None:
    """What it feeds has heard the end, and nothing feeds it."""
    for node_id in ("a", "b"):
        await client.ask("addnode", session_id=session, node_id=node_id, kind=SOURCE)
        await client.state(node_id, "Running")
    node = engine.kinds.nodes["a"]
    node.context.on_state(NodeState("Failed", "gone"))
    await client.state("a", "Failed")
    edge = {"from_node": "b", "from_pin": "out", "to_node": "a", "to_pin": "in"}
    assert await client.ask("connect", session_id=session, **edge) == {"action": "success"}
    await client.ask("addnode", session_id=session, node_id="settled", kind=SOURCE)
    await client.state("settled", "Running")
    assert node.calls == ["start", "stop"]
    assert node.inputs == []
