"""Which outputs fit which inputs: the registry of packet types, their rules, dynamic pins (PROTOCOL.md §3.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

import msgspec

from sync.wire.json_value import JsonObject
from sync.wire.pipeline import InputPin, OutputPin, PacketType

ANY = "Any"
PASSTHROUGH = "Passthrough"
_ABSENT = object()
_RULES = ("any", "exact", "structfieldwildcard")
Pin = TypeVar("Pin", InputPin, OutputPin)

__all__ = [
    "KNOWN",
    "PASSTHROUGH",
    "REGISTRY",
    "PacketTypes",
    "dynamic_prefix",
    "input_for",
    "output_for",
    "read_registry",
    "type_id",
]


def _row(identity: str, label: str, color: str, template: str | None = None, **fields: Any) -> JsonObject:
    """A registry row; a field without a wildcard is given as ``...``."""
    rows = [
        {"name": name} if wildcard is ... else {"name": name, "wildcard_value": wildcard}
        for name, wildcard in fields.items()
    ]
    rule: JsonObject = {"kind": "structfieldwildcard", "fields": rows} if fields else {"kind": "exact"}
    shown = {} if template is None else {"display_template": template}
    return {"id": identity, "label": label, "color": color, **shown, "compatibility": rule}


# What a server answers to a request for the packet types, in this order.
REGISTRY: tuple[JsonObject, ...] = (
    {"id": ANY, "label": "Any", "color": "#96ceb4", "compatibility": {"kind": "any"}},
    _row("Binary", "Binary", "#45b7d1"),
    _row("Text", "Text", "#4ecdc4"),
    _row(
        "RawAudio",
        "Raw Audio",
        "#f39c12",
        "Raw Audio ({sample_rate|*}Hz, {channels|*}ch, {sample_format})",
        sample_rate=0,
        channels=0,
        sample_format=...,
    ),
    _row(
        "RawVideo",
        "Raw Video",
        "#1abc9c",
        "Raw Video ({width|*}x{height|*}, {pixel_format})",
        width=None,
        height=None,
        pixel_format=...,
    ),
    _row("EncodedAudio", "Encoded Audio", "#ff6b6b", "Encoded Audio ({codec})", codec=..., codec_private=None),
    _row(
        "EncodedVideo",
        "Encoded Video",
        "#2980b9",
        "Encoded Video ({codec})",
        codec=...,
        bitstream_format=None,
        codec_private=None,
        profile=None,
        level=None,
    ),
    _row("Transcription", "Transcription", "#9b59b6"),
    _row("Custom", "Custom", "#e67e22", "Custom ({type_id})", type_id=...),
)


class _Field(msgspec.Struct, frozen=True):
    name: str


class _Rule(msgspec.Struct, frozen=True):
    kind: str
    fields: tuple[_Field, ...] = ()


class _Shape(msgspec.Struct, frozen=True):
    """What a row must be to be used."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    label: Annotated[str, msgspec.Meta(max_length=200)]
    color: Annotated[str, msgspec.Meta(pattern="^#[0-9a-fA-F]{6}$")]
    compatibility: _Rule
    display_template: Annotated[str, msgspec.Meta(max_length=500)] | None = None


class PacketTypes:
    """A registry of packet types: which of them fit, and how they are shown."""

    def __init__(self, rows: Iterable[JsonObject]) -> None:
        self._rows: Mapping[str, JsonObject] = MappingProxyType({row["id"]: row for row in rows})

    def row(self, packet: PacketType) -> JsonObject | None:
        """What the registry says of a type; None when it does not know it."""
        return self._rows.get(type_id(packet))

    def connects(self, produced: PacketType, accepted: PacketType) -> bool:
        """True when an output of one type may feed an input of the other; a type without a rule fits its equal.

        ``Passthrough`` has no row: what comes out is what went in, so ask with the type further up.
        """
        names = (type_id(produced), type_id(accepted))
        if ANY in names:
            return True
        if names[0] != names[1] or names[0] in ("", PASSTHROUGH):
            return False
        row = self.row(produced)
        if row is None or row["compatibility"]["kind"] not in _RULES:
            return produced == accepted
        fields = row["compatibility"].get("fields", ())
        return all(_field_fits(field, _body(produced), _body(accepted)) for field in fields)

    def accepts(self, pin: InputPin, produced: PacketType) -> bool:
        """True when one of the input's types takes ``produced``."""
        return any(self.connects(produced, accepted) for accepted in pin.accepts_types)


KNOWN = PacketTypes(REGISTRY)


def read_registry(rows: Iterable[Any]) -> PacketTypes:
    """What a server says of packet types, over what is known here; a row of another shape is left out."""
    sound = []
    for row in rows:
        with suppress(msgspec.ValidationError):
            msgspec.convert(row, _Shape)
            sound.append(row)
    return PacketTypes((*REGISTRY, *sound))


def type_id(packet: PacketType) -> str:
    """The name of a packet type: the word, or the one key of the object; ``""`` for anything else."""
    if isinstance(packet, str):
        return packet
    return next(iter(packet)) if len(packet) == 1 else ""


def dynamic_prefix(pin: InputPin | OutputPin) -> str | None:
    """The prefix of a dynamic pin, None for a fixed one."""
    dynamic = pin.cardinality.get("Dynamic") if isinstance(pin.cardinality, dict) else None
    prefix = dynamic.get("prefix") if isinstance(dynamic, dict) else None
    return prefix if isinstance(prefix, str) else None


def input_for(pins: Iterable[InputPin], name: str) -> InputPin | None:
    """The definition behind an input's concrete name (§3.5), fixed pins first."""
    return _pin_for(list(pins), name)


def output_for(pins: Iterable[OutputPin], name: str) -> OutputPin | None:
    """The definition behind an output's concrete name (§3.5), fixed pins first."""
    return _pin_for(list(pins), name)


def _pin_for(pins: list[Pin], name: str) -> Pin | None:
    fixed = (pin for pin in pins if dynamic_prefix(pin) is None and pin.name == name)
    dynamic = (pin for pin in pins if (prefix := dynamic_prefix(pin)) and _matches(prefix, name))
    return next(fixed, None) or next(dynamic, None)


def _matches(prefix: str, name: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}_")


def _field_fits(field: JsonObject, produced: JsonObject, accepted: JsonObject) -> bool:
    """Equal, or one side is the wildcard; an absent field counts as the wildcard where there is one."""
    wildcard = field.get("wildcard_value", _ABSENT)
    ours, theirs = (body.get(field["name"], wildcard) for body in (produced, accepted))
    if ours is _ABSENT or theirs is _ABSENT:
        return False
    return _folded(ours) == _folded(theirs) or wildcard in (ours, theirs)


def _folded(value: Any) -> Any:
    """Codec names differ in case between server versions."""
    return value.lower() if isinstance(value, str) else value


def _body(packet: PacketType) -> JsonObject:
    body = packet.get(type_id(packet)) if isinstance(packet, dict) else None
    return body if isinstance(body, dict) else {}
