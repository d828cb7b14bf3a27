"""Conflict cards: mine and theirs in the operator's words, taken by mouse, key or palette, never in the hand's way."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.inspector.rows.colour import ColourRow
from gui.inspector.rows.number import NumberRow
from gui.syncing.conflict_words import place_of, refusal_sentence
from gui.window import MainWindow
from sync.log.conflict import Conflict
from sync.log.live_frames import ViewFrame
from sync.log.op import Change, Op, Refusal
from tests.gui.log_desk import LogDesk, row_of
from tests.support.link import COMPOSITOR

OPACITY = ("layers", "in_1", "opacity")
X = ("layers", "in_1", "rect", "x")
CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def stored(desk: LogDesk) -> dict[str, Any]:
    """What the log says of the layer."""
    layer: dict[str, Any] = desk.world.stored()["layers"]["in_1"]
    return layer


def shown_rows(window: MainWindow) -> list[list[str]]:
    """The words of the card's rows."""
    return [[label.text() for label in labels if label.isVisible()] for labels in window.syncing.card.rows[:4]]


def test_a_typed_number_that_somebody_was_faster_with_becomes_a_card(window: MainWindow, at_log: LogDesk) -> None:
    at_log.comes("Maria Kent")
    row = row_of(window, "opacity")
    assert isinstance(row, NumberRow)
    row.number.setFocus()
    row.number.selectAll()
    QTest.keyClicks(row.number, "50")
    at_log.theirs.edit(COMPOSITOR, {OPACITY: 0.2}, "Theirs")
    at_log.run()
    QTest.keyClick(row.number, Qt.Key.Key_Return)
    at_log.run()
    card = window.syncing.card
    assert card.isVisible()
    assert card.title.text() == "Opacity of cam_b"
    assert card.who.text().startswith("Maria Kent changed it before your edit arrived. Refused at ")
    assert shown_rows(window)[0] == ["50 %", "20 %"]
    assert stored(at_log)["opacity"] == 0.2
    assert row.number.text() == "20", "what stands there is shown"
    assert at_log.session.decisions[-1].sentence == "Maria Kent was faster: take mine, or take theirs."
    assert not card.count.isVisible()


def test_a_typed_colour_is_guarded_like_a_number_and_a_picked_one_is_not(window: MainWindow, at_log: LogDesk) -> None:
    place = ("text_overlays", "title", "color")
    at_log.bridge.select(["title"])
    at_log.show()
    row = row_of(window, "color")
    assert isinstance(row, ColourRow)
    row.hex.setFocus()
    row.hex.selectAll()
    QTest.keyClicks(row.hex, "#112233")
    at_log.theirs.edit(COMPOSITOR, {place: [9, 9, 9, 255]}, "Theirs")
    at_log.run()
    QTest.keyClick(row.hex, Qt.Key.Key_Return)
    at_log.run()
    assert window.syncing.card.isVisible()
    assert at_log.session.store.value(COMPOSITOR, place) == [9, 9, 9, 255]
    assert row.hex.text() == "#090909", "what stands there is shown"
    QTest.mouseClick(window.syncing.card.theirs, Qt.MouseButton.LeftButton)
    row.press()
    at_log.theirs.edit(COMPOSITOR, {place: [8, 8, 8, 255]}, "Theirs")
    at_log.run()
    row.change([1, 2, 3, 255])
    row.release()
    at_log.run()
    assert not window.syncing.card.isVisible()
    assert at_log.theirs.store.value(COMPOSITOR, place) == [1, 2, 3, 255]


def test_it_does_not_take_the_keyboard_and_leaves_the_middle_of_the_picture_free(
    window: MainWindow, at_log: LogDesk
) -> None:
    window.canvas.setFocus()
    at_log.clash({OPACITY: (0.5, 0.2)})
    card = window.syncing.card
    assert card.isVisible()
    assert QApplication.focusWidget() is window.canvas
    middle = window.canvas.mapTo(window.centre, window.canvas.rect().center())
    assert not card.geometry().contains(middle)
    assert window.centre.rect().contains(card.geometry())
    QTest.mouseClick(card.theirs, Qt.MouseButton.LeftButton)
    assert QApplication.focusWidget() is window.canvas, "a click does not take it either"


def test_a_question_from_before_says_so_instead_of_a_time(window: MainWindow, at_log: LogDesk) -> None:
    at_log.clash({OPACITY: (0.5, 0.2)})
    assert "Refused at " in window.syncing.card.who.text()
    at_log.log.replica.author = "open/d0~2"
    window.syncing.card.refresh()
    assert "It has waited since before this session was opened here." in window.syncing.card.who.text()


def test_take_mine_sends_our_value_again(window: MainWindow, at_log: LogDesk) -> None:
    at_log.clash({OPACITY: (0.5, 0.2)})
    QTest.mouseClick(window.syncing.card.mine, Qt.MouseButton.LeftButton)
    at_log.run()
    assert stored(at_log)["opacity"] == 0.5
    assert at_log.theirs.store.value(COMPOSITOR, OPACITY) == 0.5
    assert not window.syncing.card.isVisible()


