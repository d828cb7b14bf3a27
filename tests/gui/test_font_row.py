"""The row that chooses a font: the server's list, other names typed, missing files marked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from gui.inspector.rows.font import UPLOAD, FontFile, FontOffer, FontRow
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
    assert heard.said[-1] == ("changed", None)


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
    assert heard.said == []
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
    choose(row, "Sans")
    assert heard.said == []


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
