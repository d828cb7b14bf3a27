"""The sample pipelines are what they claim: they compile, their files exist, their layers fit the canvas."""

from __future__ import annotations

from pathlib import Path

import pytest

from resources import ROOT, resource_path
from sync.client_controls import ControlKind, read_controls
from sync.paths import write
from sync.wire.compositor import ConfigRefused, parse_config
from sync.wire.pipeline import Pipeline
from sync.wire.user_form import compile_pipeline
from sync.wire.yaml_text import parse_yaml

SAMPLES = sorted((ROOT / "samples").glob("*.yaml"))


def read(path: Path) -> Pipeline:
    return compile_pipeline(parse_yaml(path.read_text(encoding="utf-8")))


def compositor_params(pipeline: Pipeline) -> dict[str, object]:
    return dict(pipeline.nodes["compositor"].params or {})


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_compiles_and_its_compositor_accepts_the_config(path: Path) -> None:
    pipeline = read(path)
    config = parse_config(compositor_params(pipeline))
    assert pipeline.name
    assert pipeline.description
    connected = {connection.to_pin for connection in pipeline.connections if connection.to_node == "compositor"}
    assert set(config.layers) == connected, "every layer has a source and every source a layer"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_names_only_files_that_ship(path: Path) -> None:
    named = [
        node.params["path"] for node in read(path).nodes.values() if node.kind == "layerdesk::media" and node.params
    ]
    assert [name for name in named if not (ROOT / "samples" / str(name)).is_file()] == []


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_layer_and_text_of_a_sample_lies_on_the_canvas(path: Path) -> None:
    config = parse_config(compositor_params(read(path)))
    rects = [layer.rect for layer in config.layers.values() if layer.rect] + [t.rect for t in config.text_overlays]
    outside = [
        rect
        for rect in rects
        if rect.x < 0 or rect.y < 0 or rect.x + rect.width > config.width or rect.y + rect.height > config.height
    ]
    assert outside == []


def test_the_controls_of_the_multiview_can_all_be_used() -> None:
    pipeline = read(resource_path("samples/multiview.yaml"))
    controls, refused = read_controls(pipeline.client)
    layers = set(parse_config(compositor_params(pipeline)).layers)
    assert refused == ()
    assert {control.kind for control in controls} == {ControlKind.NUMBER, ControlKind.TOGGLE, ControlKind.SELECT}
    for control in controls:
        changed = write(pipeline.nodes[control.node].params or {}, control.path, control.default)
        assert set(parse_config(changed).layers) == layers, f"{control.label} is a control of a layer that is there"


def test_the_demo_has_four_layers_one_of_them_an_encoded_file() -> None:
    pipeline = read(resource_path("samples/studio.yaml"))
    config = parse_config(compositor_params(pipeline))
    assert len(config.layers) + len(config.text_overlays) >= 4
    assert [node.kind for node in pipeline.nodes.values()].count("layerdesk::media") >= 1
    assert {"title", "lower_third"} <= {text.id for text in config.text_overlays}


def test_a_key_that_the_compositor_does_not_know_would_be_noticed() -> None:
    params = compositor_params(read(resource_path("samples/studio.yaml")))
    with pytest.raises(ConfigRefused):
        parse_config({**params, "hight": 720})


def test_the_two_bars_use_no_kind_of_our_own() -> None:
    pipeline = read(resource_path("samples/two_bars.yaml"))
    assert [node.kind for node in pipeline.nodes.values() if node.kind.startswith("layerdesk::")] == []
