"""Pure layout: a compositor's config, its inputs and its overlays' sizes → what is drawn where, in which order.

Rules: PROTOCOL.md §13.2. Nothing here knows pixels, threads or Qt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

import msgspec

from sync.wire.compositor import (
    CompositorConfig,
    CompositorLayout,
    ImageOverlay,
    LayerConfig,
    LayerRow,
    OverlayRow,
    Rect,
    TextOverlay,
)
from sync.wire.geometry import automatic_layer, fit, place

__all__ = ["Item", "ItemKind", "Resolved", "Slot", "TextBox", "resolve", "window"]

NO_ROTATION_BELOW_DEGREES = 0.01


class ItemKind(Enum):
    """What an item draws; ``Item.index`` counts within its kind."""

    VIDEO = "video"
    IMAGE = "image"
    TEXT = "text"


class Slot(NamedTuple):
    """One connected input: its pin, the size of its newest frame, and whether that frame's colours are 4:2:0."""

    pin: str
    source: tuple[int, int] | None = None
    is_subsampled: bool = False


class TextBox(NamedTuple):
    """A text overlay's bitmap size and its unclamped measurement, in pixels."""

    width: int
    height: int
    measured_width: int
    measured_height: int


class Item(msgspec.Struct, frozen=True):
    """One thing to draw: ``crop`` (source pixels, None is all) stretched over ``rect``, mirrored, turned, blended."""

    kind: ItemKind
    index: int
    rect: Rect
    z_index: int
    opacity: float
    rotation_degrees: float = 0.0
    mirror_horizontal: bool = False
    mirror_vertical: bool = False
    crop: Rect | None = None
    is_circle: bool = False


class Resolved(msgspec.Struct, frozen=True):
    """Items in draw order, bottom first, and the rows that clients see."""

    items: tuple[Item, ...]
    view: CompositorLayout


def resolve(
    config: CompositorConfig,
    slots: Sequence[Slot],
    texts: Sequence[TextBox],
    images: Sequence[tuple[int, int] | None],
) -> Resolved:
    """Lays everything out. ``texts`` and ``images`` go with the config's lists; an image without a size is left out."""
    canvas = (config.width, config.height)
    layers = [_layer_of(config, slots, index, canvas) for index in range(len(slots))]
    videos = [_video(index, layer, slots[index], canvas) for index, layer in enumerate(layers)]
    shown = [
        (index, overlay, fit(overlay.rect, *size))
        for index, (overlay, size) in enumerate(zip(config.image_overlays, images, strict=True))
        if size is not None
    ]
    stills = [_still(index, overlay, rect) for index, overlay, rect in shown]
    writings = [
        _writing(index, overlay, box)
        for index, (overlay, box) in enumerate(zip(config.text_overlays, texts, strict=True))
    ]
    view = CompositorLayout(
        canvas_width=config.width,
        canvas_height=config.height,
        layers=[_layer_row(slot, item.rect) for slot, item in zip(slots, videos, strict=True)],
        text_overlays=[_text_row(each, box) for each, box in zip(config.text_overlays, texts, strict=True)],
        image_overlays=[_image_row(overlay, rect) for _, overlay, rect in shown],
    )
    items = sorted((*videos, *stills, *writings), key=lambda item: item.z_index)
    return Resolved(tuple(item for item in items if _is_visible(item, slots)), view)


def window(zoom: float, pan: tuple[float, float], source: tuple[int, int], *, is_subsampled: bool) -> Rect | None:
    """The part of a source that a zoomed layer shows; None is all of it. 4:2:0 origins are rounded down to even."""
    if zoom <= 1.0:
        return None
    width, height = (max(1, _rounded(side / zoom)) for side in source)
    x = min(_rounded(pan[0] * (source[0] - width)), source[0] - width)
    y = min(_rounded(pan[1] * (source[1] - height)), source[1] - height)
    if is_subsampled:
        x, y = x & ~1, y & ~1
    return Rect(x, y, width, height)


def _rounded(value: float) -> int:
    return math.floor(value + 0.5)


def _layer_of(config: CompositorConfig, slots: Sequence[Slot], index: int, canvas: tuple[int, int]) -> LayerConfig:
    configured = config.layers.get(slots[index].pin)
    return configured if configured is not None else automatic_layer(index, len(slots), canvas)


def _is_visible(item: Item, slots: Sequence[Slot]) -> bool:
    is_waiting = item.kind is ItemKind.VIDEO and slots[item.index].source is None
    return not is_waiting and item.opacity > 0.0 and item.rect.width > 0 and item.rect.height > 0


def _turn(degrees: float) -> float:
    turn = math.fmod(degrees, 360.0)
    return 0.0 if abs(turn) < NO_ROTATION_BELOW_DEGREES else turn


def _video(index: int, layer: LayerConfig, slot: Slot, canvas: tuple[int, int]) -> Item:
    crop = None
    if slot.source is not None:
        pan = (layer.crop_x, layer.crop_y)
        crop = window(layer.crop_zoom, pan, slot.source, is_subsampled=slot.is_subsampled)
    return Item(
        kind=ItemKind.VIDEO,
        index=index,
        rect=place(layer, canvas, slot.source),
        z_index=layer.z_index,
        opacity=layer.opacity,
        rotation_degrees=_turn(layer.rotation_degrees),
        mirror_horizontal=layer.mirror_horizontal,
        mirror_vertical=layer.mirror_vertical,
        crop=crop,
        is_circle=layer.crop_shape == "circle",
    )


def _still(index: int, overlay: ImageOverlay, rect: Rect) -> Item:
    return _overlay(ItemKind.IMAGE, index, overlay, rect)


def _writing(index: int, overlay: TextOverlay, box: TextBox) -> Item:
    return _overlay(ItemKind.TEXT, index, overlay, Rect(overlay.rect.x, overlay.rect.y, box.width, box.height))


def _overlay(kind: ItemKind, index: int, overlay: ImageOverlay | TextOverlay, rect: Rect) -> Item:
    return Item(
        kind=kind,
        index=index,
        rect=rect,
        z_index=overlay.z_index,
        opacity=overlay.opacity,
        rotation_degrees=_turn(overlay.rotation_degrees),
        mirror_horizontal=overlay.mirror_horizontal,
        mirror_vertical=overlay.mirror_vertical,
    )


def _layer_row(slot: Slot, rect: Rect) -> LayerRow:
    width, height = slot.source if slot.source is not None else (None, None)
    return LayerRow(slot.pin, rect.x, rect.y, rect.width, rect.height, width, height)


def _text_row(overlay: TextOverlay, box: TextBox) -> OverlayRow:
    rect = overlay.rect
    return OverlayRow(overlay.id, rect.x, rect.y, box.width, box.height, box.measured_width, box.measured_height)


def _image_row(overlay: ImageOverlay, rect: Rect) -> OverlayRow:
    return OverlayRow(overlay.id, rect.x, rect.y, rect.width, rect.height)
