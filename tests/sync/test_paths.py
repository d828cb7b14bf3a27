"""Paths and edits as data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.paths import REMOVED, Path, apply, differences, expand, inverse, is_same, overlaps, read, write
from sync.wire.json_value import JsonObject

PARAMS: dict[str, Any] = {
    "width": 1280,
    "layers": {"in_0": {"rect": None, "opacity": 0.5}},
    "text_overlays": [{"id": "a", "text": "A"}, {"id": "b", "text": "B", "color": [1, 2, 3, 4]}],
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("width",), 1280),
        (("layers", "in_0", "opacity"), 0.5),
        (("layers", "in_0", "rect"), None),
        (("layers", "in_0", "rect", "x"), "default"),
        (("layers", "in_9", "opacity"), "default"),
        (("text_overlays", "b", "text"), "B"),
        (("text_overlays", "b", "color", "0"), "default"),
        (("text_overlays", "c"), "default"),
    ],
)
def test_read(path: Path, expected: Any) -> None:
    assert read(PARAMS, path, "default") == expected


def test_write_copies_makes_parents_and_keeps_what_it_does_not_know() -> None:
    before: JsonObject = {"layers": {"in_0": {"rect": None, "future": 1}}, "text_overlays": [{"id": "a", "x": 1}]}
    after = write(before, ("layers", "in_0", "rect", "x"), 7)
    assert after["layers"]["in_0"] == {"rect": {"x": 7}, "future": 1}
    assert before["layers"]["in_0"]["rect"] is None
    assert write(before, ("text_overlays", "n", "text"), "T")["text_overlays"][1] == {"id": "n", "text": "T"}
    assert write({}, ("image_overlays", "i", "rect", "x"), 1) == {"image_overlays": [{"id": "i", "rect": {"x": 1}}]}


def test_removed_takes_keys_and_items_away_and_makes_no_parents() -> None:
    assert write(PARAMS, ("layers", "in_0"), REMOVED)["layers"] == {}
    assert [item["id"] for item in write(PARAMS, ("text_overlays", "a"), REMOVED)["text_overlays"]] == ["b"]
    assert write(PARAMS, ("layers", "in_9", "rect", "x"), REMOVED) == PARAMS
    assert write(PARAMS, ("text_overlays", "z"), REMOVED) == PARAMS


def test_differences_address_items_by_id_and_keep_plain_lists_whole() -> None:
    new = {
        "width": 1280.0,
        "layers": {"in_0": {"rect": {"x": 1}}, "in_1": {"opacity": 1}},
        "text_overlays": [{"id": "b", "text": "B", "color": [9, 2, 3, 4]}, {"id": "c", "text": "C"}],
    }
    assert differences(PARAMS, new) == {
        ("layers", "in_0", "opacity"): REMOVED,
        ("layers", "in_0", "rect", "x"): 1,
        ("layers", "in_1", "opacity"): 1,
        ("text_overlays", "a"): REMOVED,
        ("text_overlays", "b", "color"): [9, 2, 3, 4],
        ("text_overlays", "c"): {"id": "c", "text": "C"},
    }


def test_a_changed_order_is_one_edit_of_the_list() -> None:
    swapped = {**PARAMS, "text_overlays": PARAMS["text_overlays"][::-1]}
    assert differences(PARAMS, swapped) == {("text_overlays",): swapped["text_overlays"]}


def test_inverse_goes_back_to_the_first_level_that_was_missing() -> None:
    paths = [("layers", "in_0", "rect", "x"), ("layers", "in_0", "rect", "y"), ("layers", "in_1", "z"), ("width",)]
    back = inverse(PARAMS, paths)
    assert back == {("layers", "in_0", "rect"): None, ("layers", "in_1"): REMOVED, ("width",): 1280}


def test_expand_takes_objects_apart_but_leaves_an_overlay_whole() -> None:
    edits: dict[Path, JsonObject] = {
        ("layers", "in_0"): {"rect": {"x": 1, "y": 2}, "extra": {}},
        ("text_overlays", "t"): {"text": "T"},
    }
    assert expand(edits) == {
        ("layers", "in_0", "rect", "x"): 1,
        ("layers", "in_0", "rect", "y"): 2,
        ("layers", "in_0", "extra"): {},
        ("text_overlays", "t"): {"text": "T"},
    }


def test_same_as_json_and_overlap() -> None:
    assert is_same(1, 1.0)
    assert not is_same(1, True)
    assert not is_same(False, 0)
    assert overlaps(("a",), ("a", "b"))
    assert not overlaps(("a", "c"), ("a", "b"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3) | st.lists(st.integers(0, 3), max_size=2),
    max_leaves=12,
)
OVERLAYS = st.lists(
    st.builds(lambda name, x: {"id": name, "rect": {"x": x}}, st.sampled_from("pqrs"), st.integers(0, 3)),
    max_size=4,
    unique_by=lambda item: item["id"],
)
OBJECTS = st.builds(
    lambda plain, overlays: {**plain, "text_overlays": overlays},
    st.dictionaries(st.sampled_from("abc"), JSON, max_size=3),
    OVERLAYS,
)


@given(OBJECTS, OBJECTS)
def test_differences_turn_old_into_new(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert apply(old, differences(old, new)) == new
    assert differences(new, new) == {}


@given(OBJECTS, OBJECTS)
def test_inverse_takes_edits_back(old: dict[str, Any], new: dict[str, Any]) -> None:
    edits = differences(old, new)
    there = apply(old, edits)
    back = apply(there, inverse(old, edits))
    assert sorted(map(str, back.get("text_overlays", []))) == sorted(map(str, old["text_overlays"]))
    assert {key: value for key, value in back.items() if key != "text_overlays"} == {
        key: value for key, value in old.items() if key != "text_overlays"
    }
