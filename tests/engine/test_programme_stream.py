"""PROTOCOL.md §19 from a real engine's process: StreamKit's two bars, read by PyAV, by ffprobe, by ten at once."""

from __future__ import annotations

import asyncio
import io
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import av
import pytest

from tests.engine.control_client import ControlClient
from tests.support.engine_process import EngineProcess
from tests.support.pictures import write_noise
from tests.support.two_bars import TWO_BARS

NOISE = """
nodes:
  noise: {kind: "layerdesk::media", params: {path: noise.avi}}
  mix: {kind: "video::compositor", params: {width: 320, height: 240, fps: 30}, needs: [noise]}
  vp9: {kind: "video::vp9::encoder", params: {bitrate_kbps: 8000, keyframe_interval: 30}, needs: mix}
  webm: {kind: "containers::webm::muxer", needs: vp9}
  http_mse: {kind: "transport::http::mse", params: {path: /video, max_clients: 10}, needs: webm}
"""
WITHIN_S = 60.0  # a busy machine encodes 1280 × 720 slower than it is shown
RED, GREEN_ON_YELLOW = (191, 0, 0), (19, 191, 0)


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineProcess]:
    with EngineProcess(TWO_BARS) as engine:
        yield engine


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.engine.control_client.LIMIT_S", WITHIN_S)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as http:
        yield http


@pytest.fixture
async def url(engine: EngineProcess, http: aiohttp.ClientSession) -> str:
    """Where the programme is."""
    return await _programme(engine, http)


async def _programme(engine: EngineProcess, http: aiohttp.ClientSession) -> str:
    """Where the programme is, as soon as it is there."""
    async with http.get(f"{engine.url}/api/v1/sessions") as answer:
        (session,) = await answer.json()
    async with _control(engine, http) as client:
        pipeline = (await client.ask("getpipeline", session_id=session["id"]))["pipeline"]
        if pipeline["nodes"]["http_mse"]["state"] != "Running":
            await client.state("http_mse", "Running")
    return f"{engine.url}/mse/{session['id']}/video"


@asynccontextmanager
async def _control(engine: EngineProcess, http: aiohttp.ClientSession) -> AsyncIterator[ControlClient]:
    client = ControlClient(await http.ws_connect(f"{engine.url}/api/v1/control", max_msg_size=0))
    try:
        yield client
    finally:
        await client.close()


def _pixel(frame: Any, x: int, y: int) -> tuple[int, ...]:
    plane = frame.reformat(format="rgb24").planes[0]
    at = y * plane.line_size + 3 * x
    return tuple(bytes(plane)[at : at + 3])


async def test_streamkits_two_bars_run_unchanged_and_pyav_reads_them(url: str) -> None:
    def read() -> list[Any]:
        with av.open(url, timeout=WITHIN_S) as container:
            return [frame for frame, _ in zip(container.decode(video=0), range(25), strict=False)]

    frames = await asyncio.to_thread(read)
    assert len(frames) == 25
    assert {(frame.width, frame.height) for frame in frames} == {(1280, 720)}
    times = [frame.time for frame in frames]
    assert times == sorted(set(times))
    for (x, y), colour in (((1000, 650), RED), ((220, 310), GREEN_ON_YELLOW)):
        seen = _pixel(frames[-1], x, y)
        assert max(abs(part - wanted) for part, wanted in zip(seen, colour, strict=True)) < 24, (x, y, seen)


async def test_ffprobe_reads_them_too(url: str) -> None:
    """Debian's, which shares nothing with what PyAV brings along."""
    command = ("ffprobe", "-v", "error", "-count_frames", "-read_intervals", "%+#25", "-of", "csv=p=0")
    shown = ("-show_entries", "stream=codec_name,width,height,nb_read_frames", url)
    run = await asyncio.to_thread(
        subprocess.run, [*command, *shown], capture_output=True, text=True, timeout=WITHIN_S, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    codec, width, height, frames = run.stdout.strip().split(",")
    assert (codec, width, height) == ("vp9", "1280", "720")
    assert int(frames) >= 20


@pytest.fixture
def noisy(tmp_path: Path) -> Iterator[EngineProcess]:
    """An engine with a programme that no codec makes small: a stalled socket is soon full."""
    write_noise(tmp_path / "noise.avi")
    (tmp_path / "noise.yaml").write_text(NOISE)
    with EngineProcess(tmp_path / "noise.yaml") as engine:
        yield engine


async def test_ten_watch_one_stalls_and_is_cut_and_the_others_miss_nothing(
    noisy: EngineProcess, http: aiohttp.ClientSession
) -> None:
    """Each frame is encoded once: who watches at the same time gets the same."""
    url = await _programme(noisy, http)
    async with _control(noisy, http) as client:
        watchers = [Watcher(http, url) for _ in range(9)]
        for watcher in watchers:
            await watcher.grow()
        with _stalled(url):
            told = await client.event("nodetelemetry", node_id="http_mse")
        for watcher in watchers:
            await watcher.grow()
        seen = [await watcher.leave() for watcher in watchers]
    assert told["data"] == {"event_type": "mse.watcher_cut", "count": 1}
    begin, end = max(each[0] for each in seen), min(each[-1] for each in seen)
    shared = [[time for time in each if begin <= time <= end] for each in seen]
    assert len(shared[0]) >= 20
    assert shared == [shared[0]] * 9


@contextmanager
def _stalled(url: str) -> Iterator[None]:
    """Somebody who asks, and takes next to nothing."""
    place = urlsplit(url)
    with socket.socket() as watcher:
        watcher.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        watcher.connect((place.hostname, place.port))
        watcher.sendall(f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
        yield


class Watcher:
    """Reads all that comes."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.body = bytearray()
        self._grown = asyncio.Event()
        self._reader = asyncio.create_task(self._read(http, url), name="watcher")

    async def grow(self) -> None:
        """Returns when there is more than now."""
        self._grown.clear()
        async with asyncio.timeout(WITHIN_S):
            await self._grown.wait()

    async def leave(self) -> list[float]:
        """Hangs up; the times of all the frames that came."""
        self._reader.cancel()
        await asyncio.wait([self._reader])
        with av.open(io.BytesIO(self.body), "r", format="webm") as container:
            return [float(packet.pts) for packet in container.demux(video=0) if packet.pts is not None]

    async def _read(self, http: aiohttp.ClientSession, url: str) -> None:
        async with http.get(url) as answer:
            async for piece in answer.content.iter_any():
                self.body += piece
                self._grown.set()
