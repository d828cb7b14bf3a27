"""The sample pipelines play on a real engine: every node runs, pictures come, and they show what the file says."""

from __future__ import annotations

import io
import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any

import av
import pytest
from PySide6.QtGui import QColor, QImage

from resources import ROOT
from tests.support.engine_process import EngineProcess

SAMPLES = sorted((ROOT / "samples").glob("*.yaml"))
START, END = b"\xff\xd8", b"\xff\xd9"
LIMIT_S = 30.0


@pytest.fixture(scope="module")
def engine() -> Iterator[str]:
    """The address of an engine that plays every sample."""
    with EngineProcess(*SAMPLES) as process:
        wait_until_it_plays(process.url)
        yield process.url


def wait_until_it_plays(engine: str) -> None:
    """The engine listens before the nodes of its files are built."""
    until, pause = time.monotonic() + LIMIT_S, threading.Event()
    while {state for name in session_ids(engine) for state in node_states(engine, name).values()} != {"Running"}:
        assert time.monotonic() < until, "a node of a sample does not start"
        pause.wait(0.02)


def node_states(engine: str, name: str) -> dict[str, str]:
    nodes = fetch(f"{engine}/api/v1/sessions/{session_ids(engine)[name]}/pipeline")["nodes"]
    return {node_id: str(node["state"]) for node_id, node in nodes.items()}


def fetch(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=LIMIT_S) as answer:
        return json.load(answer)


def session_ids(engine: str) -> dict[str, str]:
    return {session["name"]: session["id"] for session in fetch(f"{engine}/api/v1/sessions")}


def pictures(engine: str, name: str, count: int) -> list[QImage]:
    """The next pictures of a session's compositor; waits for them."""
    url = f"{engine}/mjpeg/{session_ids(engine)[name]}/compositor"
    with urllib.request.urlopen(url, timeout=LIMIT_S) as answer:
        return [next_picture(answer) for _ in range(count)]


def next_picture(answer: HTTPResponse) -> QImage:
    while not (line := answer.readline()).lower().startswith(b"content-length:"):
        assert line, "the stream ended"
    length = int(line.split(b":")[1])
    while answer.readline().strip():
        pass
    data = answer.read(length)
    assert (data[:2], data[-2:]) == (START, END)
    return QImage.fromData(data)


def near(color: QColor, wanted: tuple[int, int, int], tolerance: int = 16) -> bool:
    seen = (color.red(), color.green(), color.blue())
    return all(abs(one - other) <= tolerance for one, other in zip(seen, wanted, strict=True))


@pytest.mark.parametrize("name", ["Studio A", "Two bars", "Circle", "Multiview"])
def test_every_node_of_a_sample_runs_and_a_picture_comes(name: str, engine: str) -> None:
    (picture,) = pictures(engine, name, 1)
    assert (picture.width(), picture.height()) == (1280, 720)
    assert set(node_states(engine, name).values()) == {"Running"}


def test_the_demo_moves_and_has_its_layers_in_place(engine: str) -> None:
    first, *_, last = pictures(engine, "Studio A", 20)
    assert any(first.pixel(x, y) != last.pixel(x, y) for x in range(300, 600, 8) for y in range(150, 400, 8))
    assert near(last.pixelColor(62 + 17, 130), (191, 191, 191)), "the first bar is grey"
    assert near(last.pixelColor(62 + 248 - 17, 130), (0, 0, 191)), "the last bar is blue"
    warm = last.pixelColor(1190, 360)
    assert warm.red() > warm.blue() + 30, "the guest sits in a warm room"
    title = [last.pixelColor(x, y).lightness() for x in range(62, 460, 2) for y in range(640, 676, 2)]
    assert max(title) > 225, "the title is white"


def test_the_circle_is_cut_out_of_its_square(engine: str) -> None:
    (picture,) = pictures(engine, "Circle", 1)
    corner, inside = picture.pixelColor(900, 340), picture.pixelColor(910, 506)
    assert corner.blue() > corner.red(), "the background shows in the corner"
    assert inside.red() > inside.blue(), "the guest shows inside"


def test_two_bars_are_served_as_vp9_in_webm(engine: str) -> None:
    url = f"{engine}/mse/{session_ids(engine)['Two bars']}/video"
    with urllib.request.urlopen(url, timeout=LIMIT_S) as answer:
        assert answer.headers["Content-Type"] == 'video/webm; codecs="vp9"'
        data = answer.read(60_000)
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        frame = next(picture for packet in container.demux(stream) for picture in packet.decode())
    assert (stream.codec_context.name, frame.width, frame.height) == ("vp9", 1280, 720)
