"""The ranges of a compositor's numbers: an op's value is moved into its own (sync/log/PROTOCOL.md §3.2)."""

from __future__ import annotations

from math import inf
from typing import Any

from sync.log.op import Path
from sync.wire.compositor import MAX_CANVAS_SIDE, MAX_FONT_SIZE, MAX_I32, MAX_U32

_SHARE = (0.0, 1.0)
_SIGNED = (-MAX_I32 - 1, MAX_I32)
_UNSIGNED = (0, MAX_U32)
_ROOT: dict[str, tuple[float, float]] = {
    "width": (1, MAX_CANVAS_SIDE),
    "height": (1, MAX_CANVAS_SIDE),
    "fps": (1, MAX_U32),
    "num_inputs": _UNSIGNED,
}
_ITEM: dict[str, tuple[float, float]] = {
    "opacity": _SHARE,
    "crop_zoom": (1.0, inf),
    "crop_x": _SHARE,
    "crop_y": _SHARE,
    "z_index": _SIGNED,
    "font_size": (0, MAX_FONT_SIZE),
}
_RECT: dict[str, tuple[float, float]] = {"x": _SIGNED, "y": _SIGNED, "width": _UNSIGNED, "height": _UNSIGNED}
_ITEM_LISTS = ("layers", "image_overlays", "text_overlays")

__all__ = ["within_range"]


def within_range(path: Path, value: Any) -> Any:
    """A value of a compositor's params, ``path`` relative to them, moved into its range; anything else as it is."""
    bounds = _bounds(path)
    if bounds is None or isinstance(value, bool) or not isinstance(value, int | float):
        return value
    low, high = bounds
    return low if value < low else min(value, high)


def _bounds(path: Path) -> tuple[float, float] | None:
    if len(path) == 1:
        return _ROOT.get(path[0])
    if path[0] not in _ITEM_LISTS:
        return None
    if len(path) == 3:
        return _ITEM.get(path[2])
    return _RECT.get(path[3]) if len(path) == 4 and path[2] == "rect" else None
