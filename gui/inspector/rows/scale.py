"""Between a field's wire value and the number that is shown: scale, decimals, limits, whole numbers. Pure."""

from __future__ import annotations

from sync.fields import Field

__all__ = ["clamp", "format_shown", "to_shown", "to_wire"]


def to_shown(field: Field, wire: float) -> float:
    """The number on the screen for a wire value: opacity 0.64 is 64."""
    return wire * field.scale


def to_wire(field: Field, shown: float) -> float:
    """The wire value for a shown number, within the field's limits; a whole number where the field has no fractions."""
    value = clamp(field, shown / field.scale)
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
    """A shown number with the field's decimals; never ``-0``."""
    text = f"{shown:.{field.decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _places_of_scale(scale: float) -> int:
    places = 0
    while scale >= 10:
        scale, places = scale / 10, places + 1
    return places
