"""What one row of an inspector is made from: a field's name, control, range, unit, default and owner."""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec

from sync.paths import Path

__all__ = ["Field", "FieldKind", "Owner"]


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
    """One row of an inspector. ``scale`` turns a wire value into the shown one; bounds and step are wire values."""

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
    default: Any = None
    owner: Owner = Owner.CONFIG
    choices: tuple[tuple[Any, str], ...] = ()
    description: str = ""
    is_tunable: bool = True
    is_nullable: bool = False
