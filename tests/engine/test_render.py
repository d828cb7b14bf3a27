"""Pixels: what the renderer draws for each field of a layer."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QImage

from engine.pictures import render
from engine.pictures.drawing import WITH_ALPHA
from engine.pictures.layout import Item, ItemKind
from engine.pictures.render import Drawable, Renderer
from sync.wire.compositor import Rect
from tests.support.pictures import BLACK, BLUE, CLEAR, GREEN, RED, WHITE, is_near, plain, quarters, rgba

FULL = Rect(0, 0, 100, 100)


def layer(image: QImage, rect: Rect = FULL, **fields: Any) -> Drawable:
    return Drawable(Item(ItemKind.VIDEO, 0, rect, 0, **{"opacity": 1.0, **fields}), image)


def painted(*drawables: Drawable, is_smooth: bool = False, size: tuple[int, int] = (100, 100)) -> QImage:
    canvas = plain(size, (1, 2, 3, 255), WITH_ALPHA)  # what a reused canvas still holds must never shine through
    Renderer(is_smooth=is_smooth).paint(canvas, drawables)
    return canvas


def test_an_empty_scene_is_transparent_black_even_on_a_used_canvas() -> None:
    assert rgba(painted(), 50, 50) == CLEAR


def test_a_full_canvas_layer_at_its_own_size_is_copied_exactly() -> None:
    source = quarters()
    canvas = painted(layer(source))
    assert all(rgba(canvas, x, x) == rgba(source, x, x) for x in range(100))


def test_later_layers_cover_earlier_ones_and_leave_the_rest() -> None:
    canvas = painted(layer(plain((10, 10), RED)), layer(plain((10, 10), GREEN), Rect(20, 30, 40, 20)))
    assert rgba(canvas, 20, 30) == rgba(canvas, 59, 49) == GREEN
    assert rgba(canvas, 19, 30) == rgba(canvas, 60, 49) == rgba(canvas, 59, 50) == RED


@pytest.mark.parametrize("is_smooth", [False, True])
def test_half_opacity_is_half_of_both(is_smooth: bool) -> None:
    canvas = painted(layer(plain((10, 10), BLACK)), layer(plain((10, 10), WHITE), opacity=0.5), is_smooth=is_smooth)
    assert is_near(rgba(canvas, 50, 50), (128, 128, 128, 255))


def test_opacity_over_nothing_is_alpha() -> None:
    canvas = painted(layer(plain((10, 10), RED), opacity=0.9))
    assert is_near(rgba(canvas, 50, 50), (255, 0, 0, 229), 1)


@given(below=st.integers(0, 255), above=st.integers(0, 255), opacity=st.floats(0.01, 1.0))
def test_blending_agrees_with_the_reference_arithmetic_within_two(below: int, above: int, opacity: float) -> None:
    canvas = painted(
        layer(plain((4, 4), (below, below, below, 255)), Rect(0, 0, 4, 4)),
        layer(plain((4, 4), (above, above, above, 255)), Rect(0, 0, 4, 4), opacity=opacity),
        size=(4, 4),
    )
    wanted = above
    if opacity < 1.0:
        alpha = min(255, (255 * math.trunc(opacity * 255 + 0.5) + 128) >> 8)
        value = above * alpha + below * (255 - alpha) + 128
        wanted = (value + (value >> 8)) >> 8
    assert is_near(rgba(canvas, 2, 2), (wanted, wanted, wanted, 255))


def test_source_alpha_times_opacity() -> None:
    half = plain((10, 10), (255, 255, 255, 128), WITH_ALPHA)
    canvas = painted(layer(plain((10, 10), BLACK)), layer(half, opacity=0.5))
    assert is_near(rgba(canvas, 50, 50), (64, 64, 64, 255))


@pytest.mark.parametrize("factor", [2, 3, 5])
def test_nearest_scaling_by_a_whole_factor_repeats_pixels(factor: int) -> None:
    source = quarters((20, 20))
    side = 20 * factor
    canvas = painted(layer(source, Rect(0, 0, side, side)), size=(side, side))
    assert all(rgba(canvas, x, y) == rgba(source, x // factor, y // factor) for x in range(side) for y in (0, side - 1))


@pytest.mark.parametrize("is_smooth", [False, True])
@pytest.mark.parametrize("side", [10, 33, 99, 100, 101, 250])
def test_no_edge_of_a_scaled_layer_is_dark(is_smooth: bool, side: int) -> None:
    rect = Rect(3, 4, 90, 80)
    canvas = painted(
        layer(plain((7, 7), WHITE)),
        layer(plain((side, side // 2 + 1), WHITE), rect, opacity=0.6),
        is_smooth=is_smooth,
    )
    edge = [(x, y) for x in range(100) for y in (3, 4, 83, 84)] + [(x, y) for x in (2, 3, 92, 93) for y in range(100)]
    assert all(is_near(rgba(canvas, x, y), WHITE) for x, y in edge)


def test_a_layer_may_stand_over_every_edge() -> None:
    canvas = painted(layer(plain((10, 10), BLUE)), layer(quarters(), Rect(-50, -50, 100, 100)))
    assert rgba(canvas, 0, 0) == rgba(canvas, 49, 49) == WHITE
    assert rgba(canvas, 50, 50) == BLUE


@pytest.mark.parametrize(
    ("fields", "corners"),
    [
        ({}, (RED, GREEN, BLUE, WHITE)),
        ({"mirror_horizontal": True}, (GREEN, RED, WHITE, BLUE)),
        ({"mirror_vertical": True}, (BLUE, WHITE, RED, GREEN)),
        ({"mirror_horizontal": True, "mirror_vertical": True}, (WHITE, BLUE, GREEN, RED)),
        ({"rotation_degrees": 90.0}, (BLUE, RED, WHITE, GREEN)),
        ({"rotation_degrees": -90.0}, (GREEN, WHITE, RED, BLUE)),
        ({"rotation_degrees": 180.0}, (WHITE, BLUE, GREEN, RED)),
        ({"rotation_degrees": 450.0}, (BLUE, RED, WHITE, GREEN)),
        ({"mirror_horizontal": True, "rotation_degrees": 90.0}, (WHITE, GREEN, BLUE, RED)),
    ],
)
@pytest.mark.parametrize("is_smooth", [False, True])
def test_mirrors_come_before_a_clockwise_rotation(fields: dict[str, Any], corners: Any, is_smooth: bool) -> None:
    canvas = painted(layer(quarters(), **fields), is_smooth=is_smooth)
    assert tuple(rgba(canvas, x, y) for y in (20, 80) for x in (20, 80)) == corners


def test_a_rotated_layer_covers_its_centre_and_leaves_its_rects_corners() -> None:
    canvas = painted(layer(plain((10, 10), RED), Rect(20, 20, 60, 60), rotation_degrees=45.0))
    assert rgba(canvas, 50, 50) == RED
    assert rgba(canvas, 22, 22) == CLEAR
    assert rgba(canvas, 50, 12) == RED  # corners stand 12 pixels out of the rect


def test_a_rotated_rect_that_is_not_square_turns_about_its_own_centre() -> None:
    canvas = painted(layer(plain((10, 10), RED), Rect(10, 40, 80, 20), rotation_degrees=90.0))
    assert rgba(canvas, 50, 12) == rgba(canvas, 50, 88) == RED
    assert rgba(canvas, 12, 50) == CLEAR


@pytest.mark.parametrize(
    ("crop", "color"),
    [
        (Rect(0, 0, 50, 50), RED),
        (Rect(50, 0, 50, 50), GREEN),
        (Rect(0, 50, 50, 50), BLUE),
        (Rect(50, 50, 50, 50), WHITE),
    ],
)
@pytest.mark.parametrize("turn", [{}, {"mirror_horizontal": True, "rotation_degrees": 33.0}])
def test_a_crop_window_is_stretched_over_the_rect_and_nothing_outside_it_shows(
    crop: Rect, color: Any, turn: dict[str, Any]
) -> None:
    canvas = painted(layer(plain((10, 10), BLACK)), layer(quarters(), Rect(10, 10, 80, 80), crop=crop, **turn))
    seen = {rgba(canvas, x, y) for x in range(20, 80) for y in range(20, 80)}
    assert seen - {BLACK} == {color} or all(_is_mix(pixel, color) for pixel in seen)


def _is_mix(pixel: Any, color: Any) -> bool:
    return all(part <= most for part, most in zip(pixel, color, strict=True))


def test_a_circle_is_true_in_the_shorter_side_and_soft_only_at_its_edge() -> None:
    canvas = painted(layer(plain((10, 10), RED), Rect(0, 20, 100, 60), is_circle=True))
    assert rgba(canvas, 50, 50) == RED
    assert rgba(canvas, 50, 22) == rgba(canvas, 22, 50) == RED
    assert rgba(canvas, 17, 50) == rgba(canvas, 83, 50) == rgba(canvas, 2, 50) == CLEAR
    assert rgba(canvas, 26, 26) == CLEAR
    soft = [x for x in range(15, 26) if 0 < rgba(canvas, x, 50)[3] < 255]
    assert len(soft) <= 2


def test_a_circle_keeps_turning_and_fading() -> None:
    canvas = painted(
        layer(plain((10, 10), BLACK)),
        layer(quarters(), is_circle=True, rotation_degrees=90.0, opacity=0.5),
        is_smooth=True,
    )
    assert is_near(rgba(canvas, 30, 30), (0, 0, 128, 255))
    assert rgba(canvas, 3, 3) == BLACK


def test_a_strong_shrink_averages_instead_of_skipping() -> None:
    stripes = QImage(400, 8, WITH_ALPHA)
    for x in range(400):
        for y in range(8):
            stripes.setPixelColor(x, y, QColor(*(WHITE if x % 4 == 0 else BLACK)))
    canvas = painted(layer(stripes, Rect(0, 0, 50, 8)), is_smooth=True, size=(50, 8))
    assert all(is_near(rgba(canvas, x, 4), (64, 64, 64, 255), 12) for x in range(1, 49))


def test_a_shrunk_picture_is_kept_only_while_it_is_drawn() -> None:
    renderer = Renderer()
    canvas = plain((100, 100), BLACK, WITH_ALPHA)
    picture = layer(plain((400, 400), RED), Rect(0, 0, 40, 40))
    renderer.paint(canvas, [picture])
    (first,) = renderer._shrunk.values()
    renderer.paint(canvas, [picture])
    assert next(iter(renderer._shrunk.values())) is first
    renderer.paint(canvas, [])
    assert renderer._shrunk == {}


def test_a_null_picture_draws_nothing_and_does_not_hide_what_is_below() -> None:
    canvas = painted(layer(QImage()), layer(plain((10, 10), RED), Rect(0, 0, 10, 10)))
    assert rgba(canvas, 5, 5) == RED
    assert rgba(canvas, 50, 50) == CLEAR


def test_smooth_scaling_agrees_with_nearest_on_flat_areas() -> None:
    for rect in (Rect(5, 5, 90, 90), Rect(0, 0, 33, 77)):
        smooth, nearest = (painted(layer(quarters(), rect), is_smooth=each) for each in (True, False))
        x, y = rect.x + rect.width // 4, rect.y + rect.height // 4
        assert is_near(rgba(smooth, x, y), rgba(nearest, x, y))


@given(
    place=st.tuples(st.integers(-300, 150), st.integers(-300, 150), st.integers(1, 500), st.integers(1, 500)),
    degrees=st.sampled_from([0.0, 0.0, 90.0, 33.0, -120.0]),
    mirrors=st.tuples(st.booleans(), st.booleans()),
    is_circle=st.booleans(),
)
def test_drawing_only_what_shows_is_the_same_picture(
    place: tuple[int, int, int, int], degrees: float, mirrors: tuple[bool, bool], is_circle: bool
) -> None:
    turn = {"rotation_degrees": degrees, "mirror_horizontal": mirrors[0], "mirror_vertical": mirrors[1]}
    drawn = layer(quarters((8, 8)), Rect(*place), is_circle=is_circle, **turn)
    whole = painted(drawn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "FAR", -1)
        cut = painted(drawn)
    points = [(x, y) for x in range(2, 98, 5) for y in range(2, 98, 5)]
    different = [point for point in points if not is_near(rgba(whole, *point), rgba(cut, *point))]
    assert len(different) <= len(points) // 20, "but for a rounding at the edges of the picture's pixels"


def test_a_shrunk_picture_is_never_larger_than_its_source() -> None:
    renderer = Renderer()
    renderer.paint(plain((100, 100), BLACK, WITH_ALPHA), [layer(plain((64, 48), RED), Rect(0, 0, 30, 2_000_000_000))])
    (small,) = renderer._shrunk.values()
    assert (small.width(), small.height()) == (30, 48)
