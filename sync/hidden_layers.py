"""The opacity that a hidden layer had, kept as a remark on its line: 0 goes on the wire, the remark brings it back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias
from uuid import uuid4

from sync.wire.json_value import JsonObject
from sync.wire.yaml_text import quoted, resolve, scalar_text
from sync.wire.yaml_tree import Alias, Scalar, Sequence, YamlDocument, YamlNode
from sync.wire.yaml_tree import Mapping as YamlMapping
from sync.yaml_style import Annotated

Hidden: TypeAlias = Mapping[tuple[str, str], float]

OVERLAYS = ("text_overlays", "image_overlays")
_PHRASE = re.compile(r'(?:"(?P<name>(?:[^"\\]|\\.)*)" )?hidden; opacity (?P<opacity>[0-9.eE+-]+) when shown')
_WRAPPED = re.compile(rf" ?\(?(?:{_PHRASE.pattern.replace('?P<name>', '').replace('?P<opacity>', '')})\)?")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_OPACITY_KEY = re.compile(r"""\bopacity["']?\s*:""")

__all__ = ["Hidden", "Remarks", "read_hidden"]


class Remarks:
    """Hangs remarks on opacities while a text is made, then puts them at the ends of their lines."""

    def __init__(self) -> None:
        self._token = f"\ufdd0{uuid4().hex}"
        self._notes: list[tuple[str, float | None]] = []

    def hang(self, params: JsonObject, wanted: Mapping[str, float], known: Mapping[str, float]) -> JsonObject:
        """``params`` with remarks on hidden layers whose remark is new (``wanted``), or outdated (``known``)."""
        layers = params.get("layers")
        changed: JsonObject = {}
        if isinstance(layers, dict):
            changed["layers"] = {name: self._hung(name, layer, wanted, known) for name, layer in layers.items()}
        for family in OVERLAYS:
            items = params.get(family)
            if isinstance(items, list):
                changed[family] = [self._hung(_id_of(item), item, wanted, known) for item in items]
        return {**params, **changed}

    def settle(self, text: str) -> str:
        """The text with every remark in its place."""
        if not self._notes:
            return text
        mark = re.compile(rf"{self._token}:(\d+);")
        lines = _LINE.findall(text)
        return "".join(self._settled(line, mark) if self._token in line else line for line in lines)

    def _hung(self, name: str | None, layer: Any, wanted: Mapping[str, float], known: Mapping[str, float]) -> Any:
        if name is None or not isinstance(layer, dict) or not isinstance(layer.get("opacity"), int | float):
            return layer
        shown = wanted.get(name) if layer["opacity"] == 0 else None
        if (shown is None and (layer["opacity"] == 0 or name not in known)) or (shown and shown == known.get(name)):
            return layer
        self._notes.append((name, shown))
        return {**layer, "opacity": Annotated(layer["opacity"], f"{self._token}:{len(self._notes) - 1};")}

    def _settled(self, line: str, mark: re.Pattern[str]) -> str:
        notes = [self._notes[int(found[1])] for found in mark.finditer(line)]
        last = list(mark.finditer(line))[-1].end()
        behind = line[last:]
        at = _comment_start(behind)
        clean = mark.sub("", line[:last])
        if at is None:
            return clean + behind
        end = len(behind.rstrip("\r\n"))
        body, comment, ending = clean + behind[:at], behind[at:end], behind[end:]
        return _with_remark(body, comment, notes) + ending


def read_hidden(document: YamlDocument) -> dict[tuple[str, str], float]:
    """(node, layer) → the opacity that its remark remembers, for every layer with opacity 0 and such a remark."""
    if "hidden; opacity" not in document.text:
        return {}
    found: dict[tuple[str, str], float] = {}
    for node_id, params in _nodes(document.root):
        for layer_id, opacity in _opacities(params):
            shown = _remembered(document.text, layer_id, opacity)
            if shown is not None:
                found[node_id, layer_id] = shown
    return found


def _remembered(text: str, layer_id: str, opacity: Scalar) -> float | None:
    value = resolve(opacity.text) if not opacity.style else None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != 0:
        return None
    found = re.compile(r"[^\r\n]*").match(text, opacity.end)
    for phrase in _PHRASE.finditer(found[0] if found else ""):
        if _name(phrase) in (None, layer_id):
            return _number(phrase["opacity"])
    return None


def _name(phrase: re.Match[str]) -> str | None:
    """The layer that a phrase names, None when it names none; a name that cannot be read is nobody's."""
    if phrase["name"] is None:
        return None
    try:
        return str(json.loads(f'"{phrase["name"]}"'))
    except ValueError:
        return ""


def _number(text: str) -> float | None:
    try:
        value = resolve(text)
    except ValueError:
        return None
    return float(value) if isinstance(value, int | float) and 0 < value <= 1 else None


def _nodes(root: YamlNode | None) -> Iterator[tuple[str, YamlNode | None]]:
    steps, nodes = _child(root, "steps"), _child(root, "nodes")
    if isinstance(steps, Sequence):
        yield from ((f"step_{place}", _child(step, "params")) for place, step in enumerate(steps.items))
    elif isinstance(nodes, YamlMapping):
        yield from ((key.text, _child(body, "params")) for key, body in nodes.pairs)


def _opacities(params: YamlNode | None) -> Iterator[tuple[str, Scalar]]:
    layers = _child(params, "layers")
    named = [(key.text, layer) for key, layer in layers.pairs] if isinstance(layers, YamlMapping) else []
    for family in OVERLAYS:
        items = _child(params, family)
        for item in items.items if isinstance(items, Sequence) else []:
            identity = _child(item, "id")
            named += [(identity.text, item)] if isinstance(identity, Scalar) else []
    for name, layer in named:
        opacity = _child(layer, "opacity")
        if isinstance(opacity, Scalar):
            yield name, opacity


def _child(node: YamlNode | None, key: str) -> YamlNode | None:
    target = node.target if isinstance(node, Alias) else node
    return target.get(key) if isinstance(target, YamlMapping) else None


def _id_of(item: Any) -> str | None:
    identity = item.get("id") if isinstance(item, dict) else None
    return identity if isinstance(identity, str) else None


def _comment_start(rest: str) -> int | None:
    """Where the comment of a line begins, its end when it has none; None inside a quoted text that goes on."""
    quote, before = "", " "
    for place, char in enumerate(rest):
        if quote:
            quote = "" if char == quote and before != "\\" else quote
        elif char == "#" and before in " \t":
            return place
        elif char in "\"'" and before in " \t,[{:":
            quote = char
        elif char in "\r\n":
            return place
        before = "" if before == "\\" and char == "\\" else char
    return None if quote else len(rest)


def _with_remark(body: str, comment: str, notes: list[tuple[str, float | None]]) -> str:
    names = {name for name, _ in notes}
    is_shared = len(_OPACITY_KEY.findall(body)) > 1
    others = [found[0] for found in _PHRASE.finditer(comment) if _name(found) not in {None, *names}]
    own = [f"{_named(name, is_shared)}hidden; opacity {_shown(shown)} when shown" for name, shown in notes if shown]
    remark = "; ".join(others + own)
    rest = _WRAPPED.sub("", comment.removeprefix("#")).strip(" ;")
    if rest and remark:
        return f"{body.rstrip()}  # {rest} ({remark})"
    return f"{body.rstrip()}  # {rest or remark}" if rest or remark else body.rstrip()


def _named(name: str, is_shared: bool) -> str:
    return f"{quoted(name)} " if is_shared else ""


def _shown(opacity: float | None) -> str:
    return scalar_text(opacity).removesuffix(".0")
