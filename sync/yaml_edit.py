"""Turns one YAML text into another by changing only the lines whose values differ."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sync.wire.yaml_text import is_merge, plain_value, quoted
from sync.wire.yaml_tree import Alias, Mapping, Scalar, Sequence, YamlDocument, YamlNode, walk
from sync.yaml_order import insertion_order, is_equal, longest_match
from sync.yaml_spans import Spans
from sync.yaml_style import Annotated, is_container, literal_lines, style_of

_SINGLE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]*\Z")

MAX_LINE = 100

__all__ = ["YamlEdit", "edited"]


def edited(document: YamlDocument, old: Any, new: Any) -> str:
    """``document``'s text with value ``new`` where it had ``old`` (its plain value).

    Comments, order, quoting, indentation, line ends, anchors and everything that did not change stay as they are.
    """
    edit = YamlEdit(document)
    if document.root is not None:
        edit.change(Slot(document.root, document.root.start, -edit.style.step, is_root=True), old, new)
    return edit.text()


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a value stands: right behind its ``:`` or ``-`` (``lead``), its key or dash in column ``indent``."""

    node: YamlNode
    lead: int
    indent: int
    is_flow: bool = False
    is_root: bool = False
    has_indicator: bool = True


class YamlEdit:
    """Collects replacements for one document, then applies them at once."""

    def __init__(self, document: YamlDocument) -> None:
        self.style = style_of(document)
        self._document = document
        self._text = document.text
        self._spans = Spans(document, self.style.newline)
        self._enclosing: list[YamlNode] = []

    def text(self) -> str:
        """The new text; anchors whose definition changed move to their first remaining user."""
        text = self._spans.applied(lambda node: self.style.flow(plain_value(self._document, node)))
        is_closed = not self._text or self._text.endswith(("\n", "\r"))
        return text if is_closed else text.removesuffix(self.style.newline)

    def change(self, slot: Slot, old: Any, new: Any) -> None:
        """Aims the edits that turn ``old``, the value in ``slot``, into ``new``."""
        node = slot.node
        self._enclosing.append(node)
        if is_equal(old, new):
            pass
        elif isinstance(node, Mapping) and isinstance(new, dict) and new and self._is_open(node):
            self._change_mapping(slot, node, old, new)
        elif isinstance(node, Sequence) and isinstance(new, list) and new:
            self._change_sequence(slot, node, old, new)
        else:
            self._replace(slot, new)
        self._enclosing.pop()

    def _is_open(self, node: Mapping) -> bool:
        """False for the single pair ``[key: value]``, which has no braces to put more into."""
        return not node.is_flow or self._text[self._spans.body(node)] == "{"

    def _change_mapping(self, slot: Slot, node: Mapping, old: dict[str, Any], new: dict[str, Any]) -> None:
        own = {key.text: place for place, (key, _) in enumerate(node.pairs) if not is_merge(key)}
        is_cut = self._is_cut(node, own, new)
        lost = {place for name, place in own.items() if name not in new}
        if is_cut:
            lost |= {place for place, (key, _) in enumerate(node.pairs) if is_merge(key)}
        if len(lost) == len(node.pairs):
            self._replace(slot, new)
            return
        for name, place in own.items():
            if name in new and not is_equal(old[name], new[name]):
                self.change(self._value_slot(node, place), old[name], new[name])
        added = [name for name in new if name not in own and (is_cut or _is_news(name, old, new))]
        self._remove(node, lost)
        kept = {key.text: place for place, (key, _) in enumerate(node.pairs) if place not in lost}
        is_flow = _prefers_flow([value for _, value in node.pairs])
        for name, after in insertion_order(added, list(kept), list(new)):
            self._add_pair(node, None if after is None else kept[after], min(kept.values()), {name: new[name]}, is_flow)

    def _change_sequence(self, slot: Slot, node: Sequence, old: list[Any], new: list[Any]) -> None:
        matches = longest_match(old, new)
        is_same_length = len(old) == len(new) == len(matches)
        if not matches or not (is_same_length or node.is_flow or self._spans.has_own_lines(node)):
            self._replace(slot, new)
            return
        for before, after in matches.items():
            if not is_equal(old[before], new[after]):
                self.change(self._item_slot(node, before), old[before], new[after])
        self._remove(node, set(range(len(old))) - matches.keys())
        sources = {after: before for before, after in matches.items()}
        is_flow = _prefers_flow(node.items)
        last: int | None = None
        for place, value in enumerate(new):
            if place not in sources:
                self._add_item(node, last, min(matches), value, is_flow)
            last = sources.get(place, last)

    def _is_cut(self, node: Mapping, own: dict[str, int], new: dict[str, Any]) -> bool:
        """True when a merge (``<<``) brings in a key that is to go: it must be taken apart."""
        if len(own) == len(node.pairs):
            return False
        merges = Mapping(node.start, node.end, node.is_flow, pairs=[pair for pair in node.pairs if is_merge(pair[0])])
        return bool(plain_value(self._document, merges).keys() - new.keys())

    def _remove(self, node: Mapping | Sequence, places: set[int]) -> None:
        values = [value for _, value in node.pairs] if isinstance(node, Mapping) else node.items
        for place in places:
            self._spans.touch(walk(values[place]))
        self._spans.touch([*self._enclosing, node])
        self._spans.remove(node, places)

    def _add_pair(self, node: Mapping, after: int | None, first: int, pair: dict[str, Any], is_flow: bool) -> None:
        if node.is_flow:
            self._spans.insert(node, after, first, [self.style.flow(pair)[1:-1]])
            return
        ((name, value),) = pair.items()
        column = self._spans.column(self._spans.pair_start(node, first))
        self._spans.insert(node, after, first, self.style.entry(name, value, column, is_flow and is_container(value)))

    def _add_item(self, node: Sequence, after: int | None, first: int, value: Any, is_flow: bool) -> None:
        if node.is_flow:
            self._spans.insert(node, after, first, [self.style.flow(value)])
            return
        column = self._spans.column(self._spans.item_start(node, first))
        self._spans.insert(node, after, first, self.style.item(value, column, is_flow and is_container(value)))

    def _replace(self, slot: Slot, new: Any) -> None:
        node = slot.node
        self._spans.touch([*self._enclosing, *walk(node)])
        is_block = isinstance(node, Mapping | Sequence) and not node.is_flow
        is_flow_text = isinstance(node, Mapping | Sequence) and node.is_flow
        body = self._spans.body(node)
        if not slot.is_flow and not slot.is_root and (is_block or (is_container(new) and not is_flow_text)):
            self._replace_block(slot, new)
        elif body >= node.end:
            self._fill(slot, new)
        else:
            self._replace_text(node, body, new, slot.is_flow)

    def _replace_text(self, node: YamlNode, body: int, new: Any, is_flow: bool) -> None:
        """The value's own characters change; a tag goes with them, for it spoke about the old value."""
        start, prefix = body, ""
        if "!" in self._text[node.start : body]:
            start, prefix = node.start, f"&{node.anchor} " if node.anchor else ""
        text = (
            self._restyled(node, new, is_flow) + self._tail(node) if isinstance(node, Scalar) else self.style.flow(new)
        )
        self._spans.replace(start, node.end, prefix + text)

    def _replace_block(self, slot: Slot, new: Any) -> None:
        """A value and a collection change places: the remark beside the key or value stays, those inside go."""
        node = slot.node
        is_short = isinstance(node, Alias) and len(self.style.flow(new)) <= MAX_LINE
        first, *rest = self.style.after_indicator(new, slot.indent, is_short)
        is_block = isinstance(node, Mapping | Sequence) and not node.is_flow
        behind = self._spans.remark(node.end, len(self._text))
        remark = self._spans.remark(slot.lead, node.end) if is_block else behind if rest else ""
        end = max(node.end, slot.lead) + (len(behind) if is_block or rest else 0)
        lines = self.style.newline.join([self._indicator(slot) + first + remark, *rest])
        self._spans.replace(slot.lead, end, lines + self._tail(node))

    def _fill(self, slot: Slot, new: Any) -> None:
        """An empty value gets its text."""
        at = max(slot.node.end, slot.lead)
        self._spans.replace(at, at, f"{self._indicator(slot)} {self.style.scalar(new, slot.is_flow)}")

    def _indicator(self, slot: Slot) -> str:
        """What is missing before a value: a key without a value may have no colon."""
        if slot.has_indicator:
            return ""
        return ":" if slot.is_flow else f"{self.style.newline}{' ' * slot.indent}:"

    def _restyled(self, node: Scalar, new: Any, is_flow: bool) -> str:
        if isinstance(new, Annotated):
            is_old = is_equal(plain_value(self._document, node), new.value)
            kept = self._text[self._spans.body(node) : node.end]
            return (kept if is_old else self._restyled(node, new.value, is_flow)) + new.mark
        if not isinstance(new, str) or not node.style:
            return self.style.scalar(new, is_flow) if not is_container(new) else self.style.flow(new)
        if node.style == "'" and _SINGLE.match(new):
            return "'" + new.replace("'", "''") + "'"
        if node.style in "|>" and (block := literal_lines(new)):
            return self._literal(node, *block)
        return quoted(new) if node.style in "\"'" else self.style.scalar(new, is_flow)

    def _tail(self, node: YamlNode) -> str:
        """The line break that a kept block scalar (``|+``) counts as its own."""
        return self.style.newline if self._text[node.end - 1 : node.end] in ("\n", "\r") else ""

    def _literal(self, node: Scalar, header: str, lines: list[str]) -> str:
        old_header, _, body = self._text[self._spans.body(node) : node.end].partition("\n")
        found = re.search(r"^( *)\S", body, re.MULTILINE)
        pad = found[1] if found else " " * (self._spans.column(self._spans.line_start(node.start)) + self.style.step)
        remark = re.search(r"\s#.*", old_header)
        first = header + (remark[0].rstrip("\r") if remark else "")
        return self.style.newline.join([first, *(pad + line if line else "" for line in lines)])

    def _value_slot(self, node: Mapping, place: int) -> Slot:
        key, value = node.pairs[place]
        colon = self._text.find(":", key.end, max(value.start, key.end) + 1)
        lead = colon + 1 if colon >= 0 else key.end
        indent = self._spans.column(self._spans.pair_start(node, place))
        return Slot(value, lead, indent, node.is_flow, has_indicator=colon >= 0)

    def _item_slot(self, node: Sequence, place: int) -> Slot:
        start = self._spans.item_start(node, place)
        return Slot(node.items[place], start + (not node.is_flow), self._spans.column(start), node.is_flow)


def _is_news(name: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
    return name not in old or not is_equal(old[name], new[name])


def _prefers_flow(siblings: list[YamlNode]) -> bool:
    """True when all neighbours that hold something are written on one line."""
    kinds = [value.is_flow for value in siblings if isinstance(value, Mapping | Sequence)]
    return bool(kinds) and all(kinds)
