"""10 000 events a second and frames of 5 MB: how late the window's own timer gets, and what of it was taken."""

from __future__ import annotations

import asyncio
import os
from itertools import pairwise

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from gui.program import prepare_application
from tests.benchmarks.report import print_line, summary
from tests.end2end.desk import run_on_loop
from tests.faults.flooded_desk import PERIOD_MS, FloodedDesk, flooded

EVENTS_PER_S = 10_000
SECONDS = 3.0
LARGE_FRAMES = 6


def main() -> None:
    """Two lines: the flood, and the large frames one by one."""
    application, loop = prepare_application(["layerdesk"])
    loop.close()
    run_on_loop(application, _measure(application))


async def _measure(application: QApplication) -> None:
    async with flooded(application) as desk:
        desk.ticks.clear()
        sent = await desk.flood(EVENTS_PER_S, SECONDS)
        _print("event-flood", desk, events_per_s=round(sent / SECONDS))
        desk.ticks.clear()
        for _ in range(LARGE_FRAMES):
            await desk.say_large()
            await asyncio.sleep(0.25)
        _print("large-frames", desk, frames=LARGE_FRAMES, megabytes=5)


def _print(name: str, desk: FloodedDesk, **figures: float) -> None:
    late = [max(0.0, (after - before) / 1e6 - PERIOD_MS) for before, after in pairwise(desk.ticks)]
    print_line(name, "p99 <= 8 ms", **figures, **summary(late, "ms"), max_ms=round(max(late), 1))


if __name__ == "__main__":
    main()
