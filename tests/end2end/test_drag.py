"""The promise of the desk, against a real engine: a drag is live, nothing pulls the hand, no edit is lost."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QSlider

from gui.canvas.coordinates import qpoint
from gui.canvas.plane import Point
from tests.end2end.controls import commits_in, slider_of
from tests.end2end.desk import DeskInTest, drag, press, release, run_on_loop, until
from tests.end2end.peer import ScriptedPeer
from tests.faults.link import FaultyLink
from tests.support.engine_process import EngineProcess

PIPELINE = Path(__file__).with_name("two_bars.yaml")
DRAG_S = 5.0
ECHO_DELAY_S = 0.3
# Left of the middle of the inner picture: its white bar over the background's cyan bar.
PROBE = (400, 360)
WHITE, CYAN = (191, 191, 191), (0, 191, 191)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineProcess]:
    with EngineProcess(PIPELINE, state_dir=tmp_path) as process:
        yield process


@pytest.fixture
def link(engine: EngineProcess) -> Iterator[FaultyLink]:
    with FaultyLink(engine.url) as faulty:
        yield faulty


def test_a_long_drag_over_a_slow_link(qapp: QApplication, engine: EngineProcess, link: FaultyLink) -> None:
    async def scenario() -> None:
        async with DeskInTest.at(qapp, link.url) as desk, ScriptedPeer.at(engine.url) as peer:
            slider = await slider_of(desk)
            steps_before = len(desk.session.history._done)
            link.seen_by_server.clear()
            with link.delayed(ECHO_DELAY_S):
                jumps = await _drag_for(desk, slider, peer)
                final = desk.session.store.value("compositor", ("layers", "in_1", "opacity"))
                assert jumps == []
                commits = commits_in(link.seen_by_server)
                assert 10 < len(commits) <= DRAG_S / 0.033 + 2
                await until(lambda: desk.session.store.in_flight() == 0, what="all is acknowledged")
            assert len(desk.session.history._done) == steps_before + 1
            stored = (await peer.params())["layers"]["in_1"]
            assert stored["opacity"] == pytest.approx(final)
            assert stored["rotation_degrees"] == 180
            assert desk.session.store.value("compositor", ("layers", "in_1", "rotation_degrees")) == 180
            await _see_opacity(desk, final)

    run_on_loop(qapp, scenario())


async def _drag_for(desk: DeskInTest, slider: QSlider, peer: ScriptedPeer) -> list[tuple[int, int]]:
    """Five seconds at 60 Hz; a peer turns the layer midway. Returns (ours, seen) where the handle moved by itself."""
    jumps: list[tuple[int, int]] = []
    middle, span = slider.height() // 2, slider.width() - 20
    begun, ticks, has_turned = time.monotonic(), 0, False
    press(slider, QPoint(10 + span, middle))
    while (elapsed := time.monotonic() - begun) < DRAG_S:
        x = 10 + round(span * (0.5 + 0.45 * math.cos(elapsed * 2.4)))
        drag(slider, QPoint(x, middle))
        ours = slider.value()
        ticks += 1
        if elapsed > DRAG_S / 2 and not has_turned:
            has_turned = True
            await peer.set_layer("in_1", rotation_degrees=180)
        await asyncio.sleep(max(0.0, begun + ticks / 60 - time.monotonic()))
        if slider.value() != ours:
            jumps.append((ours, slider.value()))
    end = QPoint(10 + round(span * 0.4), middle)
    drag(slider, end)
    release(slider, end)
    return jumps


async def _see_opacity(desk: DeskInTest, opacity: float) -> None:
    """The inner picture is turned by half, so its blue bar lies over the background's yellow and cyan."""

    def is_right() -> bool:
        seen = desk.pixel(*PROBE)
        blue = (0, 0, 191)
        under = desk.pixel(400, 100)
        wanted = [
            opacity * s + (1 - opacity) * d
            for s, d in zip(blue, (under.red(), under.green(), under.blue()), strict=True)
        ]
        return all(abs(a - b) <= 3 for a, b in zip((seen.red(), seen.green(), seen.blue()), wanted, strict=True))

    await until(is_right, 3, f"a pixel shows opacity {opacity}: {desk.pixel(*PROBE).getRgb()}")


def test_the_programme_follows_a_layer_while_it_is_dragged(qapp: QApplication, engine: EngineProcess) -> None:
    async def scenario() -> None:
        async with DeskInTest.at(qapp, engine.url) as desk:
            view = desk.station.canvas
            desk.station.bridge.select(["in_1"])
            start = qpoint(view.coordinates.to_view(Point(640, 360))).toPoint()
            before = desk.pixel(200, 360)
            press(view.viewport(), start)
            for step in range(1, 31):
                drag(view.viewport(), start - QPoint(4 * step, 0))
                await asyncio.sleep(1 / 60)
            shown = desk.session.store.value("compositor", ("layers", "in_1", "rect", "x"))
            assert shown < 320
            await until(lambda: desk.pixel(200, 360) != before, 1.0, "the picture follows before the button is up")
            release(view.viewport(), start - QPoint(120, 0))
            await until(lambda: desk.session.store.in_flight() == 0)
            assert len(desk.session.history._done) == 1
            desk.session.history.undo()
            await until(lambda: desk.session.store.value("compositor", ("layers", "in_1", "rect", "x")) == 320)
            await until(lambda: desk.pixel(200, 360) == before, 2.0, "undo is seen")

    run_on_loop(qapp, scenario())