def test_geometry_from_before_mine_is_not_shown_after_it(window: MainWindow, at_log: LogDesk) -> None:
    at_log.clash({OPACITY: (0.5, 0.2)})
    log = at_log.log
    before = ViewFrame(0.0, COMPOSITOR, 10_000, {log.author: log.replica.last_seq}, {})
    QTest.mouseClick(window.syncing.card.mine, Qt.MouseButton.LeftButton)
    assert log.views.take(before, at_log.clock.now()) is None


def test_take_theirs_leaves_what_stands_there(window: MainWindow, at_log: LogDesk) -> None:
    at_log.clash({OPACITY: (0.5, 0.2)})
    QTest.mouseClick(window.syncing.card.theirs, Qt.MouseButton.LeftButton)
    at_log.run()
    assert stored(at_log)["opacity"] == 0.2
    assert not window.syncing.card.isVisible()
    assert at_log.log.replica.conflicts == []


def test_mine_again_over_another_change_is_another_card(window: MainWindow, at_log: LogDesk) -> None:
    at_log.clash({OPACITY: (0.5, 0.2)})
    at_log.theirs.edit(COMPOSITOR, {OPACITY: 0.3}, "Theirs again")
    at_log.peer.settle()
    QTest.mouseClick(window.syncing.card.mine, Qt.MouseButton.LeftButton)
    at_log.run()
    assert window.syncing.card.isVisible()
    assert shown_rows(window)[0] == ["50 %", "30 %"]
    assert stored(at_log)["opacity"] == 0.3


def test_several_are_counted_and_gone_through_by_key(window: MainWindow, at_log: LogDesk) -> None:
    at_log.clash({OPACITY: (0.5, 0.2)})
    assert not window.actions_table.run("conflict.next")
    at_log.clash({X: (700, 10), ("layers", "in_1", "rect", "y"): (70, 310)})
    card = window.syncing.card
    assert (card.count.text(), card.title.text()) == ("1 of 2", "Opacity of cam_b")
    QTest.keyClick(window, Qt.Key.Key_N, CTRL_SHIFT)
    assert (card.count.text(), card.title.text()) == ("2 of 2", "X, Y of cam_b")
    assert shown_rows(window)[:2] == [["X", "700 px", "10 px"], ["Y", "70 px", "310 px"]]
    QTest.keyClick(window, Qt.Key.Key_M, CTRL_SHIFT)
    at_log.run()
    assert stored(at_log)["rect"]["x"] == 700
    assert card.title.text() == "Opacity of cam_b"
    QTest.keyClick(window, Qt.Key.Key_T, CTRL_SHIFT)
    at_log.run()
    assert not card.isVisible()
    assert stored(at_log)["opacity"] == 0.2
    assert not window.actions_table.run("conflict.mine")


