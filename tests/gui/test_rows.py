"""Rows alone: showing never speaks, the hand does; one press is one change; the wheel does not edit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from gui.inspector.rows.choice import ChoiceRow
from gui.inspector.rows.colour import ColourRow, read_colour, write_colour
from gui.inspector.rows.making import make_row
from gui.inspector.rows.mark import MarkKind
from gui.inspector.rows.number import NumberRow
from gui.inspector.rows.row import MIXED, Row
from gui.inspector.rows.slider import SliderRow
from gui.inspector.rows.text import TextRow
from gui.inspector.rows.toggle import ToggleRow
from gui.theme.tokens import load_tokens
from sync.fields import Field, FieldKind, fields_of
from sync.scene import LayerKind

FIELDS = {field.name: field for kind in LayerKind for field in fields_of(kind)}
MANY = Field(
    name="format",
    title="Format",
    kind=FieldKind.CHOICE,
    path=("format",),
    choices=tuple((name, name.upper()) for name in ("a", "b", "c", "d", "e")),
)
SAMPLES: dict[str, Any] = {
    "x": 800,
    "opacity": 0.64,
    "crop_shape": "circle",
    "color": [255, 128, 0, 200],
    "text": "Hello",
    "aspect_fit": True,
}


class Heard:
    """What a row said, in order."""

    def __init__(self, row: Row) -> None:
        self.said: list[tuple[str, Any]] = []
        row.pressed.connect(lambda: self.said.append(("pressed", None)))
        row.changing.connect(lambda value: self.said.append(("changing", value)))
        row.changed.connect(lambda value: self.said.append(("changed", value)))
        row.cancelled.connect(lambda: self.said.append(("cancelled", None)))
        row.reset_asked.connect(lambda: self.said.append(("reset", None)))
        row.refused.connect(lambda sentence: self.said.append(("refused", sentence)))

    def kinds(self) -> list[str]:
        return [kind for kind, _value in self.said]

    def values(self) -> list[Any]:
        return [value for _kind, value in self.said]


Make = Callable[[str | Field], tuple[Any, Heard]]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    """Makes a shown row and hears it."""
    kept: list[Row] = []

    def build(field: str | Field) -> tuple[Row, Heard]:
        row = make_row(FIELDS[field] if isinstance(field, str) else field, load_tokens("dark"))
        qtbot.addWidget(row.widget)
        row.widget.resize(300, 40)
        with qtbot.waitExposed(row.widget):
            row.widget.show()
        # Qt gives the first control of a new window the focus.
        if focused := QApplication.focusWidget():
            focused.clearFocus()
        kept.append(row)
        return row, Heard(row)

    yield build
    for row in kept:
        row.let_go()


def turn_wheel(widget: QWidget) -> QWheelEvent:
    at = QPointF(widget.rect().center())
    event = QWheelEvent(
        at, widget.mapToGlobal(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    return event


def send_mouse(widget: QWidget, kind: QMouseEvent.Type, x: float, keys: Qt.KeyboardModifier) -> None:
    at = QPointF(x, widget.height() / 2)
    buttons = Qt.MouseButton.NoButton if kind is QMouseEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
    event = QMouseEvent(kind, at, widget.mapToGlobal(at), Qt.MouseButton.LeftButton, buttons, keys)
    QApplication.sendEvent(widget, event)


def drag(widget: QWidget, *xs: float, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Presses at the first x and moves over the others; the button stays down."""
    send_mouse(widget, QMouseEvent.Type.MouseButtonPress, xs[0], Qt.KeyboardModifier.NoModifier)
    for x in xs[1:]:
        send_mouse(widget, QMouseEvent.Type.MouseMove, x, keys)


def let_go(widget: QWidget, x: float) -> None:
    send_mouse(widget, QMouseEvent.Type.MouseButtonRelease, x, Qt.KeyboardModifier.NoModifier)


@pytest.mark.parametrize("name", SAMPLES)
def test_showing_a_value_never_speaks(make: Make, name: str) -> None:
    row, heard = make(name)
    for value in (SAMPLES[name], MIXED, SAMPLES[name], None, SAMPLES[name]):
        row.show(value)
    QApplication.processEvents()
    assert heard.said == []


