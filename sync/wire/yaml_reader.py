"""Reads one YAML document into a tree, within bounds on size, depth and what its aliases unfold to."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from sync.wire.yaml_tree import (
    Alias,
    Collection,
    Mapping,
    Scalar,
    Sequence,
    YamlDocument,
    YamlNode,
    YamlRefused,
    position,
)

MAX_BYTES = 1_048_576
MAX_DEPTH = 64
MAX_WEIGHT = 200_000
CORE_TAG = "tag:yaml.org,2002:"

_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# The scanner lets these out for hostile escapes and directives instead of its own error type.
_SCANNER_FAULTS = (ValueError, TypeError, IndexError, KeyError, AttributeError, AssertionError, OverflowError)

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_WEIGHT", "read_document"]


def read_document(text: str) -> YamlDocument:
    """The one document in ``text``, within all bounds; raises YamlRefused."""
    _check_text(text)
    composer = _Composer(text)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            composer.take(event)
    except YamlRefused:
        raise
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _refused(text, mark.index if mark else 0, _reason(text, error)) from error
    except YAMLError as error:
        raise YamlRefused(1, 1, " ".join(str(error).split())) from error
    except _SCANNER_FAULTS as error:
        raise _refused(text, composer.reached, "an escape, tag or directive that cannot be read") from error
    return YamlDocument(text, composer.root)


def _check_text(text: str) -> None:
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise YamlRefused(1, 1, f"longer than {MAX_BYTES} bytes")
    found = _UNREADABLE.search(text.removeprefix("\ufeff"))
    if found:
        index = found.start() + text.startswith("\ufeff")
        raise _refused(text, index, f"a character that no text file holds (U+{ord(text[index]):04X})")


def _refused(text: str, index: int, reason: str) -> YamlRefused:
    return YamlRefused(*position(text, index), reason)


def _reason(text: str, error: MarkedYAMLError) -> str:
    mark = error.problem_mark
    if mark is not None and text[mark.index : mark.index + 1] == "\t":
        return "a tab where YAML wants spaces"
    words = [part for part in (error.context, error.problem) if part]
    return ", ".join(" ".join(str(part).split()) for part in words) or "not YAML"


class _Composer:
    """Builds the tree from parser events without recursion, counting as it goes."""

    def __init__(self, text: str) -> None:
        self.root: YamlNode | None = None
        self.reached = 0
        self._text = text
        self._open: list[Collection] = []
        self._keys: list[Scalar | None] = []
        self._names: list[set[str]] = []
        self._anchors: dict[str, YamlNode] = {}
        self._documents = 0
        self._weight = 0

    def take(self, event: Any) -> None:
        """Adds one parser event; raises YamlRefused."""
        self.reached = event.start_mark.index if event.start_mark else self.reached
        if isinstance(event, ScalarEvent):
            self._add(self._scalar(event))
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._begin(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._finish(event)
        elif isinstance(event, AliasEvent):
            self._add(self._alias(event))
        elif isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise self._refuse("a second document; one file holds one pipeline")

    def _refuse(self, reason: str) -> YamlRefused:
        return _refused(self._text, self.reached, reason)

    def _scalar(self, event: Any) -> Scalar:
        if event.style == '"' and _SURROGATE.search(event.value):
            raise self._refuse("half of a character (a lone surrogate)")
        start, end, style = event.start_mark.index, event.end_mark.index, event.style or ""
        if style in ("|", ">"):
            end = _block_end(self._text, start, end)
        tag = None if event.tag is None else self._core_tag(str(event.tag))
        return Scalar(start, end, event.value, style, event.anchor, tag, 1 + len(event.value) // 32)

    def _core_tag(self, tag: str) -> str:
        name = tag.removeprefix(CORE_TAG) if tag.startswith(CORE_TAG) else "str" if tag == "!" else ""
        if name not in ("str", "int", "float", "bool", "null", "map", "seq"):
            raise self._refuse(f"the tag {tag[:60]} is not allowed")
        return name

    def _begin(self, event: Any) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise self._refuse(f"nested deeper than {MAX_DEPTH} levels")
        is_mapping = isinstance(event, MappingStartEvent)
        if event.tag is not None and self._core_tag(str(event.tag)) not in ("map" if is_mapping else "seq", "str"):
            raise self._refuse(f"the tag {event.tag} does not fit here")
        kind = Mapping if is_mapping else Sequence
        start = event.start_mark.index
        self._open.append(kind(start, event.end_mark.index, bool(event.flow_style), event.anchor))
        self._keys.append(None)
        self._names.append(set())

    def _finish(self, event: Any) -> None:
        done = self._open.pop()
        self._names.pop()
        self._keys.pop()
        if done.is_flow:
            done.end = max(done.end, event.end_mark.index)
        elif isinstance(done, Mapping):
            done.end = max(done.pairs[-1][1].end, done.pairs[-1][0].end) if done.pairs else done.end
        else:
            done.end = done.items[-1].end if done.items else done.end
        self._add(done, is_counted=False)

    def _alias(self, event: Any) -> Alias:
        target = self._anchors.get(event.anchor)
        if target is None:
            raise self._refuse(f"*{event.anchor} has no anchor &{event.anchor} before it")
        return Alias(event.start_mark.index, event.end_mark.index, target, target.weight, target.height)

    def _add(self, node: YamlNode, is_counted: bool = True) -> None:
        if is_counted or node.weight == 1:
            self._count(node)
        if len(self._open) + node.height > MAX_DEPTH + 1:
            raise self._refuse(f"aliases that unfold deeper than {MAX_DEPTH} levels")
        if node.anchor is not None:
            self._anchors[node.anchor] = node
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif self._keys[-1] is None:
            self._keys[-1] = self._key(node)
            return
        else:
            self._place_empty(self._keys[-1], node)
            parent.pairs.append((self._keys[-1], node))
            self._keys[-1] = None
        parent.weight += node.weight
        parent.height = max(parent.height, node.height + 1)

    def _place_empty(self, key: Scalar, value: YamlNode) -> None:
        """The parser puts an empty value at the next token; it belongs behind its colon."""
        colon = self._text.find(":", key.end, value.start)
        if value.start == value.end:
            value.start = value.end = colon + 1 if colon >= 0 else key.end

    def _count(self, node: YamlNode) -> None:
        self._weight += node.weight
        if self._weight > MAX_WEIGHT:
            reason = "aliases that unfold to more" if isinstance(node, Alias) else "more"
            raise self._refuse(f"{reason} than {MAX_WEIGHT} values")

    def _key(self, node: YamlNode) -> Scalar:
        if not isinstance(node, Scalar):
            raise _refused(self._text, node.start, "a key that is no plain word")
        if node.text in self._names[-1] and not (node.text == "<<" and not node.style):
            raise _refused(self._text, node.start, f"the key '{node.text[:40]}' is there twice")
        self._names[-1].add(node.text)
        return node


def _block_end(text: str, start: int, end: int) -> int:
    """Where the lines of a block scalar end, without their last line break unless the breaks are kept (``|+``)."""
    body = text[start:end]
    header = body.partition("\n")[0]
    kept = len(body) if "+" in header.partition("#")[0] else len(body.rstrip())
    return start + kept
