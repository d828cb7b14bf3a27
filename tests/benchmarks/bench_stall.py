"""A thousand view-data events a second with a hundred layers each: how late the window's own timer gets."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from itertools import pairwise

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from gui.options import DeskOptions
from gui.place import RemotePlace
from gui.program import DeskProgram, prepare_application
from tests.benchmarks.report import print_line, summary
from tests.end2end.desk import run_on_loop, until

PERIOD_MS = 4
SECONDS = 8.0


async def _measure(application: QApplication, port: str) -> None:
    program = DeskProgram(application, DeskOptions(), keeps_state=False)
    ticks: list[int] = []
    worked: list[float] = []

    def tick() -> None:
        ticks.append(time.perf_counter_ns())
        worked.append(time.thread_time())

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(PERIOD_MS)
    timer.timeout.connect(tick)
    try:
        await program.open(RemotePlace(f"ws://127.0.0.1:{port}"))
        station = program.station
        assert station is not None
        await until(lambda: station.bridge.scene is not None and len(station.bridge.scene.layers) >= 100, 10)
        await asyncio.sleep(1.0)
        session, heard = station.desk.session, list[str]()
        assert session is not None
        session.store.node_changed.connect(heard.append)
        timer.start()
        begun = time.monotonic()
        await asyncio.sleep(SECONDS)
        rate = len(heard) / (time.monotonic() - begun)
        timer.stop()
    finally:
        await program.close()
    late = [max(0.0, (b - a) / 1e6 - PERIOD_MS) for a, b in pairwise(ticks)]
    cpu = summary([(b - a) * 1e3 for a, b in pairwise(worked)], "ms")
    print_line(
        "view-data-stall",
        "p99 <= 8 ms",
        layers=100,
        events_per_s=round(rate),
        cpu_between_ticks=cpu,  # what the lateness would be if this process had a core for itself
        cpu_share=(worked[-1] - worked[0]) / SECONDS,
        **summary(late, "ms"),
        max_ms=max(late),
    )


def main() -> None:
    """The flood comes from another process."""
    application, loop = prepare_application(["layerdesk"])
    loop.close()
    command = [sys.executable, "-m", "tests.benchmarks.flood_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        run_on_loop(application, _measure(application, port))
        assert server.stdin is not None
        server.stdin.close()


if __name__ == "__main__":
    main()
