"""YAML text as a tree that knows where everything stands: what values are read from and edits are aimed at."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = [
    "Alias",
    "Collection",
    "Mapping",
    "Scalar",
    "Sequence",
    "YamlDocument",
    "YamlNode",
    "YamlRefused",
    "position",
    "walk",
]


class YamlRefused(ValueError):
    """YAML that is broken or over a bound; ``line`` and ``column`` count from 1."""

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(f"line {line}, column {column}: {reason}")
        self.line = line
        self.column = column
        self.reason = reason


@dataclass(slots=True)
class Scalar:
    """One value: its characters are ``start`` (anchor and tag included) to ``end``."""

    start: int
    end: int
    text: str
    style: str
    anchor: str | None = None
    tag: str | None = None
    weight: int = 1
    height: int = 1


@dataclass(slots=True)
class Alias:
    """``*name``: stands for ``target``, the newest node with that anchor."""

    start: int
    end: int
    target: YamlNode
    weight: int = 1
    height: int = 1
    anchor: None = None


@dataclass(slots=True)
class Mapping:
    """Keys and values in the order of the text; ``end`` is where the last value ends, without what follows it."""

    start: int
    end: int
    is_flow: bool
    anchor: str | None = None
    pairs: list[tuple[Scalar, YamlNode]] = field(default_factory=list)
    weight: int = 1
    height: int = 1

    def get(self, name: str) -> YamlNode | None:
        """The value of an own key; merged keys are not looked at."""
        return next((value for key, value in self.pairs if key.text == name), None)


@dataclass(slots=True)
class Sequence:
    """Items in order; ``end`` as in Mapping."""

    start: int
    end: int
    is_flow: bool
    anchor: str | None = None
    items: list[YamlNode] = field(default_factory=list)
    weight: int = 1
    height: int = 1


Collection: TypeAlias = Mapping | Sequence
YamlNode: TypeAlias = Scalar | Alias | Mapping | Sequence


@dataclass(slots=True, frozen=True)
class YamlDocument:
    """A text and its tree; ``root`` is None for a text without a document."""

    text: str
    root: YamlNode | None


def position(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of a character."""
    starts = [0, *(match.end() for match in re.finditer("\r\n|\n|\r", text[:index]))]
    line = bisect_right(starts, index)
    return line, index - starts[line - 1] + 1


def walk(node: YamlNode) -> Iterator[YamlNode]:
    """``node`` and everything inside it, keys left out; an alias is not followed."""
    yield node
    if isinstance(node, Mapping):
        for _, value in node.pairs:
            yield from walk(value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from walk(item)
