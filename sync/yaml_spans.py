"""The text side of an edit: which characters a key, an item or a line covers, and replacing them all at once."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator

from sync.wire.yaml_tree import Alias, Collection, Mapping, Sequence, YamlDocument, YamlNode, walk

_BREAK = re.compile(r"\r\n|\n|\r")
_REMARK = re.compile(r"[ \t]+#[^\r\n]*")
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*(?:\s+(?:#[^\r\n]*\s+)*|\Z))*")

__all__ = ["Spans"]


class Spans:
    """Replacements in one document, by character position; they never overlap."""

    def __init__(self, document: YamlDocument, newline: str) -> None:
        self._document = document
        self._text = document.text
        self._newline = newline
        self._lines = [0, *(found.end() for found in _BREAK.finditer(self._text))]
        self._edits: list[tuple[int, int, str]] = []
        self._touched: dict[int, YamlNode] = {}

    def replace(self, start: int, end: int, text: str) -> None:
        """Puts ``text`` where the characters from ``start`` to ``end`` are."""
        self._edits.append((start, end, text))

    def touch(self, nodes: Iterable[YamlNode]) -> None:
        """Notes anchored nodes whose definition no longer says what it did."""
        self._touched |= {id(node): node for node in nodes if node.anchor is not None}

    def applied(self, old_text: Callable[[YamlNode], str]) -> str:
        """The text with all replacements; ``old_text`` writes what an anchor stood for on one line."""
        self._move_anchors(old_text)
        pieces, reached = [], 0
        for start, end, text in sorted(self._edits, key=lambda edit: (edit[0], edit[1] > edit[0])):
            if start >= reached:
                pieces += [self._text[reached:start], text]
                reached = end
        return "".join([*pieces, self._text[reached:]])

    def line_start(self, index: int) -> int:
        """Where the line of a character begins."""
        return self._lines[bisect_right(self._lines, index) - 1]

    def column(self, index: int) -> int:
        """The column, from 0, of a character."""
        return index - self.line_start(index)

    def remark(self, start: int, end: int) -> str:
        """The comment on the rest of the first line of a span, with the space before it."""
        found = _REMARK.match(self._text, start, end)
        return found[0] if found else ""

    def body(self, node: YamlNode) -> int:
        """Where a value's own characters begin, behind its anchor and tag."""
        if isinstance(node, Alias):
            return node.start
        found = _PROPERTIES.match(self._text, node.start)
        return min(found.end() if found else node.start, node.end)

    def pair_start(self, node: Mapping, place: int) -> int:
        """Where an entry begins: at its key, or at the ``?`` before it."""
        before = start = node.pairs[place][0].start
        while before and self._text[before - 1] == " ":
            before -= 1
        return before - 1 if before and self._text[before - 1] == "?" else start

    def item_start(self, node: Sequence, place: int) -> int:
        """Where an item begins: in a block list at its dash."""
        item = node.items[place]
        if node.is_flow:
            return item.start
        column = self.column(self.body(node) if node.anchor else node.start)
        line = bisect_right(self._lines, item.start) - 1
        while line > 0 and not self._is_dash(self._lines[line], column):
            line -= 1
        return self._lines[line] + column

    def has_own_lines(self, node: Sequence) -> bool:
        """True when every dash of a block list is the first thing on its line."""
        starts = [self.item_start(node, place) for place in range(len(node.items))]
        return all(not self._text[self.line_start(start) : start].strip() for start in starts)

    def remove(self, node: Collection, places: set[int]) -> None:
        """Takes entries or items away, but not all of them."""
        for first, last in _runs(places):
            if node.is_flow and first > 0:
                self.replace(self._end(node, first - 1), self._end(node, last), "")
            elif (
                node.is_flow or self._text[self.line_start(self._start(node, first)) : self._start(node, first)].strip()
            ):
                self.replace(self._start(node, first), self._start(node, last + 1), "")
            else:
                self._remove_lines(node, range(first, last + 1))

    def insert(self, node: Collection, after: int | None, first: int, lines: list[str]) -> None:
        """Puts an entry behind entry ``after``, or before the entry ``first``, the first that stays.

        ``lines`` are whole, with their indentation; for a flow collection they are the one text without.
        """
        if node.is_flow:
            at = self._start(node, first) if after is None else self._end(node, after)
            self.replace(at, at, f"{lines[0]}, " if after is None else f", {lines[0]}")
        elif after is None:
            at = self._start(node, first)
            column = self.column(at)
            self.replace(at, at, self._newline.join([*lines, " " * column])[column:])
        else:
            at = self._next_line(self._end(node, after))
            is_open = at == len(self._text) and not self._text.endswith(("\n", "\r"))
            text = self._newline.join(lines)
            self.replace(at, at, self._newline + text if is_open else text + self._newline)

    def _remove_lines(self, node: Collection, places: range) -> None:
        for place in places:
            self.replace(self.line_start(self._start(node, place)), self._next_line(self._end(node, place)), "")

    def _start(self, node: Collection, place: int) -> int:
        return self.pair_start(node, place) if isinstance(node, Mapping) else self.item_start(node, place)

    def _end(self, node: Collection, place: int) -> int:
        if isinstance(node, Mapping):
            key, value = node.pairs[place]
            return max(key.end, value.end)
        return max(node.items[place].end, self.item_start(node, place) + 1)

    def _next_line(self, index: int) -> int:
        """The start of the line after the one that ends at or goes on behind ``index``."""
        place = bisect_left(self._lines, index)
        return self._lines[place] if place < len(self._lines) else len(self._text)

    def _is_dash(self, line: int, column: int) -> bool:
        return self._text[line + column : line + column + 1] == "-" and not self._text[line : line + column].strip(
            " -?:"
        )

    def _move_anchors(self, old_text: Callable[[YamlNode], str]) -> None:
        """Whoever still uses a changed anchor keeps its old value: the first such alias becomes the definition."""
        if not self._touched or self._document.root is None:
            return
        for alias in [node for node in walk(self._document.root) if isinstance(node, Alias)]:
            target = self._touched.get(id(alias.target))
            if target is not None and not self._is_replaced(alias.start):
                del self._touched[id(target)]
                self.replace(alias.start, alias.end, f"&{target.anchor} {old_text(target)}")
                self._drop_anchor(target)

    def _drop_anchor(self, node: YamlNode) -> None:
        if self._is_replaced(node.start):
            return
        start, end = node.start, node.start + len(f"&{node.anchor}")
        while self._text[end : end + 1] in (" ", "\t"):
            end += 1
        if self._text[end : end + 1] in ("\r", "\n", ""):
            start -= len(self._text[:start]) - len(self._text[:start].rstrip(" "))
        self.replace(start, end, "")

    def _is_replaced(self, index: int) -> bool:
        return any(start <= index < end for start, end, _ in self._edits)


def _runs(places: set[int]) -> Iterator[tuple[int, int]]:
    """Neighbouring places as (first, last)."""
    for first in sorted(places):
        if first - 1 not in places:
            last = first
            while last + 1 in places:
                last += 1
            yield first, last
