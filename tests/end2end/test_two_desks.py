"""Two desks on one session see each other's edits, also when both hands move at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QSlider

from sync.store import Store
from tests.end2end.controls import slider_of
from tests.end2end.desk import DeskInTest, drag, press, release, run_on_loop, until
from tests.end2end.peer import ScriptedPeer
from tests.support.engine_process import EngineProcess

PIPELINE = Path(__file__).with_name("two_bars.yaml")
OPACITY, ROTATION = ("layers", "in_1", "opacity"), ("layers", "in_1", "rotation_degrees")


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    with EngineProcess(PIPELINE) as process:
        yield process


def test_an_edit_here_is_seen_there(qapp: QApplication, engine: EngineProcess) -> None:
    async def scenario() -> None:
        async with DeskInTest.at(qapp, engine.url) as here, DeskInTest.at(qapp, engine.url) as there:
            here.session.edit("compositor", {("text_overlays", "title", "text"): "From here"}, "Text of title")
            await until(
                lambda: there.session.store.value("compositor", ("text_overlays", "title", "text")) == "From here"
            )
            there.session.edit("compositor", {ROTATION: 30.0}, "Rotation")
            await until(lambda: here.session.store.value("compositor", ROTATION) == 30.0)

    run_on_loop(qapp, scenario())


def test_two_hands_on_two_fields_at_the_same_time(qapp: QApplication, engine: EngineProcess) -> None:
    async def scenario() -> None:
        async with DeskInTest.at(qapp, engine.url) as here, DeskInTest.at(qapp, engine.url) as there:
            opacity, rotation = await slider_of(here), await slider_of(there, row="rotation_degrees")
            await _drag_both(opacity, rotation)
            shown = [desk.session.store for desk in (here, there)]
            await until(lambda: all(store.in_flight() == 0 for store in shown), what="all is acknowledged")
            wanted = (shown[0].value("compositor", OPACITY), shown[1].value("compositor", ROTATION))
            assert wanted[0] < 0.9
            assert wanted[1] != 0
            for store in shown:

                def is_there(store: Store = store) -> bool:
                    return (store.value("compositor", OPACITY), store.value("compositor", ROTATION)) == wanted

                await until(is_there)
            async with ScriptedPeer.at(engine.url) as peer:
                layer = (await peer.params())["layers"]["in_1"]
            assert (layer["opacity"], layer["rotation_degrees"]) == pytest.approx(wanted)

    run_on_loop(qapp, scenario())


async def _drag_both(first: QSlider, second: QSlider) -> None:
    middle = first.height() // 2
    press(first, QPoint(first.width() - 12, middle))
    press(second, QPoint(12, middle))
    for step in range(60):
        drag(first, QPoint(first.width() - 12 - step // 2, middle))
        drag(second, QPoint(12 + step // 2, middle))
        await asyncio.sleep(1 / 60)
    release(first, QPoint(first.width() - 42, middle))
    release(second, QPoint(42, middle))
