"""Configs that are allowed and absurd: whatever an update brings, the compositor draws on and says what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.pictures.composition import Composition
from engine.pictures.layout import resolve
from engine.pictures.render import Renderer
from engine.pictures.text import MAX_PIXELS
from sync.wire.compositor import MAX_FONT_SIZE, MAX_I32, MAX_TEXT_BYTES, MAX_U32
from sync.wire.json_value import JsonObject
from tests.engine.test_compositor import CANVAS, Stage, pixel
from tests.support.pictures import BLUE, GREEN, RED

HUGE = (
    {"x": 0, "y": 0, "width": 30, "height": 2_000_000_000},
    {"x": 0, "y": 0, "width": 30, "height": MAX_U32},
    {"x": 0, "y": 0, "width": MAX_U32, "height": MAX_U32},
    {"x": -MAX_I32 - 1, "y": -MAX_I32 - 1, "width": MAX_U32, "height": MAX_U32},
    {"x": -MAX_I32 - 1, "y": 0, "width": MAX_U32, "height": 1},
    {"x": MAX_I32, "y": MAX_I32, "width": MAX_U32, "height": MAX_U32},
    {"x": -5, "y": -5, "width": 0, "height": MAX_U32},
)
TURNS: tuple[JsonObject, ...] = (
    {},
    {"rotation_degrees": 33.0},
    {"rotation_degrees": 1e308, "mirror_horizontal": True},
    {"crop_shape": "circle"},
    {"crop_zoom": 1e308, "crop_x": 1.0},
)
PATH = "samples/images/" + "x" * 300
NOWHERE = {"x": 0, "y": 0, "width": 0, "height": 0}


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage(is_smooth=True)
    stage.connect("in_0")
    stage.connect("in_1")
    stage.node.start()
    stage.feed("in_0", RED)
    stage.feed("in_1", GREEN)
    stage.step()
    yield stage
    stage.node.stop()


def assert_on_air(stage: Stage) -> None:
    """The next update is drawn, and nothing was a defect."""
    stage.node.update({**CANVAS, "layers": {"in_1": {"rect": NOWHERE}}})
    stage.feed("in_0", BLUE)
    assert pixel(stage.step()) == BLUE
    assert [state.name for state in stage.reports.states] == ["Running"]
    assert "compositor.drawing_failed" not in [kind for kind, _ in stage.reports.telemetry]


@pytest.mark.parametrize("turn", TURNS, ids=str)
@pytest.mark.parametrize("rect", HUGE, ids=str)
@pytest.mark.parametrize("aspect_fit", [False, True])
def test_a_layer_may_be_as_large_and_as_far_as_numbers_go(
    stage: Stage, rect: JsonObject, turn: JsonObject, aspect_fit: bool
) -> None:
    stage.node.update({**CANVAS, "layers": {"in_1": {"rect": rect, "aspect_fit": aspect_fit, "z_index": 1, **turn}}})
    assert stage.step() is not None
    assert_on_air(stage)


def test_what_shows_of_a_huge_layer_is_drawn(stage: Stage) -> None:
    everywhere = {"x": -MAX_I32, "y": -MAX_I32, "width": MAX_U32, "height": MAX_U32}
    stage.node.update({**CANVAS, "layers": {"in_1": {"rect": everywhere, "aspect_fit": False, "z_index": 1}}})
    assert pixel(stage.step()) == GREEN
    half = {"x": 30, "y": -MAX_I32, "width": 2_000_000_000, "height": MAX_U32}
    stage.node.update({**CANVAS, "layers": {"in_1": {"rect": half, "aspect_fit": False, "z_index": 1}}})
    image = stage.step()
    assert (pixel(image, 29, 20), pixel(image, 30, 20), pixel(image, 63, 47)) == (RED, GREEN, GREEN)


OVERLAYS: tuple[tuple[str, JsonObject], ...] = (
    ("text_overlays", {"text": "hello", "rect": NOWHERE, "font_name": "x" * 256}),
    ("text_overlays", {"text": "hello", "rect": NOWHERE, "font_name": "samples/" + "x/" * 3000}),
    ("text_overlays", {"text": "hello", "rect": NOWHERE, "font_name": "a\0b"}),
    ("text_overlays", {"text": "hello", "rect": NOWHERE, "font_name": "\ud800"}),
    ("text_overlays", {"text": "W" * MAX_TEXT_BYTES, "rect": NOWHERE, "font_size": MAX_FONT_SIZE}),
    ("text_overlays", {"text": "\n" * MAX_TEXT_BYTES, "rect": NOWHERE, "font_size": MAX_FONT_SIZE}),
    ("text_overlays", {"text": "W W " * 2500, "rect": {**NOWHERE, "width": 1}, "word_wrap": True, "font_size": 400}),
    *(("text_overlays", {"text": "hello", "rect": rect, "font_size": 400, **TURNS[1]}) for rect in HUGE),
    *(("image_overlays", {"asset_path": PATH, "rect": rect}) for rect in HUGE),
)


@pytest.mark.parametrize(("field", "overlay"), OVERLAYS, ids=lambda each: str(each)[:60])
def test_an_overlay_may_be_as_absurd_as_the_limits_allow(stage: Stage, field: str, overlay: JsonObject) -> None:
    stage.node.update({**CANVAS, field: [{"id": "o", **overlay}]})
    assert stage.step() is not None
    if field == "image_overlays":
        stage.reports.wait_for(lambda seen: seen.telemetry)
        assert stage.reports.telemetry[0][0] == "compositor.overlay_refused"
    else:
        row = stage.reports.view_data[-1]["text_overlays"][0]
        assert min(row["measured_text_width"], row["measured_text_height"], row["width"], row["height"]) >= 0
    assert_on_air(stage)


def test_more_text_than_there_is_room_for_is_left_out_and_told(stage: Stage) -> None:
    """Each of them covers a canvas of 4 million pixels."""
    texts = [
        {"id": f"t{n}", "text": "W\nW", "rect": NOWHERE, "font_size": MAX_FONT_SIZE, "opacity": 1 - n / 100}
        for n in range(40)
    ]
    for number, text in enumerate(texts):
        text["color"] = [number, 0, 0, 255]
    stage.node.update({"width": 2000, "height": 2000, "text_overlays": texts})
    stage.step()
    stage.reports.wait_for(lambda seen: len(seen.telemetry) == 40 - MAX_PIXELS // 4_000_000)
    ids = {fields["overlay"] for kind, fields in stage.reports.telemetry if kind == "compositor.overlay_refused"}
    assert ids == {f"t{n}" for n in range(MAX_PIXELS // 4_000_000, 40)}
    assert "there is no room for it" in stage.reports.telemetry[0][1]["reason"]
    stage.step()
    assert len(stage.reports.telemetry) == len(ids), "one word for each"
    assert_on_air(stage)


# defects of our own


@pytest.mark.expects_log("drawing 'in_1' of node node failed by a defect")
def test_a_layer_that_cannot_be_drawn_is_left_out_and_the_others_stay(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = Renderer._draw

    def faulty(renderer: Renderer, painter: Any, drawable: Any, *rest: Any) -> None:
        if drawable.item.index == 1:
            raise OverflowError("planted")
        draw(renderer, painter, drawable, *rest)

    monkeypatch.setattr(Renderer, "_draw", faulty)
    for color in (BLUE, RED, BLUE):
        stage.feed("in_0", color)
        assert pixel(stage.step()) == color
    fields = {"layer": "in_1", "reason": "internal error: OverflowError"}
    assert stage.reports.telemetry == [("compositor.drawing_failed", fields)]
    assert [state.name for state in stage.reports.states] == ["Running"]
    stage.node.stop()
    assert stage.reports.stats[-1].errored == 3


@pytest.mark.expects_log("drawing 'the whole picture' of node node failed by a defect")
def test_a_config_that_cannot_be_laid_out_leaves_the_last_one_on_air(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(config: Any, *rest: Any) -> Any:
        if config.width == 13:
            raise ZeroDivisionError("planted")
        return resolve(config, *rest)

    monkeypatch.setattr("engine.pictures.composition.resolve", faulty)
    stage.node.update({"width": 13, "height": 13})
    assert stage.step() is None, "a tick is lost, no more"
    image = stage.step()
    assert image is not None
    assert (image.width(), pixel(image)) == (64, RED)
    stage.feed("in_0", BLUE)
    assert pixel(stage.step()) == BLUE
    assert stage.reports.telemetry[-1][1]["reason"] == "internal error: ZeroDivisionError"
    stage.node.update({"width": 14, "height": 14})
    image = stage.step()
    assert image is not None
    assert image.width() == 14
    assert [state.name for state in stage.reports.states] == ["Running"]


@pytest.mark.expects_log("failed by a defect")
def test_a_first_config_that_cannot_be_laid_out_is_a_plain_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    arrange = Composition.arrange

    def faulty(composition: Composition, config: Any, slots: Any) -> Any:
        if config.layers:
            raise KeyError("planted")
        return arrange(composition, config, slots)

    monkeypatch.setattr(Composition, "arrange", faulty)
    stage = Stage({"layers": {"in_0": {"opacity": 0.5}}})
    try:
        stage.connect("in_0")
        stage.node.start()
        stage.feed("in_0", RED)
        assert stage.step() is None
        assert pixel(stage.step()) == RED
    finally:
        stage.node.stop()
