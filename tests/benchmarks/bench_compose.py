"""Compose time of one 1280×720 frame: our renderer, beside OpenCV and GStreamer's compositor where they are installed.

Ratios are rival ÷ ours in one run. Alone: ``python -m tests.benchmarks.bench_compose``.
"""

from __future__ import annotations

import importlib.util
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QImage

from engine.pictures.drawing import OPAQUE, WITH_ALPHA, prepare_drawing
from engine.pictures.layout import Item, ItemKind
from engine.pictures.render import Drawable, Renderer
from sync.wire.compositor import Rect
from tests.benchmarks.report import print_line, summary

FRAMES = 200
WARM_UP = 20
CANVAS = (1280, 720)
PIP_SOURCE = (640, 360)
PIP = (480, 270)
OPACITY = 0.8


def noise(size: tuple[int, int], seed: int) -> QImage:
    """A picture that no cache can have seen."""
    data = bytearray(random.Random(seed).randbytes(size[0] * size[1] * 4))
    return QImage(data, *size, 4 * size[0], OPAQUE).copy()


def item(rect: Rect, **fields: Any) -> Item:
    return Item(ItemKind.VIDEO, 0, rect, 0, **{"opacity": 1.0, **fields})


def timed(compose: Callable[[int], object]) -> dict[str, float]:
    """Wall clock and CPU of one frame in ms; on a busy machine CPU is the figure to compare."""
    for number in range(WARM_UP):
        compose(number)
    times = []
    cpu = time.process_time()
    for number in range(FRAMES):
        begin = time.perf_counter()
        compose(number)
        times.append((time.perf_counter() - begin) * 1000)
    cpu = (time.process_time() - cpu) * 1000 / FRAMES
    return {**summary(times, "ms"), "min_ms": round(min(times), 4), "cpu_ms": round(cpu, 4)}


def pip_rect(number: int) -> Rect:
    return Rect(40 + 100 * number, 30 + 60 * number, *PIP)


def ours(items: list[tuple[Item, list[QImage]]]) -> dict[str, float]:
    """Times of our renderer; each iteration draws other pictures than the last."""
    canvas, renderer = QImage(*CANVAS, WITH_ALPHA), Renderer()

    def compose(number: int) -> None:
        renderer.paint(canvas, [Drawable(each, pictures[number % len(pictures)]) for each, pictures in items])

    return timed(compose)


def opencv(backgrounds: list[QImage], pips: list[QImage]) -> dict[str, float] | None:
    """The same scene with resize, warpAffine and addWeighted in one thread."""
    if importlib.util.find_spec("cv2") is None:
        return None
    cv2: Any = importlib.import_module("cv2")
    numpy: Any = importlib.import_module("numpy")
    cv2.setNumThreads(1)

    def array(image: QImage) -> Any:
        flat = numpy.frombuffer(image.constBits(), numpy.uint8)
        return flat.reshape(image.height(), image.width(), 4)[:, :, :3].copy()

    below, above = [array(image) for image in backgrounds], [array(image) for image in pips]
    width, height = PIP
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -15, 1)
    solid = numpy.full((height, width), OPACITY, numpy.float32)
    mask = cv2.warpAffine(solid, turn, PIP)[:, :, None]

    def compose(number: int) -> None:
        canvas = below[number % len(below)].copy()
        for place in range(7):
            rect = pip_rect(place)
            right, bottom = min(CANVAS[0], rect.x + width), min(CANVAS[1], rect.y + height)
            part = canvas[rect.y : bottom, rect.x : right]
            small = cv2.resize(above[(number + place) % len(above)], PIP, interpolation=cv2.INTER_LINEAR)
            seen = small[: bottom - rect.y, : right - rect.x]
            if place == 0:
                small = cv2.warpAffine(small, turn, PIP)
                part[:] = (small * mask + part * (1 - mask)).astype(numpy.uint8)
            else:
                cv2.addWeighted(seen, OPACITY, part, 1 - OPACITY, 0, part)

    return timed(compose)


