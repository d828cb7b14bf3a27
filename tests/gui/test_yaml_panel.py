"""The pipeline as text: the live view, the export dialog with its diff, and files that cannot be written or read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QTextDocument
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from gui.actions.window_actions import open_export
from gui.window import MainWindow
from gui.yaml.export_dialog import ExportDialog
from gui.yaml.highlighter import DiffHighlighter, YamlHighlighter
from gui.yaml.panel import YamlPanel
from gui.yaml.source import ExportSource
from resources import resource_path
from sync.pipeline_yaml import ExportStyle, load_pipeline
from tests.gui.desk import ModelDesk, child
from tests.support.link import COMPOSITOR

OPACITY = ("layers", "in_1", "opacity")


@pytest.fixture
def source(model: ModelDesk) -> ExportSource:
    return ExportSource(model.bridge)


@pytest.fixture
def dialog(qtbot: QtBot, model: ModelDesk, source: ExportSource, window: MainWindow, tmp_path: Path) -> ExportDialog:
    made = ExportDialog(source, model.tokens, window, tmp_path)
    qtbot.addWidget(made)
    made.open_dialog()
    return made


def colours_of(document: QTextDocument, line: int) -> set[str]:
    block = document.findBlockByNumber(line)
    return {found.format.foreground().color().name() for found in block.layout().formats()}


def test_the_text_follows_what_the_server_has(qtbot: QtBot, model: ModelDesk, source: ExportSource) -> None:
    panel = YamlPanel(model.bridge, source, model.tokens)
    qtbot.addWidget(panel)
    panel.show()
    assert "opacity: 0.9" in panel.text.toPlainText()
    model.session.edit(COMPOSITOR, {OPACITY: 0.25}, "Opacity")
    model.settle()
    qtbot.waitUntil(lambda: "opacity: 0.25" in panel.text.toPlainText())
    assert not re.search(r"^\s*_\w+:", panel.text.toPlainText(), re.MULTILINE)
    assert panel.text.isReadOnly()


def test_a_hidden_panel_is_written_when_it_is_seen(qtbot: QtBot, model: ModelDesk, source: ExportSource) -> None:
    panel = YamlPanel(model.bridge, source, model.tokens)
    qtbot.addWidget(panel)
    panel.write()
    assert panel.text.toPlainText() == ""
    panel.show()
    assert load_pipeline(panel.text.toPlainText(), "shown").pipeline.nodes[COMPOSITOR].kind == "video::compositor"


def test_copy_puts_the_text_on_the_clipboard(qtbot: QtBot, model: ModelDesk, source: ExportSource) -> None:
    panel = YamlPanel(model.bridge, source, model.tokens)
    qtbot.addWidget(panel)
    panel.show()
    QTest.mouseClick(child(panel, QAbstractButton, "yaml/copy"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == panel.text.toPlainText()


def test_a_new_file_is_shown_whole_and_written(dialog: ExportDialog, source: ExportSource, tmp_path: Path) -> None:
    assert dialog.objectName() == "export/dialog"
    assert not dialog.isModal()
    assert dialog.summary.text().startswith("A new file of ")
    written = QSignalSpy(dialog.exported)
    QTest.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    path = tmp_path / "studio.yaml"
    assert written.at(0) == [str(path)]
    assert path.read_text("utf-8") == source.export().text
    assert source.origin is not None
    assert source.origin.path == path
    assert not dialog.isVisible()


def test_the_diff_shows_what_was_changed(dialog: ExportDialog, model: ModelDesk, tmp_path: Path) -> None:
    dialog.write()
    model.session.edit(COMPOSITOR, {OPACITY: 0.25}, "Opacity")
    model.settle()
    dialog.open_dialog()
    added = [line for line in dialog.diff.toPlainText().splitlines() if line.startswith("+") and "+++" not in line]
    assert "opacity: 0.25" in " ".join(added)
    assert "opacity: 0.9" in dialog.diff.toPlainText()
    assert "removed" in dialog.summary.text()
    dialog.write()
    dialog.open_dialog()
    assert dialog.summary.text().startswith("Nothing to change.")
    assert "Nothing differs" in dialog.diff.toPlainText()
    assert (tmp_path / "studio.yaml").is_file()


def test_an_export_is_loaded_again_as_the_same_graph(dialog: ExportDialog, model: ModelDesk, tmp_path: Path) -> None:
    dialog.write()
    loaded = load_pipeline((tmp_path / "studio.yaml").read_text("utf-8"), "studio.yaml").pipeline
    there = model.session.store.pipeline()
    assert {node_id: node.params for node_id, node in loaded.nodes.items()} == {
        node_id: node.params for node_id, node in there.nodes.items()
    }


def test_a_file_that_cannot_be_written_keeps_dialog_and_old_file(
    dialog: ExportDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "studio.yaml"
    path.write_text("old: true\n")
    dialog.refresh()

    def full(_path: Path, _text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gui.yaml.export_dialog.write_atomically", full)
    dialog.write()
    assert dialog.isVisible()
    assert "No space left on device. The old file is untouched." in dialog.complaint.text()
    assert path.read_text() == "old: true\n"


def test_rw_21_what_another_program_wrote_since_it_was_read_is_shown_before_it_is_written_over(
    dialog: ExportDialog, model: ModelDesk, tmp_path: Path
) -> None:
    path = tmp_path / "studio.yaml"
    dialog.write()
    ours = path.read_text("utf-8")
    theirs = ours + "# kept by another program\n"
    path.write_text(theirs, "utf-8")
    model.session.edit(COMPOSITOR, {OPACITY: 0.25}, "Opacity")
    model.settle()
    dialog.open_dialog()
    dialog.write()
    assert path.read_text("utf-8") == theirs
    assert dialog.isVisible()
    assert "studio.yaml was changed by another program" in dialog.complaint.text()
    assert "-# kept by another program" in dialog.diff.toPlainText()
    assert dialog.save.text() == "Write anyway"
    again = theirs + "# and once more\n"
    path.write_text(again, "utf-8")
    dialog.write()
    assert path.read_text("utf-8") == again, "that was not agreed to"
    assert "-# and once more" in dialog.diff.toPlainText()
    dialog.write()
    assert not dialog.isVisible()
    assert path.read_text("utf-8") == ours.replace("opacity: 0.9", "opacity: 0.25", 1)
    dialog.open_dialog()
    assert dialog.save.text() == "Save"
    assert not dialog.complaint.isVisible()


def test_a_file_that_appears_while_the_changes_are_looked_at_is_not_written_over_unseen(
    dialog: ExportDialog, tmp_path: Path
) -> None:
    (tmp_path / "studio.yaml").write_text("somebody: else\n", "utf-8")
    dialog.write()
    assert (tmp_path / "studio.yaml").read_text("utf-8") == "somebody: else\n"
    assert dialog.save.text() == "Write anyway"
    dialog.path.setText(str(tmp_path / "other.yaml"))
    assert dialog.save.text() == "Save"
    dialog.write()
    assert (tmp_path / "other.yaml").is_file()


@pytest.mark.parametrize("name", ["folder", "binary.yaml"])
def test_what_is_no_text_file_is_not_written_over(dialog: ExportDialog, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    dialog.path.setText(str(tmp_path / name))
    assert not dialog.save.isEnabled()
    assert name in dialog.complaint.text()
    dialog.path.setText(str(tmp_path / "good.yaml"))
    assert dialog.save.isEnabled()
    assert not dialog.complaint.isVisible()


def test_the_compatible_form_says_what_it_loses(dialog: ExportDialog) -> None:
    dialog.style_choice.setCurrentIndex(1)
    assert dialog.style_choice.currentData() is ExportStyle.COMPATIBLE
    load_pipeline(dialog.whole.toPlainText(), "compatible")


def test_a_file_that_can_no_longer_be_followed_is_left_aside(source: ExportSource, tmp_path: Path) -> None:
    source.set_origin(tmp_path / "gone.yaml", "- [broken")
    export = source.export()
    assert "cannot be followed" in export.warnings[0]
    load_pipeline(export.text, "fresh")
    assert source.name() == "gone.yaml"


def test_a_name_for_the_file_comes_from_the_session(source: ExportSource, model: ModelDesk) -> None:
    assert source.name() == "studio.yaml"
    model.session.info = type(model.session.info)("id", "../etc/pass wd")
    assert source.name() == "etc-pass-wd.yaml"


def test_an_export_goes_beside_its_file_but_never_into_the_samples(
    source: ExportSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert source.folder() == here
    source.set_origin(tmp_path / "show.yaml", "")
    assert source.folder() == tmp_path
    source.set_origin(resource_path("samples/studio.yaml"), "")
    assert source.folder() == here


def test_nothing_open_exports_nothing(model: ModelDesk, source: ExportSource) -> None:
    model.desk._open.session = None
    assert source.export().text == ""


def test_the_dialog_is_opened_once(window: MainWindow) -> None:
    first = open_export(window)
    assert open_export(window) is first
    first.close()


def test_yaml_has_colours(model: ModelDesk) -> None:
    document = QTextDocument()
    tokens = model.tokens
    kept = YamlHighlighter(document, tokens)
    document.setPlainText('name: "studio" # ours\nwidth: 1280\nmode: true\n- id: title\n"# no": comment\n' + "x" * 5000)
    kept.rehighlight()
    colours = [colours_of(document, line) for line in range(6)]
    names = {
        name: QColor(getattr(tokens, name)).name() for name in ("accent", "late", "faint", "kind_image", "kind_text")
    }
    assert colours[0] == {names["accent"], names["late"], names["faint"]}
    assert colours[1] == {names["accent"], names["kind_image"]}
    assert colours[2] == {names["accent"], names["kind_text"]}
    assert colours[3] == {names["accent"]}
    assert names["faint"] not in colours[4]
    assert colours[5] == set()


def test_a_diff_has_colours_and_signs(model: ModelDesk) -> None:
    document = QTextDocument()
    kept = DiffHighlighter(document, model.tokens)
    document.setPlainText("@@ -1 +1 @@\n-a\n+b\n c")
    kept.rehighlight()
    wanted = [model.tokens.accent, model.tokens.error, model.tokens.preview]
    assert [colours_of(document, line) for line in range(3)] == [{QColor(name).name()} for name in wanted]
    assert colours_of(document, 3) == set()