@pytest.mark.parametrize("name", SAMPLES)
def test_every_editor_is_named_and_explained(make: Make, name: str) -> None:
    row, _heard = make(name)
    for editor in row.editors():
        assert editor.objectName().startswith(f"inspector/{name}/")
        assert editor.accessibleName()
        assert editor.toolTip()


@pytest.mark.parametrize("name", SAMPLES)
def test_what_may_not_be_edited_says_why(make: Make, name: str) -> None:
    row, heard = make(name)
    row.set_editable(False, "The role viewer may not change parameters on this server.")
    for editor in row.editors():
        assert not editor.isEnabled()
        assert "viewer" in editor.toolTip()
    drag(row.label, 5, 40)
    let_go(row.label, 40)
    assert heard.said == []
    row.set_editable(True)
    assert all(editor.isEnabled() and "viewer" not in editor.toolTip() for editor in row.editors())


@pytest.mark.parametrize("field", ["x", "opacity", MANY])
def test_the_wheel_does_not_edit_what_has_no_focus(make: Make, field: str | Field) -> None:
    row, heard = make(field)
    row.show("b" if field is MANY else 0.5)
    for editor in row.editors():
        assert not turn_wheel(editor).isAccepted()
    assert heard.said == []


def test_an_unguarded_control_would_have_edited(qtbot: QtBot) -> None:
    """The negative control of the test above."""
    box = QComboBox()
    qtbot.addWidget(box)
    box.addItems(["a", "b"])
    box.setCurrentIndex(1)
    box.show()
    turn_wheel(box)
    assert box.currentIndex() == 0


def test_the_wheel_scrolls_the_panel_under_a_slider_until_it_has_the_focus(qtbot: QtBot, make: Make) -> None:
    row, heard = make("opacity")
    scroll = QScrollArea()
    qtbot.addWidget(scroll)
    row.widget.setMinimumHeight(900)
    scroll.setWidget(row.widget)
    scroll.resize(320, 200)
    with qtbot.waitExposed(scroll):
        scroll.show()
    if focused := QApplication.focusWidget():
        focused.clearFocus()
    bar = scroll.verticalScrollBar()
    bar.setValue(420)
    at = QPointF(row.slider.mapTo(scroll, row.slider.rect().center()))
    QTest.wheelEvent(scroll.windowHandle(), at, QPoint(0, 120))
    assert bar.value() < 420
    assert heard.said == []
    row.slider.setFocus()
    scrolled = bar.value()
    at = QPointF(row.slider.mapTo(scroll, row.slider.rect().center()))
    QTest.wheelEvent(scroll.windowHandle(), at, QPoint(0, 120))
    assert bar.value() == scrolled
    assert heard.kinds() == ["pressed", "changing"]
    scroll.takeWidget()


def test_the_wheel_steps_a_number_that_has_the_focus(make: Make) -> None:
    row, heard = make("x")
    row.show(100)
    row.number.setFocus()
    turn_wheel(row.number)
    assert ("changing", 101) in heard.said


def test_a_slider_drag_is_pressed_changing_changed(make: Make) -> None:
    row, heard = make("opacity")
    row.show(0.5)
    start = row.slider.handle_x()
    drag(row.slider, start, start + 10, start + 20, start + 30)
    assert heard.kinds()[0] == "pressed"
    assert set(heard.kinds()[1:]) == {"changing"}
    let_go(row.slider, start + 30)
    assert heard.kinds()[-1] == "changed"
    assert heard.said[-1][1] == heard.said[-2][1] > 0.5
    assert heard.kinds().count("changed") == heard.kinds().count("pressed") == 1


def test_pressing_the_handle_without_moving_changes_nothing(make: Make) -> None:
    row, heard = make("opacity")
    row.show(0.5)
    start = row.slider.handle_x()
    drag(row.slider, start)
    let_go(row.slider, start)
    assert heard.said == [("pressed", None), ("changed", None)]


def test_pressing_the_track_jumps_there(make: Make) -> None:
    row, heard = make("opacity")
    row.show(0.0)
    drag(row.slider, row.slider.width() - 8)
    assert heard.said[1][1] == pytest.approx(1.0, abs=0.03)


