"""The compositor node: pins, frames, live changes, and what it does when something is late or gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage

from engine.flow import Output, VideoFrame
from engine.node import NodeFailed
from engine.nodes.compositor import Compositor
from engine.pictures.layout import Item
from engine.pictures.render import Drawable, Renderer
from engine.places import Places, shipped_places
from sync.wire.compositor import ConfigRefused
from sync.wire.json_value import JsonObject
from tests.support.nodes import Reports, SteppedPace, Tap
from tests.support.pictures import BLUE, CLEAR, GREEN, RED, Rgba, is_near, plain, rgba

CANVAS = {"width": 64, "height": 48}
CORNER = {"x": 32, "y": 24, "width": 32, "height": 24}


class Stage:
    """A compositor stepped by hand, with a tap on its output."""

    def __init__(
        self,
        params: JsonObject | None = None,
        places: Places | None = None,
        *,
        is_tapped: bool = True,
        is_smooth: bool = False,
    ) -> None:
        self.reports = Reports()
        self.pace = SteppedPace()
        context = self.reports.context({**CANVAS, **(params or {})})
        self.node = Compositor(context, places or shipped_places(), is_smooth=is_smooth, pace=self.pace)
        self.tap = Tap()
        if is_tapped:
            self.node.outputs["out"].attach(self.tap)
        self.sources: dict[str, Output] = {}

    def connect(self, pin: str) -> Output:
        self.sources[pin] = Output()
        self.node.connect_input(pin, self.sources[pin])
        return self.sources[pin]

    def feed(self, pin: str, color: Rgba, pts_us: int = 0) -> None:
        self.sources[pin].emit(VideoFrame(plain((64, 48), color), pts_us, 0))

    def step(self, missed: int = 0) -> QImage | None:
        """One tick; the picture that it brought."""
        before = len(self.tap.packets)
        self.pace.step(missed)
        brought = self.tap.packets[before:]
        assert len(brought) <= 1
        return brought[0].image if brought else None


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.node.stop()
    stage.node.stop()


def pixel(image: QImage | None, x: int = 10, y: int = 10) -> Rgba:
    assert image is not None
    return rgba(image, x, y)


def test_nothing_comes_out_before_the_first_frame_and_then_one_picture_a_tick(stage: Stage) -> None:
    stage.connect("in_0")
    stage.node.start()
    assert stage.step() is None
    stage.feed("in_0", RED)
    assert pixel(stage.step()) == RED
    assert pixel(stage.step()) == RED


def test_an_unchanged_scene_is_not_painted_again_and_still_comes_out(stage: Stage) -> None:
    stage.connect("in_0")
    stage.node.start()
    stage.feed("in_0", RED)
    first, second = stage.step(), stage.step()
    assert first is second
    stage.feed("in_0", GREEN)
    third = stage.step()
    assert third is not first
    assert pixel(third) == GREEN
    assert pixel(first) == RED, "a picture that went out is not painted over while somebody holds it"


def test_for_nobody_nothing_is_painted_and_who_comes_gets_a_picture_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(is_tapped=False)
    painted: list[QImage] = []
    paint = Renderer.paint

    def counted(renderer: Renderer, canvas: QImage, drawables: Sequence[Drawable]) -> list[tuple[Item, Exception]]:
        painted.append(canvas)
        return paint(renderer, canvas, drawables)

    monkeypatch.setattr(Renderer, "paint", counted)
    try:
        sink = Tap(keeps_packets=False)
        stage.node.outputs["out"].attach(sink)
        stage.connect("in_0")
        stage.node.start()
        for _ in range(3):
            stage.feed("in_0", RED)
            stage.pace.step()
        assert (len(sink.packets), painted) == (3, [])
        detach = stage.node.outputs["out"].attach(stage.tap)
        assert pixel(stage.step()) == RED
        assert len(painted) == 1
        detach()
        stage.pace.step()
        assert (len(sink.packets), len(painted)) == (5, 1)
    finally:
        stage.node.stop()


def test_the_newest_frame_of_each_source_wins_and_the_others_are_counted(stage: Stage) -> None:
    stage.connect("in_0")
    stage.node.start()
    for color in (RED, GREEN, BLUE):
        stage.feed("in_0", color)
    assert pixel(stage.step()) == BLUE
    stage.node.stop()
    assert (stage.reports.stats[-1].received, stage.reports.stats[-1].discarded) == (3, 2)


def test_a_change_makes_the_very_next_tick(stage: Stage) -> None:
    stage.connect("in_0")
    stage.connect("in_1")
    stage.node.start()
    stage.feed("in_0", RED)
    stage.feed("in_1", GREEN)
    stage.step()
    stage.node.update({**CANVAS, "layers": {"in_1": {"rect": CORNER, "aspect_fit": False}}})
    image = stage.step()
    assert (pixel(image), pixel(image, 40, 30)) == (RED, GREEN)
    stage.node.update({**CANVAS, "layers": {"in_1": {"rect": CORNER, "opacity": 0.5}}})
    assert is_near(pixel(stage.step(), 40, 30), (127, 128, 0, 255))


def test_slots_at_the_start_are_in_number_order_and_later_ones_in_order_of_arrival(stage: Stage) -> None:
    for pin in ("in_10", "in_2", "in_1"):
        stage.connect(pin)
    stage.node.start()
    stage.connect("in_0")
    stage.feed("in_1", RED)
    stage.step()
    rows = [row["id"] for row in stage.reports.view_data[-1]["layers"]]
    assert rows == ["in_1", "in_2", "in_10", "in_0"]


@pytest.mark.parametrize("pin", ["out", "inner", "video", ""])
def test_pins_that_are_none_are_refused(stage: Stage, pin: str) -> None:
    with pytest.raises(NodeFailed, match="there is no input pin"):
        stage.connect(pin)


def test_a_pin_takes_one_source_until_it_is_free_again(stage: Stage) -> None:
    source = stage.connect("in")
    with pytest.raises(NodeFailed, match="has a source already"):
        stage.node.connect_input("in", Output())
    stage.node.disconnect_input("in", Output())
    stage.node.disconnect_input("in", source)
    stage.connect("in")


def test_a_source_that_stalls_keeps_its_last_frame(stage: Stage) -> None:
    stage.connect("in_0")
    stage.connect("in_1")
    stage.node.start()
    stage.feed("in_0", RED)
    stage.step()
    stage.feed("in_1", GREEN)
    assert pixel(stage.step()) == RED


def test_a_disconnected_source_disappears_and_the_programme_goes_on(stage: Stage) -> None:
    source = stage.connect("in_0")
    stage.node.start()
    stage.feed("in_0", RED)
    stage.step()
    stage.node.disconnect_input("in_0", source)
    assert pixel(stage.step()) == CLEAR
    assert stage.reports.states[-1].name == "Running"


def test_when_the_last_source_ends_the_node_stops_with_a_reason(stage: Stage) -> None:
    source = stage.connect("in_0")
    stage.node.start()
    stage.feed("in_0", RED)
    stage.step()
    source.close()
    stage.pace.last_step()
    stage.reports.wait_for(lambda seen: seen.states[-1].reason == "input_closed")


def test_canvas_size_and_rate_are_live(stage: Stage) -> None:
    stage.connect("in_0")
    stage.node.start()
    stage.feed("in_0", RED)
    stage.step()
    stage.node.update({"width": 100, "height": 20, "fps": 60, "output_format": "nv12"})
    image = stage.step()
    assert image is not None
    assert (image.width(), image.height()) == (100, 20)
    assert stage.pace.fps == 60


def test_times_start_at_the_first_frame_of_the_last_slot_and_skip_what_was_missed(stage: Stage) -> None:
    stage.connect("in_0")
    stage.connect("in_1")
    stage.node.start()
    stage.feed("in_0", RED, pts_us=5_000_000)
    stage.feed("in_1", RED, pts_us=7_000_000)
    for missed in (0, 0, 3):
        stage.step(missed)
        stage.feed("in_1", RED, pts_us=1)
    times = [packet.pts_us for packet in stage.tap.packets]
    assert times == [7_000_000, 7_033_334, 7_166_667]
    assert [packet.sequence for packet in stage.tap.packets] == [0, 1, 2]


def test_missed_ticks_are_counted_and_told_not_caught_up(stage: Stage) -> None:
    stage.connect("in_0")
    stage.node.start()
    stage.feed("in_0", RED)
    stage.step()
    stage.step(missed=60)
    stage.step()
    assert stage.reports.telemetry == [("compositor.frames_dropped", {"reason": "compositing_busy", "count": 60})]
    stage.node.stop()
    assert stage.reports.stats[-1].discarded == 60


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"width": 0}, "width: must be 1 to 7680"),
        ({"layers": {"in_0": {"opacity": 1.5}}}, "layers.in_0.opacity: must be 0 to 1"),
        ({"layers": {"in_0": {"rect": {"x": 0}}}}, "layers.in_0.rect"),
        ({"depth": 3}, "depth"),
    ],
)
def test_bad_params_fail_with_the_field(params: JsonObject, sentence: str) -> None:
    with pytest.raises(NodeFailed, match=sentence):
        Compositor(Reports().context(params), shipped_places())


def test_a_refused_update_draws_on_as_before(stage: Stage) -> None:
    stage.connect("in_0")
    stage.node.start()
    stage.feed("in_0", RED)
    stage.step()
    with pytest.raises(ConfigRefused, match="width"):
        stage.node.update({"width": -1})
    stage.feed("in_0", GREEN)
    image = stage.step()
    assert image is not None
    assert (image.width(), pixel(image)) == (64, GREEN)
    stage.node.stop()


def test_texts_and_images_are_drawn_and_a_missing_image_is_told(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    plain((8, 8), BLUE).save(str(tmp_path / "images" / "logo.png"))
    overlays = [
        {"id": name, "asset_path": f"samples/images/{name}.png", "rect": {"x": 40, "y": 0, "width": 8, "height": 8}}
        for name in ("logo", "gone")
    ]
    block = {"id": "t", "text": "█", "rect": {"x": 0, "y": 0, "width": 0, "height": 0}, "font_size": 30}
    stage = Stage({"image_overlays": overlays, "text_overlays": [block]}, Places(asset_roots=(tmp_path,)))
    try:
        stage.connect("in_0")
        stage.node.start()
        stage.feed("in_0", RED)
        stage.step()
        stage.reports.wait_for(lambda seen: any(kind == "compositor.overlay_refused" for kind, _ in seen.telemetry))
        image = stage.step()
        assert pixel(image, 44, 4) == BLUE
        assert pixel(image, 6, 12) == (255, 255, 255, 255)
        assert [row["id"] for row in stage.reports.view_data[-1]["image_overlays"]] == ["logo"]
        ((_, fields),) = stage.reports.telemetry
        assert fields["overlay"] == "gone"
        assert "does not exist" in fields["reason"]
    finally:
        stage.node.stop()


def test_a_compositor_may_feed_another(stage: Stage) -> None:
    upper = Stage()
    try:
        upper.connect("in_0")
        upper.node.start()
        upper.feed("in_0", GREEN)
        upper.node.outputs["out"].attach(_Relay(stage.connect("in_0")))
        stage.node.start()
        upper.step()
        assert pixel(stage.step()) == GREEN
    finally:
        upper.node.stop()


class _Relay:
    keeps_packets = True

    def __init__(self, target: Output) -> None:
        self._target = target

    def put(self, packet: Any) -> None:
        self._target.emit(packet)

    def close(self) -> None:
        self._target.close()


def test_its_own_clock_holds_the_rate_and_no_thread_is_left_behind() -> None:
    before = set(threading.enumerate())
    reports, source, tap = Reports(), Output(), Tap()
    node = Compositor(reports.context({**CANVAS, "fps": 200}), shipped_places())
    node.connect_input("in", source)
    node.outputs["out"].attach(tap)
    node.start()
    source.emit(VideoFrame(plain((8, 8), RED), 0, 0))
    packets = tap.wait_for(20)
    node.stop()
    assert set(threading.enumerate()) == before
    elapsed_ms = (packets[19].pts_us - packets[0].pts_us) / 1000
    assert elapsed_ms >= 19 * 5
    assert elapsed_ms % 5 == 0
    assert tap.is_closed


def test_a_node_that_was_never_started_can_be_stopped() -> None:
    node = Compositor(Reports().context(dict(CANVAS)), shipped_places())
    node.stop()
    assert node.describe("frames") is not None
    assert node.describe("mse") is None
