"""The scene with GStreamer's ``compositor`` element, in a process of its own, from the same noise."""

from __future__ import annotations

import math
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from PySide6.QtGui import QImage

from tests.benchmarks.compose_scene import (
    CANVAS,
    OPACITY,
    PIP,
    PIP_SOURCE,
    PIPS,
    ROTATION_DEGREES,
    Pictures,
    pip_rect,
    turned_box,
)

WARM_UP = 20
WITHIN_S = 120
CAPS = "video/x-raw,format=BGRA,framerate=30/1,width={},height={}"

__all__ = ["GStreamer"]


class GStreamer:
    """``with GStreamer(pictures) as rival``: ``compositor`` from gst-plugins-base; each input repeats one picture.

    It cannot turn a pad. With gst-plugins-bad ``videoscale``, ``videobox`` and ``rotate``, which samples nearest, do.
    """

    def __init__(self, pictures: Pictures) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="layerdesk-compose-")
        self._files = [self._write(pictures.background(0), "background")]
        self._files += [self._write(pictures.pip(layer, 0), f"pip{layer}") for layer in range(PIPS)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    @staticmethod
    def is_installed(element: str) -> bool:
        """Whether there is a ``gst-launch-1.0`` that knows this element."""
        inspect = shutil.which("gst-inspect-1.0")
        if inspect is None or shutil.which("gst-launch-1.0") is None:
            return False
        return subprocess.run([inspect, "--exists", element], check=False, capture_output=True).returncode == 0

    def times(self, frames: int, *, is_turned: bool) -> dict[str, float]:
        """Wall clock and CPU of a frame in ms, without what the start of the process takes."""
        short, long = (self._run(count, is_turned=is_turned) for count in (WARM_UP, WARM_UP + frames))
        wall_ms, cpu_ms = ((after - before) * 1000 / frames for before, after in zip(short, long, strict=True))
        return {"mean_ms": round(wall_ms, 4), "cpu_ms": round(cpu_ms, 4)}

    def picture(self, *, is_turned: bool) -> bytes:
        """One composed frame as BGRA."""
        target = Path(self._folder.name) / "composed"
        self._run(1, is_turned=is_turned, sink=f"filesink location={target}")
        return target.read_bytes()[: 4 * CANVAS[0] * CANVAS[1]]

    def _run(self, frames: int, *, is_turned: bool, sink: str = "fakesink sync=false") -> tuple[float, float]:
        """Runs so many frames; wall clock and CPU in seconds. Raises CalledProcessError."""
        pads = "sink_0::zorder=0 " + " ".join(_pad(layer, is_turned=is_turned) for layer in range(PIPS))
        sources = [_source(self._files[0], CANVAS, frames) + " ! c.sink_0"]
        for layer, file in enumerate(self._files[1:]):
            turn = f" ! {_turn()}" if is_turned and not layer else ""
            sources.append(f"{_source(file, PIP_SOURCE, frames)}{turn} ! c.sink_{layer + 1}")
        line = f"compositor name=c background=black {pads} ! {CAPS.format(*CANVAS)} ! {sink} {' '.join(sources)}"
        begun, cpu = time.perf_counter(), _children_cpu_s()
        command = ["gst-launch-1.0", "-q", *line.split()]
        subprocess.run(command, check=True, capture_output=True, timeout=WITHIN_S)
        return time.perf_counter() - begun, _children_cpu_s() - cpu

    def _write(self, image: QImage, name: str) -> Path:
        path = Path(self._folder.name) / name
        path.write_bytes(image.constBits())
        return path


def _source(file: Path, size: tuple[int, int], frames: int) -> str:
    """``frames`` times the raw picture in a file."""
    parsed = f"rawvideoparse format=bgra width={size[0]} height={size[1]} framerate=30/1"
    read = f"filesrc location={file} blocksize={4 * size[0] * size[1]} ! {parsed}"
    return f"{read} ! imagefreeze num-buffers={frames} ! {CAPS.format(*size)}"


def _pad(layer: int, *, is_turned: bool) -> str:
    rect, (width, height) = pip_rect(layer), PIP
    x, y = rect.x, rect.y
    if is_turned and not layer:
        width, height = turned_box()
        x, y = x - (width - PIP[0]) // 2, y - (height - PIP[1]) // 2
    values = {"xpos": x, "ypos": y, "width": width, "height": height, "alpha": OPACITY, "zorder": layer + 1}
    return " ".join(f"sink_{layer + 1}::{name}={value}" for name, value in values.items())


def _turn() -> str:
    width, height = turned_box()
    across, down = (width - PIP[0]) // 2, (height - PIP[1]) // 2
    border = f"videobox border-alpha=0 left=-{across} right=-{across} top=-{down} bottom=-{down}"
    angle = math.radians(-ROTATION_DEGREES)
    return f"videoscale ! {CAPS.format(*PIP)} ! {border} ! {CAPS.format(width, height)} ! rotate angle={angle}"


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
