"""The field table of layers."""

from __future__ import annotations

import pytest

from sync.fields import Owner, fields_of
from sync.paths import read
from sync.scene import Layer, LayerKind
from sync.wire.compositor import LayerConfig, TextOverlay


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
