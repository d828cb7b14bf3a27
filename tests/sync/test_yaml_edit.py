"""The editor against files full of anchors, aliases and merges: it says what was asked for, and touches little."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.wire.yaml_reader import read_document
from sync.wire.yaml_text import parse_yaml, plain_value
from sync.yaml_edit import edited
from sync.yaml_order import is_equal, longest_match


class Author:
    """Writes a file as people do who share settings: anchors, aliases and merges, flow and block, with remarks."""

    def __init__(self, seed: int) -> None:
        self._choice = random.Random(seed)
        self._names: dict[str, list[str]] = {"mapping": [], "other": []}
        self._count = 0

    def file(self) -> str:
        lines: list[str] = []
        for place in range(self._choice.randint(1, 5)):
            lines += self._entry(f"k{place}", 0, 0)
        return "\n".join(lines) + self._choice.choice(["", "\n"])

    def _entry(self, key: str, indent: int, depth: int) -> list[str]:
        pad, roll = " " * indent, self._choice.random()
        if roll < 0.3 and depth < 3:
            return self._block_mapping(key, indent, depth)
        if roll < 0.45 and depth < 3:
            anchor = self._anchor("other")
            rows = [self._item(indent + 2, depth + 1) for _ in range(self._choice.randint(1, 3))]
            self._publish(anchor, "other")
            return [f"{pad}{key}:{anchor}", *(line for row in rows for line in row)]
        remark = self._choice.choice(["", "  # remark"])
        return [f"{pad}{key}: {self._value(depth)}{remark}"]

    def _block_mapping(self, key: str, indent: int, depth: int) -> list[str]:
        anchor = self._anchor("mapping")
        lines = [f"{' ' * indent}{key}:{anchor}"]
        if self._names["mapping"] and self._choice.random() < 0.4:
            lines.append(f"{' ' * (indent + 2)}<<: *{self._choice.choice(self._names['mapping'])}")
        for place in range(self._choice.randint(1, 3)):
            lines += self._entry(f"k{place}", indent + 2, depth + 1)
        self._publish(anchor, "mapping")
        return lines

    def _item(self, indent: int, depth: int) -> list[str]:
        if self._choice.random() < 0.6:
            return [f"{' ' * indent}- {self._value(depth)}"]
        first, *rest = self._entry("id", indent + 2, depth + 3)
        return [f"{' ' * indent}- {first.strip()}", *rest, f"{' ' * (indent + 2)}x: {self._value(depth)}"]

    def _value(self, depth: int) -> str:
        roll = self._choice.random()
        aliases = [name for names in self._names.values() for name in names]
        if roll < 0.3 and aliases:
            return f"*{self._choice.choice(aliases)}"
        kind = "mapping" if roll > 0.8 and depth < 3 else "other"
        anchor = self._anchor(kind)
        text = self._flow_mapping(depth) if kind == "mapping" else self._plain(depth)
        self._publish(anchor, kind)
        return f"{anchor} {text}".strip()

    def _flow_mapping(self, depth: int) -> str:
        merge = [f"<<: *{self._choice.choice(self._names['mapping'])}"] if self._names["mapping"] else []
        own = [f"k{place}: {self._value(depth + 1)}" for place in range(self._choice.randint(0, 3))]
        return "{" + ", ".join([*(merge if self._choice.random() < 0.4 else []), *own]) + "}"

    def _plain(self, depth: int) -> str:
        if depth < 3 and self._choice.random() < 0.2:
            return "[" + ", ".join(self._value(depth + 1) for _ in range(self._choice.randint(0, 3))) + "]"
        return self._choice.choice(["1", "0.90", "'a'", '"b"', "word", "true", "~", "two words"])

    def _anchor(self, kind: str) -> str:
        if self._choice.random() > (0.5 if kind == "mapping" else 0.3):
            return ""
        self._count += 1
        return f" &a{self._choice.randint(0, 3) if self._choice.random() < 0.3 else self._count}"

    def _publish(self, anchor: str, kind: str) -> None:
        """An anchor can be used once its value is complete; a name that is used again means the newer one."""
        if anchor:
            name = anchor.strip(" &")
            for names in self._names.values():
                if name in names:
                    names.remove(name)
            self._names[kind].append(name)


def changed(value: Any, choice: random.Random) -> Any:
    """A copy of ``value`` with some values set, keys and items added or taken away."""
    wanted = copy.deepcopy(value)
    for _ in range(choice.randint(1, 3)):
        _change(wanted, choice)
    return wanted


def _change(value: Any, choice: random.Random) -> None:
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    inner = [key for key in keys if isinstance(value[key], dict | list)]
    if inner and choice.random() < 0.6:
        _change(value[choice.choice(inner)], choice)
        return
    new = choice.choice([7, "new", None, {"fresh": 1}, [1, 2], {}, "a\nb"])
    if keys and choice.random() < 0.3:
        del value[choice.choice(keys)]
    elif keys and choice.random() < 0.6:
        value[choice.choice(keys)] = new
    elif isinstance(value, dict):
        value[choice.choice(["opacity", "zz", "in_1"])] = new
    else:
        value.insert(choice.randint(0, len(value)), new)


@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_a_file_full_of_anchors_says_what_was_asked_for(seed: int, other: int) -> None:
    text = Author(seed).file()
    document = read_document(text)
    assert document.root is not None
    data = plain_value(document, document.root)
    assert edited(document, data, copy.deepcopy(data)) == text
    wanted = changed(data, random.Random(other))
    assert is_equal(parse_yaml(edited(document, data, wanted)), wanted)


@pytest.mark.parametrize(
    ("text", "wanted", "result"),
    [
        ("a: 1\n", {"a": True}, "a: true\n"),
        ("a: [false, 1.0]\n", {"a": [0, 1]}, "a: [0, 1.0]\n"),
        ("a: 1", {"a": 1, "b": 2}, "a: 1\nb: 2"),
        ("a: 1\nb: 2", {"a": 1}, "a: 1"),
        ("a:\n- 1\n- 2\n- 3\n", {"a": [1, 3]}, "a:\n- 1\n- 3\n"),
        ("a:\n- 1\n- 3\n", {"a": [0, 1, 2, 3]}, "a:\n- 0\n- 1\n- 2\n- 3\n"),
        ("a: [1, 3]\n", {"a": [1, 2, 3]}, "a: [1, 2, 3]\n"),
        ("a: [1, 2, 3]\n", {"a": [3]}, "a: [3]\n"),
        ("a: {b: 1, c: 2, d: 3}\n", {"a": {"c": 2}}, "a: {c: 2}\n"),
        ("a: {b: 1}\n", {"a": {"c": 2}}, "a: {c: 2}\n"),
        ("a: {}\n", {"a": {"b": 1}}, "a: {b: 1}\n"),
        ("a:  # why\n  b: 1\n", {"a": 5}, "a: 5  # why\n"),
        ("a:  # why\n  b: 1\n", {"a": {}}, "a: {}  # why\n"),
        ("a: 5  # why\n", {"a": {"b": 1}}, "a:  # why\n  b: 1\n"),
        ("a:\n  b: 1  # inside\n", {"a": "x\ny"}, "a: |-\n  x\n  y\n"),
        ("a: &x 1  # why\n", {"a": {"b": "x\ny"}}, "a:  # why\n  b: |-\n    x\n    y\n"),
        ("a:\nb: 1\n", {"a": 5, "b": 1}, "a: 5\nb: 1\n"),
        ("{a-, b}\n", {"a-": 1, "b": 2}, "{a-: 1, b: 2}\n"),
        ("a: [b: 1]\n", {"a": [{"b": 1, "c": 2}]}, "a: [{b: 1, c: 2}]\n"),
        ("- x: 1\n  y: 2\n", [{"y": 2}], "- y: 2\n"),
        ("a: !!str 5\n", {"a": "6"}, "a: \"6\"\n"),
        ("a: &x !!str 5\nb: *x\n", {"a": 6, "b": "5"}, "a: &x 6\nb: &x \"5\"\n"),
        ("? a\n: 1\n? b\n: 2\n", {"b": 2}, "? b\n: 2\n"),
        ("? a\nb: 2\n", {"a": 5, "b": 2}, "? a\n: 5\nb: 2\n"),
        ("a: |\n  x\n  y\nb: 1\n", {"a": "x\nz\n", "b": 1}, "a: |\n  x\n  z\nb: 1\n"),
        ("a: |+\n  x\n\nb: 1\n", {"a": "q", "b": 1}, "a: q\nb: 1\n"),
        ("a: >-\n  x\n  y\nb: 1\n", {"a": "x z", "b": 1}, "a: x z\nb: 1\n"),
        ("a: &x 1\nb: *x\nc: *x\n", {"a": 2, "b": 1, "c": 1}, "a: 2\nb: &x 1\nc: *x\n"),
        ("a: &x 1\nb: *x\n", {"a": 2, "b": 2}, "a: &x 2\nb: 2\n"),
        ("a: &x\n  b: 1\nc: *x\n", {"a": {"b": 2}, "c": {"b": 1}}, "a:\n  b: 2\nc: &x {b: 1}\n"),
    ],
)  # fmt: skip
def test_small_edits_read_as_a_person_would_make_them(text: str, wanted: Any, result: str) -> None:
    document = read_document(text)
    assert document.root is not None
    assert edited(document, plain_value(document, document.root), wanted) == result
    assert is_equal(parse_yaml(result), wanted)


@given(st.lists(st.integers(0, 3), max_size=12), st.lists(st.integers(0, 3), max_size=12))
def test_a_match_rises_on_both_sides(old: list[int], new: list[int]) -> None:
    matches = sorted(longest_match(old, new).items())
    assert [after for _, after in matches] == sorted({after for _, after in matches})
    assert all(before < len(old) and after < len(new) for before, after in matches)


def test_a_long_list_of_alike_items_is_matched_soon() -> None:
    assert longest_match([0] * 30_000, [0] * 20_000) == {place: place for place in range(20_000)}
