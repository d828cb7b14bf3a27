"""The document: joins in any order, what sweeps what, who wrote last."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from sync.log.document import Document, Register
from sync.log.edits import REMOVED, add_node, change, edits_between, param_place, remove_node, set_params
from sync.log.leaves import build, flatten
from sync.log.op import Entry, Op
from sync.log.oplog import OpLog

NAMES = st.sampled_from(["a", "b"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: param_place("n", tuple(names)))


@st.composite
def writes(draw: st.DrawFn) -> list[Register]:
    """Registers whose stamps are unique, as one authority or several would make them."""
    stamps = draw(st.lists(st.tuples(st.integers(1, 6), st.sampled_from("xyz")), min_size=1, max_size=12, unique=True))
    return [
        Register(draw(PATHS), draw(st.integers(0, 3)), draw(st.booleans()), lam, author, lam, rev)
        for rev, (lam, author) in enumerate(stamps, 1)
    ]


@given(writes(), st.randoms(use_true_random=False))
def test_joins_in_any_order_and_any_number_of_times_end_equal(registers: list[Register], chance: random.Random) -> None:
    straight, shuffled = Document(), Document()
    for each in registers:
        straight.join(each)
    mixed = registers * 2
    chance.shuffle(mixed)
    for each in mixed:
        shuffled.join(each)
    assert straight.digest() == shuffled.digest()
    assert straight.params("n") == shuffled.params("n")


@given(writes())
def test_hk_22_equal_lamport_times_have_one_winner_everywhere(registers: list[Register]) -> None:
    one, other = Document(registers), Document()
    for each in reversed(registers):
        other.join(each)
    assert [each.stamp for each in sorted(one.registers(), key=lambda e: e.path)] == [
        each.stamp for each in sorted(other.registers(), key=lambda e: e.path)
    ]


def test_hk_22_the_higher_author_wins_a_tie_in_both_orders() -> None:
    place = param_place("n", ("a",))
    low, high = Register(place, 1, False, 5, "x", 1, 1), Register(place, 2, False, 5, "y", 1, 2)
    for order in ((low, high), (high, low)):
        document = Document()
        for each in order:
            document.join(each)
        assert document.value(place) == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("klm", min_size=1, max_size=2), json_values, max_size=4))
def test_leaves_are_taken_apart_and_put_together_again(params: dict[str, object]) -> None:
    assert build(flatten(params)) == params


def test_list_items_are_addressed_by_id_and_keep_their_order() -> None:
    params = {"text_overlays": [{"id": "b", "text": "1"}, {"id": "a", "text": "2", "rect": {"x": 1}}], "color": [1, 2]}
    leaves = flatten(params)
    assert leaves[("text_overlays", "a", "rect", "x")] == 1
    assert build(leaves) == params


def test_an_edit_does_not_reach_into_a_value_that_somebody_else_holds() -> None:
    document = Document()
    document.apply(Entry(1, 1, "a", 1, 0.0, add_node("n", "k", {"list": [1, {"deep": 1}]})))
    shown = document.params("n")
    shown["list"][1]["deep"] = 2
    assert document.registers()[0].value != shown["list"] or document.params("n")["list"][1]["deep"] == 2


def test_removing_a_node_takes_its_params_and_adding_it_again_starts_fresh() -> None:
    document = Document()
    document.apply(Entry(1, 1, "a", 1, 0.0, add_node("n", "k", {"x": 1})))
    document.apply(Entry(2, 2, "a", 2, 0.0, remove_node("n")))
    assert document.node_ids() == ()
    document.apply(Entry(3, 3, "a", 3, 0.0, add_node("n", "k", {"y": 2})))
    assert document.params("n") == {"y": 2}


def test_an_object_replaces_everything_below_its_path() -> None:
    document = Document()
    document.apply(Entry(1, 1, "a", 1, 0.0, add_node("n", "k", {"rect": {"x": 1, "y": 2}})))
    document.apply(Entry(2, 2, "a", 2, 0.0, set_params("n", {("rect",): {"x": 5}})))
    assert document.params("n") == {"rect": {"x": 5}}


def test_the_rest_of_a_removed_item_is_not_shown() -> None:
    document = Document()
    document.apply(Entry(1, 1, "a", 1, 0.0, add_node("n", "k", {"texts": [{"id": "t", "text": "x"}]})))
    document.apply(Entry(2, 2, "a", 2, 0.0, (change(param_place("n", ("texts", "t")), REMOVED),)))
    document.apply(Entry(3, 3, "b", 1, 0.0, (change(param_place("n", ("texts", "t", "opacity")), 0.5),)))
    assert document.params("n") == {"texts": []}


def test_metadata_is_no_change() -> None:
    assert set_params("n", {("_rev",): 3, ("opacity",): 1.0}) == (change(param_place("n", ("opacity",)), 1.0),)
    assert all("_sender" not in each.path for each in add_node("n", "k", {"_sender": "x"}))


def test_connections_of_missing_nodes_are_not_shown() -> None:
    document = Document()
    for rev, name in enumerate(("a", "b"), 1):
        document.apply(Entry(rev, rev, "s", rev, 0.0, add_node(name, "k")))
    document.apply(Entry(3, 3, "s", 3, 0.0, (change(("connections", "a", "out", "b", "in"), None),)))
    assert document.connections() == (("a", "out", "b", "in", None),)
    document.apply(Entry(4, 4, "s", 4, 0.0, remove_node("b")))
    assert document.connections() == ()


def test_the_first_items_of_a_list_and_the_last_ones_leave_what_others_add_alone() -> None:
    log = OpLog("e1")
    log.submit(Op("s", 1, add_node("mix", "k", {"texts": []})), 1.0)
    item_a, item_b = {"id": "a", "text": "A"}, {"id": "b", "text": "B"}
    first = edits_between({"texts": []}, {"texts": [item_a]})
    other = edits_between({"texts": []}, {"texts": [item_b]})
    log.submit(Op("one", 1, set_params("mix", first)), 1.0)
    log.submit(Op("two", 1, set_params("mix", other)), 1.0)
    assert log.document.params("mix") == {"texts": [item_a, item_b]}
    log.submit(Op("one", 2, set_params("mix", edits_between({"texts": [item_a]}, {"texts": []}))), 1.0)
    assert log.document.params("mix") == {"texts": [item_b]}
