"""Memory of a desk with a hundred layers, and what an hour of dragging would add to it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QSlider

from gui.options import DeskOptions
from gui.place import RemotePlace
from gui.program import DeskProgram, prepare_application
from tests.benchmarks.bench_slider import PIPELINE
from tests.benchmarks.report import print_line
from tests.end2end.controls import slider_of
from tests.end2end.desk import DeskInTest, drag, press, release, run_on_loop, until
from tests.support.engine_process import EngineProcess

WARM_S, DRAG_S = 20.0, 60.0


def _resident_mb() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6


async def _hundred_layers(application: QApplication, port: str) -> float:
    program = DeskProgram(application, DeskOptions(), keeps_state=False)
    try:
        await program.open(RemotePlace(f"ws://127.0.0.1:{port}"))
        station = program.station
        assert station is not None
        await until(lambda: station.bridge.scene is not None and len(station.bridge.scene.layers) >= 100, 10)
        await asyncio.sleep(3.0)
        return _resident_mb()
    finally:
        await program.close()


async def _dragging(application: QApplication, url: str) -> float:
    """Megabytes an hour, from a minute of dragging after a warm-up."""
    async with DeskInTest.at(application, url) as desk:
        slider = await slider_of(desk)
        middle = QPoint(40, slider.height() // 2)
        press(slider, middle)
        await _move(slider, WARM_S)
        before = _resident_mb()
        await _move(slider, DRAG_S)
        after = _resident_mb()
        release(slider, middle)
        return (after - before) * 3600 / DRAG_S


async def _move(slider: QSlider, seconds: float) -> None:
    end, tick = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        tick += 1
        drag(slider, QPoint(20 + tick % 60, 10))
        await asyncio.sleep(1 / 60)


def main() -> None:
    """The hundred layers stand still: the flood has its own benchmark."""
    application, loop = prepare_application(["layerdesk"])
    loop.close()
    command = [sys.executable, "-m", "tests.benchmarks.flood_server", "--still"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        resident_mb = run_on_loop(application, _hundred_layers(application, server.stdout.readline().strip()))
        assert server.stdin is not None
        server.stdin.close()
    print_line("memory-desk-100-layers", "<= 250 MB", resident_mb=round(resident_mb, 1))
    with EngineProcess(PIPELINE) as engine:
        slope = run_on_loop(application, _dragging(application, engine.url))
    print_line("memory-slope-dragging", "<= 5 MB an hour", mb_per_hour=round(slope, 2), minutes=DRAG_S / 60)


if __name__ == "__main__":
    main()
