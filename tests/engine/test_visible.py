"""engine/pictures/visible.py: the part of a layer that can show, against a point-by-point look."""

from __future__ import annotations

import math

from hypothesis import assume, given
from hypothesis import strategies as st

from engine.pictures.layout import Item, ItemKind
from engine.pictures.visible import visible_part
from sync.wire.compositor import MAX_I32, MAX_U32, Rect

CANVAS = (100, 60)
NEAR = st.builds(Rect, *[st.integers(-150, 90)] * 2, *[st.integers(0, 400)] * 2)
FAR = st.builds(Rect, *[st.integers(-MAX_I32 - 1, MAX_I32)] * 2, *[st.integers(0, MAX_U32)] * 2)
AROUND = st.builds(Rect, *[st.integers(-MAX_I32 - 1, -MAX_I32 + 9)] * 2, *[st.integers(MAX_U32 - 9, MAX_U32)] * 2)
RECTS = st.one_of(NEAR, NEAR, AROUND, FAR)
TURNS = st.builds(
    Item,
    st.just(ItemKind.VIDEO),
    st.just(0),
    RECTS,
    st.just(0),
    st.just(1.0),
    st.one_of(st.just(0.0), st.sampled_from([90.0, 1e308]), st.floats(-720, 720)),
    st.booleans(),
    st.booleans(),
)


def _in_frame(x: float, y: float, item: Item) -> tuple[float, float]:
    """The point of an item's frame that is drawn at a point of the canvas: turned back, then mirrored back."""
    across, down = item.rect.x + item.rect.width / 2, item.rect.y + item.rect.height / 2
    turn = math.radians(math.fmod(item.rotation_degrees, 360.0))
    x, y = x - across, y - down
    x, y = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
    return across + (-x if item.mirror_horizontal else x), down + (-y if item.mirror_vertical else y)


@given(item=TURNS, x=st.floats(0, CANVAS[0]), y=st.floats(0, CANVAS[1]))
def test_what_is_drawn_on_the_canvas_is_in_the_visible_part(item: Item, x: float, y: float) -> None:
    rect = item.rect
    x, y = _in_frame(x, y, item)
    assume(rect.x < x < rect.x + rect.width and rect.y < y < rect.y + rect.height)
    part = visible_part(rect, rect, item, CANVAS)
    assert part is not None
    assert part.x - 1 <= x <= part.x + part.width + 1
    assert part.y - 1 <= y <= part.y + part.height + 1


@given(item=TURNS)
def test_a_visible_part_lies_in_its_rect_and_is_never_larger_than_a_canvas_on_its_corner(item: Item) -> None:
    rect = item.rect
    part = visible_part(rect, rect, item, CANVAS)
    if part is not None:
        assert rect.x <= part.x < part.x + part.width <= rect.x + rect.width
        assert rect.y <= part.y < part.y + part.height <= rect.y + rect.height
        assert max(part.width, part.height) <= math.hypot(*CANVAS) + 4


def test_a_plain_layer_is_cut_exactly_at_the_canvas() -> None:
    item = Item(ItemKind.VIDEO, 0, Rect(-10, 50, 300, 300), 0, 1.0)
    assert visible_part(item.rect, item.rect, item, CANVAS) == Rect(0, 50, 100, 10)
    assert visible_part(Rect(100, 0, 5, 5), item.rect, item, CANVAS) is None
