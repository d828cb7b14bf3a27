"""Every form in which people write pipelines compiles to the graph that the server makes of it (PROTOCOL.md §17)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.wire.pipeline import Connection, Node
from sync.wire.user_form import CompileRefused, compile_pipeline, find_cycle, read_needs, resolve_label
from sync.wire.yaml_text import parse_yaml


def edges(text: str) -> list[tuple[str, ...]]:
    found = compile_pipeline(parse_yaml(text)).connections
    return [(*edge.ends, edge.mode or "reliable") for edge in found]


def mixing(needs: str) -> list[tuple[str, ...]]:
    return edges(f"nodes: {{a: {{kind: k}}, b: {{kind: k}}, mix: {{kind: k, needs: {needs}}}}}")


def refusal(text: str) -> tuple[str, tuple[str | int, ...]]:
    with pytest.raises(CompileRefused) as caught:
        compile_pipeline(parse_yaml(text))
    return str(caught.value), caught.value.path


def test_steps_become_a_chain() -> None:
    pipeline = compile_pipeline(parse_yaml("steps: [{kind: a}, {kind: b, params: {gain: 1.0}}, {kind: c}]"))
    assert pipeline.nodes == {"step_0": Node("a"), "step_1": Node("b", {"gain": 1.0}), "step_2": Node("c")}
    assert [edge.ends for edge in pipeline.connections] == [
        ("step_0", "out", "step_1", "in"),
        ("step_1", "out", "step_2", "in"),
    ]


def test_steps_win_over_nodes() -> None:
    assert list(compile_pipeline({"steps": [{"kind": "a"}], "nodes": {"x": {"kind": "b"}}}).nodes) == ["step_0"]


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ("a", [("a", "out", "mix", "in", "reliable")]),
        ("a.left", [("a", "left", "mix", "in", "reliable")]),
        ("a.left.x", [("a", "left.x", "mix", "in", "reliable")]),
        ("{node: a, mode: best_effort}", [("a", "out", "mix", "in", "best_effort")]),
        ("{node: a.left}", [("a", "left", "mix", "in", "reliable")]),
        ("[a]", [("a", "out", "mix", "in", "reliable")]),
        (
            "[a, {node: b, mode: best_effort}]",
            [("a", "out", "mix", "in_0", "reliable"), ("b", "out", "mix", "in_1", "best_effort")],
        ),
        (
            "{video: a.v, audio: {node: b, mode: best_effort}}",
            [("a", "v", "mix", "video", "reliable"), ("b", "out", "mix", "audio", "best_effort")],
        ),
        ("[]", []),
        ("", []),
    ],
)  # fmt: skip
def test_needs_forms(needs: str, expected: list[tuple[str, ...]]) -> None:
    assert mixing(needs) == expected


def test_a_node_whose_name_holds_a_dot_is_found() -> None:
    nodes = {"cam.1": Node("k"), "cam": Node("k")}
    assert resolve_label("cam.1", nodes) == ("cam", "1")
    assert resolve_label("cam.1", {"cam.1": Node("k")}) == ("cam.1", "out")
    assert resolve_label("cam.1.left", {"cam.1": Node("k")}) == ("cam.1", "left")
    assert resolve_label("dog", nodes) is None


PARAMS_SENTENCE = "Node '{0}' (kind 'k') params must be an object, got {1}"


@pytest.mark.parametrize(
    ("text", "sentence", "path"),
    [
        ("nodes: {a: {kind: k, params: 5}}", PARAMS_SENTENCE.format("a", "number"), "nodes.a.params"),
        ("nodes: {a: {kind: k, params: [1]}}", PARAMS_SENTENCE.format("a", "array"), "nodes.a.params"),
        ("nodes: {a: {kind: k, params: true}}", PARAMS_SENTENCE.format("a", "boolean"), "nodes.a.params"),
        ("steps: [{kind: k, params: x}]", PARAMS_SENTENCE.format("step_0", "string"), "steps.0.params"),
        (
            "nodes: {a: {kind: k, needs: b.c}}",
            "Node 'a' references non-existent node 'b' in 'needs' field",
            "nodes.a.needs",
        ),
        (
            "nodes: {a: {kind: k, needs: b}, b: {kind: k, needs: a}}",
            "Circular dependency detected: a -> b -> a",
            "nodes.a.needs",
        ),
        ("nodes: {a: {kind: k, needs: a}}", "Circular dependency detected: a -> a", "nodes.a.needs"),
        (
            "nodes: {a: {kind: k}, m: {kind: k, needs: {node: a, x: {node: a}, mode: 5}}}",
            "Node 'm': 'node' cannot be used as a pin name in a needs map "
            "(it collides with the WithMode dependency syntax)",
            "nodes.m.needs.node",
        ),
        ("5", "Invalid pipeline: expected a mapping with 'steps' or 'nodes'", ""),
        ("{}", "Invalid pipeline: neither 'steps' nor 'nodes' is there", ""),
        ("nodes: {a: {}}", "Invalid pipeline: node 'a' has no 'kind'", "nodes.a.kind"),
        ("nodes: {a: k}", "Invalid pipeline: node 'a' must be a mapping with a 'kind'", "nodes.a"),
        ("nodes: [a]", "Invalid pipeline: 'nodes' must be a mapping", "nodes"),
        ("steps: {a: 1}", "Invalid pipeline: 'steps' must be a list", "steps"),
        ("{mode: live, nodes: {}}", "Invalid pipeline: 'mode' must be 'dynamic' or 'oneshot'", "mode"),
        ("{name: 5, nodes: {}}", "Invalid pipeline: 'name' must be a text, got number", "name"),
        ("{client: [], nodes: {}}", "Invalid client section: expected a mapping, got array", "client"),
        ("{attributes: {a: 1}, nodes: {}}", "Invalid pipeline: 'attributes' must map texts to texts", "attributes"),
    ],
)
def test_refusals_are_the_servers_sentences(text: str, sentence: str, path: str) -> None:
    found, where = refusal(text)
    assert (found, ".".join(map(str, where))) == (sentence, path)


def test_a_doubtful_needs_entry_is_named() -> None:
    sentence, path = refusal("nodes: {a: {kind: k}, m: {kind: k, needs: [a, 5]}}")
    assert sentence.startswith("Invalid pipeline: node 'm' has a 'needs' entry")
    assert path == ("nodes", "m", "needs", 1)


def test_a_bidirectional_node_may_be_part_of_a_cycle() -> None:
    text = "nodes: {a: {kind: %s, needs: b}, b: {kind: k, needs: a}}"
    assert len(edges(text % "transport::moq::peer")) == 2
    assert refusal(text % "k")[0].startswith("Circular")


@pytest.mark.parametrize(
    ("mode", "params", "expected"),
    [
        ("oneshot", "{}", {"num_inputs": 2}),
        ("oneshot", "~", {"num_inputs": 2}),
        ("oneshot", "{num_inputs: ~, x: 1}", {"num_inputs": 2, "x": 1}),
        ("oneshot", "{num_inputs: 5}", {"num_inputs": 5}),
        ("dynamic", "{}", {}),
    ],
)
def test_a_mixer_learns_its_inputs(mode: str, params: str, expected: dict[str, int]) -> None:
    mixer = f"m: {{kind: 'audio::mixer', params: {params}, needs: [a, b]}}"
    pipeline = compile_pipeline(parse_yaml(f"{{mode: {mode}, nodes: {{a: {{kind: k}}, b: {{kind: k}}, {mixer}}}}}"))
    assert pipeline.nodes["m"].params == expected


def test_a_mixer_with_one_input_stays_as_it_is() -> None:
    pipeline = compile_pipeline(
        parse_yaml("{mode: oneshot, nodes: {a: {kind: k}, m: {kind: 'audio::mixer', needs: a}}}")
    )
    assert pipeline.nodes["m"].params is None


def test_what_a_file_says_about_itself_is_kept_and_unknown_keys_are_not() -> None:
    text = (
        "{name: n, description: d, attributes: {a: b}, client: {watch: {audio: true}}, "
        "ui: {x: 1}, group: g, nodes: {a: {kind: k, ui: 5}}}"
    )
    pipeline = compile_pipeline(parse_yaml(text))
    assert (pipeline.name, pipeline.description, pipeline.attributes) == ("n", "d", {"a": "b"})
    assert pipeline.client == {"watch": {"audio": True}}
    assert pipeline.nodes == {"a": Node("k")}


def test_metadata_never_settles() -> None:
    assert compile_pipeline({"nodes": {"a": {"kind": "k", "params": {"_rev": 1, "x": 2}}}}).nodes["a"].params == {
        "x": 2
    }


def test_a_chain_as_long_as_a_file_has_no_cycle() -> None:
    nodes = {f"n{i}": Node("k") for i in range(20_000)}
    chain = [Connection(f"n{i}", "out", f"n{i + 1}", "in") for i in range(19_999)]
    assert find_cycle(nodes, chain) is None
    assert len(find_cycle(nodes, [*chain, Connection("n19999", "out", "n0", "in")]) or []) == 20_001


KEYS = st.sampled_from(["kind", "params", "needs", "node", "mode", "a"])
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner)),
)


@given(st.dictionaries(st.sampled_from(["steps", "nodes", "mode", "client", "name"]), JSON))
def test_any_data_compiles_or_is_refused(data: Any) -> None:
    try:
        pipeline = compile_pipeline(data)
    except CompileRefused:
        return
    assert all({edge.from_node, edge.to_node} <= pipeline.nodes.keys() for edge in pipeline.connections)


@given(JSON)
def test_any_needs_value_reads_or_is_refused(needs: Any) -> None:
    try:
        found = read_needs("n", needs)
    except CompileRefused:
        return
    assert len({dependency.to_pin for dependency in found}) == len(found)
