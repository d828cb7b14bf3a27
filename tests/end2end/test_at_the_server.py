"""Files, samples, checks and fonts at a real engine, over its HTTP routes."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from gui.inspector.rows.font import FontRow
from gui.place import RemotePlace
from gui.server.check_dialog import CheckDialog
from gui.server.samples_dialog import SamplesDialog
from gui.server.save_sample import SaveSampleDialog
from tests.end2end.desk import DeskInTest, run_on_loop, until
from tests.support.engine_process import ROOT, EngineProcess

PIPELINE = Path(__file__).with_name("two_bars.yaml")
FONT = ROOT / "resources" / "fonts" / "JetBrainsMono-Bold.ttf"


def hear(desk: DeskInTest) -> list[str]:
    """What the operator is told from now on."""
    said: list[str] = []
    desk.station.bridge.noticed.connect(lambda severity, sentence: said.append(f"{severity}: {sentence}"))
    return said


def font_row(desk: DeskInTest) -> FontRow | None:
    form = desk.station.window.inspector.form
    rows = () if form is None else form.font_rows()
    return rows[0] if rows else None


def font_of(desk: DeskInTest) -> str | None:
    """The font of the selected text."""
    scene = desk.station.bridge.scene
    layer = None if scene is None else scene.layer(desk.station.bridge.selection[0])
    return None if layer is None else layer.font_name


def drop(desk: DeskInTest, file: Path) -> bool:
    """Drops a file on the picture as the window system does; says whether the window wanted it."""
    window, data = desk.station.canvas.viewport(), QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    action, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(50, 50), action, data, left, none)
    QApplication.sendEvent(window, entering)
    if entering.isAccepted():
        QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), action, data, left, none))
    return entering.isAccepted()


def test_a_file_becomes_a_session_on_the_server_and_its_export_is_that_file(qapp: QApplication, tmp_path: Path) -> None:
    file = tmp_path / "friday.yaml"
    file.write_text(f"# the friday show\n{PIPELINE.read_text('utf-8')}", "utf-8")

    async def scenario(engine: EngineProcess) -> None:
        async with DeskInTest.at(qapp, engine.url) as desk:
            first, server, window = desk.session.info.id, desk.station.server, desk.station.window
            server.starter.start_file(file)
            await until(lambda: desk.station.desk.session is not None and desk.session.info.id != first)
            assert desk.session.info.name == "friday"
            await until(lambda: window.exporting.state() == "as in friday.yaml", what="the file is the origin")
            assert window.exporting.export().text == file.read_text("utf-8")
            second = desk.session.info.id
            assert drop(desk, file)
            await until(lambda: desk.station.desk.session is not None and desk.session.info.id not in {first, second})
            assert desk.session.info.name == "friday_2"
            assert [row.name for row in desk.station.desk.sessions][1:] == ["friday", "friday_2"]
            desk.station.desk.open_session(first)
            await until(lambda: desk.station.desk.session is not None and desk.session.info.id == first)
            assert window.exporting.state() == "not exported"
            desk.station.desk.open_session(second)
            await until(lambda: window.exporting.state() == "as in friday.yaml", what="it still knows the file")

    with EngineProcess(PIPELINE) as engine:
        run_on_loop(qapp, scenario(engine))


def test_a_file_that_cannot_run_is_one_line_and_nothing_is_touched(qapp: QApplication, tmp_path: Path) -> None:
    broken, strange, picture = tmp_path / "broken.yaml", tmp_path / "strange.yaml", tmp_path / "a.png"
    broken.write_text("mode: dynamic\nnodes:\n  a:\n    kind: core::sink\n    needs: nobody\n")
    strange.write_text("mode: dynamic\nnodes: {}\n")
    picture.write_bytes(b"x")

    async def scenario(engine: EngineProcess) -> None:
        async with DeskInTest.at(qapp, engine.url) as desk:
            said, server = hear(desk), desk.station.server
            server.starter.start_file(broken)
            await until(lambda: said)
            assert said == ["error: broken.yaml was not started. Line 5, nodes.a.needs: "
                            "Node 'a' references non-existent node 'nobody' in 'needs' field."]  # fmt: skip
            said.clear()
            server.starter.start_file(strange)
            await until(lambda: said)
            assert said == ["error: strange.yaml was not started. The server refuses: Pipeline is empty. Add some "
                            "nodes before creating a session."]  # fmt: skip
            said.clear()
            server.starter.start_file(tmp_path / "gone.yaml")
            await until(lambda: said)
            assert said == ["error: gone.yaml was not started. It cannot be read: No such file or directory."]
            assert not drop(desk, picture)
            assert len(desk.station.desk.sessions) == 1

    with EngineProcess(PIPELINE) as engine:
        run_on_loop(qapp, scenario(engine))


def test_samples_are_looked_through_opened_saved_replaced_and_deleted(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(engine: EngineProcess) -> None:
        async with DeskInTest.at(qapp, engine.url) as desk:
            table, window, first = desk.station.actions, desk.station.window, desk.session.info.id

            def save(name: str) -> SaveSampleDialog:
                table.run("session.save_sample")
                dialog = window.findChildren(SaveSampleDialog)[-1]
                dialog.name.setText(name)
                dialog.save.click()
                return dialog

            table.run("session.samples")
            samples = desk.widget(SamplesDialog, "samples/dialog")
            await until(lambda: samples.list.count() > 2, what="the shipped samples are listed")
            assert not samples.delete_button.isEnabled()
            assert samples.delete_button.toolTip() == "A sample that came with the server cannot be deleted."
            save("Friday night")
            await until(lambda: "saved here" in samples.list.item(samples.list.count() - 1).text())
            again = save("Friday night")
            await until(lambda: again.complaint.text().startswith("The server has a sample of that name"))
            assert again.save.text() == "Replace it"
            again.save.click()
            await until(lambda: not window.findChildren(SaveSampleDialog), what="it was replaced")
            await until(lambda: not samples.is_busy)
            samples.search.setText("frid")
            assert samples.list.count() == 1
            assert "video::compositor" in samples.text.toPlainText()
            samples.open_button.click()
            await until(lambda: desk.station.desk.session is not None and desk.session.info.id != first)
            assert desk.session.info.name == "Friday night"
            table.run("session.samples")
            samples = window.findChildren(SamplesDialog)[-1]
            await until(lambda: not samples.is_busy and samples.list.count() > 2)
            samples.search.setText("friday")
            samples.delete_button.click()
            box = desk.widget(QMessageBox, "samples/delete_question")
            next(button for button in box.findChildren(QPushButton) if button.text() == "Delete it").click()
            await until(lambda: samples.summary.text() == "No sample is called that.")
            samples.reject()

    with EngineProcess(PIPELINE, options=["--samples-dir", str(tmp_path / "shelf")]) as engine:
        run_on_loop(qapp, scenario(engine))


def test_a_file_is_checked_by_the_server_that_would_run_it(qapp: QApplication, tmp_path: Path) -> None:
    file = tmp_path / "show.yaml"
    good = PIPELINE.read_text("utf-8")
    file.write_text(f"{good}  stray:\n    kind: acme::thing\n")

    async def scenario(engine: EngineProcess) -> None:
        async with DeskInTest.at(qapp, engine.url) as desk:
            dialog: CheckDialog = desk.station.server.check(file)
            await until(lambda: not dialog.is_busy)
            assert dialog.summary.text().startswith("show.yaml would not run on this server: ")
            lines = [issue.line for issue in dialog.issues if "acme::thing" in issue.words]
            assert set(lines) == {len(good.splitlines()) + 1}
            assert not dialog.start.isEnabled()
            assert dialog.text.textCursor().selectedText() == "  stray:"
            file.write_text(good)
            dialog.again.click()
            await until(lambda: not dialog.is_busy)
            assert dialog.summary.text() == "show.yaml would run on this server; nothing is doubtful."
            dialog.start.click()
            await until(lambda: len(desk.station.desk.sessions) == 2, what="it was started")
            await until(lambda: "show on" in desk.station.window.topbar.session._words, what="it is open")

    with EngineProcess(PIPELINE) as engine:
        run_on_loop(qapp, scenario(engine))


def test_a_font_is_uploaded_chosen_and_missed(qapp: QApplication, tmp_path: Path) -> None:
    mine = tmp_path / "Stencil.ttf"
    shutil.copy(FONT, mine)

    async def scenario(engine: EngineProcess) -> None:
        async with DeskInTest.at(qapp, engine.url) as desk:
            bridge, said = desk.station.bridge, hear(desk)
            desk.station.actions.run("layer.add_text")
            await until(lambda: bridge.selection and bridge.selection[0].startswith("text"))
            await until(lambda: font_row(desk) is not None, what="the inspector shows the text")
            row = font_row(desk)
            assert isinstance(row, FontRow)
            await until(lambda: row.list.findText("Inter-Regular") > 0, what="the shipped fonts are offered")
            desk.station.server.fonts.upload(mine)
            path = "samples/fonts/user/Stencil.ttf"
            await until(lambda: font_of(desk) == path, what="the selected text has it")
            await until(lambda: row.list.findText("Stencil (uploaded)") > 0)
            await until(lambda: row.text.text() == "Stencil (uploaded)")
            assert row.sign.isHidden()
            desk.session.history.undo()
            await until(lambda: row.text.text() == "")
            row.text.setFocus()
            row.text.insert("samples/fonts/user/Gone.ttf")
            row.text.returnPressed.emit()
            await until(lambda: not row.sign.isHidden())
            assert "no font file samples/fonts/user/Gone.ttf" in row.sign.toolTip()
            assert said == []
            words = tmp_path / "words.ttf"
            words.write_text("no font")
            desk.station.server.fonts.upload(words)
            await until(lambda: said == ["error: words.ttf was not sent. The server refuses: 'words.ttf' is no font."])

    with EngineProcess(PIPELINE, options=["--samples-dir", str(tmp_path / "shelf")]) as engine:
        run_on_loop(qapp, scenario(engine))


def test_a_viewer_is_told_why_nothing_can_be_started(qapp: QApplication, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("viewer look-only # a guest\n")
    tokens.chmod(0o600)

    async def scenario(engine: EngineProcess) -> None:
        async with DeskInTest.on(qapp, RemotePlace(engine.url, "look-only")) as desk:
            window, said = desk.station.window, hear(desk)
            await until(lambda: desk.station.desk.role == "viewer")
            desk.station.bridge.select(["title"])
            desk.station.bridge.flush()
            assert window.bound["layer.lock"].isEnabled()
            for name, words in {
                "session.from_file": "create sessions",
                "file.check": "create sessions",
                "session.new": "create sessions",
                "session.save_sample": "save sample pipelines",
                "layer.upload_font": "upload files",
                "layer.add_image": "upload files",
                "layer.add_text": "change parameters",
                "layer.delete": "change parameters",
                "align.left": "change parameters",
                "graph.add": "change the graph",
            }.items():
                assert not window.bound[name].isEnabled(), name
                assert window.bound[name].toolTip() == f"The role viewer may not {words} on this server."
                assert not desk.station.actions.run(name)
            assert drop(desk, PIPELINE)
            assert said == ["warning: two_bars.yaml was not started. The role viewer may not create sessions on this "
                            "server."]  # fmt: skip
            desk.station.actions.run("session.samples")
            samples = desk.widget(SamplesDialog, "samples/dialog")
            await until(lambda: samples.list.count() > 2, what="looking is allowed")
            assert not samples.open_button.isEnabled()
            assert samples.open_button.toolTip() == "The role viewer may not create sessions on this server."
            samples.reject()

    with EngineProcess(PIPELINE, options=["--tokens", str(tokens)]) as engine:
        run_on_loop(qapp, scenario(engine))
