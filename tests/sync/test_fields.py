"""The field tables of layers and of a compositor itself."""

from __future__ import annotations

import pytest

from sync.fields import Owner, fields_from_schema, fields_of, fields_of_node
from sync.paths import read
from sync.scene import Layer, LayerKind
from sync.wire.compositor import OUTPUT_FORMATS, CompositorConfig, LayerConfig, TextOverlay


@pytest.mark.parametrize("kind", list(LayerKind))
def test_every_field_has_one_name_one_group_and_a_range_that_holds_its_default(kind: LayerKind) -> None:
    fields = fields_of(kind)
    assert len({field.path for field in fields}) == len(fields) == len({field.name for field in fields})
    assert {field.group for field in fields} <= {"Place", "Look", "Crop", "Text"}
    for field in fields:
        assert field.path[-1] in (*Layer.__struct_fields__, "x", "y", "width", "height")
        if field.minimum is not None and field.maximum is not None and field.default is not None:
            assert field.minimum <= field.default <= field.maximum


def test_defaults_are_the_servers() -> None:
    video = {field.name: field.default for field in fields_of(LayerKind.VIDEO) if field.owner is Owner.CONFIG}
    assert video == {name: getattr(LayerConfig(), name) for name in video}
    assert set(video) == set(LayerConfig.__struct_fields__) - {"rect"}
    text = next(field for field in fields_of(LayerKind.TEXT) if field.name == "font_size")
    assert text.default == TextOverlay.__struct_defaults__[2]
    assert read({"rect": {"x": 1}}, fields_of(LayerKind.IMAGE)[0].path) == 1


def test_a_compositors_own_fields_are_the_desks_and_live_but_for_its_first_pins() -> None:
    """PROTOCOL.md §8: its schema marks nothing as live."""
    schema = {"properties": {"width": {"type": "integer"}, "layers": {"type": "object"}, "blend": {"type": "string"}}}
    fields = {field.name: field for field in fields_of_node("video::compositor", schema)}
    defaults = CompositorConfig()
    assert {name: fields[name].default for name in fields if name != "blend"} == {
        name: getattr(defaults, name) for name in fields if name != "blend"
    }
    assert {*fields, "layers", "image_overlays", "text_overlays"} == {*CompositorConfig.__struct_fields__, "blend"}
    assert [name for name, field in fields.items() if not field.is_tunable] == ["num_inputs", "blend"]
    assert {value for value, _title in fields["output_format"].choices} == {None, *OUTPUT_FORMATS}


def test_any_other_nodes_fields_are_those_of_its_schema() -> None:
    schema = {"properties": {"width": {"type": "integer"}}}
    assert fields_of_node("video::colorbars", schema) == fields_from_schema(schema)


def test_ranges_of_a_layer_hold_all_that_a_streamkit_operator_can_set_and_the_server_takes() -> None:
    """The sliders and numbers of StreamKit's inspector; what lies beyond them is bounded by the server's limits."""
    fields = {field.name: field for kind in LayerKind for field in fields_of(kind)}
    theirs = {
        "opacity": (0, 1, 0.01),
        "rotation_degrees": (-180, 179, 1),  # 0 to 359 turned about the same circle
        "crop_zoom": (1, 4, 0.1),
        "crop_x": (0, 1, 0.01),
        "crop_y": (0, 1, 0.01),
        "font_size": (8, 4096, 1),
        "x": (-7680, 7680, 1),
        "width": (20, 7680, 1),
    }
    for name, (lowest, highest, step) in theirs.items():
        field = fields[name]
        assert field.minimum is not None
        assert field.maximum is not None
        assert field.step is not None
        assert field.minimum <= lowest
        assert field.maximum >= highest
        assert field.step <= step
    texts, images = fields_of(LayerKind.TEXT), fields_of(LayerKind.IMAGE)
    assert {"text", "font_name", "color", "word_wrap", "mirror_horizontal"} <= {field.name for field in texts}
    assert {"mirror_horizontal", "mirror_vertical", "z_index"} <= {field.name for field in images}
    assert [value for value, _title in fields["crop_shape"].choices] == ["rect", "circle"]
    assert "aspect_fit" in {field.name for field in fields_of(LayerKind.VIDEO)}
