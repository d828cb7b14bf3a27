"""What the operator sees of one compositor: its layers, bottom to top. Immutable and cheap to rebuild."""

from __future__ import annotations

from enum import Enum

import msgspec

from sync.paths import Path
from sync.wire.compositor import Rect

__all__ = ["HIDDEN_BELOW", "Layer", "LayerKind", "Scene"]

HIDDEN_BELOW = 0.005
"""Opacity travels with two decimals: below half of the last one it is 0 on the wire."""


class LayerKind(Enum):
    """What a layer draws."""

    VIDEO = "video"
    TEXT = "text"
    IMAGE = "image"


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One layer: its configured fields, and ``drawn``, where it really is on the canvas before rotation."""

    id: str
    kind: LayerKind
    path: Path
    name: str
    drawn: Rect
    source_pin: str | None = None
    rect: Rect | None = None
    source_size: tuple[int, int] | None = None
    is_automatic: bool = False
    is_hidden: bool = False
    opacity: float = 1.0
    z_index: int = 0
    rotation_degrees: float = 0.0
    aspect_fit: bool = True
    mirror_horizontal: bool = False
    mirror_vertical: bool = False
    crop_zoom: float = 1.0
    crop_x: float = 0.5
    crop_y: float = 0.5
    crop_shape: str = "rect"
    text: str = ""
    color: tuple[int, int, int, int] = (255, 255, 255, 255)
    font_size: int = 24
    font_name: str | None = None
    word_wrap: bool = False
    measured_size: tuple[int, int] | None = None
    asset_path: str = ""


class Scene(msgspec.Struct, frozen=True):
    """A compositor's canvas in pixels, its frame rate and its layers in draw order, bottom first."""

    node_id: str
    canvas: tuple[int, int]
    fps: int
    layers: tuple[Layer, ...]

    def layer(self, layer_id: str) -> Layer | None:
        """The layer with that id; None when there is none."""
        return next((layer for layer in self.layers if layer.id == layer_id), None)
