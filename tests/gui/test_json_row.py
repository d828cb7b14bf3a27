"""A row with JSON: a right text counts when the hand leaves it, a wrong one is explained, put back and not lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.inspector.rows.json_text import JsonRefused, JsonRow, read_json, write_json
from gui.inspector.rows.row import MIXED
from gui.theme.tokens import load_tokens
from sync.field import Field, FieldKind
from tests.gui.test_rows import Heard

LIST = Field(name="urls", title="Urls", kind=FieldKind.JSON, path=("urls",), json_type="array")
ANY = Field(name="any", title="Any", kind=FieldKind.JSON, path=("any",))


@pytest.fixture
def row(qtbot: QtBot) -> Iterator[JsonRow]:
    made = JsonRow(LIST, load_tokens("dark"))
    qtbot.addWidget(made.widget)
    with qtbot.waitExposed(made.widget):
        made.widget.show()
    made.show([1])
    yield made
    made.let_go()


def write(row: JsonRow, text: str) -> None:
    row.text.setFocus()
    row.text.selectAll()
    QTest.keyClicks(row.text, text)


def test_showing_a_value_never_speaks(row: JsonRow) -> None:
    heard = Heard(row)
    for value in ([1, 2], None, MIXED, {"a": {"b": "c" * 40}}):
        row.show(value)
    assert heard.said == []
    assert row.text.toPlainText() == write_json({"a": {"b": "c" * 40}})
    assert row.text.toPlainText().count("\n") == 4


def test_a_right_text_counts_once_when_it_is_left(row: JsonRow) -> None:
    heard = Heard(row)
    write(row, "[1, 2]")
    assert heard.kinds() == ["pressed"]
    QTest.keyClick(row.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert heard.said[1:] == [("changing", [1, 2]), ("changed", [1, 2])]
    row.show([1, 2])
    assert row.text.toPlainText() == "[1, 2]"


def test_the_same_text_again_is_no_change(row: JsonRow) -> None:
    heard = Heard(row)
    write(row, "[1]")
    row.release()
    assert heard.said == [("pressed", None), ("changed", None)]


def test_a_wrong_text_is_put_back_and_ctrl_z_brings_it_again(row: JsonRow) -> None:
    heard = Heard(row)
    write(row, "[1, 2")
    assert row.problem == "This is no JSON yet: it ends too early."
    assert row.complaint.isVisible()
    row.release()
    assert heard.kinds() == ["pressed", "refused", "changed"]
    assert heard.values()[-1] is None
    row.show([1])
    assert (row.text.toPlainText(), row.problem) == ("[1]", "")
    QTest.keyClick(row.text, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert row.text.toPlainText() == "[1, 2"
    assert row.problem
    QTest.keyClick(row.text, Qt.Key.Key_End)
    QTest.keyClicks(row.text, "]")
    row.release()
    assert heard.values()[-1] == [1, 2]


def test_escape_puts_the_old_text_back(row: JsonRow) -> None:
    heard = Heard(row)
    write(row, "[1, 2")
    QTest.keyClick(row.text, Qt.Key.Key_Escape)
    assert heard.kinds() == ["pressed", "cancelled"]
    assert (row.text.toPlainText(), row.problem) == ("[1]", "")


def test_a_value_that_came_meanwhile_is_shown_when_the_hand_gives_up(row: JsonRow) -> None:
    write(row, "[1, 2")
    row.show([9])
    assert row.text.toPlainText() == "[1, 2"
    QTest.keyClick(row.text, Qt.Key.Key_Escape)
    assert row.text.toPlainText() == "[9]"


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (LIST, " ", None),
        (LIST, "null", None),
        (LIST, '["ä"]', ["ä"]),
        (ANY, '"hello"', "hello"),
        (ANY, "-1.5e3", -1500.0),
        (ANY, "{}", {}),
    ],
)
def test_values(field: Field, text: str, value: Any) -> None:
    assert read_json(field, text) == value


@pytest.mark.parametrize(
    ("field", "text", "complaint"),
    [
        (LIST, "{}", "This must be a list"),
        (ANY, "hello", "a text needs quotes"),
        (ANY, "[1 2]", "at character 4: expecting"),
        (ANY, "NaN", "NaN is no number"),
        (ANY, "[Infinity]", "Infinity is no number"),
        (ANY, "{\n'a': 1}", "line 2, column 1"),
        (ANY, "[" * 100_000, "nested too deep"),
    ],
)
def test_wrong_texts_are_explained(field: Field, text: str, complaint: str) -> None:
    with pytest.raises(JsonRefused, match=complaint):
        read_json(field, text)
