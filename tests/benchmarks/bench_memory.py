"""Memory of a desk with a hundred layers; what dragging adds to it is told by bench_slope.py."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from PySide6.QtWidgets import QApplication

from gui.options import DeskOptions
from gui.place import RemotePlace
from gui.program import DeskProgram, prepare_application
from tests.benchmarks.report import print_line
from tests.end2end.desk import run_on_loop, until


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


if __name__ == "__main__":
    main()
