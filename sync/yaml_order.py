"""Where a person would put a new key, and which items of an old list live on in a new one."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

import msgspec

from sync.paths import is_same
from sync.wire.geometry import slot_key

# Root, node, compositor and layer fields in the order in which the reference lists them.
_FIELDS = (
    "name", "description", "mode", "attributes", "client", "steps", "nodes",
    "id", "kind", "text", "asset_path",
    "width", "height", "fps", "num_inputs", "output_format", "gpu_mode", "pixel_format",
    "rect", "color", "font_size", "font_name", "word_wrap",
    "aspect_fit", "opacity", "z_index", "rotation_degrees", "mirror_horizontal", "mirror_vertical",
    "crop_zoom", "crop_x", "crop_y", "crop_shape", "layers", "image_overlays", "text_overlays",
    "params", "needs",
)  # fmt: skip
_RANK = {name: rank for rank, name in enumerate(_FIELDS)}

__all__ = ["insertion_order", "is_equal", "longest_match"]

MAX_COMPARED = 1_000_000


def insertion_order(added: list[str], kept: list[str], wanted: list[str]) -> list[tuple[str, str | None]]:
    """Each new key with the kept key that it follows; None puts it in front. New keys at one place keep their order."""
    place = {name: index for index, name in enumerate(wanted)}
    ranked = sorted(added, key=lambda name: (_RANK.get(name, len(_RANK)), slot_key(name), place[name]))
    ordered = ranked if any(name in _RANK or _is_pin(name) for name in added) else added
    return [(name, _follows(name, kept, place)) for name in ordered]


def is_equal(first: Any, second: Any) -> bool:
    """Equal as JSON all the way down: 1 and 1.0 are the same, 1 and true are not, key order does not count."""
    if first is second:
        return True
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(is_equal(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(is_equal, first, second))
    return is_same(first, second)


def longest_match(old: list[Any], new: list[Any]) -> dict[int, int]:
    """Old index → new index, rising on both sides: by ``id`` where all items have one, else by content and place."""
    old_ids, new_ids = _ids(old), _ids(new)
    if old_ids is not None and new_ids is not None:
        return _matched(old_ids, new_ids)
    if len(old) == len(new) or len(old) * len(new) > MAX_COMPARED:
        return {place: place for place in range(min(len(old), len(new)))}
    before, after = [msgspec.json.encode(item) for item in old], [msgspec.json.encode(item) for item in new]
    matches: dict[int, int] = {}
    for tag, start, end, other, other_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag in ("equal", "replace"):
            matches |= dict(zip(range(start, end), range(other, other_end), strict=False))
    return matches


def _matched(old: list[str], new: list[str]) -> dict[int, int]:
    matches: dict[int, int] = {}
    for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        matches |= {block.a + step: block.b + step for step in range(block.size)}
    return matches


def _ids(items: list[Any]) -> list[str] | None:
    ids = [item.get("id") if isinstance(item, dict) else None for item in items]
    names = [name for name in ids if isinstance(name, str)]
    return names if len(names) == len(items) and len(set(names)) == len(names) else None


def _follows(name: str, kept: list[str], place: dict[str, int]) -> str | None:
    if name in _RANK:
        lower = [other for other in kept if other in _RANK and _RANK[other] < _RANK[name]]
        if lower:
            return max(lower, key=_RANK.__getitem__)
        if kept and kept[0] in _RANK:
            return None
    if _is_pin(name) and all(map(_is_pin, kept)):
        lower = [other for other in kept if slot_key(other) < slot_key(name)]
        return max(lower, key=slot_key) if lower else None
    before = [other for other in kept if place.get(other, len(place)) < place[name]]
    return max(before, key=place.__getitem__) if before else kept[-1]


def _is_pin(name: str) -> bool:
    return slot_key(name)[0] == 0
