"""The operator's own shortcuts: they count at once, last, and a clash is said instead of taking something away."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractButton, QKeySequenceEdit
from pytestqt.qtbot import QtBot

from gui.actions.table import Action, ActionTable, TableRefused
from gui.actions.window_actions import open_shortcuts
from gui.settings.settings import Settings
from gui.settings.shortcuts import ShortcutsDialog
from gui.window import MainWindow
from tests.gui.conftest import shown
from tests.gui.desk import ModelDesk, child


@pytest.fixture
def kept(qtbot: QtBot, model: ModelDesk, tmp_path: Path) -> tuple[MainWindow, ShortcutsDialog, Path]:
    """A window with a settings file, and its open dialog."""
    path = tmp_path / "settings.toml"
    window = shown(qtbot, model.window(settings=Settings(path)))
    open_shortcuts(window)
    dialog = window.findChild(ShortcutsDialog)
    assert isinstance(dialog, ShortcutsDialog)
    return window, dialog, path


def field(dialog: ShortcutsDialog, action_id: str) -> QKeySequenceEdit:
    found = dialog.findChild(QKeySequenceEdit, f"shortcuts/{action_id}/keys")
    assert isinstance(found, QKeySequenceEdit)
    return found


def test_every_action_has_a_named_field(kept: tuple[MainWindow, ShortcutsDialog, Path]) -> None:
    window, dialog, _path = kept
    assert not dialog.isModal()
    for action in window.actions_table:
        assert action.title in field(dialog, action.id).accessibleName()


def test_a_new_shortcut_counts_at_once_and_lasts(kept: tuple[MainWindow, ShortcutsDialog, Path]) -> None:
    window, dialog, path = kept
    field(dialog, "layer.hide").setKeySequence(QKeySequence("F8"))
    assert window.bound["layer.hide"].shortcut().toString() == "F8"
    assert "(F8)" in window.bound["layer.hide"].toolTip()
    assert "has F8" in dialog.said.text()
    assert Settings(path).shortcuts == {"layer.hide": "F8"}


def test_a_clash_is_said_and_nothing_changes(kept: tuple[MainWindow, ShortcutsDialog, Path]) -> None:
    window, dialog, path = kept
    for keys, owner in (("L", "Lock the selected layers"), ("C", "Crop mode")):
        field(dialog, "layer.hide").setKeySequence(QKeySequence(keys))
        assert owner in dialog.said.text()
        assert window.bound["layer.hide"].shortcut().toString() == "H"
        assert field(dialog, "layer.hide").keySequence().toString() == "H"
    assert not path.exists()


def test_a_shortcut_can_be_taken_away_and_given_to_another(kept: tuple[MainWindow, ShortcutsDialog, Path]) -> None:
    window, dialog, path = kept
    field(dialog, "layer.lock").clear()
    field(dialog, "layer.hide").setKeySequence(QKeySequence("L"))
    assert window.bound["layer.hide"].shortcut().toString() == "L"
    assert window.bound["layer.lock"].shortcut().isEmpty()
    again = ActionTable(window.bridge, Settings(path).shortcuts)
    again.add(*window.actions_table)
    assert (again["layer.hide"].shortcut, again["layer.lock"].shortcut, again.complaints) == ("L", "", [])


def test_the_default_comes_back(kept: tuple[MainWindow, ShortcutsDialog, Path]) -> None:
    window, dialog, path = kept
    field(dialog, "edit.redo").setKeySequence(QKeySequence("F9"))
    child(dialog, QAbstractButton, "shortcuts/edit.redo/default").click()
    assert window.actions_table["edit.redo"].shortcut == "Ctrl+Shift+Z Ctrl+Y"
    assert Settings(path).shortcuts == {}


def test_searching_shows_only_what_fits(kept: tuple[MainWindow, ShortcutsDialog, Path]) -> None:
    _window, dialog, _path = kept
    dialog._search("lock the SEL")
    assert field(dialog, "layer.lock").isVisible()
    assert not field(dialog, "layer.hide").isVisible()


def test_a_shortcut_that_cannot_be_is_refused(model: ModelDesk) -> None:
    window_table = ActionTable(model.bridge)
    window_table.add(Action("a.one", "One", lambda: None, "One", shortcut="F7"))
    with pytest.raises(TableRefused, match="is no shortcut"):
        window_table.rebind("a.one", "Ctrl+Nonsense")
    assert window_table["a.one"].shortcut == "F7"
