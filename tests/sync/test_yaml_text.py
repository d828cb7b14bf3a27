"""YAML from anywhere: values as JSON, every broken or hostile text ends in one line with a position."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given

from sync.wire.yaml_reader import MAX_BYTES, MAX_DEPTH, read_document
from sync.wire.yaml_text import YamlRefused, decode_yaml, parse_yaml, scalar_text
from sync.wire.yaml_tree import Mapping
from sync.yaml_order import is_equal
from tests.sync.pipelines import SCALARS


def bomb(levels: int = 9) -> str:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, levels)]
    return "\n".join(rows)


def deep_aliases() -> str:
    rows = [f"a0: &a0 {'[' * 60}{']' * 60}"]
    return "\n".join(rows + [f"a{i}: &a{i} {'[' * 60}*a{i - 1}{']' * 60}" for i in range(1, 200)])


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        (bomb(), 6, 15, "aliases that unfold to more than"),
        (deep_aliases(), 2, 69, "aliases that unfold deeper than"),
        ("[" * 100, 1, MAX_DEPTH + 1, "nested deeper than"),
        ("a: 1\nb: 2\na: 3", 3, 1, "the key 'a' is there twice"),
        ("a:\n\tb: 1", 2, 1, "a tab where YAML wants spaces"),
        ("a: \0", 1, 4, "U+0000"),
        ("a: \x1b[0m", 1, 4, "U+001B"),
        ("a: !!python/object/apply:os.system [ls]", 1, 4, "tag"),
        ("a: !secret x", 1, 4, "tag"),
        ("a: !!binary aGk=", 1, 4, "tag"),
        ("a: !!int x", 1, 4, "'x' is no int"),
        ("a: *nobody", 1, 4, "no anchor"),
        ("a: &a [*a]", 1, 8, "no anchor"),
        ("a: .nan", 1, 4, "no number that can be sent"),
        ("a: 1e999", 1, 4, "no number that can be sent"),
        ("[a, b]: c", 1, 1, "a key that is no plain word"),
        ("--- a\n--- b", 2, 1, "a second document"),
        ('a: "\\ud800"', 1, 4, "surrogate"),
        ('a: "\\U11111111"', 1, 1, "cannot be read"),
        ("a: 'x", 1, 6, "quoted scalar"),
        ("<<: 5", 1, 5, "<< takes"),
        ("a: b: c", 1, 5, "not allowed here"),
        ("%YAML 9.9\n---\na: 1", 1, 1, "version"),
    ],
)
def test_a_hostile_text_ends_in_one_line(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(YamlRefused) as caught:
        parse_yaml(text)
    refused = caught.value
    assert (refused.line, refused.column) == (line, column)
    assert words in refused.reason
    assert "\n" not in str(refused)


@pytest.mark.parametrize(
    "text", [bomb(30), "{" * 500_000, "- " * 300_000, "&a " * 100_000, "? " * 300_000, "'" * 400_001]
)
def test_a_hostile_text_ends_soon(text: str) -> None:
    """A bound, not a benchmark: what would unfold to gigabytes or recurse ends within seconds."""
    start = time.monotonic()
    with pytest.raises(YamlRefused):
        parse_yaml(text)
    assert time.monotonic() - start < 20


def test_a_text_over_the_bound_is_refused_unread() -> None:
    with pytest.raises(YamlRefused, match="longer than"):
        parse_yaml("# é" + "é" * (MAX_BYTES // 2))
    assert parse_yaml("#" * MAX_BYTES) is None


def test_bytes_that_are_no_text_are_placed() -> None:
    with pytest.raises(YamlRefused, match="line 2, column 4: byte 0xff"):
        decode_yaml(b"a: 1\nb: " + b"\xff")
    assert decode_yaml("é".encode()) == "é"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: 0o17", {"a": 15}),
        ("a: 0x1F", {"a": 31}),
        ("a: 1.50", {"a": 1.5}),
        ("a: .5", {"a": 0.5}),
        ("a: 1e3", {"a": 1000.0}),
        ("a: 18446744073709551616", {"a": 18446744073709551616.0}),
        ("a: yes", {"a": "yes"}),
        ("a: 2026-11-20", {"a": "2026-11-20"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("a: TRUE", {"a": True}),
        ("a: '1'", {"a": "1"}),
        ("a: !!str 1", {"a": "1"}),
        ("a: ! 1", {"a": "1"}),
        ("a: !!float 1", {"a": 1.0}),
        ("1: x", {"1": "x"}),
        ("? a\n? b", {"a": None, "b": None}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        ("a: &x {b: 1, c: 2}\nd: {<<: *x, b: 3}", {"a": {"b": 1, "c": 2}, "d": {"b": 3, "c": 2}}),
        ("a: {<<: [{b: 1}, {b: 2, c: 3}]}", {"a": {"b": 1, "c": 3}}),
        ("a: {'<<': 1}", {"a": {"<<": 1}}),
        ("", None),
        ("# only a remark", None),
        ("---\na: 1\n...", {"a": 1}),
    ],
)
def test_values_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    found = parse_yaml(text)
    assert found == value
    assert repr(found) == repr(value) or is_equal(found, value)


def test_an_alias_is_a_copy() -> None:
    found = parse_yaml("a: &x {b: 1}\nc: *x")
    found["a"]["b"] = 2
    assert found["c"] == {"b": 1}


def test_the_tree_knows_where_values_stand() -> None:
    text = "a: 'x'  # why\nb:\n  - 1\n  -\nc: |\n  t\n\n"
    root = read_document(text).root
    assert isinstance(root, Mapping)
    spans = {key.text: text[value.start : value.end] for key, value in root.pairs}
    assert spans == {"a": "'x'", "b": "- 1\n  -", "c": "|\n  t"}


@given(SCALARS)
def test_a_scalar_written_is_the_scalar_read(value: Any) -> None:
    assert is_equal(parse_yaml(f"a: {scalar_text(value)}"), {"a": value})
    assert is_equal(parse_yaml(f"{{a: {scalar_text(value, is_flow=True)}}}"), {"a": value})


def test_a_number_that_json_cannot_hold_is_not_written() -> None:
    with pytest.raises(ValueError, match="no JSON number"):
        scalar_text(float("nan"))
