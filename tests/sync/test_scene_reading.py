"""From params, pins and view data to layers; odd params never break the picture."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.scene import LayerKind
from sync.scene_reading import automatic_entry, pins_of, read_scene
from sync.view_geometry import ViewGeometry
from sync.wire.compositor import Rect
from sync.wire.pipeline import Connection
from sync.wire.view_data import read_stamped_layout
from tests.support.link import DEMO_PARAMS

PINS = {"in_0": "cam_a.out", "in_1": "cam_b.out", "in_2": "cam_c.out"}


def test_pins_are_in_slot_order_whatever_the_order_of_the_edges() -> None:
    edges = [Connection("c", "out", "mix", pin) for pin in ("in_10", "extra", "in_2")] + [
        Connection("c", "o", "x", "in")
    ]
    assert list(pins_of("mix", edges)) == ["in_2", "in_10", "extra"]


def test_draw_order_names_and_sources() -> None:
    images = [{"id": "logo", "asset_path": "samples/images/a.png", "rect": {"x": 1, "y": 2, "width": 3, "height": 4}}]
    params = {**DEMO_PARAMS, "image_overlays": images}
    scene = read_scene("mix", params, PINS, ViewGeometry(), {})
    assert [(layer.id, layer.z_index) for layer in scene.layers] == [
        ("in_0", 0),
        ("logo", 0),
        ("in_1", 1),
        ("in_2", 2),
        ("title", 2),
    ]
    layer = scene.layer("in_1")
    assert layer is not None
    assert (layer.name, layer.source_pin, layer.kind) == ("cam_b", "cam_b.out", LayerKind.VIDEO)
    logo = scene.layer("logo")
    assert logo is not None
    assert (logo.asset_path, logo.drawn) == ("samples/images/a.png", Rect(1, 2, 3, 4))
    assert scene.layer("nobody") is None


def test_an_automatic_layer_is_fitted_once_its_size_is_known() -> None:
    geometry = ViewGeometry()
    row = {"id": "in_2", "x": 0, "y": 0, "width": 1, "height": 1, "source_width": 100, "source_height": 200}
    others = [{**row, "id": pin} for pin in ("in_0", "in_1")]
    layout = read_stamped_layout({"canvas_width": 640, "canvas_height": 360, "layers": [*others, row]})
    assert layout is not None
    geometry.accept(layout, {"width": 640, "height": 360}, ())
    scene = read_scene("mix", {"width": 1280, "height": 720}, PINS, geometry, {})
    layer = scene.layer("in_2")
    assert layer is not None
    assert layer.source_size == (100, 200)
    assert (layer.drawn.width, layer.drawn.height) == (120, 240)


@pytest.mark.parametrize(
    ("opacity", "remembered", "expected"),
    [(0.0, {}, (True, 0.0)), (0.0, {"in_1": 0.7}, (True, 0.7)), (0.4, {"in_1": 0.7}, (False, 0.4))],
)
def test_hidden_is_opacity_zero(opacity: float, remembered: dict[str, float], expected: tuple[bool, float]) -> None:
    scene = read_scene("mix", {"layers": {"in_1": {"opacity": opacity}}}, PINS, ViewGeometry(), remembered)
    layer = scene.layer("in_1")
    assert layer is not None
    assert (layer.is_hidden, layer.opacity) == expected


def test_the_explicit_form_of_automatic_placement() -> None:
    assert automatic_entry("in_0", ("in_0", "in_1"), (640, 360))["rect"] == {
        "x": 0,
        "y": 0,
        "width": 640,
        "height": 360,
    }
    assert automatic_entry("in_1", ("in_0", "in_1"), (640, 360))["rect"] == {
        "x": 407,
        "y": 220,
        "width": 213,
        "height": 120,
    }
    assert automatic_entry("in_9", ("in_0",), (640, 360))["z_index"] == 1


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "rect", "x", "width", "in_1"]), inner)
    ),
    max_leaves=10,
)
KEYS = st.sampled_from(["width", "height", "fps", "layers", "text_overlays", "image_overlays"])
ENTRY = st.dictionaries(
    st.sampled_from(["rect", "opacity", "z_index", "text", "font_size", "color", "crop_shape", "aspect_fit", "id"]), ODD
)


@given(
    st.dictionaries(KEYS, ODD),
    st.dictionaries(st.sampled_from(["in_0", "in_9"]), ENTRY),
    st.lists(ENTRY.map(lambda entry: {**entry, "id": "t"}), max_size=2),
)
def test_any_params_give_a_scene(params: dict[str, Any], layers: dict[str, Any], texts: list[Any]) -> None:
    for odd in (params, {**params, "layers": layers, "text_overlays": texts}):
        scene = read_scene("mix", odd, PINS, ViewGeometry(), {})
        assert {"in_0", "in_1", "in_2"} <= {layer.id for layer in scene.layers}
