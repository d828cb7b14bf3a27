"""Pipelines for the YAML tests: hypothesis strategies for graphs, params and edits of one leaf."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from sync.wire.pipeline import Connection, ConnectionMode, Node, Pipeline

# Texts that mean something else without quotes, or that a block cannot hold.
AWKWARD = [
    *("", "no", "yes", "null", "~", "1", "1.0", "0x1f", "- a", "a: b", "a #b", "#", "{", "[a]", "*x", "&x", "!t", "|"),
    *("a\nb", "a\n", "\n", " a", "a ", "a\tb", "\t", "é", "\u2028", "\x85", "\U0001f600", "'", '"', "it's", "%", "@"),
    *("a\n  b\n\nc", "<<", "=", "2026-11-20", "1_000", "1e3", ".5", "y", "n", "---", "...", "?", "? a", "a:", ":"),
]
PLAIN_NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
WORDS = st.one_of(st.text(st.characters(codec="utf-8"), max_size=12), st.sampled_from(AWKWARD))
NAMES = st.one_of(PLAIN_NAMES, WORDS.filter(lambda word: not word.startswith("_")))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    WORDS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)
PARAMS = st.dictionaries(NAMES, VALUES, max_size=4)
IDS = st.one_of(
    PLAIN_NAMES,
    st.text(st.characters(codec="utf-8", exclude_characters="."), min_size=1, max_size=6),
).filter(lambda name: not name.startswith("_preview_"))
PINS = st.one_of(st.just("out"), st.sampled_from(["out_1", "a.b", "left"]))


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    """A pipeline that a file can say: no cycles, one edge a pin, no pin called ``node``."""
    ids = draw(st.lists(IDS, min_size=1, max_size=5, unique=True))
    nodes = {node_id: Node(draw(st.sampled_from(["a::b", "video::x", "k"])), draw(PARAMS) or None) for node_id in ids}
    connections = [edge for place, name in enumerate(ids) for edge in draw(_edges(name, ids[:place]))]
    return Pipeline(
        nodes=nodes,
        connections=connections,
        mode=draw(st.sampled_from(["dynamic", "oneshot"])),
        name=draw(st.none() | WORDS),
        description=draw(st.none() | WORDS),
        client=draw(st.none() | st.just({"relay_url": "https://relay.example", "controls": []})),
        attributes=draw(st.none() | st.dictionaries(NAMES, WORDS, max_size=2)),
    )


@st.composite
def _edges(draw: st.DrawFn, name: str, sources: list[str]) -> list[Connection]:
    if not sources:
        return []
    pins = draw(
        st.one_of(
            st.just([]),
            st.just(["in"]),
            st.integers(2, 4).map(lambda count: [f"in_{place}" for place in range(count)]),
            st.lists(st.sampled_from(["in", "in_0", "in_2", "video", "a b", "0"]), unique=True, max_size=3),
        )
    )
    modes: st.SearchStrategy[ConnectionMode | None] = st.sampled_from([None, "best_effort"])
    return [Connection(draw(st.sampled_from(sources)), draw(PINS), name, pin, draw(modes)) for pin in pins]


def graph(pipeline: Pipeline) -> Any:
    """What two equal pipelines have in common: everything, edges as a set, no difference between none and empty."""
    return (
        {node_id: (node.kind, node.params or None) for node_id, node in pipeline.nodes.items()},
        {(*edge.ends, edge.mode or "reliable") for edge in pipeline.connections},
        (pipeline.mode, pipeline.name, pipeline.description, pipeline.client, pipeline.attributes),
    )


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all scalars and empty containers in plain data."""
    if isinstance(value, dict) and value:
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    if isinstance(value, list) and value:
        return [leaf for place, inner in enumerate(value) for leaf in leaves(inner, (*path, place))]
    return [path]
