"""The field tables: of a layer and a compositor, written here; of any other node, read from its JSON schema."""

from __future__ import annotations

from typing import Any

from sync.field import Field, FieldKind, Owner
from sync.scene import LayerKind
from sync.schema_fields import fields_from_schema
from sync.wire.compositor import KIND, MAX_CANVAS_SIDE, MAX_FONT_SIZE, CompositorConfig
from sync.wire.json_value import JsonObject

__all__ = ["Field", "FieldKind", "Owner", "fields_from_schema", "fields_of", "fields_of_node"]

MAX_FPS = 1000


def fields_of(layer_kind: LayerKind) -> tuple[Field, ...]:
    """The fields of a layer, in the order in which an inspector shows them; paths are relative to ``Layer.path``."""
    return _TABLES[layer_kind]


def fields_of_node(kind: str, schema: JsonObject) -> tuple[Field, ...]:
    """The fields of a node's own params.

    A compositor has the table written here, for its schema tells nothing of what is live (PROTOCOL.md §8), and behind
    it what a newer server has besides.
    """
    found = fields_from_schema(schema)
    if kind != KIND:
        return found
    known = CompositorConfig.__struct_fields__
    return (*_CANVAS, *(field for field in found if field.path[0] not in known))


def _pixels(axis: str, title: str, minimum: int) -> Field:
    return Field(
        name=axis,
        title=title,
        group="Place",
        kind=FieldKind.NUMBER,
        path=("rect", axis),
        minimum=minimum,
        maximum=MAX_CANVAS_SIDE,
        step=1,
        unit="px",
        owner=Owner.GEOMETRY,
    )


def _toggle(name: str, title: str, group: str, *, default: bool = False) -> Field:
    return Field(name=name, title=title, group=group, kind=FieldKind.TOGGLE, path=(name,), default=default)


def _crop_share(name: str, title: str) -> Field:
    return Field(
        name=name,
        title=title,
        group="Crop",
        kind=FieldKind.SLIDER,
        path=(name,),
        minimum=0,
        maximum=1,
        step=0.01,
        unit="%",
        scale=100,
        default=0.5,
    )


def _place(smallest_side: int) -> tuple[Field, ...]:
    return (
        _pixels("x", "X", -MAX_CANVAS_SIDE),
        _pixels("y", "Y", -MAX_CANVAS_SIDE),
        _pixels("width", "Width", smallest_side),
        _pixels("height", "Height", smallest_side),
    )


_ROTATION = Field(
    name="rotation_degrees",
    title="Rotation",
    group="Place",
    kind=FieldKind.SLIDER,
    path=("rotation_degrees",),
    minimum=-180,
    maximum=180,
    step=0.1,
    unit="°",
    decimals=1,
    default=0.0,
)
_ORDER = Field(
    name="z_index",
    title="Order",
    group="Place",
    kind=FieldKind.NUMBER,
    path=("z_index",),
    minimum=-1000,
    maximum=1000,
    step=1,
    default=0,
)
_OPACITY = Field(
    name="opacity",
    title="Opacity",
    group="Look",
    kind=FieldKind.SLIDER,
    path=("opacity",),
    minimum=0,
    maximum=1,
    step=0.01,
    unit="%",
    scale=100,
    default=1.0,
)
_MIRRORS = (_toggle("mirror_horizontal", "Mirror ↔", "Look"), _toggle("mirror_vertical", "Mirror ↕", "Look"))
_CROP = (
    Field(
        name="crop_zoom",
        title="Zoom",
        group="Crop",
        kind=FieldKind.SLIDER,
        path=("crop_zoom",),
        minimum=1,
        maximum=10,
        step=0.01,
        unit="×",
        decimals=2,
        default=1.0,
    ),
    _crop_share("crop_x", "Pan X"),
    _crop_share("crop_y", "Pan Y"),
    Field(
        name="crop_shape",
        title="Shape",
        group="Crop",
        kind=FieldKind.CHOICE,
        path=("crop_shape",),
        default="rect",
        choices=(("rect", "Rectangle"), ("circle", "Circle")),
    ),
)
_TEXT = (
    Field(name="text", title="Text", group="Text", kind=FieldKind.TEXT, path=("text",), default=""),
    Field(
        name="font_size",
        title="Size",
        group="Text",
        kind=FieldKind.NUMBER,
        path=("font_size",),
        minimum=1,
        maximum=MAX_FONT_SIZE,
        step=1,
        unit="px",
        default=24,
    ),
    Field(
        name="color",
        title="Colour",
        group="Text",
        kind=FieldKind.COLOUR,
        path=("color",),
        default=[255, 255, 255, 255],
    ),
    Field(name="font_name", title="Font", group="Text", kind=FieldKind.FONT, path=("font_name",)),
    _toggle("word_wrap", "Wrap lines", "Text"),
)
_FORMATS = (("rgba8", "RGBA8"), ("nv12", "NV12"), ("i420", "I420"))
_GPU = (("auto", "Automatic"), ("gpu", "GPU"), ("cpu", "CPU"))


def _side(name: str, title: str, default: int) -> Field:
    return Field(
        name=name,
        title=title,
        kind=FieldKind.NUMBER,
        path=(name,),
        minimum=1,
        maximum=MAX_CANVAS_SIDE,
        step=1,
        unit="px",
        default=default,
        description="Of the canvas and of every picture that comes out; what encodes it must take another size.",
    )


def _mode(name: str, title: str, unset: str, choices: tuple[tuple[Any, str], ...]) -> Field:
    return Field(
        name=name, title=title, kind=FieldKind.CHOICE, path=(name,), choices=((None, unset), *choices), is_nullable=True
    )


_CANVAS = (
    _side("width", "Width", CompositorConfig().width),
    _side("height", "Height", CompositorConfig().height),
    Field(
        name="fps",
        title="Frame rate",
        kind=FieldKind.NUMBER,
        path=("fps",),
        minimum=1,
        maximum=MAX_FPS,
        step=1,
        unit="fps",
        default=CompositorConfig().fps,
    ),
    _mode("output_format", "Output format", "RGBA8 (default)", _FORMATS),
    _mode("gpu_mode", "Drawn by", "Automatic (default)", _GPU),
    Field(
        name="num_inputs",
        title="First inputs",
        kind=FieldKind.NUMBER,
        path=("num_inputs",),
        minimum=0,
        step=1,
        description="How many input pins the compositor starts with.",
        is_tunable=False,
        is_nullable=True,
    ),
)
_TABLES = {
    LayerKind.VIDEO: (
        *_place(1),
        _ROTATION,
        _ORDER,
        _toggle("aspect_fit", "Keep aspect", "Place", default=True),
        _OPACITY,
        *_MIRRORS,
        *_CROP,
    ),
    LayerKind.TEXT: (*_TEXT, *_place(0), _ROTATION, _ORDER, _OPACITY, *_MIRRORS),
    LayerKind.IMAGE: (*_place(1), _ROTATION, _ORDER, _OPACITY, *_MIRRORS),
}
