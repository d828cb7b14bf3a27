"""Any order of hands, echoes, foreign edits, pin changes and broken links ends with what the server has."""

from __future__ import annotations

from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.guards.profiles import INTERLEAVINGS
from tests.support.link import COMPOSITOR
from tests.support.play import FIELDS, Play, value_for
from tests.support.server import Family, Storage

Move = tuple[str, tuple[Any, ...]]
WHO, NUMBER = (0, 1), tuple(range(61))
PARAMS = (Family.PARAMS,)

# A move is three bytes: which one, and its arguments. The first is what an example shrinks to.
IDLE = (("tick", ()),)
HANDS = (
    ("begin", (WHO, FIELDS)),
    ("change", (WHO, NUMBER)),
    ("change", (WHO, NUMBER)),
    ("end", (WHO,)),
    ("cancel", (WHO,)),
    ("edit", (WHO, FIELDS, NUMBER)),
    ("toggle", (WHO, ("in_0", "in_1", "in_2", "title"))),
    ("toggle_text", (WHO, ("title", "lower"))),
    ("undo", (WHO,)),
    ("redo", (WHO,)),
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
SCRIPT = (("script", ((FIELDS[0], FIELDS[2]), NUMBER)),)

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


@settings(max_examples=INTERLEAVINGS)
@given(moves_of(IDLE + HANDS + LINKS + TROUBLE + SCRIPT), st.booleans())
def test_any_order_ends_with_what_the_server_has(moves: list[Move], writes_empty_stamp: bool) -> None:
    perform(Play(writes_empty_stamp=writes_empty_stamp), moves)


@settings(max_examples=INTERLEAVINGS // 2)
@given(moves_of(IDLE + HANDS + LINKS))
def test_two_desks_on_a_good_link_agree_with_what_is_on_air(moves: list[Move]) -> None:
    perform(Play(), moves)


@settings(max_examples=INTERLEAVINGS // 2)
@given(moves_of(IDLE + HANDS + LINKS + TROUBLE))
def test_a_server_that_replaces_params_and_stores_stamps_ends_the_same(moves: list[Move]) -> None:
    perform(Play(Storage.REPLACE), moves)


@settings(max_examples=INTERLEAVINGS // 2)
@given(moves_of((*LINKS, ("edit", (WHO, FIELDS, NUMBER)), ("edit", (WHO, FIELDS, NUMBER)))))
def test_edits_of_different_fields_by_two_desks_all_survive(moves: list[Move]) -> None:
    note(str(moves))
    play = Play(round_trip_s=30.0)
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
