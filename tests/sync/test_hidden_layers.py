"""A hidden layer keeps its opacity: 0 goes on the wire, the remark on its line brings it back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.pipeline_yaml import export_pipeline, load_pipeline
from sync.wire.pipeline import Node, Pipeline

BLOCK = """nodes:
  m:
    kind: video::compositor
    params:
      layers:
        in_0:
          opacity: 0.64{0}
          z_index: 1
"""
FLOW = "nodes:\n  m: {kind: 'video::compositor', params: {layers: {in_0: {opacity: 0.64}, in_1: {opacity: 1}}}}\n"


def hidden_export(text: str, layers: dict[str, float], hidden: dict[str, float]) -> str:
    pipeline = load_pipeline(text, "x").pipeline
    for layer, opacity in layers.items():
        (pipeline.nodes["m"].params or {})["layers"][layer]["opacity"] = opacity
    return export_pipeline(pipeline, text, hidden={("m", layer): shown for layer, shown in hidden.items()})


def test_hiding_writes_the_remark_and_showing_takes_it_away() -> None:
    text = BLOCK.format("")
    gone = hidden_export(text, {"in_0": 0}, {"in_0": 0.64})
    assert gone == text.replace("0.64", "0  # hidden; opacity 0.64 when shown")
    assert load_pipeline(gone, "x").hidden == {("m", "in_0"): 0.64}
    assert hidden_export(gone, {"in_0": 0.64}, {}) == text


def test_another_remark_on_the_line_stays() -> None:
    text = BLOCK.format("   # the guest")
    gone = hidden_export(text, {"in_0": 0}, {"in_0": 0.64})
    assert "opacity: 0  # the guest (hidden; opacity 0.64 when shown)\n" in gone
    assert load_pipeline(gone, "x").hidden == {("m", "in_0"): 0.64}
    assert "opacity: 0.5  # the guest\n" in hidden_export(gone, {"in_0": 0.5}, {})


def test_two_layers_on_one_line_are_told_apart() -> None:
    text = FLOW
    gone = hidden_export(text, {"in_0": 0, "in_1": 0}, {"in_0": 0.64, "in_1": 1})
    assert gone.endswith('# "in_0" hidden; opacity 0.64 when shown; "in_1" hidden; opacity 1 when shown\n')
    assert load_pipeline(gone, "x").hidden == {("m", "in_0"): 0.64, ("m", "in_1"): 1}
    shown = hidden_export(gone, {"in_0": 0.64}, {"in_1": 1})
    assert shown.endswith('in_1: {opacity: 0}}}}  # "in_1" hidden; opacity 1 when shown\n')
    assert hidden_export(shown, {"in_1": 1}, {}) == text


def test_a_remark_is_kept_when_nobody_says_anything_new() -> None:
    gone = hidden_export(BLOCK.format(""), {"in_0": 0}, {"in_0": 0.64})
    assert export_pipeline(load_pipeline(gone, "x").pipeline, gone) == gone
    assert hidden_export(gone, {}, {"in_0": 0.64}) == gone
    assert "hidden; opacity 0.5 when" in hidden_export(gone, {}, {"in_0": 0.5})


def test_a_layer_that_is_not_hidden_gets_no_remark() -> None:
    text = BLOCK.format("")
    assert hidden_export(text, {}, {"in_0": 0.3}) == text
    assert "#" not in hidden_export(text, {"in_0": 0}, {})


@pytest.mark.parametrize("remark", ["hidden; opacity 7 when shown", "hidden; opacity .nan when shown", "hidden"])
def test_an_odd_remark_remembers_nothing(remark: str) -> None:
    assert load_pipeline(BLOCK.replace("0.64", "0").format(f" # {remark}"), "x").hidden == {}


def test_a_remark_beside_a_shown_layer_remembers_nothing() -> None:
    assert load_pipeline(BLOCK.format("  # hidden; opacity 0.3 when shown"), "x").hidden == {}


def test_overlays_and_new_layers_are_remembered_too() -> None:
    text = BLOCK.format("")
    pipeline = load_pipeline(text, "x").pipeline
    params: dict[str, Any] = pipeline.nodes["m"].params or {}
    rect = {"x": 0, "y": 0, "width": 9, "height": 9}
    params["text_overlays"] = [{"id": "title", "text": "a # b: 'c", "rect": rect, "opacity": 0}]
    hidden = {("m", "title"): 0.25}
    for origin in (text, None):
        written = export_pipeline(pipeline, origin, hidden=hidden)
        assert "opacity: 0  # hidden; opacity 0.25 when shown\n" in written
        assert load_pipeline(written, "x").hidden == hidden


NAMES = ["in_0", "in_1", "t 'x'", 'é# "', "a\nb"]


@given(st.dictionaries(st.sampled_from(NAMES), st.floats(0.01, 1), max_size=5), st.booleans())
def test_what_is_hidden_survives_a_file(hidden: dict[str, float], is_flow: bool) -> None:
    layers = {layer: {"opacity": 0, "z_index": 1} for layer in NAMES}
    pipeline = Pipeline({"m": Node("k", {"layers": layers})})
    origin = "nodes: {m: {kind: k, params: {layers: {}}}}" if is_flow else None
    expected = {("m", layer): shown for layer, shown in hidden.items()}
    written = export_pipeline(pipeline, origin, hidden=expected)
    assert load_pipeline(written, "x").hidden == expected
    assert load_pipeline(written, "x").pipeline.nodes == pipeline.nodes
