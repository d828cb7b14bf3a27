"""Layout tables: what is drawn where, and what clients are told of it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.pictures.layout import ItemKind, Resolved, Slot, TextBox, resolve, window
from sync.wire.compositor import Rect, parse_config
from sync.wire.json_value import JsonObject

RECT = {"x": 10, "y": 20, "width": 200, "height": 100}


def laid_out(params: JsonObject, *slots: Slot, texts: Any = (), images: Any = ()) -> Resolved:
    return resolve(parse_config(params), slots, texts, images)


def rects(resolved: Resolved) -> list[tuple[int, int, int, int]]:
    return [(row.x, row.y, row.width, row.height) for row in resolved.view.layers]


def test_the_only_input_without_an_entry_fills_the_canvas_stretched() -> None:
    resolved = laid_out({"width": 1200, "height": 900}, Slot("in", (320, 240)))
    assert rects(resolved) == [(0, 0, 1200, 900)]


def test_further_inputs_without_an_entry_share_one_corner_and_are_fitted_and_stacked_by_slot() -> None:
    slots = (Slot("in_0", (1200, 900)), Slot("in_1", (400, 300)), Slot("in_2", (400, 400)))
    resolved = laid_out({"width": 1200, "height": 900}, *slots)
    assert rects(resolved) == [(0, 0, 1200, 900), (780, 580, 400, 300), (830, 580, 300, 300)]
    assert [item.z_index for item in resolved.items] == [0, 1, 2]


def test_an_entry_without_a_rect_is_the_whole_canvas_and_never_a_corner() -> None:
    slots = (Slot("in_0", (10, 10)), Slot("in_1", (320, 240)))
    resolved = laid_out({"layers": {"in_1": {"opacity": 0.5}}}, *slots)
    assert rects(resolved)[1] == (0, 0, 1280, 720)
    assert resolved.items[1].z_index == 0


@pytest.mark.parametrize(
    ("source", "aspect_fit", "drawn"),
    [
        ((400, 200), True, (10, 20, 200, 100)),
        ((100, 100), True, (60, 20, 100, 100)),
        ((300, 100), True, (10, 36, 200, 67)),
        ((333, 100), True, (10, 40, 200, 60)),
        ((100, 100), False, (10, 20, 200, 100)),
        (None, True, (10, 20, 200, 100)),
    ],
)
def test_a_rect_is_fitted_to_the_source_when_asked_and_once_a_frame_has_come(
    source: tuple[int, int] | None, aspect_fit: bool, drawn: tuple[int, int, int, int]
) -> None:
    resolved = laid_out({"layers": {"in": {"rect": RECT, "aspect_fit": aspect_fit}}}, Slot("in", source))
    assert rects(resolved) == [drawn]


def test_an_input_before_its_first_frame_has_a_row_without_source_size_and_is_not_drawn() -> None:
    resolved = laid_out({}, Slot("in_0", (640, 480)), Slot("in_1"))
    assert [(row.id, row.source_width, row.source_height) for row in resolved.view.layers] == [
        ("in_0", 640, 480),
        ("in_1", None, None),
    ]
    assert [item.index for item in resolved.items] == [0]


def test_draw_order_is_by_z_then_videos_images_texts_while_rows_keep_slot_order() -> None:
    text = {"id": "t", "text": "T", "rect": RECT}
    image = {"id": "i", "asset_path": "samples/images/i.png", "rect": RECT}
    layers = {"in_0": {"z_index": 5}, "in_1": {"z_index": -1}, "in_2": {}}
    slots = [Slot(f"in_{n}", (4, 4)) for n in range(3)]
    resolved = laid_out(
        {"layers": layers, "text_overlays": [text], "image_overlays": [image]},
        *slots,
        texts=[TextBox(20, 10, 20, 10)],
        images=[(50, 50)],
    )
    drawn = [(item.kind, item.index) for item in resolved.items]
    assert drawn == [
        (ItemKind.VIDEO, 1),
        (ItemKind.VIDEO, 2),
        (ItemKind.IMAGE, 0),
        (ItemKind.TEXT, 0),
        (ItemKind.VIDEO, 0),
    ]
    assert [row.id for row in resolved.view.layers] == ["in_0", "in_1", "in_2"]


def test_an_image_is_fitted_centred_and_missing_ones_have_no_row() -> None:
    overlays = [
        {"id": name, "asset_path": "samples/images/x.png", "rect": {"x": 0, "y": 0, "width": 100, "height": 100}}
        for name in ("gone", "there")
    ]
    resolved = laid_out({"image_overlays": overlays}, images=[None, (200, 100)])
    assert [(row.id, row.y, row.width, row.height) for row in resolved.view.image_overlays] == [("there", 25, 100, 50)]
    assert [item.index for item in resolved.items] == [1]


def test_a_text_row_has_its_bitmap_size_and_its_whole_measurement() -> None:
    resolved = laid_out({"text_overlays": [{"id": "t", "text": "T", "rect": RECT}]}, texts=[TextBox(200, 29, 262, 29)])
    (row,) = resolved.view.text_overlays
    assert (row.x, row.y, row.width, row.height) == (10, 20, 200, 29)
    assert (row.measured_text_width, row.measured_text_height) == (262, 29)


@pytest.mark.parametrize("change", [{"opacity": 0.0}, {"rect": {**RECT, "width": 0}}])
def test_what_cannot_be_seen_is_not_drawn_but_keeps_its_row(change: JsonObject) -> None:
    resolved = laid_out({"layers": {"in": {"rect": RECT, **change}}}, Slot("in", (4, 4)))
    assert resolved.items == ()
    assert len(resolved.view.layers) == 1


def test_a_rotation_below_a_hundredth_of_a_degree_is_none() -> None:
    turns = {"in_0": {"rotation_degrees": 0.009}, "in_1": {"rotation_degrees": -0.02}}
    resolved = laid_out({"layers": turns}, Slot("in_0", (4, 4)), Slot("in_1", (4, 4)))
    assert [item.rotation_degrees for item in resolved.items] == [0.0, -0.02]


@pytest.mark.parametrize(
    ("zoom", "pan", "is_subsampled", "seen"),
    [
        (1.0, (0.0, 1.0), False, None),
        (2.0, (0.5, 0.5), False, Rect(160, 120, 320, 240)),
        (2.0, (0.0, 0.0), False, Rect(0, 0, 320, 240)),
        (2.0, (1.0, 1.0), False, Rect(320, 240, 320, 240)),
        (1.5, (0.5, 0.5), False, Rect(107, 80, 427, 320)),
        (1.5, (0.5, 0.5), True, Rect(106, 80, 427, 320)),
        (10_000.0, (1.0, 1.0), False, Rect(639, 479, 1, 1)),
    ],
)
def test_crop_windows(zoom: float, pan: tuple[float, float], is_subsampled: bool, seen: Rect | None) -> None:
    assert window(zoom, pan, (640, 480), is_subsampled=is_subsampled) == seen
