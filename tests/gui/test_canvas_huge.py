"""Layers as large and as far away as numbers go: whoever put them there, the window goes on and shows what shows."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt

from gui.canvas.stand_ins import StandIns
from sync.wire.compositor import MAX_I32, MAX_U32
from tests.gui.canvas_stand import NODE, Stand, picture

RECTS = (
    {"x": 0, "y": 0, "width": 30, "height": 2_000_000_000},
    {"x": 0, "y": 0, "width": MAX_U32, "height": MAX_U32},
    {"x": -MAX_I32 - 1, "y": -MAX_I32 - 1, "width": MAX_U32, "height": MAX_U32},
    {"x": MAX_I32, "y": MAX_I32, "width": MAX_U32, "height": 1},
)
TURNS: tuple[dict[str, Any], ...] = ({}, {"rotation_degrees": 30.0}, {"crop_shape": "circle"})
NORMAL = {"rect": {"x": 300, "y": 300, "width": 200, "height": 100}, "z_index": 0}


def stand_of(layer: dict[str, Any], copies: int = 1) -> Stand:
    layers = {f"in_{number + 1}": layer for number in range(copies)}
    return Stand({"width": 1280, "height": 720, "layers": {"in_0": NORMAL, **layers}})


@pytest.fixture(params=[(rect, turn) for rect in RECTS for turn in TURNS], ids=str)
def layer(request: pytest.FixtureRequest, qapp: object) -> dict[str, Any]:
    rect, turn = request.param
    return {"rect": rect, "aspect_fit": False, "z_index": 1, **turn}


@pytest.mark.parametrize(("copies", "is_pictured"), [(1, False), (1, True), (30, False)])
def test_the_canvas_paints_and_answers(layer: dict[str, Any], copies: int, is_pictured: bool) -> None:
    stand = stand_of(layer, copies)
    boxes = next(item for item in stand.view.scene().items() if isinstance(item, StandIns))
    try:
        if is_pictured:
            stand.view.show_frame(picture("black"))
        stand.view.viewport().grab()
        stand.select("in_1")
        stand.view.viewport().grab()
        stand.hover(400, 350)
        stand.press(400, 350)
        stand.move(420, 360)
        stand.view.viewport().grab()
        stand.release(420, 360)
        stand.key(Qt.Key.Key_Right)
        stand.settle()
        stand.view.viewport().grab()
        assert stand.session.edit(NODE, {("layers", "in_0", "opacity"): 0.5}, "Fade")
        stand.settle()
        stand.view.viewport().grab()
    finally:
        while boxes.is_catching_up:
            boxes._sheet.paint_slice()
        stand.close()


@pytest.mark.parametrize("turn", [{}, {"rotation_degrees": 360.0}], ids=str)
def test_what_shows_of_a_huge_box_is_where_it_is(qapp: object, turn: dict[str, Any]) -> None:
    left_half = {"x": 640 - MAX_I32, "y": -MAX_I32, "width": MAX_I32, "height": MAX_U32}
    stand = Stand({"width": 1280, "height": 720, "layers": {"in_0": {"rect": left_half, "aspect_fit": False, **turn}}})
    try:
        image = stand.view.viewport().grab().toImage()
        ink = {x: image.pixelColor(stand.view_point(x, 200).toPoint()) for x in (100, 630, 650, 1200)}
        assert ink[100] == ink[630] != ink[650] == ink[1200]
    finally:
        stand.close()
