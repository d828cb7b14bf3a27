"""Between a field's wire value and the number that is shown: scale, decimals, limits, whole numbers. Pure."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any, Final

from sync.fields import Field, FieldKind

__all__ = ["clamp", "format_shown", "spoken", "to_shown", "to_wire"]

MAX_SPOKEN: Final = 60
EXACT_DIGITS: Final = 15
SHOWN_DIGITS: Final = 10
SMALLEST_PLAIN: Final = 1e-9
LARGEST_PLAIN: Final = 1e15
NEARLY: Final = 1e-9


def to_shown(field: Field, wire: float) -> float:
    """The number on the screen for a wire value: opacity 0.64 is 64."""
    return wire * field.scale


def to_wire(field: Field, shown: float) -> float:
    """The wire value for a shown number, within the field's limits and a multiple of what it must be a multiple of.

    A whole number where the field has no fractions; an exact field takes every digit.
    """
    value = _snapped(field, clamp(field, shown / field.scale))
    if field.is_exact:
        value = float(f"{value:.{EXACT_DIGITS}g}")
        return int(value) if value.is_integer() and field.decimals == 0 else value
    if field.decimals == 0 and field.scale == 1:
        return round(value)
    places = max(field.decimals, 0) + _places_of_scale(field.scale)
    return round(value, places)


def clamp(field: Field, wire: float) -> float:
    """``wire`` within the field's limits."""
    if field.minimum is not None:
        wire = max(wire, field.minimum)
    if field.maximum is not None:
        wire = min(wire, field.maximum)
    return wire


def format_shown(field: Field, shown: float) -> str:
    """A shown number with the field's decimals, with as many as it has where the field is exact; never ``-0``."""
    text = f"{shown:.{field.decimals}f}"
    is_long = abs(shown) >= LARGEST_PLAIN
    if field.is_exact and (is_long or not math.isclose(float(text), shown, rel_tol=1e-9, abs_tol=0.0)):
        return _significant(shown)
    return text.removeprefix("-") if float(text) == 0 else text


def _significant(shown: float) -> str:
    text = f"{shown:.{SHOWN_DIGITS}g}"
    return format(Decimal(text), "f") if SMALLEST_PLAIN <= abs(shown) < LARGEST_PLAIN else text


def _snapped(field: Field, wire: float) -> float:
    """The nearest whole multiple that lies within the limits; ``wire`` itself where there is none."""
    if field.multiple is None:
        return wire
    lowest = -math.inf if field.minimum is None else math.ceil(field.minimum / field.multiple - NEARLY)
    highest = math.inf if field.maximum is None else math.floor(field.maximum / field.multiple + NEARLY)
    return wire if lowest > highest else min(max(round(wire / field.multiple), lowest), highest) * field.multiple


def spoken(field: Field | None, value: Any) -> str:
    """A wire value as the operator reads it: with the field's unit, the name of a choice, a colour as ``#RRGGBB``."""
    if field is not None and (named := dict(_hashable(field.choices)).get(repr(value))) is not None:
        return named
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        unit = "" if field is None or not field.unit else f" {field.unit}"
        return f"{value:g}" if field is None else f"{format_shown(field, to_shown(field, value))}{unit}"
    if isinstance(value, str):
        return _shortened(f"“{value}”")
    if field is not None and field.kind is FieldKind.COLOUR and isinstance(value, list):
        return "#" + "".join(f"{part:02X}" for part in value[:3] if isinstance(part, int))
    return "nothing" if value is None else _shortened(json.dumps(value, ensure_ascii=False))


def _hashable(choices: tuple[tuple[Any, str], ...]) -> list[tuple[str, str]]:
    return [(repr(value), title) for value, title in choices]


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_SPOKEN else f"{text[: MAX_SPOKEN - 1]}…"


def _places_of_scale(scale: float) -> int:
    places = 0
    while scale >= 10:
        scale, places = scale / 10, places + 1
    return places
