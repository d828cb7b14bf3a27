"""The window under a flood: it stays usable, a hand on a slider is obeyed, and it ends with what the server has.

How late the window gets is measured by ``tests/benchmarks/bench_flood.py``; a busy machine is no defect of the desk.
"""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QSlider

from tests.end2end.controls import slider_of
from tests.end2end.desk import drag, press, release, run_on_loop, until
from tests.faults.flooded_desk import FloodedDesk, flooded
from tests.faults.socket_desk import OPACITY
from tests.support.link import COMPOSITOR

pytestmark = pytest.mark.timeout(60)
SECONDS = 3.0


def test_ten_thousand_events_a_second(qapp: QApplication) -> None:
    async def scenario() -> None:
        async with flooded(qapp) as desk:
            slider = await slider_of(desk.shown)
            desk.ticks.clear()
            flood = asyncio.ensure_future(desk.flood(10_000, SECONDS))
            await _fade(slider)
            assert not flood.done(), "the hand is faster than the flood"
            assert len(desk.ticks) >= 20, "the window's own timer came in between"
            assert await flood >= 5_000
            await _converged(desk)

    run_on_loop(qapp, scenario())


@pytest.mark.expects_log("skipped a malformed frame")
def test_frames_of_five_megabytes(qapp: QApplication) -> None:
    async def scenario() -> None:
        async with flooded(qapp) as desk:
            slider = await slider_of(desk.shown)
            for _ in range(4):
                await desk.say_large()
            await _fade(slider)
            await until(lambda: desk.shown.station.desk.counters.malformed == 4, what="all were skipped")
            await _converged(desk)

    run_on_loop(qapp, scenario())


async def _fade(slider: QSlider) -> None:
    """A hand pulls the opacity down in a third of a second."""
    middle = slider.height() // 2
    press(slider, QPoint(slider.width() - 12, middle))
    for step in range(20):
        drag(slider, QPoint(slider.width() - 12 - 3 * step, middle))
        await asyncio.sleep(1 / 60)
    release(slider, QPoint(slider.width() - 69, middle))


async def _converged(desk: FloodedDesk) -> None:
    store = desk.session.store
    await until(lambda: store.in_flight() == 0, what="nothing is on its way")
    truth = await desk.truth()
    await until(lambda: all(store.params(node) == params for node, params in truth.items()), what="equal to the server")
    assert truth[COMPOSITOR]["layers"]["in_1"]["opacity"] == store.value(COMPOSITOR, OPACITY) < 0.9
