"""Compose time of one 1280×720 frame: our renderer, beside OpenCV and GStreamer's compositor where they are installed.

All compose the same scene from the same noise, once with one layer turned and once with none, because GStreamer's
compositor cannot turn; ``difference`` (0 to 255) is how far their picture of a smooth scene is from ours. Ratios are
rival ÷ ours in one run. Alone: ``python -m tests.benchmarks.bench_compose``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from PySide6.QtGui import QImage

from engine.pictures.drawing import WITH_ALPHA, prepare_drawing
from engine.pictures.layout import Item, ItemKind
from engine.pictures.render import Drawable, Renderer
from sync.wire.compositor import Rect
from tests.benchmarks import compose_opencv
from tests.benchmarks.compose_gstreamer import GStreamer
from tests.benchmarks.compose_scene import CANVAS, OPACITY, PIPS, ROTATION_DEGREES, Pictures, difference, pip_rect
from tests.benchmarks.report import print_line, summary

FRAMES = 200
WARM_UP = 20
SAME_SCENE_BELOW = 0.3

Layer: TypeAlias = tuple[Item, Callable[[int], QImage]]  # an item and its picture in the n-th frame


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


def ours(layers: Sequence[Layer]) -> Callable[[int], QImage]:
    """A function with which our renderer composes the n-th frame."""
    canvas, renderer = QImage(*CANVAS, WITH_ALPHA), Renderer()

    def compose(frame: int) -> QImage:
        assert not renderer.paint(canvas, [Drawable(each, picture(frame)) for each, picture in layers])
        return canvas

    return compose


def scene(pictures: Pictures, *, is_turned: bool) -> list[Layer]:
    """The layers, bottom first."""
    layers: list[Layer] = [(item(Rect(0, 0, *CANVAS)), pictures.background)]
    for number in range(PIPS):
        degrees = ROTATION_DEGREES if is_turned and not number else 0.0
        pip = item(pip_rect(number), opacity=OPACITY, rotation_degrees=degrees)
        layers.append((pip, partial(pictures.pip, number)))
    return layers


def beside_others(*, is_turned: bool) -> dict[str, Any]:
    """Ours and every rival that can draw the scene."""
    pictures = Pictures.of_noise()
    figures = timed(ours(scene(pictures, is_turned=is_turned)))
    found = {name: each for name, rival in RIVALS.items() if (each := rival(pictures, is_turned=is_turned)) is not None}
    ratios = {f"{name}_to_ours_cpu": round(each["cpu_ms"] / figures["cpu_ms"], 2) for name, each in found.items()}
    return {**figures, **found, **ratios}


def opencv(pictures: Pictures, *, is_turned: bool, threads: int = -1) -> dict[str, float] | None:
    """None where it is not installed."""
    if not compose_opencv.is_installed():
        return None
    smooth = compose_opencv.compose_with_opencv(Pictures.smooth(), is_turned=is_turned, threads=threads)
    far = difference_to_ours(compose_opencv.as_bytes(smooth(0)), is_turned=is_turned)
    noise = compose_opencv.compose_with_opencv(pictures, is_turned=is_turned, threads=threads)
    return {**timed(noise), "difference": far}


def gstreamer(pictures: Pictures, *, is_turned: bool) -> dict[str, float] | None:
    """None where it is not installed, or has no element that turns."""
    if not GStreamer.is_installed("compositor") or (is_turned and not GStreamer.is_installed("rotate")):
        return None
    with GStreamer(Pictures.smooth()) as rival:
        far = difference_to_ours(rival.picture(is_turned=is_turned), is_turned=is_turned)
    with GStreamer(pictures) as rival:
        return {**rival.times(FRAMES, is_turned=is_turned), "difference": far}


# Qt scales in threads of its own, as OpenCV does unless it is told not to.
RIVALS: dict[str, Callable[..., dict[str, float] | None]] = {
    "opencv": opencv,
    "opencv_one_thread": partial(opencv, threads=1),
    "gstreamer": gstreamer,
}


def difference_to_ours(picture: bytes, *, is_turned: bool) -> float:
    """Of a rival's picture of the smooth scene; raises AssertionError when it composes another scene."""
    own = ours(scene(Pictures.smooth(), is_turned=is_turned))(0)
    found = difference(bytes(own.constBits()), picture)
    assert found < SAME_SCENE_BELOW, found
    return found


def scenarios(pictures: Pictures) -> dict[str, float]:
    """Medians of the reference's scenario names at 1280×720."""
    full: Layer = (item(Rect(0, 0, *CANVAS)), pictures.background)
    corner, pip = Rect(834, 460, 426, 240), partial(pictures.pip, 0)
    above: dict[str, list[Layer]] = {
        "1-layer-rgba": [],
        "2-layer-rgba-pip": [(item(corner, opacity=0.9), pip)],
        "4-layer-rgba": [(item(pip_rect(n), opacity=0.9), partial(pictures.pip, n)) for n in range(3)],
        "2-layer-rgba-rotated": [(item(corner, rotation_degrees=15.0), pip)],
        "2-layer-rgba-cropped": [(item(corner, crop=Rect(160, 90, 320, 180)), pip)],
        "2-layer-circle": [(item(Rect(834, 460, 240, 240), is_circle=True), pip)],
        "2-layer-strong-shrink": [(item(Rect(834, 460, 240, 135)), pictures.background)],
    }
    return {name: timed(ours([full, *layers]))["median_ms"] for name, layers in above.items()}


def main() -> None:
    """Runs all and prints a line a scene."""
    prepare_drawing()
    load = round(os.getloadavg()[0], 2)
    turned, plain = (beside_others(is_turned=each) for each in (True, False))
    found = scenarios(Pictures.of_noise())
    print_line("compose-720p-7-layers-one-rotated", "median <= 1.2 ms", **turned, load=load, scenarios_median_ms=found)
    print_line("compose-720p-7-layers", "none; GStreamer's compositor can draw this one", **plain, load=load)


def test_compose() -> None:
    """For ``make bench``."""
    main()


if __name__ == "__main__":
    main()
