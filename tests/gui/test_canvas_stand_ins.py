"""Boxes in place of a picture: where they are, what they leave out, and that a moved layer is all that moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor

from gui.theme.contrast import contrast_ratio
from gui.theme.tokens import THEME_NAMES, load_tokens
from tests.gui.canvas_stand import NODE, Stand, picture


@pytest.fixture
def bare(qapp: object) -> Iterator[Stand]:
    """A canvas of 1280 x 720 without a picture: one box, one text."""
    del qapp
    box = {"rect": {"x": 100, "y": 100, "width": 400, "height": 200}, "aspect_fit": False, "z_index": 1}
    text = {"id": "t", "text": "Hello", "rect": {"x": 900, "y": 500, "width": 200, "height": 100}}
    stand = Stand({"width": 1280, "height": 720, "layers": {"in_0": box}, "text_overlays": [text]}, (1308, 770))
    stand.hover(1200, 700)
    yield stand
    stand.close()


def colour_at(stand: Stand, x: float, y: float) -> QColor:
    return stand.view.viewport().grab().toImage().pixelColor(stand.view_point(x, y).toPoint())


def test_a_box_lies_where_its_layer_is_drawn(bare: Stand) -> None:
    ground = colour_at(bare, 700, 400)
    assert colour_at(bare, 110, 110) != ground
    assert colour_at(bare, 490, 290) != ground
    assert colour_at(bare, 510, 310) == ground
    assert colour_at(bare, 910, 505) != ground


def test_a_moved_layer_takes_its_box_along(bare: Stand) -> None:
    ground = colour_at(bare, 700, 400)
    assert bare.session.edit(NODE, {("layers", "in_0", "rect", "x"): 600}, "Move")
    bare.bridge.flush()
    assert colour_at(bare, 110, 110) == ground
    assert colour_at(bare, 700, 250) != ground


def test_a_turned_box_is_turned_about_its_centre(bare: Stand) -> None:
    ground = colour_at(bare, 700, 400)
    assert bare.session.edit(NODE, {("layers", "in_0", "rotation_degrees"): 90.0}, "Turn")
    bare.bridge.flush()
    assert colour_at(bare, 110, 110) == ground
    assert colour_at(bare, 210, 20) != ground
    assert colour_at(bare, 390, 380) != ground


def test_a_circle_leaves_the_corners_clear(bare: Stand) -> None:
    ground = colour_at(bare, 700, 400)
    assert bare.session.edit(NODE, {("layers", "in_0", "crop_shape"): "circle"}, "Round")
    bare.bridge.flush()
    assert colour_at(bare, 120, 120) == ground
    assert colour_at(bare, 230, 200) != ground


def test_a_hidden_layer_has_no_box(bare: Stand) -> None:
    ground = colour_at(bare, 700, 400)
    bare.session.hide(NODE, "in_0")
    bare.bridge.flush()
    assert colour_at(bare, 110, 110) == ground


def test_a_picture_takes_the_place_of_all_boxes_and_gives_it_back(bare: Stand) -> None:
    boxed = colour_at(bare, 110, 110)
    bare.view.show_frame(picture("black"))
    assert colour_at(bare, 110, 110) == QColor("#000000")
    bare.view.clear_picture()
    assert colour_at(bare, 110, 110) == boxed


@pytest.mark.parametrize("theme", THEME_NAMES)
def test_names_are_readable_in_every_theme(bare: Stand, theme: str) -> None:
    """The boxes lie on the theme's own ground: light letters on a light one cannot be read."""
    bare.view.show_tokens(load_tokens(theme))
    around = QRect(0, 0, 80, 24)
    around.moveCenter(bare.view_point(300, 200).toPoint())
    shown = bare.view.viewport().grab().toImage().copy(around)
    pixels = [shown.pixelColor(x, y).name() for x in range(shown.width()) for y in range(shown.height())]
    ground = max(set(pixels), key=pixels.count)
    assert max(contrast_ratio(ground, pixel) for pixel in set(pixels)) >= 4.5
