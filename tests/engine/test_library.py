"""The library: every kind's definition, and StreamKit's two-bars sample built from it and run."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from typing import Any

import av
import msgspec
import pytest

from engine.library import library
from engine.node import Node, NodeContext
from sync.wire.user_form import compile_pipeline
from sync.wire.yaml_text import parse_yaml
from tests.support.nodes import Reports
from tests.support.two_bars import TWO_BARS

KINDS = {
    "video::compositor",
    "video::colorbars",
    "layerdesk::media",
    "core::sink",
    "core::passthrough",
    "video::pixel_convert",
    "video::vp9::encoder",
    "containers::webm::muxer",
    "transport::http::mse",
}


def test_every_kind_is_there_under_its_name_and_can_be_sent() -> None:
    kinds = library()
    assert set(kinds) == KINDS
    for name, kind in kinds.items():
        described = json.loads(msgspec.json.encode(kind.definition))
        assert described["kind"] == name
        assert described["description"]
        assert described["categories"]
        assert described["param_schema"]["type"] == "object"


def schema(kind: str) -> dict[str, Any]:
    return library()[kind].definition.param_schema


@pytest.mark.parametrize(
    ("kind", "tunable"),
    [
        ("video::colorbars", {"animate", "draw_time", "draw_time_use_pts"}),
        ("layerdesk::media", {"loop"}),
        (
            "video::compositor",
            {
                "width",
                "height",
                "fps",
                "layers",
                "image_overlays",
                "text_overlays",
                "output_format",
                "gpu_mode",
            },
        ),
        ("transport::http::mse", set()),
    ],
)
def test_what_is_live_is_marked_tunable_and_nothing_else(kind: str, tunable: set[str]) -> None:
    assert {name for name, entry in schema(kind)["properties"].items() if entry.get("tunable")} == tunable


def test_schemas_carry_bounds_defaults_and_required_params() -> None:
    assert schema("video::colorbars")["properties"]["width"] == {
        "type": "integer",
        "default": 640,
        "minimum": 1,
        "maximum": 7680,
    }
    assert schema("layerdesk::media")["required"] == ["path"]
    assert schema("video::compositor")["$defs"]["LayerConfig"]["properties"]["aspect_fit"]["default"] is True


def test_pins_are_those_of_the_protocol() -> None:
    compositor = library()["video::compositor"].definition
    assert compositor.inputs[0].cardinality == {"Dynamic": {"prefix": "in"}}
    assert len(compositor.inputs[0].accepts_types) == 3
    assert compositor.outputs[0].name == "out"
    assert library()["core::sink"].definition.outputs == []


def test_the_two_bars_sample_runs_unchanged_and_can_be_watched() -> None:
    before = set(threading.enumerate())
    pipeline = compile_pipeline(parse_yaml(TWO_BARS.read_text(encoding="utf-8")))
    kinds, reports = library(), Reports()
    nodes: dict[str, Node] = {
        name: kinds[node.kind].build(reports.context(node.params or {}, name)) for name, node in pipeline.nodes.items()
    }
    for edge in pipeline.connections:
        nodes[edge.to_node].connect_input(edge.to_pin, nodes[edge.from_node].outputs[edge.from_pin])
    for node in nodes.values():
        node.start()
    try:
        data = asyncio.run(_watch(nodes["http_mse"].describe("mse")))
    finally:
        for node in nodes.values():
            node.stop()
    with av.open(io.BytesIO(data), "r", format="webm") as container:
        frames = list(container.decode(video=0))
    assert len(frames) >= 5
    assert (frames[0].width, frames[0].height) == (1280, 720)
    # Not the last one: a source that is stopped before the compositor may still take its layer along.
    assert [1280, 240] in [[row["width"] for row in each["layers"]] for each in reports.view_data]
    assert set(threading.enumerate()) == before
    assert not [state for state in reports.states if state.name == "Failed"]


async def _watch(stream: Any) -> bytes:
    watcher = stream.watch(lambda: None)
    pieces = [await asyncio.wait_for(anext(watcher), 20) for _ in range(8)]
    watcher.close()
    return b"".join(pieces)


def test_passing_nodes_pass_count_and_end() -> None:
    from engine.flow import Bytes, Output
    from tests.support.nodes import Tap

    for kind in ("core::passthrough", "video::pixel_convert"):
        reports, source, tap = Reports(), Output(), Tap()
        node = library()[kind].build(reports.context())
        node.connect_input("in", source)
        node.outputs["out"].attach(tap)
        node.start()
        source.emit(Bytes(b"x"))
        source.close()
        node.stop()
        assert tap.packets == [Bytes(b"x")]
        assert tap.is_closed
        assert (reports.stats[-1].received, reports.stats[-1].sent) == (1, 1)


def test_a_sink_takes_everything_and_keeps_no_picture() -> None:
    from engine.flow import Bytes, Output

    reports, source = Reports(), Output()
    node = library()["core::sink"].build(reports.context())
    node.connect_input("in", source)
    node.start()
    assert not source.keeps_packets
    source.emit(Bytes(b"x"))
    node.stop()
    assert (reports.stats[-1].received, reports.stats[-1].discarded) == (1, 0)
    source.emit(Bytes(b"y"))
    assert reports.stats[-1].received == 1


def test_builds_are_independent_of_each_other() -> None:
    context: NodeContext = Reports().context({"width": 10, "height": 10})
    one, other = (library()["video::colorbars"].build(context) for _ in range(2))
    assert one.outputs["out"] is not other.outputs["out"]
