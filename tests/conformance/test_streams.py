"""PROTOCOL.md §18.1 and §19: live pictures over HTTP."""

from __future__ import annotations

import asyncio
import io

import av
import pytest

from sync.wire.compositor import KIND as COMPOSITOR
from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import SOURCE
from tests.engine.harness import Harness, running

MSE = """
nodes:
  bars: {kind: "video::colorbars", params: {width: 64, height: 48, fps: 30}}
  mix: {kind: "video::compositor", params: {width: 64, height: 48, fps: 30}, needs: [bars]}
  vp9: {kind: "video::vp9::encoder", needs: mix}
  webm: {kind: "containers::webm::muxer", needs: vp9}
  out: {kind: "transport::http::mse", params: {path: /live/programme.webm}, needs: webm}
"""
QUIET = """
nodes:
  mix: {kind: "video::compositor"}
  quiet: {kind: "transport::http::mse", params: {path: /quiet, max_clients: 2}}
"""
PATH = "/live/programme.webm"


async def _create(engine: Harness, yaml: str) -> str:
    body = {"yaml": yaml, "name": "show"}
    async with engine.http.post(f"{engine.base}/api/v1/sessions", json=body) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["session_id"])


async def _create_show(engine: Harness, client: ControlClient) -> str:
    session_id = await _create(engine, MSE)
    await client.event("nodeviewdataupdated")
    return session_id


async def _bytes(engine: Harness, path: str, count: int) -> bytes:
    """The first ``count`` bytes of an endless body."""
    async with asyncio.timeout(20), engine.http.get(engine.base + path) as answer:
        assert answer.status == 200
        return await answer.content.readexactly(count)


async def test_frames_are_offered_and_can_be_watched(engine: Harness, client: ControlClient) -> None:
    """§18.1: size, rate, the ring for callers on this machine, and MJPEG for everyone."""
    session = await _create_show(engine, client)
    async with engine.http.get(f"{engine.base}/api/v1/sessions/show/frames") as answer:
        (stream,) = await answer.json()
    assert stream["ring"].keys() == {"segment", "wake_socket"}
    assert {key: stream[key] for key in ("node_id", "width", "height", "fps")} == {
        "node_id": "mix",
        "width": 64,
        "height": 48,
        "fps": 30,
    }
    assert stream["mjpeg"] == f"/mjpeg/{session}/mix"
    async with engine.http.get(engine.base + stream["mjpeg"]) as answer:
        assert answer.content_type == "multipart/x-mixed-replace"
        head = await answer.content.readuntil(b"\r\n\r\n")
        length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
        jpeg = await answer.content.readexactly(length)
    with av.open(io.BytesIO(jpeg), "r") as picture:
        frame = next(picture.decode(video=0))
        assert (frame.width, frame.height) == (64, 48)


async def test_a_session_without_a_compositor_offers_none(engine: Harness, client: ControlClient) -> None:
    """§18.1: an empty list; 404 for a node without pictures."""
    await client.ask("createsession", name="empty")
    await client.ask("addnode", session_id="empty", node_id="a", kind=SOURCE)
    await client.state("a", "Running")
    async with engine.http.get(f"{engine.base}/api/v1/sessions/empty/frames") as answer:
        assert await answer.json() == []
    for path, status in (("/mjpeg/empty/a", 404), ("/mjpeg/ghost/a", 404), ("/api/v1/sessions/ghost/frames", 404)):
        async with engine.http.get(engine.base + path) as answer:
            assert answer.status == status


async def test_the_mse_stream_is_found_by_session_id_and_path(engine: Harness, client: ControlClient) -> None:
    """§19.1, §19.2: /mse/{session_id}{path}, the id and never the name; WebM from its header on."""
    session = await _create_show(engine, client)
    await client.state("out", "Running")
    async with asyncio.timeout(20), engine.http.get(f"{engine.base}/mse/{session}{PATH}") as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-cache, no-store"
        assert answer.content_type == "video/webm"
        assert await answer.content.readexactly(4) == b"\x1a\x45\xdf\xa3"
    for path in (f"/mse/show{PATH}", f"/mse/{session}/other", f"/mse/{session}", f"/mse/x{PATH}", "/mse/"):
        async with engine.http.get(engine.base + path) as answer:
            assert answer.status == 404
    async with engine.http.get(f"{engine.base}/mse/{session}/other") as answer:
        assert await answer.text() == "No MSE stream registered for this path"


