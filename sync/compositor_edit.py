"""Edits of a compositor made fit for the wire: rounded, complete, and refused here when the server would refuse them.

The server rejects a bad config whole and silently (PROTOCOL.md §13), so every sentence that the operator can get is
made on this side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from sync.paths import REMOVED, Edits, Path, expand, read
from sync.scene_reading import automatic_entry
from sync.view_geometry import canvas_of
from sync.wire.compositor import CompositorConfig, ConfigRefused, LayerConfig, known_part, parse_config
from sync.wire.json_value import JsonObject

__all__ = [
    "OVERLAYS",
    "EditRefused",
    "check_config",
    "check_edits",
    "full_config",
    "is_whole_overlay",
    "is_whole_rect",
    "prepare",
    "restoring",
]

_DECIMALS = {"opacity": 2, "rotation_degrees": 1, "crop_zoom": 2, "crop_x": 2, "crop_y": 2}
_SIDES = ("x", "y", "width", "height")
_WHOLE = ("z_index", "font_size", "width", "height", "fps")
_LAYER_KEYS = frozenset(LayerConfig.__struct_fields__)
OVERLAYS = ("text_overlays", "image_overlays")


class EditRefused(ValueError):
    """A proposal that must not leave the desk; ``path`` is the field, the text a sentence for the operator."""

    def __init__(self, path: Path, sentence: str) -> None:
        super().__init__(sentence)
        self.path = path


def prepare(params: JsonObject, edits: Edits, slots: tuple[str, ...]) -> dict[Path, Any]:
    """The edits as leaves with the values that travel; the first edit of an automatic layer brings its whole entry.

    Raises EditRefused for a field that cannot go away or a number that is none.
    """
    leaves = {path: _rounded(path, value) for path, value in expand(edits).items()}
    for path, value in leaves.items():
        if value is REMOVED and path[0] not in OVERLAYS:
            raise EditRefused(path, f"{_words(path)} cannot be removed: the server keeps what it once had.")
    return {**_made_explicit(params, leaves, slots), **leaves}


def restoring(before: Edits, params: JsonObject, slots: tuple[str, ...]) -> dict[Path, Any]:
    """Edits that go back to ``before`` on a server that cannot forget: an absent field becomes its default."""
    back: dict[Path, Any] = {}
    for path, value in before.items():
        if value is not REMOVED or path[0] in OVERLAYS:
            back[path] = value
        elif path[0] == "layers" and len(path) == 2:
            entry = automatic_entry(path[1], slots, canvas_of(params))
            back |= expand({path: entry})
        else:
            back |= _default(path)
    return back


def check_edits(params: JsonObject, edits: Iterable[Path]) -> None:
    """Checks the touched layers and root fields of ``params`` as the server would.

    Raises EditRefused.
    """
    touched = set(edits)
    part = {key: value for key, value in params.items() if key not in ("layers", *OVERLAYS)}
    for group in ("layers", *OVERLAYS):
        ids = {path[1] for path in touched if path[0] == group and len(path) > 1}
        part |= _only(params, group, None if (group,) in touched else ids)
    check_config(part)


def check_config(params: JsonObject) -> None:
    """Checks a whole config; keys of a newer server that this desk does not know are let through.

    Raises EditRefused.
    """
    try:
        parse_config(known_part(params)[0])
    except ConfigRefused as refused:
        path = tuple(refused.field.split("."))
        raise EditRefused(path, f"{_words(path)}: {refused.reason}.") from refused
    _check_ids(params)


def full_config(params: JsonObject) -> JsonObject:
    """The config that a commit sends: every key that the running compositor would otherwise reset is there."""
    width, height = canvas_of(params)
    empty: JsonObject = {"width": width, "height": height, "layers": {}, "image_overlays": [], "text_overlays": []}
    return {**empty, **params}


def is_whole_overlay(group: str, item: Any) -> bool:
    """True when an overlay has all that the server cannot do without."""
    needed = "text" if group == "text_overlays" else "asset_path"
    rect = read(item, ("rect",))
    return read(item, (needed,)) is not None and rect is not None and is_whole_rect(rect)


def is_whole_rect(rect: Any) -> bool:
    """True when all four sides are there, or no rect at all."""
    return rect is None or (isinstance(rect, dict) and all(side in rect for side in _SIDES))


def _made_explicit(params: JsonObject, leaves: Edits, slots: tuple[str, ...]) -> dict[Path, Any]:
    made: dict[Path, Any] = {}
    for pin in {path[1]: None for path in leaves if path[0] == "layers" and len(path) > 2}:
        if pin in slots and not isinstance(read(params, ("layers", pin)), dict):
            made |= expand({("layers", pin): automatic_entry(pin, slots, canvas_of(params))})
    return made


def _rounded(path: Path, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    try:
        return _rounded_number(path, value)
    except (OverflowError, ValueError):
        raise EditRefused(path, f"{_words(path)}: must be a finite number.") from None


def _rounded_number(path: Path, value: float) -> float:
    name = path[-1]
    if len(path) > 3 and path[-2] == "rect" and name in _SIDES:
        smallest = 0 if path[0] == "text_overlays" else 1
        return max(smallest, round(value)) if name in ("width", "height") else round(value)
    if name in _DECIMALS:
        if not math.isfinite(value):
            raise ValueError(name)
        return round(float(value), _DECIMALS[name])
    return round(value) if name in _WHOLE else value


def _default(path: Path) -> dict[Path, Any]:
    if path[0] == "layers" and len(path) == 3 and path[2] in _LAYER_KEYS:
        return {path: getattr(LayerConfig(), path[2])}
    if len(path) == 1 and path[0] in ("width", "height", "fps", "num_inputs", "output_format", "gpu_mode"):
        return {path: getattr(CompositorConfig(), path[0])}
    return {}


def _only(params: JsonObject, group: str, ids: set[str] | None) -> JsonObject:
    entries = params.get(group)
    if ids is None or entries is None:
        return {} if entries is None else {group: entries}
    if isinstance(entries, dict):
        return {group: {pin: entry for pin, entry in entries.items() if pin in ids}}
    if isinstance(entries, list):
        return {group: [item for item in entries if isinstance(item, dict) and item.get("id") in ids]}
    return {group: entries} if ids else {}


def _check_ids(params: JsonObject) -> None:
    for group in OVERLAYS:
        ids = [item.get("id") for item in params.get(group) or [] if isinstance(item, Mapping)]
        doubled = next((item_id for item_id in ids if item_id is not None and ids.count(item_id) > 1), None)
        if doubled is not None:
            raise EditRefused((group, str(doubled)), f"{doubled}: two overlays have this id.")


def _words(path: Path) -> str:
    groups = {"layers": "Layer", "text_overlays": "Text", "image_overlays": "Image"}
    group = groups.get(path[0])
    if group is None or len(path) < 2:
        return " ".join(path).replace("_", " ").capitalize() or "The config"
    field = " ".join(path[2:]).replace("_degrees", "").replace("_", " ")
    return f"{group} {path[1]} {field}".rstrip()
