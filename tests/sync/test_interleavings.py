"""Any order of hands, echoes, foreign edits, pin changes and broken links ends with what the server has."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.guards.profiles import INTERLEAVINGS
from tests.support.link import COMPOSITOR
from tests.support.play import FIELDS, Play, value_for
from tests.support.server import Family, Storage

WHO = st.integers(0, 1)
FIELD = st.sampled_from(FIELDS)
NUMBER = st.integers(0, 60)
Move = tuple[str, tuple[Any, ...]]


def move(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Move]:
    return st.tuples(st.just(name), st.tuples(*arguments))


HANDS = (
    move("begin", WHO, FIELD),
    move("change", WHO, NUMBER),
    move("change", WHO, NUMBER),
    move("end", WHO),
    move("cancel", WHO),
    move("edit", WHO, FIELD, NUMBER),
    move("toggle", WHO, st.sampled_from(["in_0", "in_1", "in_2", "title"])),
    move("toggle_text", WHO, st.sampled_from(["title", "lower"])),
    move("undo", WHO),
    move("redo", WHO),
)
LINKS = (
    move("up", WHO),
    move("up", WHO),
    move("down", WHO, st.sampled_from([Family.PARAMS, Family.PARAMS, Family.VIEW, Family.STRUCTURE])),
    move("down", WHO, st.just(Family.PARAMS)),
    move("down", WHO, st.just(Family.PARAMS)),
    move("wait", st.sampled_from([1, 9, 40, 300, 1100])),
    move("double", WHO),
    move("tick"),
    move("frame", st.sampled_from(["in_0", "in_1", "in_2"]), st.sampled_from([480, 640])),
)
TROUBLE = (
    move("pin", st.sampled_from(["in_3", "in_1"])),
    move("refetch", WHO),
    move("cut", WHO, st.booleans()),
    move("reopen", WHO),
)
SCRIPT = (move("script", st.sampled_from([FIELDS[0], FIELDS[2]]), NUMBER),)


def perform(play: Play, moves: list[Move]) -> None:
    for name, arguments in moves:
        getattr(play, name)(*arguments)
        play.check_hands()
    play.finish()
    play.check_stamps()


@settings(max_examples=INTERLEAVINGS)
@given(
    st.lists(st.one_of(*HANDS, *LINKS, *TROUBLE, *SCRIPT), max_size=60),
    st.sampled_from([(Storage.MERGE, False), (Storage.MERGE, True)]),
)
def test_any_order_ends_with_what_the_server_has(moves: list[Move], server: tuple[Storage, bool]) -> None:
    storage, writes_empty_stamp = server
    perform(Play(storage, writes_empty_stamp=writes_empty_stamp), moves)


@settings(max_examples=INTERLEAVINGS // 2)
@given(st.lists(st.one_of(*HANDS, *LINKS, *TROUBLE), max_size=60))
def test_a_server_that_replaces_params_and_stores_stamps_ends_the_same(moves: list[Move]) -> None:
    perform(Play(Storage.REPLACE), moves)


@settings(max_examples=INTERLEAVINGS)
@given(st.lists(st.one_of(move("edit", WHO, FIELD, NUMBER), move("change", WHO, NUMBER), *LINKS), max_size=60))
def test_edits_of_different_fields_by_two_desks_all_survive(moves: list[Move]) -> None:
    play = Play()
    wanted: dict[Any, Any] = {}
    mine = (FIELDS[0::2], FIELDS[1::2])
    for name, arguments in moves:
        if name == "edit":
            who, field, number = arguments
            path = mine[who][FIELDS.index(field) // 2]
            play.edit(who, path, number)
            wanted[path] = value_for(path, number)
        else:
            getattr(play, name)(*arguments)
    play.finish()
    for path, value in wanted.items():
        assert play.actors[0].session.store.value(COMPOSITOR, path) == value
