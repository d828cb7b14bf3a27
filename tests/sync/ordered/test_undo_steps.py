"""What can be undone on an ordered log: what the log took, and nothing that it refused."""

from __future__ import annotations

from sync.paths import Path
from tests.support.link import COMPOSITOR
from tests.support.ordered import OrderedDesk, OrderedWorld

OPACITY: Path = ("layers", "in_1", "opacity")
X: Path = ("layers", "in_1", "rect", "x")


def two() -> tuple[OrderedWorld, OrderedDesk, OrderedDesk]:
    world = OrderedWorld()
    one, other = world.desks
    return world, one, other


def titles(desk: OrderedDesk) -> tuple[str | None, str | None]:
    """What undo and redo would do."""
    return desk.desk.history.undo_title, desk.desk.history.redo_title


def type_too_late(world: OrderedWorld, one: OrderedDesk, other: OrderedDesk) -> None:
    """A number that is typed while somebody else changes the field."""
    gesture = one.desk.begin(COMPOSITOR, "Opacity", [OPACITY], is_guarded=True)
    other.desk.edit(COMPOSITOR, {OPACITY: 0.8}, "Theirs")
    world.run()
    gesture.change({OPACITY: 0.3})
    gesture.end()
    assert titles(one) == ("Opacity", None), "until it is decided"
    world.run()


def test_a_refused_edit_is_no_step_and_the_one_before_is() -> None:
    world, one, other = two()
    one.desk.edit(COMPOSITOR, {X: 7}, "Move")
    world.run()
    type_too_late(world, one, other)
    assert titles(one) == ("Move", None)
    assert one.desk.history.undo()
    world.run()
    assert world.stored()["layers"]["in_1"]["rect"]["x"] == 880
    assert titles(one) == (None, "Move")


def test_mine_that_is_taken_is_a_step_back_to_theirs() -> None:
    world, one, other = two()
    type_too_late(world, one, other)
    assert titles(one) == (None, None)
    one.log.take_mine(one.log.replica.conflicts[0])
    world.run()
    assert titles(one) == ("Take mine", None)
    assert world.stored()["layers"]["in_1"]["opacity"] == 0.3
    assert one.desk.history.undo()
    world.run()
    assert world.stored()["layers"]["in_1"]["opacity"] == 0.8
    assert one.desk.history.redo()
    world.run()
    assert world.stored()["layers"]["in_1"]["opacity"] == 0.3


def test_mine_that_is_refused_once_more_is_no_step() -> None:
    world, one, other = two()
    type_too_late(world, one, other)
    other.desk.edit(COMPOSITOR, {OPACITY: 0.6}, "Theirs again")
    other.settle()
    one.log.take_mine(one.log.replica.conflicts[0])
    world.run()
    assert titles(one) == (None, None)
    assert len(one.log.replica.conflicts) == 1


def test_an_undo_and_a_redo_that_were_refused_have_not_happened() -> None:
    world, one, other = two()
    one.desk.edit(COMPOSITOR, {OPACITY: 0.3}, "Fade")
    world.run()
    other.desk.edit(COMPOSITOR, {OPACITY: 0.8}, "Theirs")
    other.settle()
    assert one.desk.history.undo()
    assert titles(one) == (None, "Fade")
    world.run()
    assert titles(one) == ("Fade", None)
    one.log.take_mine(one.log.replica.conflicts[0])
    other.desk.edit(COMPOSITOR, {X: 5}, "Elsewhere")
    world.run()
    assert titles(one) == ("Take mine", None)
    assert one.desk.history.undo()
    world.run()
    other.desk.edit(COMPOSITOR, {OPACITY: 0.5}, "Theirs")
    other.settle()
    assert one.desk.history.redo()
    assert titles(one)[0] == "Take mine"
    world.run()
    assert titles(one)[1] == "Take mine", "it can be tried again"


def test_all_that_was_refused_after_a_time_without_a_link_goes_and_the_rest_stays() -> None:
    world, one, other = two()
    one.cut()
    for value in (0.3, 0.4, 0.5):
        one.desk.edit(COMPOSITOR, {OPACITY: value}, f"Fade to {value}")
    one.desk.edit(COMPOSITOR, {X: 7}, "Move")
    other.desk.edit(COMPOSITOR, {OPACITY: 0.8}, "Theirs")
    world.run()
    one.join()
    world.run()
    assert len(one.log.replica.conflicts) == 1
    assert titles(one) == ("Move", None)
    assert one.desk.history.undo()
    assert titles(one) == (None, "Move")


def test_what_was_undone_before_it_was_refused_is_gone_altogether() -> None:
    world, one, other = two()
    one.desk.edit(COMPOSITOR, {OPACITY: 0.95}, "Fade")
    world.run()
    one.cut()
    one.desk.edit(COMPOSITOR, {OPACITY: 0.3}, "Fade more")
    assert one.desk.history.undo()
    assert titles(one) == ("Fade", "Fade more")
    other.desk.edit(COMPOSITOR, {OPACITY: 0.8}, "Theirs")
    world.run()
    one.join()
    world.run()
    assert titles(one) == ("Fade", None)


def test_a_drag_that_the_log_took_stays_a_step_when_the_next_edit_is_refused() -> None:
    world, one, other = two()
    gesture = one.desk.begin(COMPOSITOR, "Drag", [OPACITY])
    for value in (0.7, 0.6, 0.5):
        gesture.change({OPACITY: value})
        world.clock.advance(0.02)
        world.round()
    gesture.end()
    world.run()
    type_too_late(world, one, other)
    assert titles(one) == ("Drag", None)
