"""YAML text ↔ plain data, bounded and safe: YAML 1.2 core schema, JSON values only, no other tags, no code."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from sync.wire.yaml_reader import read_document
from sync.wire.yaml_tree import Alias, Scalar, Sequence, YamlDocument, YamlNode, YamlRefused, position

MERGE = "<<"

_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_BASED = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
# What readers of YAML 1.1 take for something else than a text.
_OLD_WORDS = frozenset({"yes", "no", "on", "off"})
_PLAIN = re.compile(r"[^\W\d][\w ./:+@()%=!?'&*,-]*\Z")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")

__all__ = [
    "MERGE",
    "YamlRefused",
    "decode_yaml",
    "is_merge",
    "parse_yaml",
    "plain_value",
    "quoted",
    "resolve",
    "scalar_text",
]


def parse_yaml(text: str) -> Any:
    """The plain data of one YAML document, None for an empty one; raises YamlRefused."""
    document = read_document(text)
    return None if document.root is None else plain_value(document, document.root)


def decode_yaml(data: bytes) -> str:
    """The text of a file; raises YamlRefused where it is no UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        good = data[: error.start].decode("utf-8")
        raise YamlRefused(*position(good, len(good)), f"byte 0x{data[error.start]:02x} is not UTF-8 text") from error


def plain_value(document: YamlDocument, node: YamlNode) -> Any:
    """``node`` as JSON values, aliases unfolded to copies and merge keys (``<<``) merged; raises YamlRefused."""
    if isinstance(node, Scalar):
        return _scalar_value(document, node)
    if isinstance(node, Alias):
        return plain_value(document, node.target)
    if isinstance(node, Sequence):
        return [plain_value(document, item) for item in node.items]
    own = {key.text: plain_value(document, value) for key, value in node.pairs if not is_merge(key)}
    merged: dict[str, Any] = {}
    for key, value in node.pairs:
        if is_merge(key):
            merged |= {name: item for name, item in _merged(document, value).items() if name not in merged}
    return {**merged, **own} if merged else own


def is_merge(key: Scalar) -> bool:
    """True for the merge key ``<<``; quoted it is an ordinary key."""
    return key.text == MERGE and not key.style


def resolve(text: str) -> Any:
    """What a plain scalar means; an integer beyond 64 bits becomes a float. Raises ValueError for .inf and .nan."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text) or _BASED.match(text):
        return _integer(text)
    if _FLOAT.match(text) and math.isfinite(number := float(text)):
        return number
    if _FLOAT.match(text) or _NOT_FINITE.match(text):
        raise ValueError(text)
    return text


def scalar_text(value: Any, is_flow: bool = False) -> str:
    """A JSON scalar as YAML: plain where every reader agrees on it, else in double quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, int):
        return str(value)
    return value if _is_plain(value, is_flow) else quoted(value)


def quoted(value: str) -> str:
    """``value`` in double quotes; everything that is not plainly visible is escaped."""
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def _merged(document: YamlDocument, node: YamlNode) -> dict[str, Any]:
    target = node.target if isinstance(node, Alias) else node
    sources = target.items if isinstance(target, Sequence) else [target]
    merged: dict[str, Any] = {}
    for source in sources:
        value = plain_value(document, source)
        if not isinstance(value, dict):
            raise _refused(document, node, "<< takes a mapping or a list of mappings")
        merged = {**value, **merged}
    return merged


def _scalar_value(document: YamlDocument, node: Scalar) -> Any:
    if node.tag is None and node.style:
        return node.text
    if node.tag in ("str", "map", "seq"):
        return node.text
    try:
        value = resolve(node.text)
    except ValueError:
        raise _refused(document, node, f"{node.text[:40]} is no number that can be sent") from None
    if node.tag == "float" and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    kind = {"int": int, "float": float, "bool": bool, "null": type(None)}.get(node.tag or "", object)
    if not isinstance(value, kind):
        raise _refused(document, node, f"'{node.text[:40]}' is no {node.tag}")
    return value


def _refused(document: YamlDocument, node: YamlNode, reason: str) -> YamlRefused:
    return YamlRefused(*position(document.text, node.start), reason)


def _integer(text: str) -> int | float:
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    if len(text) > 400:
        raise ValueError(text[:20])
    number = int(text, base)
    if -(2**63) <= number < 2**64:
        return number
    wide = float(number) if number.bit_length() < 1024 else math.inf
    if not math.isfinite(wide):
        raise ValueError(text)
    return wide


def _float_text(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} is no JSON number")
    text = repr(value)
    mantissa, mark, exponent = text.partition("e")
    return f"{mantissa}.0e{exponent}" if mark and "." not in mantissa else text


def _is_plain(value: str, is_flow: bool) -> bool:
    if not _PLAIN.match(value) or value != value.strip() or value.lower() in _OLD_WORDS:
        return False
    if ": " in value or value.endswith(":") or (is_flow and set(value) & set(",?")):
        return False
    return value.lower() not in ("true", "false", "null")
