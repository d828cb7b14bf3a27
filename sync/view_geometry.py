"""Where the server said that layers are, and when that is still true of the config that we show (PROTOCOL.md §13.2).

Every accepted row is kept with the geometry that it was computed from. As long as the shown config asks for that same
geometry the row is drawn; from the first differing change on, the place is predicted from the config.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple, TypeAlias

from sync.paths import read
from sync.wire.compositor import CompositorLayout, LayerRow, OverlayRow, Rect
from sync.wire.json_value import JsonObject

__all__ = ["SHAPING", "Basis", "ViewGeometry", "basis_of", "canvas_of"]

Basis: TypeAlias = tuple[Any, ...]
SHAPING = {
    "layers": ("rect", "aspect_fit"),
    "text_overlays": ("rect", "text", "font_size", "font_name", "word_wrap"),
    "image_overlays": ("rect", "asset_path"),
}
_DEFAULTS: JsonObject = {"aspect_fit": True, "font_size": 24, "word_wrap": False}


_Row: TypeAlias = LayerRow | OverlayRow


class _Placed(NamedTuple):
    row: _Row
    computed_from: JsonObject


def canvas_of(params: JsonObject) -> tuple[int, int]:
    """Canvas width and height in pixels, with the server's defaults."""
    width, height = params.get("width"), params.get("height")
    return (width if isinstance(width, int) else 1280, height if isinstance(height, int) else 720)


def basis_of(params: JsonObject, group: str, layer_id: str) -> Basis:
    """All that decides a layer's place in ``params``; without an entry only the canvas does."""
    entry = read(params, (group, layer_id))
    if not isinstance(entry, dict):
        return canvas_of(params)
    return (*canvas_of(params), *(entry.get(name, _DEFAULTS.get(name)) for name in SHAPING[group]))


class ViewGeometry:
    """The newest accepted rows of one compositor; a layout is looked into when it is drawn, not when it comes."""

    def __init__(self) -> None:
        self._layout: CompositorLayout | None = None
        self._computed_from: JsonObject = {}
        self._kept: dict[tuple[str, str], _Placed | None] = {}
        self._index: dict[str, dict[str, _Row]] | None = {}
        self._measured: dict[str, tuple[int, int]] = {}
        self._sources: dict[str, tuple[int, int]] = {}
        self.slots: tuple[str, ...] = ()

    def accept(self, layout: CompositorLayout, computed_from: JsonObject, frozen: Collection[tuple[str, str]]) -> None:
        """Takes a layout that passed the gate. ``frozen`` names the (group, layer id) that a gesture holds."""
        self._kept = {key: self._placed(*key) for key in frozen}
        self._layout, self._computed_from, self._index = layout, computed_from, None
        self.slots = tuple([row.id for row in layout.layers])
        self._take_sizes(layout)

    def rect(self, group: str, layer_id: str, params: JsonObject) -> Rect | None:
        """The server's place of a layer, if it was computed from the very geometry that ``params`` ask for."""
        placed = self._placed(group, layer_id)
        if placed is None:
            return None
        return _rect_of(placed.row) if _is_same_basis(placed.computed_from, params, group, layer_id) else None

    def source_size(self, pin: str) -> tuple[int, int] | None:
        """The newest known frame size of an input."""
        return self._sources.get(pin)

    def measured_size(self, text_id: str) -> tuple[int, int] | None:
        """The newest known size of a text, unclamped."""
        return self._measured.get(text_id)

    def last_rect(self, group: str, layer_id: str) -> Rect | None:
        """The server's last word on a layer's place, whatever it was computed from."""
        placed = self._placed(group, layer_id)
        return None if placed is None else _rect_of(placed.row)

    def _placed(self, group: str, layer_id: str) -> _Placed | None:
        """A row that was kept for a gesture, else the newest. A layer without a row in the newest layout has none."""
        row = self._rows().get(group, {}).get(layer_id)
        if row is None:
            return None
        newest = _Placed(row, self._computed_from)
        return self._kept.get((group, layer_id), newest) if self._kept else newest

    def _rows(self) -> dict[str, dict[str, _Row]]:
        if self._index is None:
            layout = self._layout
            groups = _groups(layout) if layout is not None else ()
            self._index = {group: {row.id: row for row in rows} for group, rows in groups}
        return self._index

    def _take_sizes(self, layout: CompositorLayout) -> None:
        self._sources.update(
            {row.id: (w, h) for row in layout.layers if (w := row.source_width) and (h := row.source_height)}
        )
        for text in layout.text_overlays:
            if text.measured_text_width is not None and text.measured_text_height is not None:
                self._measured[text.id] = (text.measured_text_width, text.measured_text_height)


def _is_same_basis(first: JsonObject, second: JsonObject, group: str, layer_id: str) -> bool:
    if first is second:
        return True
    return basis_of(first, group, layer_id) == basis_of(second, group, layer_id)


def _rect_of(row: LayerRow | OverlayRow) -> Rect:
    return Rect(row.x, row.y, row.width, row.height)


def _groups(layout: CompositorLayout) -> tuple[tuple[str, list[LayerRow] | list[OverlayRow]], ...]:
    return (
        ("layers", layout.layers),
        ("text_overlays", layout.text_overlays),
        ("image_overlays", layout.image_overlays),
    )