def test_tab_comes_to_its_buttons(window: MainWindow, at_log: LogDesk) -> None:
    at_log.clash({OPACITY: (0.5, 0.2)})
    card = window.syncing.card
    card.mine.setFocus(Qt.FocusReason.TabFocusReason)
    assert QApplication.focusWidget() is card.mine
    QTest.keyClick(card.mine, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is card.theirs
    QTest.keyClick(card.theirs, Qt.Key.Key_Space)
    assert not card.isVisible()


def test_it_stays_in_its_corner_when_the_window_is_resized(window: MainWindow, at_log: LogDesk) -> None:
    at_log.clash({OPACITY: (0.5, 0.2)})
    window.resize(1100, 700)
    at_log.show()
    card, over = window.syncing.card, window.centre
    assert over.width() - card.geometry().right() in range(1, 20)
    assert over.rect().contains(card.geometry())


def test_a_drag_goes_on_under_a_card(window: MainWindow, at_log: LogDesk) -> None:
    gesture = at_log.session.begin(COMPOSITOR, "Move", [X])
    gesture.change({X: 300})
    at_log.clash({OPACITY: (0.5, 0.2)})
    assert window.syncing.card.isVisible()
    assert gesture.is_open
    assert at_log.session.store.value(COMPOSITOR, X) == 300
    gesture.end()


@pytest.mark.parametrize("reason", ["gone", "exists", "invalid", "forbidden", "lost"])
def test_a_refusal_that_is_no_clash_is_one_line(window: MainWindow, at_log: LogDesk, reason: Any) -> None:
    place = ("nodes", COMPOSITOR, "params", *OPACITY)
    op = Op(at_log.log.author, 77, (Change(place, 0.5),))
    at_log.log.replica.outbox.add(op)
    at_log.log.replica.outbox.refuse(op.id, Refusal(reason, "Told by the server."))
    at_log.log.tell_conflicts()
    at_log.show()
    assert not window.syncing.card.isVisible()
    assert window.notices.words.text().startswith("Opacity of cam_b was not changed: ")
    assert window.notices.words.text().endswith("(Told by the server).")
    assert at_log.log.replica.conflicts == []


def test_what_the_server_takes_from_nobody_of_that_name_is_a_card(window: MainWindow, at_log: LogDesk) -> None:
    op = Op("0123456789abcdef/d0~1", 3, (Change(("nodes", COMPOSITOR, "params", *OPACITY), 0.5),))
    at_log.log.replica.outbox.add(op)
    at_log.log.replica.turn_away(3, "An edit in somebody else's name.", "open/d0")
    at_log.log.tell_conflicts()
    at_log.show()
    assert "under another key of this desk" in window.syncing.card.who.text()
    QTest.mouseClick(window.syncing.card.mine, Qt.MouseButton.LeftButton)
    at_log.run()
    assert stored(at_log)["opacity"] == 0.5
    assert not window.syncing.card.isVisible()


def test_an_edit_of_a_node_that_was_removed_is_told(window: MainWindow, at_log: LogDesk) -> None:
    at_log.lose()
    at_log.session.edit("gain", {("gain",): 0.5}, "Gain")
    at_log.world.write((Change(("nodes", "gain"), None, True),))
    at_log.us.join()
    at_log.run()
    assert "somebody else removed it meanwhile" in window.notices.words.text()
    assert not window.syncing.card.isVisible()


def test_what_was_edited_without_a_link_clashes_when_it_is_back(window: MainWindow, at_log: LogDesk) -> None:
    at_log.lose()
    at_log.session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    at_log.theirs.edit(COMPOSITOR, {OPACITY: 0.2}, "Theirs")
    at_log.run()
    assert not window.syncing.card.isVisible()
    at_log.us.join()
    at_log.run()
    assert window.syncing.card.title.text() == "Opacity of cam_b"
    assert stored(at_log)["opacity"] == 0.2


def test_a_long_edit_shows_four_rows_and_how_many_more(window: MainWindow, at_log: LogDesk) -> None:
    fields = ("opacity", "rotation_degrees", "z_index", "crop_zoom", "crop_x", "crop_y")
    values = ((0.5, 0.2), (10.0, 20.0), (3, 4), (2.0, 3.0), (0.1, 0.2), (0.3, 0.4))
    at_log.clash({("layers", "in_1", name): pair for name, pair in zip(fields, values, strict=True)})
    card = window.syncing.card
    assert [row[0] for row in shown_rows(window)] == ["Opacity", "Rotation", "Order", "Zoom"]
    assert shown_rows(window)[1][1:] == ["10.0 °", "20.0 °"]
    assert card.more.text() == "and 2 more of the same edit"


def test_an_edit_of_two_layers_names_both(window: MainWindow, at_log: LogDesk) -> None:
    at_log.clash({OPACITY: (0.5, 0.2), ("layers", "in_0", "opacity"): (0.6, 0.3)})
    assert window.syncing.card.title.text() == "2 values of cam_b, cam_a"
    assert [row[0] for row in shown_rows(window) if row] == ["Opacity of cam_b", "Opacity of cam_a"]


def test_places_are_called_as_the_operator_calls_them(at_log: LogDesk) -> None:
    store = at_log.session.store
    node = ("nodes", COMPOSITOR)
    names = {
        (*node, "params", *OPACITY): "Opacity of cam_b",
        (*node, "params", "text_overlays", "title", "font_size"): "Size of title",
        (*node, "params", "width"): "Width of mix",
        (*node, "params", "layers", "gone", "opacity"): "Layers gone opacity of mix",
        node: "Node mix",
        (*node, "kind"): "Node mix",
        ("nodes", "gain", "params", "gain"): "Gain of gain",
        ("nodes", "nowhere", "params", "gain"): "Gain of nowhere",
        ("connections", "cam_a", "out", "mix", "in_0"): "Connection cam_a.out → mix.in_0",
    }
    assert {path: place_of(path, store, {}).words for path in names} == names


def test_a_refused_edit_of_many_places_is_one_line_too(at_log: LogDesk) -> None:
    changes = tuple(Change(("nodes", COMPOSITOR, "params", "layers", "in_1", name), 1) for name in ("a", "b"))
    conflict = Conflict(Op("open/d0~1", 1, changes), Refusal("invalid", ""))
    sentence = refusal_sentence(conflict, at_log.session.store, {})
    assert sentence == "Your edit of cam_b was not changed: the server does not accept the value."


def test_the_card_is_where_the_pointer_can_reach_it(window: MainWindow, at_log: LogDesk) -> None:
    at_log.clash({OPACITY: (0.5, 0.2)})
    card = window.syncing.card
    at = card.mapTo(window, QPoint(card.width() // 2, card.height() // 2))
    found = window.childAt(at)
    assert found is not None
    assert card.isAncestorOf(found) or found is card


def test_mine_that_cannot_be_sent_leaves_the_card_and_says_why(
    window: MainWindow, at_log: LogDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_log.clash({OPACITY: (0.5, 0.2)})
    monkeypatch.setattr("sync.log.outbox.CAP", 0)
    QTest.mouseClick(window.syncing.card.mine, Qt.MouseButton.LeftButton)
    at_log.run()
    assert window.syncing.card.isVisible()
    assert "This edit was not taken" in window.notices.words.text()
    monkeypatch.undo()
    QTest.mouseClick(window.syncing.card.mine, Qt.MouseButton.LeftButton)
    at_log.run()
    assert stored(at_log)["opacity"] == 0.5
