"""CPU and memory of a real engine that plays eight H.264 files and composes them at 60 fps for one local watcher.

Alone: ``python -m tests.benchmarks.bench_engine_load``.
"""

from __future__ import annotations

import json
import socket
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import av
import psutil
from PySide6.QtGui import QImage

from engine.pictures.clip import Clip
from engine.pictures.drawing import WITH_ALPHA, prepare_drawing
from engine.pictures.layout import Item, ItemKind
from engine.pictures.render import Drawable, Renderer
from sync.wire.compositor import Rect
from tests.benchmarks.report import print_line
from tests.support.engine_process import EngineProcess

FILES = 8
FPS = 60
WARM_UP_S = 2.0
MEASURE_S = 6.0
PLAIN_FRAMES = 120


def write_file(path: Path, size: tuple[int, int], seconds: int = 4) -> None:
    """A moving picture as a camera's recorder would write it."""
    with (
        av.open(str(path), "w") as container,
        av.open(f"testsrc2=s={size[0]}x{size[1]}:r={FPS}", format="lavfi") as test,
    ):
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number, frame in enumerate(test.decode(video=0)):
            if number == seconds * FPS:
                break
            picture = frame.reformat(format="yuv420p")
            picture.pts = number
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def pip_rect(number: int) -> dict[str, int]:
    return {"x": 100 * number - 60, "y": 60 * number - 30, "width": 480, "height": 270}


def pipeline(folder: Path) -> Path:
    """A background and seven pictures in it, the first one rotated."""
    nodes: dict[str, Any] = {}
    layers: dict[str, Any] = {"in_0": {}}
    for number in range(FILES):
        path = folder / f"clip{number}.mp4"
        write_file(path, (1280, 720) if number == 0 else (640, 360))
        nodes[f"file{number}"] = {"kind": "layerdesk::media", "params": {"path": path.name}}
        if number:
            layers[f"in_{number}"] = {"rect": pip_rect(number), "opacity": 0.8, "z_index": number}
    layers["in_1"]["rotation_degrees"] = 15
    nodes["mix"] = {
        "kind": "video::compositor",
        "params": {"width": 1280, "height": 720, "fps": FPS, "layers": layers},
        "needs": [f"file{number}" for number in range(FILES)],
    }
    nodes["out"] = {"kind": "core::sink", "needs": "mix"}
    file = folder / "eight.yaml"
    file.write_text(json.dumps({"name": "eight", "mode": "dynamic", "nodes": nodes}))
    return file


def plain_loop(folder: Path) -> float:
    """CPU in percent that the bare work would take at 60 fps: decode, convert and paint, one after the other."""
    prepare_drawing()
    clips = [Clip(folder / f"clip{number}.mp4", "clip") for number in range(FILES)]
    rows = [clip.frames(lambda: True) for clip in clips]
    canvas, renderer = QImage(1280, 720, WITH_ALPHA), Renderer()
    items = [Item(ItemKind.VIDEO, 0, Rect(0, 0, 1280, 720), 0, 1.0)]
    items += [
        Item(ItemKind.VIDEO, 0, Rect(**pip_rect(number)), 1, 0.8, 15.0 if number == 1 else 0.0)
        for number in range(1, FILES)
    ]
    begin = time.process_time()
    for _ in range(PLAIN_FRAMES):
        pictures = [clip.picture(next(row).frame) for clip, row in zip(clips, rows, strict=True)]
        renderer.paint(canvas, [Drawable(*each) for each in zip(items, pictures, strict=True)])
    used = time.process_time() - begin
    for clip in clips:
        clip.close()
    return 100 * used / PLAIN_FRAMES * FPS


def ask(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def watch(http: str) -> socket.socket:
    """Connects as a local desk does; frames are painted only for somebody."""
    (session,) = ask(f"{http}/api/v1/sessions")
    (stream,) = ask(f"{http}/api/v1/sessions/{session['id']}/frames")
    watcher = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    watcher.connect(stream["ring"]["wake_socket"])
    return watcher


def frames_seen(watcher: socket.socket, seconds: float) -> int:
    """How many frames the ring announced in this time."""
    end, count = time.monotonic() + seconds, 0
    watcher.settimeout(2)
    while time.monotonic() < end:
        count += len(watcher.recv(4096)) // 8
    return count


def measure(seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file = pipeline(Path(folder))
        with EngineProcess(file) as engine:
            time.sleep(WARM_UP_S)
            watcher = watch(engine.url)
            process = psutil.Process(engine.process.pid)
            frames_seen(watcher, 1.0)
            before = process.cpu_times()
            begin = time.monotonic()
            frames = frames_seen(watcher, seconds)
            elapsed = time.monotonic() - begin
            after = process.cpu_times()
            watcher.close()
            used = after.user + after.system - before.user - before.system
            memory = process.memory_info().rss / 1e6
        plain = plain_loop(Path(folder))
    return {
        "cpu_percent": round(100 * used / elapsed, 1),
        "plain_loop_cpu_percent": round(plain, 1),
        "frames_per_s": round(frames / elapsed, 2),
        "rss_mb": round(memory, 1),
    }


def main() -> None:
    """Prints the line."""
    load = psutil.getloadavg()[0]
    print_line("engine-8-files-60-fps", "cpu <= 60 %, rss <= 350 MB", **measure(MEASURE_S), load_before=load)


def test_engine_load() -> None:
    """For ``make bench``."""
    main()


if __name__ == "__main__":
    main()