async def test_a_stream_ends_with_its_node(engine: Harness, client: ControlClient) -> None:
    """§19: the body ends; afterwards the path is unknown."""
    session = await _create_show(engine, client)
    await client.state("out", "Running")
    async with asyncio.timeout(20), engine.http.get(f"{engine.base}/mse/{session}{PATH}") as answer:
        await answer.content.readexactly(4)
        await client.ask("removenode", session_id=session, node_id="out")
        await answer.content.read()
    async with engine.http.get(f"{engine.base}/mse/{session}{PATH}") as answer:
        assert answer.status == 404


async def test_a_second_stream_of_the_same_path_fails(engine: Harness, client: ControlClient) -> None:
    """§19.1: the node becomes Failed; the first one streams on."""
    session = await _create_show(engine, client)
    await client.state("out", "Running")
    params = {"path": PATH.removeprefix("/")}
    kind = "transport::http::mse"
    await client.ask("addnode", session_id=session, node_id="again", kind=kind, params=params)
    state = (await client.state("again", "Failed"))["state"]
    assert state == {"Failed": {"reason": f"another node streams to {PATH} already"}}
    assert (await _bytes(engine, f"/mse/{session}{PATH}", 4)) == b"\x1a\x45\xdf\xa3"


@pytest.mark.expects_log("is not connected: RawVideo is not what the input takes")
async def test_pictures_do_not_fit_where_bytes_are_wanted(engine: Harness, client: ControlClient) -> None:
    """§4.7: an incompatible type is refused by the engine, in the log only."""
    session = await _create_show(engine, client)
    edge = {"from_node": "bars", "from_pin": "out", "to_node": "out", "to_pin": "in"}
    await client.ask("disconnect", session_id=session, from_node="webm", from_pin="out", to_node="out", to_pin="in")
    assert await client.ask("connect", session_id=session, **edge) == {"action": "success"}
    await client.ask("addnode", session_id=session, node_id="settled", kind=SOURCE)
    await client.state("settled", "Running")


async def test_watchers_do_not_hold_up_a_stop() -> None:
    """A stop ends endless bodies too."""
    async with running() as engine:
        client = await engine.client()
        session = await _create_show(engine, client)
        async with engine.http.get(f"{engine.base}/mjpeg/{session}/mix") as answer:
            await answer.content.readuntil(b"\r\n\r\n")
            async with asyncio.timeout(3.0):
                await engine.server.stop()


@pytest.mark.parametrize("path", ["/mse/{id}/quiet", "/mjpeg/{id}/mix"])
async def test_who_hangs_up_where_nothing_comes_gives_the_place_back(
    engine: Harness, client: ControlClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§19: a write would notice; there is none."""
    monkeypatch.setattr("engine.pictures.jpeg.MAX_WATCHERS", 2)
    session = await _create(engine, QUIET)
    for node_id in ("mix", "quiet"):
        await client.state(node_id, "Running")
    url = engine.base + path.format(id=session)
    answers = [await engine.http.get(url) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 503]
    for answer in answers:
        answer.close()
    async with asyncio.timeout(20):
        while (status := await _status(engine, url)) == 503:
            pass
    assert status == 200


async def _status(engine: Harness, url: str) -> int:
    async with engine.http.get(url) as answer:
        return answer.status


def test_the_real_kinds_are_there() -> None:
    """What the samples of a StreamKit server need."""
    from engine.library import library

    wanted = {COMPOSITOR, "video::colorbars", "video::vp9::encoder", "containers::webm::muxer", "transport::http::mse"}
    assert wanted <= library().keys()
