"""The canvas of a running compositor at a real engine: size, rate and format change live, and the picture with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit

from tests.end2end.desk import DeskInTest, run_on_loop, until
from tests.support.engine_process import EngineProcess

PIPELINE = Path(__file__).with_name("two_bars.yaml")


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    with EngineProcess(PIPELINE) as process:
        yield process


def test_canvas_size_rate_and_format_are_changed_while_the_compositor_runs(
    qapp: QApplication, engine: EngineProcess
) -> None:
    async def scenario() -> None:
        async with DeskInTest.at(qapp, engine.url) as desk:
            desk.station.bridge.select([])
            for name, typed in (("width", "960"), ("height", "540"), ("fps", "25")):
                await until(lambda name=name: field(desk, name) is not None, what=f"the row of {name}")  # type: ignore[misc]
                number = desk.widget(QLineEdit, f"inspector/{name}/number")
                await until(number.isEnabled, what=f"{name} can be changed")
                number.setFocus()
                number.selectAll()
                QTest.keyClicks(number, typed)
                QTest.keyClick(number, Qt.Key.Key_Return)
            formats = desk.widget(QComboBox, "inspector/output_format/choice")
            formats.setCurrentIndex(formats.findText("NV12"))
            formats.activated.emit(formats.currentIndex())
            await until(lambda: picture_size(desk) == (960, 540), what="the picture has the new size")
            await until(lambda: confirmed(desk) == (960, 540, 25, "nv12"), what="the server has all of it")
            assert len(desk.session.store.confirmed("compositor")["layers"]) == 2  # a whole config was sent

    run_on_loop(qapp, scenario())


def field(desk: DeskInTest, name: str) -> QLineEdit | None:
    return desk.station.window.findChild(QLineEdit, f"inspector/{name}/number")


def picture_size(desk: DeskInTest) -> tuple[int, int]:
    picture = desk.station.canvas.picture()
    return (0, 0) if picture is None else (picture.width(), picture.height())


def confirmed(desk: DeskInTest) -> tuple[object, ...]:
    params = desk.session.store.confirmed("compositor")
    return tuple(params.get(name) for name in ("width", "height", "fps", "output_format"))