def test_shift_makes_a_slider_fine(make: Make) -> None:
    row, heard = make("opacity")
    row.show(0.5)
    start = row.slider.handle_x()
    drag(row.slider, start, start + 20, keys=Qt.KeyboardModifier.ShiftModifier)
    assert 0.5 < heard.said[-1][1] < 0.55
    assert row.slider.handle_x() - start == pytest.approx(2, abs=0.5)


def test_what_comes_while_the_hand_is_on_it_does_not_move_the_handle(make: Make) -> None:
    row, _heard = make("opacity")
    row.show(0.2)
    start = row.slider.handle_x()
    drag(row.slider, start, start + 40)
    here = row.slider.handle_x()
    row.show(0.05)
    assert row.slider.handle_x() == here
    let_go(row.slider, here)
    row.show(0.05)
    assert row.slider.handle_x() < start


def test_escape_takes_a_slider_drag_back(make: Make) -> None:
    row, heard = make("opacity")
    row.show(0.5)
    row.slider.setFocus()
    start = row.slider.handle_x()
    drag(row.slider, start, start + 20)
    QTest.keyClick(row.slider, Qt.Key.Key_Escape)
    let_go(row.slider, start + 20)
    assert heard.kinds()[-1] == "cancelled"
    assert "changed" not in heard.kinds()


def test_losing_the_focus_ends_a_slider_drag(make: Make) -> None:
    row, heard = make("opacity")
    row.slider.setFocus()
    start = row.slider.handle_x()
    drag(row.slider, start, start + 20)
    row.number.setFocus()
    assert heard.kinds()[-1] == "changed"
    assert not row.is_held


def test_double_click_on_the_slider_asks_for_the_default(make: Make) -> None:
    row, heard = make("opacity")
    row.show(0.5)
    QTest.mouseDClick(row.slider, Qt.MouseButton.LeftButton, pos=QPoint(round(row.slider.handle_x()), 12))
    assert heard.kinds().count("reset") == 1
    assert not row.is_held


def test_arrow_keys_in_a_row_are_one_change_after_a_rest(qtbot: QtBot, make: Make) -> None:
    row, heard = make("opacity")
    row.show(0.5)
    row.slider.setFocus()
    for _press in range(3):
        QTest.keyClick(row.slider, Qt.Key.Key_Right)
    assert [value for kind, value in heard.said if kind == "changing"] == pytest.approx([0.51, 0.52, 0.53])
    with qtbot.waitSignal(row.changed, timeout=3000):
        pass
    assert heard.kinds().count("pressed") == heard.kinds().count("changed") == 1


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        (Qt.KeyboardModifier.NoModifier, 101),
        (Qt.KeyboardModifier.ControlModifier, 110),
    ],
)
def test_number_steps(make: Make, keys: Qt.KeyboardModifier, result: int) -> None:
    row, heard = make("x")
    row.show(100)
    row.number.setFocus()
    QTest.keyClick(row.number, Qt.Key.Key_Up, keys)
    assert heard.said[-1] == ("changing", result)


@pytest.mark.parametrize(
    ("typed", "result"), [("640", 640), ("+10", 110), ("50%", 640), ("1920/3", 640), ("9999999", 7680)]
)
def test_typing_a_sum_is_one_change(make: Make, typed: str, result: int) -> None:
    row, heard = make("x")
    row.show(100)
    row.set_whole(1280)
    row.number.setFocus()
    row.number.selectAll()
    QTest.keyClicks(row.number, typed)
    assert heard.said == [("pressed", None)]
    assert row.is_typed
    QTest.keyClick(row.number, Qt.Key.Key_Return)
    assert heard.said == [("pressed", None), ("changing", result), ("changed", result)]
    assert row.number.text() == str(result)


def test_a_text_that_is_no_number_is_refused_in_words(make: Make) -> None:
    row, heard = make("x")
    row.show(100)
    row.number.setFocus()
    row.number.selectAll()
    QTest.keyClicks(row.number, "12 apples")
    QTest.keyClick(row.number, Qt.Key.Key_Return)
    assert heard.said == [("pressed", None), ("refused", "X: cannot read “apples”"), ("changed", None)]
    assert not row.is_held
    assert row.number.text() == "100"


