"""What is not confirmed yet: values that wait for a commit or its echo, and the commits that are on their way."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sync.paths import Path
from sync.wire.json_value import JsonObject
from sync.wire.stamp import Stamp

__all__ = ["Flight", "Origin", "Pending"]


class Origin(Enum):
    """Why a field is pending: the operator changed it, or a peer's value that a crossing overwrote is put back."""

    EDIT = "edit"
    HEAL = "heal"


@dataclass(slots=True)
class Pending:
    """An unconfirmed value. ``order`` is the number of the first commit that carried it, None before.

    ``overwritten``: for a heal, what our last commit has left there; None before the link is lost.
    """

    value: Any
    origin: Origin
    since: float
    order: int | None = None
    overwritten: Any = None


@dataclass(slots=True)
class Flight:
    """A commit on its way. ``edits`` are the operator's edits that it was the first to carry.

    ``is_met``: whether a later snapshot held them; None before one.
    """

    order: int
    stamp: Stamp | None
    params: JsonObject
    edits: dict[Path, Any]
    sent_at: float
    heals: dict[Path, Any] = field(default_factory=dict)
    is_met: bool | None = None
