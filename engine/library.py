"""The node library: every kind that the engine builds, with its params as JSON Schema and its pins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from engine.node import Kind, Node, NodeContext
from engine.nodes.colorbars import ColorBars, ColorBarsParams, read_colorbars
from engine.nodes.compositor import Compositor
from engine.nodes.media import Media, MediaParams, read_media
from engine.nodes.passing import (
    NoParams,
    PassThrough,
    PixelConvertParams,
    Sink,
    read_no_params,
    read_pixel_convert,
)
from engine.nodes.streaming import Mse, MseParams, WebmMuxer, WebmMuxerParams, read_mse, read_webm_muxer
from engine.nodes.vp9_encoder import Vp9Encoder, Vp9Params, read_vp9
from engine.places import Places, shipped_places
from engine.schema import schema_of
from sync.wire.compositor import KIND as COMPOSITOR
from sync.wire.compositor import MAX_CANVAS_SIDE, CompositorConfig, parse_config
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Cardinality, InputPin, NodeDefinition, OutputPin, PacketType

__all__ = ["library"]

ANY: PacketType = "Any"


def _raw_video(pixel_format: str) -> PacketType:
    return {"RawVideo": {"width": None, "height": None, "pixel_format": pixel_format}}


VP9: PacketType = {
    "EncodedVideo": {"codec": "vp9", "bitstream_format": None, "codec_private": None, "profile": None, "level": None}
}
RAW_VIDEO = [_raw_video(name) for name in ("Rgba8", "I420", "Nv12")]


def library(places: Places | None = None) -> dict[str, Kind]:
    """All kinds by name. ``places`` says where files that params name may lie; by default what is shipped."""
    found = places if places is not None else shipped_places()
    kinds = (
        _compositor(found),
        _colorbars(found),
        _media(found),
        *_passing(),
        *_streaming(),
    )
    return {kind.definition.kind: kind for kind in kinds}


def _kind(
    name: str,
    description: str,
    params: type[msgspec.Struct],
    check: Callable[[JsonObject], object],
    build: Callable[[NodeContext], Node],
    **details: Any,
) -> Kind:
    """``details``: inputs, outputs, categories, and ``tunable``, the names of params that are live."""
    schema = schema_of(params, details.pop("tunable", ()), details.pop("limits", {}))
    return Kind(NodeDefinition(name, description, schema, **details), build, check)


def _input(accepts: list[PacketType], name: str = "in", cardinality: Cardinality = "One") -> list[InputPin]:
    return [InputPin(name, accepts, cardinality)]


def _output(produces: PacketType) -> list[OutputPin]:
    return [OutputPin("out", produces)]


def _compositor(places: Places) -> Kind:
    return _kind(
        COMPOSITOR,
        "Composes any number of video inputs, texts and images into one picture at a fixed rate.",
        CompositorConfig,
        parse_config,
        lambda context: Compositor(context, places),
        inputs=_input(RAW_VIDEO, cardinality={"Dynamic": {"prefix": "in"}}),
        outputs=_output(_raw_video("Rgba8")),
        categories=["video", "compositing"],
        tunable=[name for name in CompositorConfig.__struct_fields__ if name != "num_inputs"],
        limits={
            "width": (1, MAX_CANVAS_SIDE),
            "height": (1, MAX_CANVAS_SIDE),
            "fps": (1, None),
            "num_inputs": (0, None),
        },
    )


def _colorbars(places: Places) -> Kind:
    return _kind(
        "video::colorbars",
        "Generates 75 % colour bars, still or scrolling, with a clock on request.",
        ColorBarsParams,
        read_colorbars,
        lambda context: ColorBars(context, places),
        outputs=_output(_raw_video("Nv12")),
        categories=["video", "generators"],
        tunable=("animate", "draw_time", "draw_time_use_pts"),
        limits={"width": (1, 7680), "height": (1, 7680), "fps": (1, 1000), "frame_count": (0, None)},
    )


def _media(places: Places) -> Kind:
    return _kind(
        "layerdesk::media",
        "Plays the picture of a video file at its own pace, over and over or once.",
        MediaParams,
        read_media,
        lambda context: Media(context, places),
        outputs=_output(_raw_video("I420")),
        categories=["video", "sources"],
        tunable=("loop",),
        limits={"start_s": (0, None)},
    )


def _streaming() -> tuple[Kind, ...]:
    return (
        _kind(
            "video::vp9::encoder",
            "Encodes pictures to VP9 in real time.",
            Vp9Params,
            read_vp9,
            Vp9Encoder,
            inputs=_input(RAW_VIDEO),
            outputs=_output(VP9),
            categories=["video", "codecs", "vp9"],
            limits={"bitrate_kbps": (1, 1_000_000), "keyframe_interval": (1, 100_000), "threads": (1, 64)},
        ),
        _kind(
            "containers::webm::muxer",
            "Writes VP9 into a live WebM stream.",
            WebmMuxerParams,
            read_webm_muxer,
            WebmMuxer,
            inputs=_input([VP9]),
            outputs=_output("Binary"),
            categories=["containers", "webm"],
        ),
        _kind(
            "transport::http::mse",
            "Serves a stream at /mse/{session}{path}; each frame is encoded once, whoever watches.",
            MseParams,
            read_mse,
            Mse,
            inputs=_input(["Binary"]),
            categories=["transport", "http", "mse"],
            limits={"max_clients": (1, None)},
        ),
    )


def _passing() -> tuple[Kind, ...]:
    return (
        _kind(
            "core::sink",
            "Takes packets and throws them away.",
            NoParams,
            read_no_params,
            Sink,
            inputs=_input([ANY]),
            categories=["core", "observability"],
        ),
        _kind(
            "core::passthrough",
            "Hands packets on as they are.",
            NoParams,
            read_no_params,
            PassThrough,
            inputs=_input([ANY]),
            outputs=_output("Passthrough"),
            categories=["core"],
        ),
        _kind(
            "video::pixel_convert",
            "Says which pixel format the next node gets; pictures pass as they are.",
            PixelConvertParams,
            read_pixel_convert,
            lambda context: PassThrough(context, read_pixel_convert),
            inputs=_input(RAW_VIDEO),
            outputs=_output(_raw_video("Nv12")),
            categories=["video", "convert"],
            tunable=("output_format",),
        ),
    )
