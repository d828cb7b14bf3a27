"""Large texts: drawn where they show, a few a tick, within bounds; what is not ready yet is stood in for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtGui import QImage

from engine.pictures import text as text_module
from engine.pictures.drawing import WITH_ALPHA
from engine.pictures.fonts import FontShelf
from engine.pictures.layout import resolve
from engine.pictures.render import Drawable, Renderer
from engine.pictures.text import DRAW_FOR_S, RenderedText, TextShelf
from engine.places import shipped_places
from sync.wire.compositor import MAX_CANVAS_SIDE, MAX_FONT_SIZE, MAX_TEXT_BYTES, CompositorConfig, Rect, TextOverlay
from tests.support.pictures import BLACK, plain

CANVAS = (300, 200)
SHOWN = [(0, 0), (-250, -150), (120, 90), (-500, 20)]


class Clock:
    """CPU time that goes on by ``step_s`` whenever it is read."""

    def __init__(self, step_s: float = 0.0) -> None:
        self.now_s = 0.0
        self.step_s = step_s

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


def shelf(now: Callable[[], float] | None = None) -> TextShelf:
    return TextShelf(FontShelf(shipped_places()), now=now or Clock())


def text(content: str = "Layer\ndesk", place: tuple[int, int] = (0, 0), **fields: Any) -> TextOverlay:
    fields = {"id": content, "font_size": 200, **fields}
    return TextOverlay(text=content, rect=Rect(*place, 0, 0), **fields)


def composed(overlay: TextOverlay) -> QImage:
    """A canvas with this text alone."""
    (rendered,) = shelf().render([overlay], CANVAS)
    config = CompositorConfig(*CANVAS, text_overlays=[overlay])
    canvas = plain(CANVAS, BLACK, WITH_ALPHA)
    items = resolve(config, [], [rendered.box], []).items
    Renderer().paint(canvas, [Drawable(item, rendered.image, rendered.part) for item in items])
    return canvas


def _bytes(image: QImage) -> bytes:
    return bytes(image.constBits())


@pytest.mark.parametrize("place", [*SHOWN, (299, 199), (-5000, 0)])
@pytest.mark.parametrize("turn", [{}, {"rotation_degrees": 90.0}, {"mirror_horizontal": True, "mirror_vertical": True}])
def test_a_text_that_is_drawn_only_where_it_shows_is_the_same_picture(
    place: tuple[int, int], turn: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = composed(text(place=place, **turn))
    monkeypatch.setattr(text_module, "WHOLE_PIXELS", 0)
    cut = composed(text(place=place, **turn))
    assert max(abs(one - other) for one, other in zip(_bytes(cut), _bytes(whole), strict=True)) <= 8
    assert any(_bytes(whole)) == (place in SHOWN)


def test_of_a_large_text_there_is_a_bitmap_of_what_shows_only() -> None:
    (large,) = shelf().render([text("W\nW\nW", (-200, -1000), font_size=MAX_FONT_SIZE)], CANVAS)
    assert (large.image.width(), large.image.height()) == CANVAS
    assert large.part == Rect(200, 1000, *CANVAS)
    (gone,) = shelf().render([text("W\nW\nW", (400, 0), font_size=MAX_FONT_SIZE)], CANVAS)
    assert gone.image.isNull()
    assert gone.box.width > CANVAS[0]


def test_a_text_that_is_not_large_is_moved_without_drawing_it_again() -> None:
    texts = shelf()
    (first,) = texts.render([text(place=(-50, 0))], CANVAS)
    (moved,) = texts.render([text(place=(50, 0))], CANVAS)
    assert moved.image is first.image


@pytest.mark.parametrize("letter", ["W", "﷽", "i"])
def test_the_longest_line_of_the_largest_letters_has_a_width(letter: str) -> None:
    length = MAX_TEXT_BYTES // len(letter.encode())
    one, many = shelf().render(
        [text(letter, font_size=MAX_FONT_SIZE), text(letter * length, font_size=MAX_FONT_SIZE)], CANVAS
    )
    assert many.box.width == MAX_CANVAS_SIDE
    assert many.box.measured_width == pytest.approx(one.box.measured_width * length, rel=0.02)


def test_texts_are_drawn_at_several_ticks_when_one_has_no_time_for_all() -> None:
    texts, three = shelf(Clock(DRAW_FOR_S)), [text("a"), text("b"), text("c")]
    ready: list[int] = []
    for _ in range(3):
        rendered = texts.render(three, CANVAS)
        ready.append(sum(not each.image.isNull() for each in rendered))
        assert all(each.box.width for each in rendered), "the layout is known at once"
    assert ready == [1, 2, 3]
    assert texts.is_complete
    (same, *_) = texts.render(three, CANVAS)
    assert same.image is rendered[0].image


def test_while_there_is_no_time_a_large_text_shows_what_it_showed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "WHOLE_PIXELS", 0)
    texts = shelf(Clock(DRAW_FOR_S))

    def pair(x: int) -> list[TextOverlay]:
        return [text("a", (x, 0)), text("b\nb", (x, 0))]

    texts.render(pair(0), CANVAS)
    before = texts.render(pair(0), CANVAS)
    complete = [texts.is_complete]
    after = texts.render(pair(-20), CANVAS)
    complete.append(texts.is_complete)
    assert after[0].part != before[0].part
    assert (after[1].part, after[1].image) == (before[1].part, before[1].image)
    last: list[RenderedText] = texts.render(pair(-20), CANVAS)
    assert last[1].part != before[1].part
    assert [*complete, texts.is_complete] == [True, False, True]
