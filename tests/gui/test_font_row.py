"""The row that chooses a font: the server's list, other names typed, missing files marked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from gui.inspector.rows.font import UPLOAD, FontFile, FontOffer, FontRow
from gui.inspector.rows.row import MIXED
from gui.theme.tokens import load_tokens
from sync.fields import fields_of
from sync.scene import LayerKind
from tests.gui.test_rows import Heard

FIELD = next(field for field in fields_of(LayerKind.TEXT) if field.name == "font_name")
SANS, SERIF = "samples/fonts/system/Sans.ttf", "samples/fonts/user/Serif.otf"
OFFER = FontOffer((FontFile(SANS, "Sans"), FontFile(SERIF, "Serif (uploaded)")))


@pytest.fixture
def row(qtbot: QtBot) -> Iterator[FontRow]:
    made = FontRow(FIELD, load_tokens("dark"))
    qtbot.addWidget(made.widget)
    with qtbot.waitExposed(made.widget):
        made.widget.show()
    yield made
    made.let_go()


def entries(row: FontRow) -> list[str]:
    return [row.list.itemText(number) for number in range(row.list.count()) if row.list.itemText(number)]


def choose(row: FontRow, title: str) -> None:
    """As the mouse does it in the open list."""
    row.list.setCurrentIndex(row.list.findText(title))
    row.list.activated.emit(row.list.findText(title))


def test_the_servers_fonts_can_be_chosen(row: FontRow) -> None:
    heard = Heard(row)
    row.offer(OFFER)
    row.show(SANS)
    assert row.text.text() == "Sans"
    assert entries(row) == ["Server's default", "Sans", "Serif (uploaded)", UPLOAD]
    choose(row, "Serif (uploaded)")
    assert heard.said == [("pressed", None), ("changing", SERIF), ("changed", SERIF)]
    row.show(SERIF)
    choose(row, "Server's default")
    assert heard.said[-2:] == [("changing", None), ("changed", None)]


def test_showing_and_offering_say_nothing(row: FontRow) -> None:
    heard = Heard(row)
    for value in (None, SANS, "Odd.ttf", SERIF):
        row.show(value)
        row.offer(OFFER)
        row.offer(FontOffer(None, "Not known."))
    row.text.setFocus()
    row.text.clearFocus()
    assert heard.said == []


def test_another_name_is_typed_and_enter_takes_it_once(row: FontRow) -> None:
    heard = Heard(row)
    row.offer(OFFER)
    row.show(None)
    row.text.setFocus()
    QTest.keyClicks(row.text, "fonts/Mine.ttf")
    assert heard.said == [("pressed", None)]
    assert row.is_typed
    QTest.keyClick(row.text, Qt.Key.Key_Return)
    row.text.clearFocus()
    assert heard.kinds() == ["pressed", "changing", "changed"]
    assert heard.said[-1] == ("changed", "fonts/Mine.ttf")


def test_a_title_that_is_typed_means_its_file(row: FontRow) -> None:
    heard = Heard(row)
    row.offer(OFFER)
    row.show(None)
    row.text.setFocus()
    QTest.keyClicks(row.text, "Sans")
    QTest.keyClick(row.text, Qt.Key.Key_Return)
    assert [said for said in heard.said if said[0] == "changed"] == [("changed", SANS)]


def test_escape_and_an_unchanged_value_change_nothing(row: FontRow) -> None:
    heard = Heard(row)
    row.offer(OFFER)
    row.show(SANS)
    row.text.setFocus()
    QTest.keyClicks(row.text, "zzz")
    QTest.keyClick(row.text, Qt.Key.Key_Escape)
    assert row.text.text() == "Sans"
    assert heard.kinds() == ["pressed", "cancelled"]
    choose(row, "Sans")
    assert heard.kinds() == ["pressed", "cancelled"]
    assert not row.is_held


def test_what_comes_while_one_types_does_not_touch_the_text(row: FontRow) -> None:
    row.show(SANS)
    row.text.setFocus()
    QTest.keyClicks(row.text, "x")
    typed = row.text.text()
    row.offer(OFFER)
    row.show(SERIF)
    assert row.text.text() == typed
    QTest.keyClick(row.text, Qt.Key.Key_Escape)
    assert row.text.text() == "Serif (uploaded)"


@pytest.mark.parametrize(
    ("offer", "value", "is_missing"),
    [
        (FontOffer(None), "Gone.ttf", False),
        (OFFER, "Gone.ttf", True),
        (OFFER, "fonts/Sans.ttf", True),
        (OFFER, "Sans.ttf", False),
        (OFFER, SANS, False),
        (OFFER, None, False),
        (FontOffer(()), SANS, True),
    ],
)
def test_a_file_that_the_server_lacks_is_marked(
    row: FontRow, offer: FontOffer, value: str | None, is_missing: bool
) -> None:
    row.show(value)
    row.offer(offer)
    assert row.sign.isVisible() is is_missing
    assert any("not on this server" in entry for entry in entries(row)) is is_missing
    if is_missing:
        assert str(value) in row.sign.toolTip()


def test_upload_is_asked_for_in_the_list_and_greyed_out_with_the_reason(row: FontRow) -> None:
    asked: list[bool] = []
    heard = Heard(row)
    row.upload_asked.connect(lambda: asked.append(True))
    row.offer(OFFER)
    row.show(SANS)
    choose(row, UPLOAD)
    assert (asked, row.text.text(), heard.said) == ([True], "Sans", [])
    row.offer(FontOffer(OFFER.fonts, "", "The role viewer may not upload files on this server."))
    index = row.list.model().index(row.list.count() - 1, 0)
    assert not row.list.model().flags(index) & Qt.ItemFlag.ItemIsEnabled
    assert index.data(Qt.ItemDataRole.ToolTipRole) == "The role viewer may not upload files on this server."


def test_the_arrows_open_the_list_instead_of_changing_the_font(row: FontRow, monkeypatch: pytest.MonkeyPatch) -> None:
    # The offscreen platform warns of every popup.
    opened: list[bool] = []
    monkeypatch.setattr(QComboBox, "showPopup", lambda _self: opened.append(True))
    wanted: list[bool] = []
    heard = Heard(row)
    row.list_wanted.connect(lambda: wanted.append(True))
    row.offer(OFFER)
    row.show(SANS)
    QTest.keyClick(row.list, Qt.Key.Key_Down)
    assert (wanted, opened, heard.said) == ([True], [True], [])


def test_why_the_fonts_are_not_known_is_in_the_tip(row: FontRow) -> None:
    row.offer(FontOffer(None, "The server's fonts are not known. This server does not offer that."))
    assert "This server does not offer that." in row.list.toolTip()


STEPS = st.one_of(
    st.tuples(st.just("show"), st.sampled_from([None, SANS, SERIF, "Odd.ttf", MIXED])),
    st.tuples(st.just("offer"), st.sampled_from([OFFER, FontOffer(None, "Not known."), FontOffer(()), FontOffer()])),
    st.tuples(st.just("type"), st.sampled_from(["S", "Sans", " ", "x/y.ttf"])),
    st.tuples(st.sampled_from(["enter", "escape", "leave"]), st.none()),
    st.tuples(st.just("choose"), st.integers(0, 5)),
)


ACTS: dict[str, Callable[[FontRow, Any], object]] = {
    "show": lambda row, value: row.show(value),
    "offer": lambda row, value: row.offer(value),
    "type": lambda row, value: row.text.insert(value),
    "enter": lambda row, _value: row.text.returnPressed.emit(),
    "escape": lambda row, _value: row.text.escaped.emit(),
    "leave": lambda row, _value: row.text.left.emit(),
    "choose": lambda row, value: row.list.activated.emit(min(value, row.list.count() - 1)),
}


SILENT = {
    "show": [],
    "offer": [],
    "type": [["pressed"]],
    "enter": [["changed"]],
    "leave": [["changed"]],
    "escape": [["cancelled"]],
    "choose": [["changed"], ["cancelled"]],
}


@given(st.lists(STEPS, max_size=12))
def test_in_any_order_only_the_hand_speaks_and_the_truth_is_shown(steps: list[tuple[str, Any]]) -> None:
    """What is not being typed is what was shown or chosen last."""
    row = FontRow(FIELD, load_tokens("dark"))
    heard = Heard(row)
    shown: Any = None
    row.show(None)
    for what, value in steps:
        before, was_typing = len(heard.said), row.text.isModified()
        ACTS[what](row, value)
        shown = value if what == "show" else shown
        said = heard.said[before:]
        kinds = [kind for kind, _value in said]
        if "changing" in kinds:
            assert what == "choose" or (was_typing and what in {"enter", "leave"})
            assert kinds[-2:] == ["changing", "changed"]
            shown = said[-1][1]
        else:
            assert kinds in ([], *SILENT[what])
            if "changed" in kinds:
                row.show(shown)  # as whoever listens does
        assert row.is_held == row.text.isModified()
        if not row.text.isModified():
            spoken = next((font.title for font in row._offer.fonts or () if font.path == shown), shown)
            assert row.text.text() == (spoken if isinstance(spoken, str) else "")
    row.let_go()
