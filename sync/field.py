"""What one row of an inspector is made from: a field's name, control, range, unit, default and owner."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Any, Final

import msgspec

from sync.paths import Path

__all__ = ["Field", "FieldKind", "Owner", "decimals_of"]

MAX_DECIMALS: Final = 12


def decimals_of(step: float) -> int:
    """How many decimals a step has: 2 for 0.25, none for 10."""
    exponent = Decimal(repr(float(step))).normalize().as_tuple().exponent
    return min(MAX_DECIMALS, max(0, -exponent)) if isinstance(exponent, int) else 0


class FieldKind(Enum):
    """Which control shows a field."""

    NUMBER = "number"
    SLIDER = "slider"
    CHOICE = "choice"
    COLOUR = "colour"
    TEXT = "text"
    FONT = "font"
    TOGGLE = "toggle"
    JSON = "json"


class Owner(Enum):
    """Who has the last word: CONFIG is ours, GEOMETRY is computed by the server from the config."""

    CONFIG = "config"
    GEOMETRY = "geometry"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One row of an inspector. ``scale`` turns a wire value into the shown one; bounds and step are wire values.

    ``decimals`` is how fine a hand moves a number; with ``is_exact`` a typed one counts to the last digit all the same.
    Values are whole multiples of ``multiple``. ``json_type`` is what a JSON value must be: array, object or anything.
    """

    name: str
    title: str
    kind: FieldKind
    path: Path
    group: str = ""
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    unit: str = ""
    scale: float = 1.0
    decimals: int = 0
    multiple: float | None = None
    is_exact: bool = False
    json_type: str = ""
    default: Any = None
    owner: Owner = Owner.CONFIG
    choices: tuple[tuple[Any, str], ...] = ()
    description: str = ""
    is_tunable: bool = True
    is_nullable: bool = False
