"""The settings dialog is the table, and what is changed in it counts at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from gui.actions.window_actions import open_settings
from gui.health.log_export import ask_where, write_log
from gui.settings.dialog import SettingsDialog
from gui.settings.settings import Settings
from gui.settings.table import SETTINGS
from gui.theme.tokens import load_tokens
from gui.window import MainWindow
from tests.gui.conftest import shown
from tests.gui.desk import ModelDesk, child


@pytest.fixture
def dialog(qtbot: QtBot, window: MainWindow) -> SettingsDialog:
    open_settings(window)
    found = window.findChild(SettingsDialog)
    assert isinstance(found, SettingsDialog)
    del qtbot
    return found


def test_every_setting_has_a_named_editor(dialog: SettingsDialog) -> None:
    assert not dialog.isModal()
    for setting in SETTINGS:
        editor = dialog.findChild(QWidget, f"settings/{setting.key}")
        assert editor is not None, setting.key
        assert editor.accessibleName() == setting.title
        assert editor.toolTip() == setting.tip


def test_what_is_changed_counts_at_once(dialog: SettingsDialog, window: MainWindow) -> None:
    theme = child(dialog, QComboBox, "settings/look.theme")
    theme.setFocus()
    QTest.keyClick(theme, Qt.Key.Key_Down)
    assert window.settings.word("look.theme") == "light"
    assert window.tokens.bg1 == load_tokens("light").bg1
    lock = child(dialog, QCheckBox, "settings/window.lock_docks")
    lock.click()
    assert not window.settings.flag("window.lock_docks")
    number = child(dialog, QSpinBox, "settings/link.longest_ms")
    number.setValue(50)
    assert window.settings.number("link.longest_ms") == 50


def test_a_file_that_cannot_be_written_is_said(qtbot: QtBot, model: ModelDesk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    window = shown(qtbot, model.window(settings=Settings(tmp_path / "file" / "settings.toml")))
    open_settings(window)
    dialog = child(window, SettingsDialog)
    failed = QSignalSpy(dialog.failed)
    child(dialog, QCheckBox, "settings/window.lock_docks").click()
    assert "could not be saved" in failed.at(0)[0]
    assert "could not be saved" in window.notices.words.text()


def test_a_log_is_written_where_it_was_asked(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    del qtbot
    said: list[tuple[str, str]] = []
    dialog = ask_where(window, "sync", "one line\n", lambda severity, words: said.append((severity, words)))
    path = tmp_path / "sync.txt"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    assert path.read_text() == "one line\n"
    assert said == [("info", f"Written to {path}.")]


def test_a_log_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said: list[tuple[str, str]] = []
    write_log(tmp_path / "file" / "sync.txt", "x", lambda severity, words: said.append((severity, words)))
    assert said[0][0] == "warning"
    assert "sync.txt could not be written" in said[0][1]