def test_what_is_being_typed_is_not_overwritten(make: Make) -> None:
    row, _heard = make("x")
    row.show(100)
    row.number.setFocus()
    row.number.selectAll()
    QTest.keyClicks(row.number, "12")
    row.show(999)
    assert row.number.text() == "12"
    QTest.keyClick(row.number, Qt.Key.Key_Escape)
    assert row.number.text() == "999"


def test_mixed_values_are_said_and_a_typed_number_counts_for_all(make: Make) -> None:
    row, heard = make("x")
    row.show(MIXED)
    assert row.number.text() == ""
    assert row.number.placeholderText() == "mixed"
    row.number.setFocus()
    QTest.keyClicks(row.number, "5")
    QTest.keyClick(row.number, Qt.Key.Key_Return)
    assert heard.said[-1] == ("changed", 5)


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        (Qt.KeyboardModifier.NoModifier, 120),
        (Qt.KeyboardModifier.ShiftModifier, 102),
        (Qt.KeyboardModifier.ControlModifier, 300),
    ],
)
def test_scrubbing_the_label(make: Make, keys: Qt.KeyboardModifier, result: int) -> None:
    row, heard = make("x")
    row.show(100)
    drag(row.label, 5, 15, 25, keys=keys)
    let_go(row.label, 25)
    assert heard.said[-1] == ("changed", result)
    assert heard.kinds().count("pressed") == 1


def test_a_click_on_the_label_is_no_change(make: Make) -> None:
    row, heard = make("x")
    drag(row.label, 5, 6)
    let_go(row.label, 6)
    assert heard.said == []


def test_double_click_on_the_label_asks_for_the_default(make: Make) -> None:
    row, heard = make("opacity")
    QTest.mouseDClick(row.label, Qt.MouseButton.LeftButton)
    assert heard.said == [("reset", None)]


def test_a_switch_is_one_change(make: Make) -> None:
    row, heard = make("aspect_fit")
    assert isinstance(row, ToggleRow)
    row.show(True)
    QTest.mouseClick(row.toggle, Qt.MouseButton.LeftButton)
    assert heard.said == [("pressed", None), ("changing", False), ("changed", False)]


def test_a_mixed_switch_becomes_on(make: Make) -> None:
    row, heard = make("aspect_fit")
    row.show(MIXED)
    assert row.toggle.checkState() is Qt.CheckState.PartiallyChecked
    QTest.keyClick(row.toggle, Qt.Key.Key_Space)
    assert heard.said[-1] == ("changed", True)


def test_a_choice_by_button_and_by_list(make: Make) -> None:
    row, heard = make("crop_shape")
    assert isinstance(row, ChoiceRow)
    row.show("rect")
    QTest.mouseClick(row.buttons.buttons()[1], Qt.MouseButton.LeftButton)
    assert heard.said[-1] == ("changed", "circle")
    listed, heard_list = make(MANY)
    listed.show("b")
    listed.list.setFocus()
    QTest.keyClick(listed.list, Qt.Key.Key_Down)
    assert heard_list.said[-1] == ("changed", "c")


def test_a_value_that_is_no_choice_is_shown_as_none(make: Make) -> None:
    row, _heard = make("crop_shape")
    row.show("rect")
    row.show("hexagon")
    assert [button.isChecked() for button in row.buttons.buttons()] == [False, False]


