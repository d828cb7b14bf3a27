"""What one repaint costs: a 720p frame under 20 outlined layers, and what a drag step costs; prints one JSON line.

Run: ``python -m tests.benchmarks.bench_paint``. Budget: 2 ms median (CPU of the GUI thread, offscreen).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, cycle
from typing import Any

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from tests.benchmarks.report import print_line, summary
from tests.gui.canvas_stand import Stand, picture

ROUNDS = 200
BUDGET_MS = 2.0

__all__ = ["main", "measure"]


def _params(count: int) -> dict[str, Any]:
    """A background and ``count`` - 1 texts in rows."""
    places = [(60 + 230 * (index % 5), 40 + 165 * (index // 5)) for index in range(count - 1)]
    texts = [
        {"id": f"t{index}", "text": f"Layer {index}", "rect": {"x": x, "y": y, "width": 200, "height": 120}}
        for index, (x, y) in enumerate(places)
    ]
    full = {"x": 0, "y": 0, "width": 1280, "height": 720}
    return {"width": 1280, "height": 720, "layers": {"in_0": {"rect": full}}, "text_overlays": texts}


def _timed(work: Callable[[], object]) -> dict[str, float]:
    spans: list[float] = []
    for _ in range(ROUNDS):
        begun = time.thread_time()
        work()
        spans.append((time.thread_time() - begun) * 1e3)
    return summary(spans, "ms")


def _repaint(stand: Stand, frames: Iterator[QImage]) -> None:
    stand.view.show_frame(next(frames))
    stand.view.viewport().repaint()


def _drag(stand: Stand, turns: Iterator[int]) -> None:
    turn = next(turns)
    stand.move(700 + turn % 90, 260 + turn % 50)
    stand.bridge.flush()


def measure() -> dict[str, Any]:
    """The figures, by what was painted."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    figures: dict[str, Any] = {}
    frames = [picture("studio"), picture("busy")]
    for name, size in (("scaled to 75 %", (988, 590)), ("pixel for pixel", (1308, 770))):
        stand = Stand(_params(20), size)
        stand.hover(300, 30)
        stand.select("t7")

        figures[name] = _timed(partial(_repaint, stand, cycle(frames)))
        figures[name]["zoom"] = round(stand.view.coordinates.zoom, 3)
        stand.press(700, 260)
        figures[f"a drag step, {name}"] = _timed(partial(_drag, stand, count()))
        stand.view.cancel_gesture()
        stand.close()
    application.processEvents()
    return figures


def main() -> int:
    """Prints the figures as one JSON line."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    figures = measure()
    worst = max(figure["median_ms"] for name, figure in figures.items() if "drag" not in name)
    print_line("canvas paint", f"<= {BUDGET_MS} ms", is_kept=worst <= BUDGET_MS, figures=figures)
    return 0


def test_paint() -> None:
    """For ``make bench``: prints the line."""
    assert main() == 0


if __name__ == "__main__":
    raise SystemExit(main())
