"""gui/canvas/coordinates.py and navigation.py: one map, both ways, at every screen scale."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.canvas.coordinates import MAX_ZOOM, MIN_ZOOM, CoordinateMap
from gui.canvas.navigation import Navigation
from gui.canvas.plane import Box, Point

RATIOS = (1.0, 1.25, 1.5, 2.0)
coordinates = st.floats(-5000, 5000)
points = st.builds(Point, coordinates, coordinates)
maps = st.builds(CoordinateMap, st.floats(0.05, 16), points, st.sampled_from(RATIOS))


@given(maps, points)
def test_there_and_back_is_the_same_point(each: CoordinateMap, point: Point) -> None:
    back = each.to_canvas(each.to_view(point))
    assert back == pytest.approx(point, abs=1e-6)


@given(maps, points)
def test_the_transform_of_qt_is_the_same_map(each: CoordinateMap, point: Point) -> None:
    assert each.transform().map(point.x, point.y) == pytest.approx(each.to_view(point), abs=1e-6)


@given(maps, points, st.floats(0.01, 100))
def test_zooming_keeps_the_canvas_point_under_the_pointer(each: CoordinateMap, about: Point, zoom: float) -> None:
    zoomed = each.zoomed(zoom, about)
    assert zoomed.to_canvas(about) == pytest.approx(each.to_canvas(about), abs=1e-6)
    assert zoomed.zoom * 1.0000001 >= MIN_ZOOM
    assert zoomed.zoom <= MAX_ZOOM * 1.0000001


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_fitted_canvas_lies_on_whole_device_pixels_inside_its_area(ratio: float) -> None:
    area = Box(14, 36, 873, 611)
    fitted = CoordinateMap.fitted((1280, 720), area, ratio)
    corner = fitted.to_device(Point(0, 0))
    assert corner == pytest.approx((round(corner.x), round(corner.y)), abs=1e-9)
    shown = fitted.box_to_view(Box(0, 0, 1280, 720))
    assert area.grown(1).contains(Point(shown.x, shown.y))
    assert area.grown(1).contains(Point(shown.right, shown.bottom))


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_hundred_percent_is_one_canvas_pixel_on_one_device_pixel(ratio: float) -> None:
    navigation = Navigation()
    navigation.resize((800, 600), ratio)
    navigation.zoom_to(1.0)
    assert navigation.map.to_device(Point(11, 0)).x - navigation.map.to_device(Point(10, 0)).x == pytest.approx(1.0)


def test_a_fitted_view_stays_fitted_and_a_zoomed_one_keeps_its_middle() -> None:
    navigation = Navigation()
    navigation.show_canvas((1920, 1080))
    navigation.resize((1000, 700), 1.0)
    fitted = navigation.map.zoom
    navigation.resize((500, 350), 1.0)
    assert navigation.map.zoom < fitted
    navigation.zoom_to(2.0)
    middle = navigation.map.to_canvas(Point(250, 175))
    navigation.resize((800, 600), 1.0)
    assert navigation.map.zoom == pytest.approx(2.0)
    assert navigation.map.to_canvas(Point(400, 300)) == pytest.approx(middle, abs=1)


def test_the_canvas_cannot_be_panned_out_of_reach() -> None:
    navigation = Navigation()
    navigation.resize((800, 600), 1.0)
    navigation.pan(Point(99999, -99999))
    shown = navigation.map.box_to_view(Box(0, 0, 1280, 720))
    assert shown.x < 800 - 40
    assert shown.bottom > 40


@given(st.integers(1, 7680), st.integers(1, 7680), st.integers(1, 4000), st.integers(1, 3000), st.sampled_from(RATIOS))
def test_any_canvas_fits_any_viewport(width: int, height: int, across: int, down: int, ratio: float) -> None:
    navigation = Navigation()
    navigation.resize((across, down), ratio)
    navigation.show_canvas((width, height))
    assert navigation.map.zoom * 1.0000001 >= MIN_ZOOM
    assert navigation.map.zoom <= MAX_ZOOM * 1.0000001
