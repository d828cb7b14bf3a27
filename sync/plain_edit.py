"""Edits of any node but the compositor: patches that merge, so nothing can be removed and every number is finite."""

from __future__ import annotations

import math
from typing import Any

from sync.compositor_edit import EditRefused
from sync.paths import REMOVED, Edits, Path, expand

__all__ = ["prepare_plain"]


def prepare_plain(edits: Edits) -> dict[Path, Any]:
    """The edits as leaves; an absent value travels as null, because a merge cannot take a key away.

    Raises EditRefused for what is no JSON.
    """
    leaves = {path: None if value is REMOVED else value for path, value in expand(edits).items()}
    for path, value in leaves.items():
        if not _is_json(value):
            raise EditRefused(path, f"{'.'.join(path)}: must be a finite number, a text, a list or an object.")
    return leaves


def _is_json(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, list | tuple):
        return all(_is_json(part) for part in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(part) for key, part in value.items())
    return value is None or isinstance(value, str | int)
