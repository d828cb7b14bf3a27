"""Who else is here: names, initials and colours; whose hand is on what; the one question before a control is taken."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from gui.canvas.plane import Point
from gui.inspector.rows.mark import MarkKind
from gui.inspector.rows.number import NumberRow
from gui.layers.delegate import eye_rect, hand_rect
from gui.layers.model import PEOPLE_ROLE
from gui.syncing.badge import colour_of
from gui.syncing.people import HUES, People, control_of, initials_of
from gui.syncing.reporting import LINGER_S, HandReporter, place_of_hand
from gui.window import MainWindow
from tests.gui.log_desk import MARIA, LogDesk, row_of
from tests.gui.test_rows import drag, let_go
from tests.support.link import COMPOSITOR

OPACITY = ("layers", "in_1", "opacity")


def kind_of(window: MainWindow, name: str = "opacity") -> MarkKind:
    """What the mark of a row says."""
    return row_of(window, name).mark.kind


def focus_of(desk: LogDesk) -> tuple[str, ...]:
    """Where the others are told that our hand is."""
    return desk.log._focus


def claims_of(desk: LogDesk) -> tuple[str, ...]:
    """The controls that we ask for."""
    return desk.log._claims


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Maria Kent", "MK"), ("Desk 2", "D2"), ("jo", "JO"), ("x", "X"), ("", "?"), ("Anne-Marie O", "AM"), ("– –", "?")],
)
def test_initials(name: str, initials: str) -> None:
    assert initials_of(name) == initials


def test_who_is_here_stands_in_the_top_bar_with_name_and_hand(window: MainWindow, at_log: LogDesk) -> None:
    bar = window.topbar.operators
    assert not bar.isVisible()
    at_log.comes("Maria Kent", focus=(COMPOSITOR, "in_1", "opacity"))
    assert bar.isVisible()
    assert bar.badges[0].toolTip() == "Maria Kent is here, with a hand on Opacity of cam_b."
    assert bar.badges[0].person is not None
    assert bar.badges[0].person.initials == "MK"
    assert bar.accessibleName() == "At this session: Maria Kent"
    at_log.clock.advance(6.0)
    at_log.log.presence_changed.emit()
    at_log.show()
    assert not bar.isVisible(), "not heard for five seconds"


def test_more_than_four_are_counted(window: MainWindow, at_log: LogDesk) -> None:
    for number in range(6):
        at_log.comes(f"Desk {number}", f"open/x{number}")
    bar = window.topbar.operators
    assert [badge.isVisible() for badge in bar.badges] == [True] * 4
    assert bar.more.text() == "+2"
    assert bar.more.toolTip() == "Desk 4\nDesk 5"


def test_the_first_five_have_different_colours_that_stay(at_log: LogDesk) -> None:
    for number in range(HUES):
        at_log.comes(f"Desk {number}", f"open/x{number}")
    people = at_log.bridge.people.present
    assert len({person.hue for person in people}) == HUES
    before = {person.author: person.hue for person in people}
    at_log.comes("Desk 0", "open/x0", focus=(COMPOSITOR, "in_1", ""))
    assert {person.author: person.hue for person in at_log.bridge.people.present} == before


def test_a_hand_on_a_layer_is_told_in_the_list_and_drawn_on_the_canvas(window: MainWindow, at_log: LogDesk) -> None:
    at_log.comes("Maria Kent", focus=(COMPOSITOR, "in_1", "rect.x"))
    model = window.layers.layer_model
    index = model.index(model.row_of("in_1"))
    assert [person.initials for person in model.data(index, PEOPLE_ROLE)] == ["MK"]
    assert "Maria Kent’s hand is on it" in model.data(index, int(Qt.ItemDataRole.AccessibleTextRole))
    marks = window.canvas.chrome_state().hands
    assert [(mark.layer.id, mark.words) for mark in marks] == [("in_1", "MK · X")]
    at_log.comes("Maria Kent", focus=(COMPOSITOR, "", ""))
    assert window.canvas.chrome_state().hands == ()
    assert model.data(index, PEOPLE_ROLE) == ()


def test_the_mark_on_the_canvas_is_painted_in_the_operators_colour(window: MainWindow, at_log: LogDesk) -> None:
    at_log.bridge.select(())
    at_log.show()
    layer = at_log.bridge.scene.layer("in_1")  # type: ignore[union-attr]
    assert layer is not None
    at_log.comes("Maria Kent", focus=(COMPOSITOR, "in_1", ""))
    mark = window.canvas.chrome_state().hands[0]
    place = window.canvas.coordinates.to_view(Point(layer.drawn.x + layer.drawn.width, layer.drawn.y))
    shot = window.canvas.viewport().grab().toImage()
    near = [(int(place.x) - dx, int(place.y) + dy) for dx in range(4, 60) for dy in range(2, 24)]
    colours = {shot.pixelColor(x, y).name().upper() for x, y in near if shot.rect().contains(x, y)}
    assert colour_of(mark.person, window.tokens).upper() in colours


def test_two_hands_on_one_layer_do_not_cover_each_other(at_log: LogDesk, window: MainWindow) -> None:
    at_log.comes("Maria Kent", focus=(COMPOSITOR, "in_1", ""))
    at_log.comes("Desk 2", "open/x2", focus=(COMPOSITOR, "in_1", ""))
    assert [mark.rank for mark in window.canvas.chrome_state().hands] == [0, 1]


def test_a_hand_on_a_field_marks_the_row(window: MainWindow, at_log: LogDesk) -> None:
    mark = row_of(window, "opacity").mark
    assert kind_of(window) is MarkKind.SETTLED
    at_log.comes("Maria Kent", focus=(COMPOSITOR, "in_1", "opacity"))
    assert kind_of(window) is MarkKind.SHARED
    assert mark.toolTip() == "Shared: Maria Kent’s hand is on this."
    assert kind_of(window, "x") is MarkKind.SETTLED
    at_log.comes("Maria Kent", focus=(COMPOSITOR, "in_1", "rect"))
    assert kind_of(window) is MarkKind.SETTLED
    assert [kind_of(window, name) for name in ("x", "width")] == [MarkKind.SHARED] * 2


def test_the_way_of_our_edit_is_in_the_marks_tip(window: MainWindow, at_log: LogDesk) -> None:
    at_log.session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    at_log.show()
    mark = row_of(window, "opacity").mark
    assert kind_of(window) is MarkKind.IN_FLIGHT
    assert mark.toolTip().endswith("Your newest edit: On its way to the server.")
    at_log.run()
    assert kind_of(window) is MarkKind.SETTLED
    assert mark.toolTip() == "Your newest edit: The server has it."


def test_a_held_control_asks_once_and_then_gives_way(window: MainWindow, at_log: LogDesk) -> None:
    at_log.comes("Maria Kent")
    at_log.leases({control_of(COMPOSITOR, OPACITY): MARIA})
    row = row_of(window, "opacity")
    assert isinstance(row, NumberRow)
    assert "Maria Kent keeps this control" in row.mark.toolTip()
    for value, stands in (("50", 0.9), ("40", 0.4)):
        row.number.setFocus()
        row.number.selectAll()
        QTest.keyClicks(row.number, value)
        QTest.keyClick(row.number, Qt.Key.Key_Return)
        at_log.run()
        assert at_log.world.stored()["layers"]["in_1"]["opacity"] == stands
        assert row.number.text() == f"{stands * 100:.0f}"
    assert window.notices.words.text() == "Maria Kent is working on Opacity of cam_b. Do it again to take it over."


def test_a_drag_of_a_held_slider_is_asked_about_whole_and_not_half_taken(window: MainWindow, at_log: LogDesk) -> None:
    at_log.comes("Maria Kent")
    at_log.leases({control_of(COMPOSITOR, OPACITY): MARIA})
    slider = row_of(window, "opacity").editors()[0]
    right, left = slider.width() * 0.9, slider.width() * 0.2
    drag(slider, right, left, left - 1)
    let_go(slider, left - 1)
    at_log.run()
    assert at_log.world.stored()["layers"]["in_1"]["opacity"] == 0.9
    assert row_of(window, "opacity").editors()[1].text() == "90"  # type: ignore[attr-defined]
    drag(slider, right, left)
    let_go(slider, left)
    at_log.run()
    assert 0.1 <= at_log.world.stored()["layers"]["in_1"]["opacity"] < 0.4


def test_a_free_control_asks_nothing_and_a_lease_of_ours_neither(window: MainWindow, at_log: LogDesk) -> None:
    at_log.leases({control_of(COMPOSITOR, OPACITY): at_log.log.author.partition("~")[0]})
    assert at_log.bridge.people.holder(COMPOSITOR, OPACITY) == ""
    row = row_of(window, "opacity")
    assert isinstance(row, NumberRow)
    row.number.setFocus()
    row.number.selectAll()
    QTest.keyClicks(row.number, "50")
    QTest.keyClick(row.number, Qt.Key.Key_Return)
    at_log.run()
    assert at_log.world.stored()["layers"]["in_1"]["opacity"] == 0.5


def test_our_hand_is_told_when_it_selects_drags_and_rests(window: MainWindow, at_log: LogDesk) -> None:
    at_log.show()
    assert focus_of(at_log) == (COMPOSITOR, "in_1", "")
    assert claims_of(at_log) == ()
    slider = row_of(window, "opacity").editors()[0]
    drag(slider, 60.0, 40.0)
    at_log.show()
    assert focus_of(at_log) == (COMPOSITOR, "in_1", "opacity")
    assert claims_of(at_log) == (control_of(COMPOSITOR, OPACITY),)
    let_go(slider, 40.0)
    at_log.show()
    assert focus_of(at_log) == (COMPOSITOR, "in_1", "")
    assert claims_of(at_log) == (control_of(COMPOSITOR, OPACITY),), "kept for the next heart-beat"
    at_log.bridge.select(())
    at_log.show()
    assert focus_of(at_log) == (COMPOSITOR, "", "")


def test_a_control_is_let_go_some_time_after_the_hand(at_log: LogDesk, qtbot: object) -> None:
    del qtbot
    now = [100.0]
    parent = QWidget()
    reporter = HandReporter(at_log.bridge, parent, lambda: now[0])
    gesture = at_log.session.begin(COMPOSITOR, "Fade", [OPACITY])
    reporter.look()
    assert claims_of(at_log) == (control_of(COMPOSITOR, OPACITY),)
    gesture.cancel("escape")
    now[0] += LINGER_S - 0.1
    reporter.look()
    assert claims_of(at_log)
    now[0] += 0.2
    reporter.look()
    assert claims_of(at_log) == ()
    parent.deleteLater()


def test_what_a_hand_on_several_fields_is_on(at_log: LogDesk) -> None:
    scene = at_log.bridge.scene
    rect = ("layers", "in_1", "rect")
    assert place_of_hand(scene, COMPOSITOR, [(*rect, "x"), (*rect, "y")]) == (COMPOSITOR, "in_1", "rect")
    assert place_of_hand(scene, COMPOSITOR, [OPACITY]) == (COMPOSITOR, "in_1", "opacity")
    assert place_of_hand(scene, COMPOSITOR, [(*rect, "x"), OPACITY]) == (COMPOSITOR, "in_1", "")
    assert place_of_hand(scene, COMPOSITOR, [OPACITY, ("layers", "in_0", "opacity")]) == (COMPOSITOR, "", "layers")
    assert place_of_hand(scene, "gain", [("fade", "in")]) == ("gain", "", "fade.in")
    assert place_of_hand(None, "gain", []) == ("gain", "", "")


def test_names_of_authors(at_log: LogDesk) -> None:
    at_log.comes("Maria Kent")
    people = at_log.bridge.people
    assert people.name(f"{MARIA}~77") == "Maria Kent"
    assert people.name(at_log.log.author) == "You"
    assert people.name("open/d0~earlier") == "You, run earl"
    assert people.name("p1/admin~8") == "Protocol 1, admin"
    assert people.name("p1/engine~8") == "The engine"
    assert people.name("0123456789abcdef/7f3e2d1c-77~1") == "Desk 7f3e2d"
    assert people.name("") == "Somebody"
    at_log.clock.advance(6.0)
    people.follow(at_log.log)
    assert people.present == ()
    assert people.name(f"{MARIA}~77") == "Maria Kent", "who has left keeps a name"


def test_nobody_is_here_without_a_log() -> None:
    people = People()
    people.follow(None)
    assert people.present == ()
    assert people.holder(COMPOSITOR, OPACITY) == ""


def test_the_badge_in_the_list_does_not_cover_the_eye(window: MainWindow, at_log: LogDesk) -> None:
    at_log.comes("Maria Kent", focus=(COMPOSITOR, "in_1", ""))
    index = window.layers.layer_model.index(window.layers.layer_model.row_of("in_1"))
    row = window.layers.visualRect(index)
    assert not hand_rect(row, 0).intersects(eye_rect(row))
    assert not hand_rect(row, 0).intersects(hand_rect(row, 1))
    shot = window.layers.viewport().grab().toImage()
    person = at_log.bridge.people.present[0]
    colour = str(getattr(window.tokens, f"peer_{person.hue}")).upper()
    left = hand_rect(row, 0).topLeft() + QPoint(4, 3)
    assert shot.pixelColor(left).name().upper() == colour
