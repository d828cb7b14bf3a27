"""The compositor's config and its layout: types, defaults, limits and the strict parse (PROTOCOL.md §13)."""

from __future__ import annotations

import math
from typing import Any, Literal, TypeAlias, TypeVar
from uuid import uuid4

import msgspec

from sync.wire.json_value import JsonObject

MAX_CANVAS_SIDE = 7680
MAX_FONT_SIZE = 4096
MAX_TEXT_BYTES = 10_000
MAX_I32 = 2**31 - 1
MAX_U32 = 2**32 - 1
OUTPUT_FORMATS = ("rgba8", "nv12", "i420")
IMAGE_ROOT = "samples/images/"
KIND = "video::compositor"

__all__ = [
    "KIND",
    "MAX_CANVAS_SIDE",
    "MAX_FONT_SIZE",
    "MAX_TEXT_BYTES",
    "CompositorConfig",
    "CompositorLayout",
    "ConfigRefused",
    "ImageOverlay",
    "KnownLayers",
    "LayerConfig",
    "LayerRow",
    "OverlayRow",
    "Rect",
    "TextOverlay",
    "known_part",
    "parse_config",
    "read_params",
]

T = TypeVar("T")


class ConfigRefused(ValueError):
    """A config that the server refuses whole; ``field`` is its dotted path, ``reason`` a sentence part."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


class Rect(msgspec.Struct, frozen=True):
    """A rectangle in canvas pixels; x and y may lie outside, width and height are unsigned."""

    x: int
    y: int
    width: int
    height: int


class LayerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One input's placement. ``rect`` None is the whole canvas, stretched."""

    rect: Rect | None = None
    aspect_fit: bool = True
    opacity: float = 1.0
    z_index: int = 0
    rotation_degrees: float = 0.0
    mirror_horizontal: bool = False
    mirror_vertical: bool = False
    crop_zoom: float = 1.0
    crop_x: float = 0.5
    crop_y: float = 0.5
    crop_shape: Literal["rect", "circle"] = "rect"


def _new_id() -> str:
    return str(uuid4())


class ImageOverlay(msgspec.Struct, frozen=True):
    """A still picture over the canvas; unknown keys are tolerated."""

    asset_path: str
    rect: Rect
    id: str = msgspec.field(default_factory=_new_id)
    opacity: float = 1.0
    rotation_degrees: float = 0.0
    z_index: int = 0
    mirror_horizontal: bool = False
    mirror_vertical: bool = False


class TextOverlay(msgspec.Struct, frozen=True):
    """A text over the canvas; ``rect`` width and height are upper bounds, 0 is unbounded."""

    text: str
    rect: Rect
    id: str = msgspec.field(default_factory=_new_id)
    color: tuple[int, int, int, int] = (255, 255, 255, 255)
    font_size: int = 24
    font_name: str | None = None
    word_wrap: bool = False
    opacity: float = 1.0
    rotation_degrees: float = 0.0
    z_index: int = 0
    mirror_horizontal: bool = False
    mirror_vertical: bool = False


class CompositorConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole compositor config: what an update replaces."""

    width: int = 1280
    height: int = 720
    fps: int = 30
    num_inputs: int | None = None
    layers: dict[str, LayerConfig] = {}
    image_overlays: list[ImageOverlay] = []
    text_overlays: list[TextOverlay] = []
    output_format: str | None = None
    gpu_mode: str | None = None


class LayerRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One input's fitted geometry; the source size is left out until a frame has come."""

    id: str
    x: int
    y: int
    width: int
    height: int
    source_width: int | None = None
    source_height: int | None = None


class OverlayRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One overlay's placement; the measurement is there for texts only."""

    id: str
    x: int
    y: int
    width: int
    height: int
    measured_text_width: int | None = None
    measured_text_height: int | None = None


KnownLayers: TypeAlias = dict[str, tuple[Any, LayerConfig]]  # pin → what a layer was parsed from, and itself


class CompositorLayout(msgspec.Struct, frozen=True):
    """The compositor's view data without its stamp."""

    canvas_width: int
    canvas_height: int
    layers: list[LayerRow]
    text_overlays: list[OverlayRow] = []
    image_overlays: list[OverlayRow] = []


def parse_config(params: JsonObject, known: KnownLayers | None = None) -> CompositorConfig:
    """The config in ``params`` (metadata already stripped), checked as the server checks it.

    ``known`` are the layers of the config before: those that are the very same objects are not looked at again.
    Raises ConfigRefused naming the first field that is wrong.
    """
    parts, known = dict(params), known if known is not None else {}
    raw = parts.pop("layers", {})
    layers = _parse_layers(raw, known)
    images = _parse_list("image_overlays", parts.pop("image_overlays", []), ImageOverlay)
    texts = _parse_list("text_overlays", parts.pop("text_overlays", []), TextOverlay)
    config = msgspec.structs.replace(
        read_params("", parts, CompositorConfig), layers=layers, image_overlays=images, text_overlays=texts
    )
    _check_root(config)
    for pin, layer in layers.items():
        if not (pin in known and known[pin][1] is layer):
            _check_layer(f"layers.{pin}", layer)
    for image in images:
        _check_image(f"image_overlays.{image.id}", image)
    for text in texts:
        _check_text(f"text_overlays.{text.id}", text)
    known.clear()
    known.update({str(pin): (entry, layers[str(pin)]) for pin, entry in raw.items()})
    return config


