"""The action table and its readers: every action is once in it, has its own keys and can be found by typing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from gui.actions.cheat_sheet import CheatSheet, sections
from gui.actions.matching import best, score
from gui.actions.shortcuts import tip_of
from gui.actions.table import MENUS, Action, ActionTable, Scope, TableRefused
from gui.canvas.keyboard import KEYS
from gui.inspector.rows.number import NumberRow
from gui.window import MainWindow
from tests.gui.desk import ModelDesk


def nothing() -> None:
    """An action that does nothing."""


def action(action_id: str = "test.it", **fields: Any) -> Action:
    return replace(Action(action_id, "Test it", nothing, "Tests it"), **fields)


def test_every_id_is_taken_once(model: ModelDesk) -> None:
    table = ActionTable(model.bridge)
    table.add(action())
    with pytest.raises(TableRefused, match=r"test\.it already"):
        table.add(action())


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        (Scope.WINDOW, Scope.WINDOW, True),
        (Scope.WINDOW, Scope.CANVAS, True),
        (Scope.CANVAS, Scope.CANVAS, True),
        (Scope.CANVAS, Scope.LAYERS, False),
    ],
)
def test_a_shortcut_belongs_to_one_action_where_it_counts(
    model: ModelDesk, first: Scope, second: Scope, is_refused: bool
) -> None:
    table = ActionTable(model.bridge)
    table.add(action("a.one", shortcut="Ctrl+T", scope=first))
    if not is_refused:
        table.add(action("a.two", shortcut="F9 Ctrl+T", scope=second))
        return
    with pytest.raises(TableRefused, match=r"belongs to a\.one"):
        table.add(action("a.two", shortcut="F9 Ctrl+T", scope=second))


@pytest.mark.parametrize("fields", [{"menu": "Nowhere"}, {"shortcut": "Ctrl+Nonsense"}])
def test_what_cannot_be_is_refused(model: ModelDesk, fields: dict[str, str]) -> None:
    with pytest.raises(TableRefused):
        ActionTable(model.bridge).add(action(**fields))


def test_an_operators_own_shortcut_replaces_ours(model: ModelDesk) -> None:
    table = ActionTable(model.bridge, {"test.it": "F8"})
    table.add(action(shortcut="F7"))
    assert table["test.it"].shortcut == "F8"


@pytest.mark.parametrize("wanted", ["Ctrl+T", "Ctrl+Nonsense"])
def test_an_operators_shortcut_that_cannot_be_is_said_and_ours_stays(model: ModelDesk, wanted: str) -> None:
    table = ActionTable(model.bridge, {"a.two": wanted})
    table.add(action("a.one", shortcut="Ctrl+T"), action("a.two", shortcut="F7"))
    assert table["a.two"].shortcut == "F7"
    assert "a.two" in table.complaints[0]


def test_the_windows_table_is_sound(window: MainWindow) -> None:
    table = window.actions_table
    assert len(table) >= 40
    for each in table:
        assert table.clash(each) is None, each.id
        assert re.fullmatch(r"[A-Z0-9][^.]*[^. ]", each.title), each.title
        assert each.tip, each.id
        assert not each.menu or each.menu in MENUS


def test_no_key_of_the_canvas_belongs_to_the_window(window: MainWindow) -> None:
    from PySide6.QtCore import QKeyCombination
    from PySide6.QtGui import QKeySequence

    canvas = {QKeySequence(QKeyCombination(key.modifiers, key.key)).toString() for key in KEYS}
    mine = {key.toString() for each in window.actions_table for key in each.key_sequences()}
    assert not canvas & mine


def test_every_action_is_in_the_palette(window: MainWindow) -> None:
    window.open_palette()
    table = window.actions_table
    titles = window.palette_card.titles()
    for each in table:
        assert each.title_now(window.bridge) in titles


def test_every_menu_action_is_in_its_menu(window: MainWindow) -> None:
    for name in MENUS:
        wanted = [each.id for each in window.actions_table if each.menu == name]
        menu = window.menu.findChild(QMenu, f"menu/{name.lower()}")
        found = [] if menu is None else [entry.objectName().removeprefix("action/") for entry in menu.actions()]
        assert [entry for entry in found if entry] == wanted


def test_tool_tips_name_the_shortcut(window: MainWindow) -> None:
    assert tip_of(window.actions_table["edit.undo"]) == "Take your newest change back (Ctrl+Z)"
    assert window.bound["edit.redo"].toolTip().endswith("(Ctrl+Shift+Z or Ctrl+Y)")


def test_actions_follow_the_state(window: MainWindow, model: ModelDesk) -> None:
    assert not window.bound["edit.undo"].isEnabled()
    assert not window.bound["layer.hide"].isEnabled()
    model.bridge.select(["in_1"])
    model.settle()
    assert window.bound["layer.hide"].isEnabled()
    window.bound["layer.hide"].trigger()
    model.settle()
    assert window.bound["layer.hide"].isChecked()
    assert window.bound["edit.undo"].text() == "Undo hide cam_b"
    assert window.topbar.undo.text() == "Hide cam_b"
    window.bound["edit.undo"].trigger()
    model.settle()
    assert not window.bound["layer.hide"].isChecked()


def test_a_shortcut_runs_its_action(qtbot: QtBot, window: MainWindow, model: ModelDesk) -> None:
    model.bridge.select(["in_1"])
    model.settle()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_L)
    assert model.session.is_locked("in_1")
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert window.palette_card.isVisible()


def test_letters_typed_into_a_number_are_no_shortcuts(qtbot: QtBot, window: MainWindow, model: ModelDesk) -> None:
    model.bridge.select(["in_1"])
    model.settle()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    assert window.inspector.form is not None
    row = window.inspector.form.row("x")
    assert isinstance(row, NumberRow)
    number = row.number
    number.setFocus()
    QTest.keyClicks(number, "hl?")
    assert "hl?" in number.text()
    assert not model.session.is_locked("in_1")


def test_the_palette_finds_marks_and_runs(window: MainWindow, model: ModelDesk) -> None:
    model.bridge.select(["in_1"])
    model.settle()
    window.open_palette()
    assert window.palette_card.input.objectName() == "palette/input"
    QTest.keyClicks(window.palette_card.input, "locksel")
    assert window.palette_card.titles()[0] == "Lock the selected layers"
    QTest.keyClick(window.palette_card.input, Qt.Key.Key_Return)
    assert model.session.is_locked("in_1")
    assert not window.palette_card.isVisible()


def test_the_palette_opens_a_session(window: MainWindow, model: ModelDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(model.desk, "open_session", asked.append)
    model.desk._open.take_rows((model.session.info, type(model.session.info)("sess-2", "foyer")))
    window.open_palette()
    QTest.keyClicks(window.palette_card.input, "foyer")
    assert window.palette_card.titles()[0] == "Open session foyer"
    QTest.keyClick(window.palette_card.input, Qt.Key.Key_Return)
    assert asked == ["sess-2"]


def test_the_palette_offers_layers_and_says_when_nothing_fits(window: MainWindow, model: ModelDesk) -> None:
    window.open_palette()
    QTest.keyClicks(window.palette_card.input, "select cam_c")
    QTest.keyClick(window.palette_card.input, Qt.Key.Key_Return)
    assert model.bridge.selection == ("in_2",)
    window.open_palette()
    QTest.keyClicks(window.palette_card.input, "zzqqxx")
    assert window.palette_card.titles() == []
    assert not window.palette_card.list.isVisible()
    QTest.keyClick(window.palette_card.input, Qt.Key.Key_Return)
    QTest.keyClick(window.palette_card.input, Qt.Key.Key_Escape)
    assert not window.palette_card.isVisible()


def test_a_disabled_action_is_listed_last_and_does_not_run(window: MainWindow, model: ModelDesk) -> None:
    window.open_palette()
    QTest.keyClicks(window.palette_card.input, "lock")
    titles = window.palette_card.titles()
    assert titles.index("Lock the docks") < titles.index("Lock the selected layers")
    window.palette_card.list.setCurrentRow(titles.index("Lock the selected layers"))
    QTest.keyClick(window.palette_card.input, Qt.Key.Key_Return)
    assert window.palette_card.isVisible()
    assert not model.session.is_locked("in_1")


def test_arrows_move_the_mark(window: MainWindow) -> None:
    window.open_palette()
    for key, row in ((Qt.Key.Key_Down, 1), (Qt.Key.Key_PageDown, 9), (Qt.Key.Key_Up, 8), (Qt.Key.Key_PageUp, 0)):
        QTest.keyClick(window.palette_card.input, key)
        assert window.palette_card.list.currentRow() == row


def test_the_cheat_sheet_has_every_shortcut(qtbot: QtBot, window: MainWindow) -> None:
    sheet = CheatSheet(window.actions_table, window.tokens, window)
    qtbot.addWidget(sheet)
    assert not sheet.isModal()
    listed = {each.id for actions in sections(window.actions_table).values() for each in actions}
    assert listed == {each.id for each in window.actions_table if each.shortcut}


def test_run_checks_what_is_enabled(model: ModelDesk) -> None:
    ran: list[str] = []
    table = ActionTable(model.bridge)
    table.add(action("a.off", run=lambda: ran.append("off"), is_enabled=lambda _now: False))
    table.add(action("a.on", run=lambda: ran.append("on")))
    assert [table.run("a.off"), table.run("a.on"), ran] == [False, True, ["on"]]


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("exp", "Export YAML…", "Select the next layer up"),
        ("und", "Undo", "Even out the gaps down"),
        ("bf", "Bring forward", "Use the dark theme for it"),
        ("lock", "Lock the docks", "Show the whole clock"),
        ("ey", "Export YAML…", "Key"),
    ],
)
def test_word_starts_and_runs_count_more(query: str, better: str, worse: str) -> None:
    assert (score(query, better) or 0) > (score(query, worse) or -1)


@given(st.text(max_size=12), st.text(max_size=40))
def test_a_title_matches_exactly_when_it_holds_the_letters_in_order(query: str, title: str) -> None:
    letters, folded = iter(title.casefold()), query.casefold().replace(" ", "")
    assert (score(query, title) is not None) is all(letter in letters for letter in folded)


def test_equal_scores_keep_their_order() -> None:
    assert best("", ["b", "a", "c"]) == [0, 1, 2]
    assert best("x", ["b", "a"]) == []
