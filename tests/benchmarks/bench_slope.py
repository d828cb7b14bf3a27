"""What an hour of dragging would add to a desk and to its engine, after a warm-up, with the error of the figure.

``python -m tests.benchmarks.bench_slope [MINUTES]``; it runs long, so ``make bench`` runs it only by name.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import sys
import time
import urllib.request

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QSlider

from gui.program import prepare_application
from sync.log.entries import HISTORY_CAP
from tests.benchmarks.bench_slider import PIPELINE
from tests.benchmarks.report import print_line
from tests.benchmarks.slope import Sample, fit
from tests.end2end.controls import slider_of
from tests.end2end.desk import DeskInTest, drag, press, release, run_on_loop
from tests.support.engine_process import EngineProcess

MINUTES = 12.0
WARM_S, BLOCK_S = 180.0, 30.0
GESTURE_S = 5.0


async def _measure(application: QApplication, engine: EngineProcess, minutes: float) -> dict[str, list[Sample]]:
    """Memory in MB of both programs, once a gesture; each gesture is an undo step, as under a hand."""
    programs = {"desk": psutil.Process(), "engine": psutil.Process(engine.process.pid)}
    samples: dict[str, list[Sample]] = {name: [] for name in programs}
    async with DeskInTest.at(application, engine.url) as desk:
        slider = await slider_of(desk)
        begun = time.monotonic()
        while time.monotonic() - begun < WARM_S or _ops(engine.url) < HISTORY_CAP:
            await _gesture(slider)
        begun = time.monotonic()
        while (at_s := time.monotonic() - begun) < minutes * 60:
            await _gesture(slider)
            for name, program in programs.items():
                samples[name].append(Sample(at_s, program.memory_info().rss / 1e6))
    return samples


def _ops(url: str) -> int:
    """How many ops the session's log has numbered: until its history is full it grows, as it should."""
    with urllib.request.urlopen(f"{url}/api/v1/sessions", timeout=5) as answer:
        (session,) = json.load(answer)
    with urllib.request.urlopen(f"{url}/api/v1/sessions/{session['id']}/log", timeout=5) as answer:
        return int(json.load(answer)["head"])


async def _gesture(slider: QSlider) -> None:
    middle = slider.height() // 2
    press(slider, QPoint(40, middle))
    for tick in range(round(GESTURE_S * 60)):
        drag(slider, QPoint(20 + tick % 60, middle))
        await asyncio.sleep(1 / 60)
    release(slider, QPoint(40, middle))


def main(minutes: float) -> None:
    """One line a program."""
    application, loop = prepare_application(["layerdesk"])
    loop.close()
    with EngineProcess(PIPELINE) as engine:
        samples = run_on_loop(application, _measure(application, engine, minutes))
    for name, series in samples.items():
        slope = fit(series, BLOCK_S)
        print_line(
            f"memory-slope-{name}",
            "<= 5 MB an hour",
            mb_per_hour=round(slope.per_hour, 2),
            standard_error=None if math.isnan(slope.standard_error) else round(slope.standard_error, 2),
            minutes=minutes,
            first_mb=round(series[0].value, 1),
            last_mb=round(series[-1].value, 1),
        )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES)
