"""From a slider's tick to the bytes at the socket, and to the changed pixel painted in the window."""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtWidgets import QApplication, QSlider
from websockets.asyncio.client import ClientConnection

from gui.program import prepare_application
from sync import websocket
from tests.benchmarks.report import print_line, summary
from tests.end2end.controls import slider_of
from tests.end2end.desk import DeskInTest, drag, press, release, run_on_loop, until
from tests.support.engine_process import EngineProcess

PIPELINE = Path(__file__).parents[1] / "end2end" / "two_bars.yaml"
PROBE = (400, 360)
TICKS = 400


class PaintWatch(QObject):
    """Notes when the canvas has painted a picture whose probe differs from the one before."""

    def __init__(self, desk: DeskInTest) -> None:
        super().__init__()
        self._view = desk.station.canvas
        self.painted_ns: int | None = None
        self._last = self._probe()
        self._view.viewport().installEventFilter(self)

    def arm(self) -> None:
        """The next change counts."""
        self._last, self.painted_ns = self._probe(), None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint and self.painted_ns is None and self._probe() != self._last:
            self._view.viewport().removeEventFilter(self)
            QApplication.sendEvent(watched, event)  # the paint itself, so that the time is taken after it
            self._view.viewport().installEventFilter(self)
            self.painted_ns = time.perf_counter_ns()
            return True
        return False

    def _probe(self) -> int:
        # Not ``picture()``: copying four megabytes to look at one pixel would be part of the figure.
        item = self._view.stage.picture
        item._renew()
        return 0 if item._image is None else item._image.pixel(*PROBE)


async def _to_socket(desk: DeskInTest, slider: QSlider) -> tuple[list[float], list[float]]:
    """Every tick alone, unpaced: ms until the socket has the frame, and those of them that sending took."""
    begun_to_send: list[int] = []
    handed: list[int] = []
    send_at_once = websocket._send_at_once

    def noted(connection: ClientConnection, frame: str | bytes) -> bool:
        begun_to_send.append(time.perf_counter_ns())
        is_sent = send_at_once(connection, frame)
        if is_sent:
            handed.append(time.perf_counter_ns())
        return is_sent

    websocket._send_at_once = noted
    took: list[float] = []
    sending: list[float] = []
    middle = slider.height() // 2
    press(slider, QPoint(20, middle))
    for tick in range(TICKS):
        await until(lambda: desk.session.store.in_flight() == 0)
        await asyncio.sleep(0.012)
        handed.clear()
        begun_to_send.clear()
        begun = time.perf_counter_ns()
        drag(slider, QPoint(20 + 10 * (tick % 7 + 1), middle))
        await until(lambda: bool(handed), 2.0)
        took.append((handed[0] - begun) / 1e6)
        sending.append((handed[0] - begun_to_send[0]) / 1e6)
    release(slider, QPoint(20, middle))
    websocket._send_at_once = send_at_once
    return took, sending


async def _to_pixel(desk: DeskInTest, slider: QSlider) -> list[float]:
    """Ticks at random moments of the frame clock."""
    watch, dice, took = PaintWatch(desk), random.Random(3), []
    middle = slider.height() // 2
    press(slider, QPoint(30, middle))
    for tick in range(TICKS // 2):
        await asyncio.sleep(0.05 + dice.random() / 30)
        watch.arm()
        begun = time.perf_counter_ns()
        drag(slider, QPoint(30 if tick % 2 else slider.width() - 30, middle))
        await until(lambda: watch.painted_ns is not None, 2.0, "the pixel changes")
        assert watch.painted_ns is not None
        took.append((watch.painted_ns - begun) / 1e6)
    release(slider, QPoint(30, middle))
    return took


async def _measure(application: QApplication, url: str) -> None:
    async with DeskInTest.at(application, url) as desk:
        slider = await slider_of(desk)
        await asyncio.sleep(1.0)
        socket, sending = await _to_socket(desk, slider)
        pixel = await _to_pixel(desk, slider)
    in_send = summary(sending, "ms")["median_ms"]
    budget = "median <= 0.3 ms, p99 <= 2 ms"
    print_line("slider-to-socket", budget, median_of_it_in_send_ms=in_send, **summary(socket, "ms"))
    print_line("slider-to-pixel", "median <= 12 ms, p95 <= 20 ms, 60 fps", **summary(pixel, "ms"))


def main() -> None:
    """One engine, one desk, both figures."""
    application, loop = prepare_application(["layerdesk"])
    loop.close()
    with EngineProcess(PIPELINE) as engine:
        run_on_loop(application, _measure(application, engine.url))


if __name__ == "__main__":
    main()