def known_part(params: JsonObject) -> tuple[JsonObject, list[tuple[str, ...]]]:
    """A config without the keys, at the root and in layers, that only a newer server knows; and their paths."""
    known, unknown = _split(params, CompositorConfig.__struct_fields__, ())
    if isinstance(layers := known.get("layers"), dict):
        known["layers"] = dict(layers)
        for pin, entry in layers.items():
            if isinstance(entry, dict):
                known["layers"][pin], more = _split(entry, LayerConfig.__struct_fields__, ("layers", str(pin)))
                unknown += more
    return known, unknown


def _split(entry: JsonObject, names: tuple[str, ...], at: tuple[str, ...]) -> tuple[JsonObject, list[tuple[str, ...]]]:
    known = {key: value for key, value in entry.items() if key in names}
    return known, [(*at, str(key)) for key in entry if key not in names]


def read_params(field: str, value: Any, kind: type[T]) -> T:
    """``value`` as a ``kind``; raises ConfigRefused with the dotted path under ``field``."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$")
        inner = where.rstrip("`").lstrip(".")
        raise ConfigRefused(".".join(part for part in (field, inner) if part), reason) from error


def _parse_layers(raw: Any, known: KnownLayers) -> dict[str, LayerConfig]:
    if not isinstance(raw, dict):
        raise ConfigRefused("layers", "expected an object with one entry an input pin")
    return {str(pin): _parse_layer(str(pin), entry, known.get(str(pin))) for pin, entry in raw.items()}


def _parse_layer(pin: str, entry: Any, known: tuple[Any, LayerConfig] | None) -> LayerConfig:
    if known is not None and known[0] is entry:
        return known[1]
    return read_params(f"layers.{pin}", entry, LayerConfig)


def _parse_list(field: str, raw: Any, kind: type[T]) -> list[T]:
    if not isinstance(raw, list):
        raise ConfigRefused(field, "expected a list")
    return [read_params(f"{field}.{index}", entry, kind) for index, entry in enumerate(raw)]


def _check_root(config: CompositorConfig) -> None:
    for name in ("width", "height"):
        _require(1 <= getattr(config, name) <= MAX_CANVAS_SIDE, name, f"must be 1 to {MAX_CANVAS_SIDE}")
    _require(0 < config.fps <= MAX_U32, "fps", "must be more than 0")
    _require(config.num_inputs is None or 0 <= config.num_inputs <= MAX_U32, "num_inputs", "must not be negative")
    formats = ", ".join(OUTPUT_FORMATS)
    _require(
        config.output_format is None or config.output_format in OUTPUT_FORMATS,
        "output_format",
        f"must be one of {formats}",
    )


def _check_layer(field: str, layer: LayerConfig) -> None:
    _check_transform(field, layer)
    if layer.rect is not None:
        _check_rect(f"{field}.rect", layer.rect)
    _require(math.isfinite(layer.crop_zoom) and layer.crop_zoom >= 1.0, f"{field}.crop_zoom", "must be 1 or more")
    _require(_is_share(layer.crop_x), f"{field}.crop_x", "must be 0 to 1")
    _require(_is_share(layer.crop_y), f"{field}.crop_y", "must be 0 to 1")


def _check_image(field: str, image: ImageOverlay) -> None:
    _check_transform(field, image)
    _check_rect(f"{field}.rect", image.rect)
    is_inside = image.asset_path.startswith(IMAGE_ROOT) and ".." not in image.asset_path
    _require(is_inside, f"{field}.asset_path", f"must begin with {IMAGE_ROOT} and hold no ..")


def _check_text(field: str, text: TextOverlay) -> None:
    _check_transform(field, text)
    _check_rect(f"{field}.rect", text.rect)
    _require(0 <= text.font_size <= MAX_FONT_SIZE, f"{field}.font_size", f"must be 0 to {MAX_FONT_SIZE}")
    _require(
        len(text.text.encode("utf-8", "surrogatepass")) <= MAX_TEXT_BYTES,
        f"{field}.text",
        f"must be at most {MAX_TEXT_BYTES} bytes",
    )
    _require(all(0 <= part <= 255 for part in text.color), f"{field}.color", "must be four numbers from 0 to 255")


def _check_transform(field: str, layer: LayerConfig | ImageOverlay | TextOverlay) -> None:
    _require(_is_share(layer.opacity), f"{field}.opacity", "must be 0 to 1")
    _require(math.isfinite(layer.rotation_degrees), f"{field}.rotation_degrees", "must be a finite number")
    _require(-MAX_I32 - 1 <= layer.z_index <= MAX_I32, f"{field}.z_index", "must fit in 32 bits")


def _check_rect(field: str, rect: Rect) -> None:
    for name in ("x", "y"):
        _require(-MAX_I32 - 1 <= getattr(rect, name) <= MAX_I32, f"{field}.{name}", "must fit in 32 bits")
    for name in ("width", "height"):
        _require(0 <= getattr(rect, name) <= MAX_U32, f"{field}.{name}", "must not be negative")


def _is_share(value: float) -> bool:
    return math.isfinite(value) and 0.0 <= value <= 1.0


def _require(is_met: bool, field: str, reason: str) -> None:
    if not is_met:
        raise ConfigRefused(field, reason)
