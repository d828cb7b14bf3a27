"""How a layer's rectangle is found from its config: fit, automatic placement, slot order (PROTOCOL.md §13.2)."""

from __future__ import annotations

import math
import re

from sync.wire.compositor import LayerConfig, Rect

AUTO_MARGIN = 20
_PIN_NUMBER = re.compile(r"^in_(\d+)$")

__all__ = ["AUTO_MARGIN", "automatic_layer", "fit", "place", "slot_key"]


def fit(rect: Rect, source_width: int, source_height: int) -> Rect:
    """``rect`` shrunk around its centre to the source's aspect ratio; unchanged when a side is zero.

    s = min(rw/sw, rh/sh); size = round(s·source), half away from zero; offset = remainder div 2.
    """
    if not (rect.width and rect.height and source_width and source_height):
        return rect
    scale = min(rect.width / source_width, rect.height / source_height)
    width, height = math.floor(source_width * scale + 0.5), math.floor(source_height * scale + 0.5)
    x, y = rect.x + int((rect.width - width) / 2), rect.y + int((rect.height - height) / 2)
    return Rect(x, y, width, height)


def place(layer: LayerConfig, canvas: tuple[int, int], source: tuple[int, int] | None) -> Rect:
    """Where a layer is drawn before rotation: its rect, fitted when it asks so and a frame size is known."""
    if layer.rect is None:
        return Rect(0, 0, *canvas)
    if layer.aspect_fit and source is not None:
        return fit(layer.rect, *source)
    return layer.rect


def automatic_layer(slot: int, slot_count: int, canvas: tuple[int, int]) -> LayerConfig:
    """The placement of an input without an entry: the first fills the canvas, others sit bottom right."""
    if slot == 0 or slot_count == 1:
        return LayerConfig(aspect_fit=False)
    width, height = canvas[0] // 3, canvas[1] // 3
    corner = Rect(canvas[0] - width - AUTO_MARGIN, canvas[1] - height - AUTO_MARGIN, width, height)
    return LayerConfig(rect=corner, z_index=slot)


def slot_key(pin: str) -> tuple[int, int, str]:
    """Sort key of pre-connected pins: ``in_N`` by number, others after them by name."""
    match = _PIN_NUMBER.match(pin)
    return (0, int(match.group(1)), pin) if match else (1, 0, pin)
