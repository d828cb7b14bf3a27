"""The author's control panel at a real engine: a button and a slider are seen in the programme."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QSlider

from tests.end2end.desk import DeskInTest, drag, press, release, run_on_loop, until
from tests.support.engine_process import EngineProcess

PIPELINE = Path(__file__).with_name("two_bars.yaml")
CONTROLS = """
client:
  controls:
    - { label: Ghost, type: button, node: compositor, property: layers.in_1.opacity, value: 0.5, group: Looks }
    - { label: Inner, type: number, node: compositor, property: layers.in_1.opacity, min: 0, max: 1, group: Looks }
"""
OPACITY = ("layers", "in_1", "opacity")
# The inner picture's white bar over the background's cyan bar.
PROBE = (400, 360)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineProcess]:
    file = tmp_path / "controls.yaml"
    file.write_text(PIPELINE.read_text("utf-8") + CONTROLS, "utf-8")
    with EngineProcess(file) as process:
        yield process


def test_a_button_and_a_slider_of_the_author_change_the_programme(qapp: QApplication, engine: EngineProcess) -> None:
    async def scenario() -> None:
        async with DeskInTest.at(qapp, engine.url) as desk:
            desk.station.window.details.show_tab("controls")
            before = desk.pixel(*PROBE)
            button = desk.widget(QPushButton, "controls/0/button")
            await until(lambda: button.isVisible() and button.isEnabled(), what="the button is on screen")
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
            await until(lambda: desk.pixel(*PROBE) != before, what="the programme follows the button")
            slider = desk.widget(QSlider, "controls/1/slider")
            middle = slider.height() // 2
            await until(
                lambda: slider.value() == (slider.maximum() + slider.minimum()) // 2, what="the slider shows it"
            )
            half, end = QPoint(slider.width() // 2, middle), QPoint(slider.width() - 2, middle)
            press(slider, half)
            drag(slider, end)
            release(slider, end)
            await until(lambda: desk.session.store.confirmed("compositor")["layers"]["in_1"]["opacity"] == 1.0)
            await until(lambda: desk.pixel(*PROBE) == before, what="the programme is as it was")
            assert desk.session.store.value("compositor", OPACITY) == 1.0
            assert len(desk.session.history._done) == 2

    run_on_loop(qapp, scenario())
