"""Edits of nodes that merge patches."""

from __future__ import annotations

from typing import Any

import pytest

from sync.commit import patch_of
from sync.compositor_edit import EditRefused
from sync.dialect import Dialect, stores_stamps
from sync.paths import REMOVED
from sync.plain_edit import prepare_plain
from sync.wire.pipeline import Node, Pipeline


def test_leaves_travel_and_what_is_absent_becomes_null() -> None:
    assert prepare_plain({("fade",): {"in": 1, "out": {}}, ("x",): REMOVED}) == {
        ("fade", "in"): 1,
        ("fade", "out"): {},
        ("x",): None,
    }


@pytest.mark.parametrize("value", [float("nan"), [1, float("inf")], [{"a": float("nan")}], object(), [{1: 2}]])
def test_what_is_no_json_is_refused(value: Any) -> None:
    with pytest.raises(EditRefused, match=r"a\.b: must be"):
        prepare_plain({("a", "b"): value})


def test_a_patch_is_as_small_as_it_can_be_and_a_list_travels_whole() -> None:
    params = {"a": {"b": 1, "c": 2}, "text_overlays": [{"id": "t", "x": 1}, {"id": "u", "x": 2}], "n": 5}
    assert patch_of(params, [("a", "b"), ("a", "c")]) == {"a": {"b": 1, "c": 2}}
    assert patch_of(params, [("text_overlays", "u", "x")]) == {"text_overlays": params["text_overlays"]}
    assert patch_of(params, [("gone",)]) == {"gone": None}


def test_a_dialect_stores_as_its_server_does() -> None:
    dialect = Dialect()
    assert dialect.store({"a": {"b": 1}}, {"a": {"c": 2}}) == {"a": {"b": 1, "c": 2}}
    dialect.replaces = True
    assert dialect.store({"a": {"b": 1}}, {"a": {"c": 2}}) == {"a": {"c": 2}}
    assert stores_stamps(Pipeline({"n": Node("k", {"_rev": 1})}))
    assert not stores_stamps(Pipeline({"n": Node("k", {"rev": 1}), "m": Node("k")}))