def test_typing_a_text_is_offered_after_a_pause_and_ends_with_the_focus(qtbot: QtBot, make: Make) -> None:
    row, heard = make("text")
    assert isinstance(row, TextRow)
    row.show("Hello")
    row.text.setFocus()
    QTest.keyClicks(row.text, "Oh ")
    assert heard.said == [("pressed", None)]
    with qtbot.waitSignal(row.changing, timeout=3000):
        pass
    assert heard.said[-1] == ("changing", "Oh Hello")
    QTest.keyClicks(row.text, "my ")
    QTest.keyClick(row.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert heard.said[-1] == ("changed", "Oh my Hello")
    assert heard.kinds().count("changed") == 1


def test_escape_takes_typing_back(make: Make) -> None:
    row, heard = make("text")
    row.show("Hello")
    row.text.setFocus()
    QTest.keyClicks(row.text, "Oh ")
    QTest.keyClick(row.text, Qt.Key.Key_Escape)
    assert heard.kinds() == ["pressed", "cancelled"]
    row.show("Hello")
    assert row.text.toPlainText() == "Hello"


def test_an_empty_font_name_is_the_servers_default(make: Make) -> None:
    row, heard = make("font_name")
    row.show(None)
    assert row.text.placeholderText() == "server's default"
    row.show("Inter")
    row.text.setFocus()
    row.text.selectAll()
    QTest.keyClick(row.text, Qt.Key.Key_Delete)
    QTest.keyClick(row.text, Qt.Key.Key_Return)
    assert heard.said[-2:] == [("changing", None), ("changed", None)]


def test_a_colour_in_hex_is_one_change(make: Make) -> None:
    row, heard = make("color")
    assert isinstance(row, ColourRow)
    row.show([255, 255, 255, 255])
    row.hex.setFocus()
    row.hex.selectAll()
    QTest.keyClicks(row.hex, "#ff8000c8")
    QTest.keyClick(row.hex, Qt.Key.Key_Return)
    assert heard.kinds() == ["pressed", "changing", "changed"]
    assert row.is_typed
    assert heard.said[-1:] == [("changed", [255, 128, 0, 200])]
    row.hex.selectAll()
    QTest.keyClicks(row.hex, "red-ish")
    QTest.keyClick(row.hex, Qt.Key.Key_Return)
    assert heard.kinds()[-3:] == ["pressed", "refused", "changed"]
    assert heard.said[-1] == ("changed", None)
    assert row.hex.text() == "#FF8000C8"
    QTest.keyClick(row.hex, Qt.Key.Key_0)
    QTest.keyClick(row.hex, Qt.Key.Key_Escape)
    assert heard.kinds()[-2:] == ["pressed", "cancelled"]
    assert row.hex.text() == "#FF8000C8"
    assert not row.is_held


def test_the_colour_dialog_follows_and_cancels(make: Make) -> None:
    row, heard = make("color")
    row.show([0, 0, 0, 255])
    QTest.mouseClick(row.swatch, Qt.MouseButton.LeftButton)
    assert heard.said == []
    assert not row.dialog.isModal()
    row.dialog.setCurrentColor(QColor(10, 20, 30, 40))
    assert heard.said[-1] == ("changing", [10, 20, 30, 40])
    row.dialog.reject()
    assert heard.kinds()[-1] == "cancelled"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("#fff", [255, 255, 255, 255]),
        ("0080FF", [0, 128, 255, 255]),
        ("#0080ff10", [0, 128, 255, 16]),
        ("#12", None),
        ("", None),
    ],
)
def test_reading_a_colour(text: str, parts: list[int] | None) -> None:
    assert read_colour(text) == parts
    assert parts is None or read_colour(write_colour(parts)) == parts


@pytest.mark.parametrize("kind", MarkKind)
def test_a_mark_says_its_word(make: Make, kind: MarkKind) -> None:
    row, _heard = make("opacity")
    row.mark.show_kind(kind, "Theirs is 70 %." if kind is MarkKind.PARKED else "")
    assert kind.value in row.mark.toolTip()
    assert "Opacity" in row.mark.accessibleName()
    painted = row.mark.grab().toImage()
    colours = {painted.pixelColor(x, y).name() for x in range(painted.width()) for y in range(painted.height())}
    assert (len(colours) > 1) is (kind is not MarkKind.SETTLED)


def test_a_slider_that_runs_both_ways_fills_from_its_middle(make: Make) -> None:
    row, _heard = make("rotation_degrees")
    assert isinstance(row, SliderRow)
    row.show(0.0)
    assert row.slider.handle_x() == pytest.approx(row.slider.width() / 2, abs=1)
    row.show(-180.0)
    assert row.slider.handle_x() == pytest.approx(7, abs=1)


def test_a_number_row_has_no_slider(make: Make) -> None:
    row, _heard = make("z_index")
    assert type(row) is NumberRow
