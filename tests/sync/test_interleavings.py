"""Any order of hands, echoes, foreign edits, pin changes and broken links ends with what the server has."""

from __future__ import annotations

from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.guards.profiles import INTERLEAVINGS
from tests.support.play import LAYER_FIELDS, PLAIN_FIELDS, Field, Play, value_for
from tests.support.server import Family, Storage

Move = tuple[str, tuple[Any, ...]]
WHO, NUMBER = (0, 1), tuple(range(61))
PARAMS = (Family.PARAMS,)

# A move is three bytes: which one, and its arguments. The first is what an example shrinks to.
IDLE = (("tick", ()),)
GESTURES = (("change", (WHO, NUMBER)), ("change", (WHO, NUMBER)), ("end", (WHO,)), ("cancel", (WHO,)))
HISTORY = (("undo", (WHO,)), ("redo", (WHO,)))
HANDS = (
    ("begin", (WHO, LAYER_FIELDS)),
    *GESTURES,
    ("edit", (WHO, LAYER_FIELDS, NUMBER)),
    ("toggle", (WHO, ("in_0", "in_1", "in_2", "title"))),
    ("toggle_text", (WHO, ("title", "lower"))),
    *HISTORY,
)
PLAIN_HANDS = (
    ("begin", (WHO, PLAIN_FIELDS)),
    *GESTURES,
    ("edit", (WHO, PLAIN_FIELDS, NUMBER)),
    ("edit", (WHO, PLAIN_FIELDS, NUMBER)),
    ("edit", (WHO, LAYER_FIELDS[:2], NUMBER)),
    *HISTORY,
)
# Whoever comes in while a server has forgotten params cannot know them; where two edit, a loss may be of both's making.
ONE_HAND = (
    ("edit", ((0,), PLAIN_FIELDS, NUMBER)),
    ("edit", ((0,), PLAIN_FIELDS, NUMBER)),
    ("edit", ((0,), LAYER_FIELDS[:2], NUMBER)),
    ("begin", ((0,), PLAIN_FIELDS)),
    *GESTURES,
)
LINKS = (
    ("up", (WHO,)),
    ("up", (WHO,)),
    ("down", (WHO, (Family.VIEW, Family.STRUCTURE, Family.PARAMS))),
    ("down", (WHO, PARAMS)),
    ("down", (WHO, PARAMS)),
    ("wait", ((1, 9, 40, 300, 1100),)),
    ("double", (WHO,)),
    ("frame", (("in_0", "in_1", "in_2"), (480, 640))),
)
TROUBLE = (
    ("pin", (("in_3", "in_1"),)),
    ("refetch", (WHO,)),
    ("cut", (WHO, (False, True))),
    ("reopen", (WHO,)),
    ("reopen", (WHO,)),
)
SCRIPT = (("script", ((LAYER_FIELDS[0], LAYER_FIELDS[2]), NUMBER)),)
PLAIN_SCRIPT = (("script", (PLAIN_FIELDS, NUMBER)),)
STORAGES = st.sampled_from(Storage)

Kinds = tuple[tuple[str, tuple[tuple[Any, ...], ...]], ...]


def moves_of(kinds: Kinds) -> st.SearchStrategy[list[Move]]:
    """Plays of 2 to 80 moves; drawn as bytes, which is many times faster than a strategy an argument."""
    sizes = st.sampled_from([2, 5, 12, 30, 80])
    return sizes.flatmap(lambda size: st.binary(min_size=4 * size, max_size=4 * size)).map(
        lambda data: [_move(kinds, data[at : at + 4]) for at in range(0, len(data), 4)]
    )


def _move(kinds: Kinds, code: bytes) -> Move:
    name, choices = kinds[code[0] % len(kinds)]
    return name, tuple(choice[byte % len(choice)] for choice, byte in zip(choices, code[1:], strict=False))


def perform(play: Play, moves: list[Move]) -> None:
    """Plays to the end, checking the hands after every move."""
    note(str(moves))
    for name, arguments in moves:
        getattr(play, name)(*arguments)
        play.check_hands()
    play.finish()
    play.check_stamps()


def edits_of(fields: tuple[Field, ...]) -> Kinds:
    """Edits of some fields on a good link."""
    return (*LINKS, ("edit", (WHO, fields, NUMBER)), ("edit", (WHO, fields, NUMBER)))


def all_survive(play: Play, fields: tuple[Field, ...], moves: list[Move]) -> None:
    """One desk has every second field, the other one the rest: nobody's last word on a field may be missing."""
    note(str(moves))
    wanted: dict[Field, Any] = {}
    mine = (fields[0::2], fields[1::2])
    for name, arguments in moves:
        if name == "edit":
            who, field, number = arguments
            place = mine[who][fields.index(field) // 2]
            play.edit(who, place, number)
            wanted[place] = value_for(place.path, number)
        else:
            getattr(play, name)(*arguments)
    play.finish()
    play.check_whole()
    for place, value in wanted.items():
        assert play.actors[0].session.store.value(*place) == value


@settings(max_examples=INTERLEAVINGS)
@given(moves_of(IDLE + HANDS + LINKS + TROUBLE + SCRIPT), st.booleans())
def test_any_order_ends_with_what_the_server_has(moves: list[Move], writes_empty_stamp: bool) -> None:
    perform(Play(writes_empty_stamp=writes_empty_stamp), moves)


@settings(max_examples=INTERLEAVINGS)
@given(moves_of(IDLE + HANDS + LINKS))
def test_two_desks_on_a_good_link_agree_with_what_is_on_air(moves: list[Move]) -> None:
    perform(Play(), moves)


@settings(max_examples=INTERLEAVINGS)
@given(moves_of(IDLE + HANDS + LINKS + TROUBLE))
def test_a_server_that_replaces_params_and_stores_stamps_ends_the_same(moves: list[Move]) -> None:
    perform(Play(Storage.REPLACE), moves)


@settings(max_examples=INTERLEAVINGS)
@given(moves_of(IDLE + PLAIN_HANDS + LINKS + TROUBLE + PLAIN_SCRIPT), STORAGES)
def test_plain_nodes_end_with_what_the_server_has_however_it_stores_params(moves: list[Move], storage: Storage) -> None:
    perform(Play(storage), moves)


@settings(max_examples=INTERLEAVINGS)
@given(moves_of(IDLE + ONE_HAND + LINKS + TROUBLE), STORAGES)
def test_no_edit_of_one_param_costs_a_plain_node_another_over_any_broken_link(
    moves: list[Move], storage: Storage
) -> None:
    play = Play(storage)
    perform(play, moves)
    play.check_whole()


@settings(max_examples=INTERLEAVINGS)
@given(moves_of(edits_of(LAYER_FIELDS)))
def test_edits_of_different_fields_by_two_desks_all_survive(moves: list[Move]) -> None:
    all_survive(Play(round_trip_s=30.0), LAYER_FIELDS, moves)


@settings(max_examples=INTERLEAVINGS)
@given(moves_of(edits_of(PLAIN_FIELDS)), STORAGES)
def test_edits_of_different_params_of_plain_nodes_all_survive(moves: list[Move], storage: Storage) -> None:
    """Two desks that have asked how the server stores params; while both are asking, one's edit may be wiped unseen."""
    play = Play(storage, round_trip_s=30.0)
    for who in WHO:
        play.edit(who, PLAIN_FIELDS[who], 5)  # its own, as below
        play.finish()
        assert play.actors[who].session.store.dialect.replaces is (storage is Storage.REPLACE)
    all_survive(play, PLAIN_FIELDS, moves)
