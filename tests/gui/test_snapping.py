"""gui/canvas/snapping.py: shifts and guides, pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gui.canvas.plane import Box
from gui.canvas.snapping import Axis, Guide, Neighbours, snap_box, snap_edges

CANVAS = (1280, 720)
EMPTY = Neighbours(CANVAS)

boxes = st.builds(
    lambda x, y, width, height: Box(float(x), float(y), float(width), float(height)),
    st.integers(-200, 1400),
    st.integers(-200, 900),
    st.integers(1, 900),
    st.integers(1, 700),
)


def test_an_edge_near_the_canvas_edge_meets_it() -> None:
    snap = snap_box(Box(5, 300, 200, 100), EMPTY, 8)
    assert (snap.dx, snap.dy) == (-5, 0)
    assert [(guide.axis, guide.at) for guide in snap.guides] == [(Axis.X, 0.0)]


def test_the_centre_meets_the_centre_of_the_canvas_on_both_axes() -> None:
    snap = snap_box(Box(543, 307, 200, 100), EMPTY, 8)
    assert (snap.dx, snap.dy) == (-3, 3)
    assert {(guide.axis, guide.at) for guide in snap.guides} == {(Axis.X, 640.0), (Axis.Y, 360.0)}


def test_outside_the_tolerance_nothing_moves_and_no_guide_shows() -> None:
    snap = snap_box(Box(20, 300, 200, 100), EMPTY, 8)
    assert (snap.dx, snap.dy, snap.guides) == (0, 0, ())


def test_a_guide_reaches_over_both_that_it_aligns() -> None:
    other = Box(100, 500, 50, 50)
    snap = snap_box(Box(103, 100, 300, 60), Neighbours(CANVAS, (other,)), 8)
    assert snap.dx == -3
    assert Guide(Axis.X, 100.0, 100.0, 550.0) in snap.guides


def test_the_nearest_of_several_lines_wins() -> None:
    others = (Box(100, 500, 50, 50), Box(97, 600, 50, 50))
    assert snap_box(Box(99, 100, 300, 60), Neighbours(CANVAS, others), 8).dx == 1


def test_an_equal_gap_is_continued_behind_a_row() -> None:
    row = (Box(100, 200, 100, 100), Box(240, 200, 100, 100))
    snap = snap_box(Box(383, 213, 77, 71), Neighbours(CANVAS, row), 8)
    assert snap.dx == -3
    gaps = [guide for guide in snap.guides if guide.is_gap]
    assert [(guide.start, guide.end) for guide in gaps] == [(200.0, 240.0), (340.0, 380.0)]


def test_a_box_settles_in_the_middle_between_two() -> None:
    row = (Box(100, 200, 100, 100), Box(500, 200, 100, 100))
    snap = snap_box(Box(303, 213, 90, 71), Neighbours(CANVAS, row), 8)
    assert snap.dx == 2
    assert [guide.end - guide.start for guide in snap.guides if guide.is_gap] == [105.0, 105.0]


def test_gaps_of_a_row_elsewhere_do_not_count() -> None:
    row = (Box(100, 500, 100, 100), Box(240, 500, 100, 100))
    snap = snap_box(Box(383, 13, 77, 71), Neighbours(CANVAS, row), 8)
    assert not [guide for guide in snap.guides if guide.is_gap]


def test_only_the_moving_edge_of_a_resize_snaps() -> None:
    reach = Box(100, 100, 535, 300)
    snap = snap_edges(635.0, None, reach, EMPTY, 8)
    assert (snap.dx, snap.dy) == (5, 0)
    assert [(guide.axis, guide.at) for guide in snap.guides] == [(Axis.X, 640.0)]


@given(boxes, st.lists(boxes, max_size=6), st.floats(0, 20))
def test_a_snap_never_moves_further_than_the_tolerance(box: Box, others: list[Box], tolerance: float) -> None:
    snap = snap_box(box, Neighbours(CANVAS, tuple(others)), tolerance)
    assert abs(snap.dx) <= tolerance
    assert abs(snap.dy) <= tolerance


@given(boxes, st.lists(boxes, max_size=6))
def test_a_snapped_box_stays_where_it_snapped(box: Box, others: list[Box]) -> None:
    """Snapping again finds nothing nearer: no jitter under a resting hand."""
    neighbours = Neighbours(CANVAS, tuple(others))
    first = snap_box(box, neighbours, 8)
    settled = Box(box.x + first.dx, box.y + first.dy, box.width, box.height)
    again = snap_box(settled, neighbours, 8)
    if first.dx:
        assert abs(again.dx) < 1e-9
    if first.dy:
        assert abs(again.dy) < 1e-9


@given(boxes, st.lists(boxes, max_size=6))
def test_every_line_guide_lies_on_an_edge_or_centre_of_the_settled_box(box: Box, others: list[Box]) -> None:
    snap = snap_box(box, Neighbours(CANVAS, tuple(others)), 8)
    settled = Box(box.x + snap.dx, box.y + snap.dy, box.width, box.height)
    for guide in snap.guides:
        if not guide.is_gap:
            own = (settled.x, settled.centre.x, settled.right)
            own = own if guide.axis is Axis.X else (settled.y, settled.centre.y, settled.bottom)
            assert min(abs(line - guide.at) for line in own) <= 0.5
