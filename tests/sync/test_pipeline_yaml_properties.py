"""Whatever a pipeline file may hold survives the way out and in; an edit touches its own lines only."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync.pipeline_yaml import PipelineFileRefused, export_pipeline, export_with_warnings, load_pipeline
from sync.wire.pipeline import Node, Pipeline
from sync.wire.yaml_reader import read_document
from sync.wire.yaml_text import YamlRefused, parse_yaml, plain_value
from sync.yaml_edit import edited
from sync.yaml_order import is_equal
from sync.yaml_style import YamlStyle
from tests.sync.pipelines import PARAMS, SCALARS, VALUES, graph, leaves, pipelines

GOLDEN = sorted((Path(__file__).parent.parent / "golden").glob("*.yaml"))
INSERTED = [*"{}[]&*!|>'\"%@`#:-?,\t\n\r\0 <~\\\ud800", "<<: *small", "&a ", "!!x "]


def golden_text(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def changed_lines(old: str, new: str) -> tuple[list[str], list[str]]:
    """The lines between the common start and the common end."""
    before, after = old.splitlines(), new.splitlines()
    while before and after and before[0] == after[0]:
        del before[0], after[0]
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    return before, after


@given(pipelines())
def test_a_fresh_export_loads_as_the_same_graph(pipeline: Pipeline) -> None:
    """§17.2, §17.6: the faithful form loses nothing that a file can say."""
    export = export_with_warnings(pipeline)
    assert export.warnings == ()
    assert is_equal(_plain(graph(load_pipeline(export.text, "x").pipeline)), _plain(graph(pipeline)))


@given(pipelines())
def test_an_unchanged_pipeline_leaves_its_file_alone(pipeline: Pipeline) -> None:
    text = export_pipeline(pipeline)
    assert export_pipeline(load_pipeline(text, "x").pipeline, text) == text


@given(pipelines(), pipelines())
def test_any_pipeline_can_be_written_over_any_file(old: Pipeline, new: Pipeline) -> None:
    """Nodes, params and edges come and go; what the new one does not say about itself stays."""
    origin = export_pipeline(old)
    loaded = load_pipeline(export_pipeline(new, origin), "x").pipeline
    assert is_equal(_plain(graph(loaded)[0]), _plain(graph(new)[0]))
    assert graph(loaded)[1] == graph(new)[1]


@given(st.sampled_from(GOLDEN), st.data())
def test_a_golden_file_takes_any_change_of_one_value(path: Path, data: st.DataObject) -> None:
    text = golden_text(path)
    pipeline = load_pipeline(text, path.name).pipeline
    node_id = data.draw(st.sampled_from([name for name, node in pipeline.nodes.items() if node.params]))
    params: Any = copy.deepcopy(pipeline.nodes[node_id].params)
    leaf = data.draw(st.sampled_from(leaves(params)))
    _parent(params, leaf)[leaf[-1]] = data.draw(VALUES)
    _check_written(text, pipeline, node_id, params)


@given(st.sampled_from(GOLDEN), st.data())
def test_a_golden_file_takes_any_new_params(path: Path, data: st.DataObject) -> None:
    text = golden_text(path)
    pipeline = load_pipeline(text, path.name).pipeline
    node_id = data.draw(st.sampled_from(list(pipeline.nodes)))
    old = pipeline.nodes[node_id].params or {}
    kept = data.draw(st.sets(st.sampled_from(sorted(old)))) if old else set()
    _check_written(text, pipeline, node_id, {**{key: old[key] for key in kept}, **data.draw(PARAMS)})


@given(PARAMS, PARAMS, st.integers(0, 2**32))
def test_any_value_can_be_edited_into_any_other(old: dict[str, Any], new: dict[str, Any], seed: int) -> None:
    """The editor alone: the text is written in mixed block and flow style, with comments between the lines."""
    text = _in_mixed_style({"a": old, "b": {"c": old}, "d": [old, 1]}, random.Random(seed))
    document = read_document(text)
    assert document.root is not None
    data = plain_value(document, document.root)
    changes: list[dict[str, Any]] = [{"a": new}, {"b": {"c": new}}, {"d": [new, 1]}, {"d": [1]}, {"e": new}]
    for wanted in [*({**data, **change} for change in changes), {"a": old}]:
        assert is_equal(parse_yaml(edited(document, data, wanted)), wanted)


@given(pipelines(), st.data())
def test_an_edit_of_one_scalar_changes_its_own_lines_only(pipeline: Pipeline, data: st.DataObject) -> None:
    text = export_pipeline(pipeline)
    named = [(name, leaf) for name, node in pipeline.nodes.items() for leaf in leaves(node.params or {}) if leaf]
    assume(named)
    node_id, leaf = data.draw(st.sampled_from(named))
    edit = load_pipeline(text, "x").pipeline
    target = _parent(edit.nodes[node_id].params, leaf)
    old, new = target[leaf[-1]], data.draw(SCALARS)
    target[leaf[-1]] = new
    before, after = changed_lines(text, export_pipeline(edit, text))
    height = old.count("\n") + 2 if isinstance(old, str) and "\n" in old else 1
    assert len(before) <= (0 if is_equal(old, new) else height)
    assert len(after) <= (0 if is_equal(old, new) else max(1, str(new).count("\n") + 2))


@given(st.sampled_from(GOLDEN), st.integers(0, 2**32))
def test_a_mutated_file_is_read_or_refused_with_a_line(path: Path, seed: int) -> None:
    _load_or_refuse(_mutated(golden_text(path), random.Random(seed)))


@pytest.mark.parametrize("seed", range(200))
def test_two_hundred_mutated_files_end_in_a_graph_or_one_line(seed: int) -> None:
    choice = random.Random(seed)
    _load_or_refuse(_mutated(golden_text(GOLDEN[seed % len(GOLDEN)]), choice))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    refused = _refusal(lambda: parse_yaml(text), YamlRefused)
    assert refused is None or re.fullmatch(r"line [1-9]\d*, column [1-9]\d*: [^\n]+", str(refused))


def _load_or_refuse(text: str) -> None:
    refused = _refusal(lambda: load_pipeline(text, "mutated.yaml"), PipelineFileRefused)
    if refused is None:
        assert export_pipeline(load_pipeline(text, "mutated.yaml").pipeline, text) == text
    else:
        assert re.fullmatch(r"mutated\.yaml, line [1-9]\d*[:,] [^\n]+", str(refused))


def _refusal(act: Callable[[], object], kind: type[Exception]) -> Exception | None:
    """The refusal, None when there is none; any other exception goes on."""
    try:
        act()
    except kind as refused:
        return refused
    return None


def _parent(value: Any, leaf: tuple[Any, ...]) -> Any:
    for part in leaf[:-1]:
        value = value[part]
    return value


def _check_written(text: str, pipeline: Pipeline, node_id: str, params: dict[str, Any]) -> None:
    """The file says the new params of one node and still the same about everything else, aliases included."""
    pipeline.nodes[node_id] = Node(pipeline.nodes[node_id].kind, params)
    before, after = parse_yaml(text), parse_yaml(export_pipeline(pipeline, text))
    old_bodies, new_bodies = _bodies(before), _bodies(after)
    written = new_bodies.pop(node_id).get("params") or {}
    assert is_equal(written, {key: value for key, value in params.items() if not key.startswith("_")})
    del old_bodies[node_id]
    assert is_equal(new_bodies, old_bodies)
    assert is_equal(*({k: v for k, v in data.items() if k not in ("steps", "nodes")} for data in (before, after)))


def _bodies(data: dict[str, Any]) -> dict[str, Any]:
    return dict(data["nodes"]) if "nodes" in data else {f"step_{i}": body for i, body in enumerate(data["steps"])}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple | list) else value


def _mutated(text: str, choice: random.Random) -> str:
    characters = list(text)
    for _ in range(choice.randint(1, 6)):
        place = choice.randrange(len(characters))
        roll = choice.random()
        if roll < 0.3:
            del characters[place : place + choice.randint(1, 20)]
        elif roll < 0.7:
            characters.insert(place, choice.choice(INSERTED))
        else:
            start = choice.randrange(len(characters))
            characters[place:place] = characters[start : start + choice.randint(1, 40)]
        characters = characters or [" "]
    return "".join(characters)


def _in_mixed_style(value: dict[str, Any], choice: random.Random) -> str:
    """The same data with every container in a style picked by lot, and remarks on lines of their own."""
    style = YamlStyle(step=choice.choice([1, 2, 4]), dash=choice.choice([0, 2]), newline=choice.choice(["\n", "\r\n"]))
    lines = ["# top"]
    for key, inner in value.items():
        lines += style.entry(key, inner, 0, is_flow=choice.random() < 0.4 and bool(inner))
        lines += [f"# after {key}"]
    return style.newline.join(lines) + choice.choice(["", style.newline])