def gstreamer() -> dict[str, float] | None:
    """CPU ms a frame of GStreamer's compositor for the scene without rotation; None when it is not installed."""
    launcher = shutil.which("gst-launch-1.0")
    if launcher is None:
        return None
    caps = "video/x-raw,format=BGRA,framerate=30/1,width={},height={}"
    pads = " ".join(
        f"sink_{n + 1}::xpos={pip_rect(n).x} sink_{n + 1}::ypos={pip_rect(n).y} sink_{n + 1}::width={PIP[0]} "
        f"sink_{n + 1}::height={PIP[1]} sink_{n + 1}::alpha={OPACITY}"
        for n in range(7)
    )
    source = "videotestsrc pattern=black num-buffers={} ! {} ! imagefreeze num-buffers={} ! c."
    sources = [source.format(1, caps.format(*CANVAS), FRAMES)]
    sources += [source.format(1, caps.format(*PIP_SOURCE), FRAMES)] * 7
    line = f"compositor name=c {pads} ! {caps.format(*CANVAS)} ! fakesink sync=false {' '.join(sources)}"
    begin, cpu = time.perf_counter(), _children_cpu()
    done = subprocess.run([launcher, "-q", *line.split()], check=False, capture_output=True, timeout=120)
    if done.returncode:
        return None
    elapsed = (time.perf_counter() - begin) * 1000 / FRAMES
    return {"mean_ms": round(elapsed, 4), "cpu_ms": round((_children_cpu() - cpu) * 1000 / FRAMES, 4)}


def _children_cpu() -> float:
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def scenarios(backgrounds: list[QImage], pips: list[QImage]) -> dict[str, float]:
    """Medians of the reference's scenario names at 1280×720."""
    full = item(Rect(0, 0, *CANVAS))
    corner = item(Rect(834, 460, 426, 240), opacity=0.9)
    scenes = {
        "1-layer-rgba": [(full, backgrounds)],
        "2-layer-rgba-pip": [(full, backgrounds), (corner, pips)],
        "4-layer-rgba": [(full, backgrounds), *((item(pip_rect(n), opacity=0.9), pips) for n in range(3))],
        "2-layer-rgba-rotated": [
            (full, backgrounds),
            (item(Rect(834, 460, 426, 240), rotation_degrees=15.0), pips),
        ],
        "2-layer-rgba-cropped": [
            (full, backgrounds),
            (item(Rect(834, 460, 426, 240), crop=Rect(160, 90, 320, 180)), pips),
        ],
        "2-layer-circle": [(full, backgrounds), (item(Rect(834, 460, 240, 240), is_circle=True), pips)],
        "2-layer-strong-shrink": [(full, backgrounds), (item(Rect(834, 460, 240, 135)), backgrounds)],
    }
    return {name: ours(scene)["median_ms"] for name, scene in scenes.items()}


def main() -> None:
    """Runs all and prints the line."""
    prepare_drawing()
    backgrounds = [noise(CANVAS, seed) for seed in range(3)]
    pips = [noise(PIP_SOURCE, seed + 10) for seed in range(4)]
    layers = [(item(Rect(0, 0, *CANVAS)), backgrounds)]
    layers += [(item(pip_rect(n), opacity=OPACITY, rotation_degrees=0.0 if n else 15.0), pips) for n in range(7)]
    found, cv, gst = ours(layers), opencv(backgrounds, pips), gstreamer()
    print_line(
        "compose-720p-7-layers-one-rotated",
        "median <= 1.2 ms",
        **found,
        opencv=cv,
        opencv_to_ours_cpu=cv and round(cv["cpu_ms"] / found["cpu_ms"], 2),
        gstreamer_without_rotation=gst,
        gstreamer_to_ours_cpu=gst and round(gst["cpu_ms"] / found["cpu_ms"], 2),
        scenarios_median_ms=scenarios(backgrounds, pips),
    )


def test_compose() -> None:
    """For ``make bench``."""
    main()


if __name__ == "__main__":
    main()
