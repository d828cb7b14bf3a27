"""Plain data → YAML text in the style of a person: block for structure, one line for a rectangle, ``|`` for scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sync.wire.yaml_text import quoted, scalar_text
from sync.wire.yaml_tree import Mapping, Sequence, YamlDocument, YamlNode, walk

INLINE_WIDTH = 80
MAX_KEY = 1000

_NOT_LITERAL = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")

__all__ = ["Annotated", "YamlStyle", "is_container", "literal_lines", "style_of"]


@dataclass(frozen=True, slots=True)
class Annotated:
    """A scalar whose line carries a remark; ``mark`` stands behind the value until the remark is placed."""

    value: Any
    mark: str


def is_container(value: Any) -> bool:
    """True for mappings and lists that hold something; empty ones are written like scalars."""
    return isinstance(value, dict | list) and bool(value)


def literal_lines(value: str) -> tuple[str, list[str]] | None:
    """Header and lines of ``value`` as a literal block; None for a text that such a block cannot hold."""
    body = value.removesuffix("\n")
    if "\n" not in value or not body.strip() or body.endswith("\n") or _NOT_LITERAL.search(value):
        return None
    if body[0] in " \t\n":
        return None
    return ("|" if value.endswith("\n") else "|-"), body.split("\n")


@dataclass(frozen=True, slots=True)
class YamlStyle:
    """How a file is written: spaces a level, spaces before a list's dash, line break."""

    step: int = 2
    dash: int = 2
    newline: str = "\n"

    def entry(self, key: str, value: Any, indent: int, is_flow: bool = False) -> list[str]:
        """The lines of ``key: value`` with the key in column ``indent``."""
        name = scalar_text(key)
        if len(name) > MAX_KEY:
            return [f"{' ' * indent}? {name}", f"{' ' * indent}: {self.flow(value)}"]
        first, *rest = self.after_indicator(value, indent, is_flow or key == "rect")
        return [f"{' ' * indent}{name}:{first}", *rest]

    def item(self, value: Any, indent: int, is_flow: bool = False) -> list[str]:
        """The lines of ``- value`` with the dash in column ``indent``."""
        pad = " " * indent
        if is_container(value) and not is_flow and not self._is_inline(value):
            first, *rest = self.block(value, indent + 2)
            return [f"{pad}- {first[indent + 2 :]}", *rest]
        first, *rest = self.after_indicator(value, indent, is_flow)
        return [f"{pad}-{first}", *rest]

    def block(self, value: Any, indent: int) -> list[str]:
        """The lines of a mapping or list that holds something, in column ``indent``."""
        if isinstance(value, dict):
            return [line for key, inner in value.items() for line in self.entry(key, inner, indent)]
        return [line for inner in value for line in self.item(inner, indent)]

    def after_indicator(self, value: Any, indent: int, is_flow: bool = False) -> list[str]:
        """What follows ``key:`` or ``-`` in column ``indent``: the rest of that line, then further lines."""
        if isinstance(value, str) and not is_flow and (block := literal_lines(value)):
            pad = " " * (indent + self.step)
            return [f" {block[0]}", *(pad + line if line else "" for line in block[1])]
        if not is_container(value) or is_flow or self._is_inline(value):
            return [f" {self.flow(value)}"]
        return ["", *self.block(value, indent + (self.step if isinstance(value, dict) else self.dash))]

    def flow(self, value: Any) -> str:
        """``value`` on one line."""
        if isinstance(value, Annotated):
            return self.flow(value.value) + value.mark
        if isinstance(value, dict):
            return "{" + ", ".join(f"{_flow_key(key)}: {self.flow(inner)}" for key, inner in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.flow(inner) for inner in value) + "]"
        return scalar_text(value, is_flow=True) if isinstance(value, str) else scalar_text(value)

    def scalar(self, value: Any, is_flow: bool) -> str:
        """A scalar or empty container in its place on a line."""
        if isinstance(value, Annotated):
            return self.scalar(value.value, is_flow) + value.mark
        return scalar_text(value, is_flow) if isinstance(value, str) else self.flow(value)

    def _is_inline(self, value: Any) -> bool:
        """Lists of scalars and the dependency form ``{node, mode}`` read best on one line."""
        if isinstance(value, dict):
            return set(value) == {"node", "mode"} and not any(map(is_container, value.values()))
        return not any(map(is_container, value)) and len(self.flow(value)) <= INLINE_WIDTH


def style_of(document: YamlDocument) -> YamlStyle:
    """The style that a file is written in."""
    nodes = [document.root] if document.root else []
    step = _first(nodes, lambda parent, child: isinstance(child, Mapping) and _gap(document, parent, child))
    dash = _first(nodes, lambda parent, child: isinstance(child, Sequence) and _gap(document, parent, child) + 1)
    found = re.search("\r\n|\n|\r", document.text)
    return YamlStyle(step or 2, 2 if not dash else dash - 1, found[0] if found else "\n")


def _first(roots: list[YamlNode], measure: Callable[[Mapping, YamlNode], int]) -> int:
    """The first truthy measure over block containers that are values in a block mapping."""
    for root in roots:
        for parent in walk(root):
            if not isinstance(parent, Mapping) or parent.is_flow:
                continue
            for _, child in parent.pairs:
                if isinstance(child, Mapping | Sequence) and not child.is_flow and (found := measure(parent, child)):
                    return found
    return 0


def _gap(document: YamlDocument, parent: Mapping, child: YamlNode) -> int:
    inner = child.pairs[0][0].start if isinstance(child, Mapping) and child.pairs else _dash(document.text, child)
    return max(0, _column(document.text, inner) - _column(document.text, parent.pairs[0][0].start))


def _dash(text: str, node: YamlNode) -> int:
    first = node.items[0].start if isinstance(node, Sequence) and node.items else node.start
    return max(text.rfind("-", 0, first + 1), 0)


def _column(text: str, index: int) -> int:
    return index - max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) - 1


def _flow_key(key: str) -> str:
    name = quoted(key) if len(key) > MAX_KEY else scalar_text(key, is_flow=True)
    return f"? {name} " if len(name) > MAX_KEY else name
