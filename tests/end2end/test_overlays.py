"""Adding an image and making a session, on a real engine."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from gui.actions.table import Action
from sync.scene import Layer
from tests.end2end.desk import DeskInTest, run_on_loop, until
from tests.support.engine_process import EngineProcess

PIPELINE = Path(__file__).with_name("two_bars.yaml")


def test_an_image_is_uploaded_and_seen(qapp: QApplication, tmp_path: Path) -> None:
    file = tmp_path / "badge.png"
    badge = QImage(120, 60, QImage.Format.Format_RGB32)
    badge.fill(QColor(250, 120, 10))
    assert badge.save(str(file))

    async def scenario(engine: EngineProcess) -> None:
        async with DeskInTest.at(qapp, engine.url) as desk:
            desk.station._overlays.upload(file)
            await until(lambda: badge_of(desk) is not None, what="the image is there and selected")
            await until(lambda: desk.pixel(100, 60).red() > 240, 5, "the image is in the programme")
            desk.session.history.undo()
            await until(lambda: desk.pixel(100, 60).red() < 240, 5, "undo takes it out")
            desk.station._overlays.upload(file)
            await until(lambda: desk.pixel(100, 60).red() > 240, 5, "the image that is there already is used again")
            layer = badge_of(desk)
            assert layer is not None
            assert (layer.drawn.width, layer.drawn.height) == (120, 60)
            text = tmp_path / "words.png"
            text.write_text("no picture")
            said: list[str] = []
            desk.station.bridge.noticed.connect(lambda _severity, sentence: said.append(sentence))
            desk.station._overlays.upload(text)
            await until(
                lambda: any(sentence.startswith("words.png was not added. The server refuses: ") for sentence in said)
            )
            file.write_bytes(file.read_bytes() + b"another")
            desk.station._overlays.upload(file)
            another = "The server has another badge.png already: give the file another name."
            await until(lambda: said[-1] == f"badge.png was not added. {another}")

    with EngineProcess(PIPELINE, options=["--samples-dir", str(tmp_path / "shelf")]) as engine:
        run_on_loop(qapp, scenario(engine))


def badge_of(desk: DeskInTest) -> Layer | None:
    """The selected layer when it is the badge."""
    scene, selection = desk.station.bridge.scene, desk.station.bridge.selection
    layer = None if scene is None or not selection else scene.layer(selection[0])
    return layer if layer is not None and layer.id.startswith("badge_") else None


def test_a_session_is_made_and_ended(qapp: QApplication) -> None:
    async def scenario(engine: EngineProcess) -> None:
        async with DeskInTest.at(qapp, engine.url) as desk:
            table, first = desk.station.window.actions_table, desk.session.info.id
            new: Action = table["session.new"]
            assert new.is_enabled(desk.station.bridge)
            table.run("session.new")
            await until(lambda: desk.station.desk.session is not None and desk.session.info.id != first)
            assert len(desk.station.desk.sessions) == 2
            table.run("session.end")
            box = desk.widget(QMessageBox, "session/end")
            end = next(button for button in box.findChildren(QPushButton) if button.text() == "End it")
            end.click()
            await until(lambda: [info.id for info in desk.station.desk.sessions] == [first], what="it is gone")

    with EngineProcess(PIPELINE) as engine:
        run_on_loop(qapp, scenario(engine))
