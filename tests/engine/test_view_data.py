"""View data and stamps as the compositor node makes them, tick by tick."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.flow import Output, VideoFrame
from engine.nodes.compositor import Compositor
from engine.pictures.view_data import stamp_of
from engine.places import shipped_places
from sync.wire.compositor import ConfigRefused
from sync.wire.json_value import JsonObject
from sync.wire.stamp import Stamp
from tests.support.nodes import Reports, SteppedPace
from tests.support.pictures import GREEN, plain

RECT = {"x": 0, "y": 0, "width": 100, "height": 100}


class Stage:
    """A compositor with two inputs, stepped by hand."""

    def __init__(self, params: JsonObject | None = None) -> None:
        self.reports = Reports()
        self.pace = SteppedPace()
        context = self.reports.context({"width": 320, "height": 240, **(params or {})})
        self.node = Compositor(context, shipped_places(), pace=self.pace)
        self.sources = {"in_0": Output(), "in_1": Output()}
        for pin, source in self.sources.items():
            self.node.connect_input(pin, source)
        self.node.start()

    def feed(self, pin: str = "in_0", size: tuple[int, int] = (64, 48)) -> None:
        self.sources[pin].emit(VideoFrame(plain(size, GREEN), 0, 0))

    def step(self) -> list[JsonObject]:
        """One tick; the view data that it brought."""
        before = len(self.reports.view_data)
        self.pace.step()
        return self.reports.view_data[before:]


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.node.stop()


def test_nothing_is_sent_before_the_first_frame_and_then_it_is_exactly_this(stage: Stage) -> None:
    assert stage.step() == []
    stage.feed()
    assert stage.step() == [
        {
            "canvas_width": 320,
            "canvas_height": 240,
            "layers": [
                {"id": "in_0", "x": 0, "y": 0, "width": 320, "height": 240, "source_width": 64, "source_height": 48},
                {"id": "in_1", "x": 194, "y": 140, "width": 106, "height": 80},
            ],
            "text_overlays": [],
            "image_overlays": [],
        }
    ]
    assert stage.step() == []


def test_a_new_source_size_is_sent_and_the_same_size_is_not(stage: Stage) -> None:
    stage.feed()
    stage.step()
    stage.feed()
    assert stage.step() == []
    stage.feed(size=(32, 48))
    (data,) = stage.step()
    assert data["layers"][0]["source_width"] == 32


def test_a_commit_that_moves_something_carries_its_stamp(stage: Stage) -> None:
    stage.feed()
    stage.step()
    stage.node.update({"width": 320, "height": 240, "layers": {"in_0": {"rect": RECT}}, "_sender": "a", "_rev": 7})
    (data,) = stage.step()
    assert (data["_sender"], data["_rev"]) == ("a", 7)
    assert data["layers"][0]["width"] == 100


def test_an_opacity_only_commit_sends_nothing_but_the_next_layout_carries_its_stamp(stage: Stage) -> None:
    stage.feed()
    stage.step()
    stage.node.update({"width": 320, "height": 240, "layers": {"in_0": {"opacity": 0.5}}, "_sender": "a", "_rev": 8})
    assert stage.step() == []
    stage.feed(size=(10, 10))
    (data,) = stage.step()
    assert (data["_sender"], data["_rev"]) == ("a", 8)


def test_several_commits_between_two_ticks_are_one_layout_with_the_last_stamp(stage: Stage) -> None:
    stage.feed()
    stage.step()
    for rev in (1, 2, 3):
        layers = {"in_0": {"rect": {**RECT, "x": rev}}}
        stage.node.update({"width": 320, "height": 240, "layers": layers, "_sender": "a", "_rev": rev})
    (data,) = stage.step()
    assert (data["_rev"], data["layers"][0]["x"]) == (3, 3)


def test_an_unstamped_update_clears_the_stamp_and_both_keys_are_left_out(stage: Stage) -> None:
    stage.feed()
    stage.node.update({"width": 320, "height": 240, "_sender": "a", "_rev": 1})
    stage.node.update({"width": 300, "height": 240})
    (data,) = stage.step()
    assert data["canvas_width"] == 300
    assert "_sender" not in data
    assert "_rev" not in data


def test_a_refused_update_moves_the_stamp_and_changes_nothing_else(stage: Stage) -> None:
    stage.feed()
    stage.step()
    stage.node.update({"width": 320, "height": 240, "_sender": "a", "_rev": 1})
    with pytest.raises(ConfigRefused, match="opacity"):
        stage.node.update({"layers": {"in_0": {"opacity": 2.0}}, "_sender": "a", "_rev": 2})
    assert stage.step() == []
    stage.feed(size=(10, 10))
    (data,) = stage.step()
    assert (data["canvas_width"], data["_rev"]) == (320, 2)


def test_pins_that_go_or_come_clear_the_stamp(stage: Stage) -> None:
    stage.feed()
    stage.node.update({"width": 320, "height": 240, "_sender": "a", "_rev": 1})
    stage.step()
    stage.node.disconnect_input("in_1", stage.sources["in_1"])
    (data,) = stage.step()
    assert [row["id"] for row in data["layers"]] == ["in_0"]
    assert "_sender" not in data
    stage.node.update({"width": 320, "height": 240, "_sender": "a", "_rev": 2})
    stage.node.connect_input("in_9", Output())
    (data,) = stage.step()
    assert [row["id"] for row in data["layers"]] == ["in_0", "in_9"]
    assert "_rev" not in data


def test_a_source_that_ends_loses_its_row_and_the_next_one_becomes_the_background(stage: Stage) -> None:
    stage.feed("in_0")
    stage.feed("in_1")
    stage.step()
    stage.sources["in_0"].close()
    (data,) = stage.step()
    assert [(row["id"], row["width"]) for row in data["layers"]] == [("in_1", 320)]


def test_unknown_metadata_is_stripped_and_unknown_fields_are_refused(stage: Stage) -> None:
    stage.node.update({"width": 320, "height": 240, "_desk": "x"})
    with pytest.raises(ConfigRefused, match="desk"):
        stage.node.update({"desk": "x"})


@pytest.mark.parametrize(
    ("message", "stamp"),
    [
        ({}, None),
        ({"_rev": 3}, None),
        ({"_sender": "", "_rev": 3}, None),
        ({"_sender": 5, "_rev": 3}, None),
        ({"_sender": "a", "_rev": 3}, Stamp("a", 3)),
        ({"_sender": "a", "_rev": 3.0}, Stamp("a", 0)),
        ({"_sender": "a", "_rev": -3}, Stamp("a", 0)),
        ({"_sender": "a", "_rev": True}, Stamp("a", 0)),
        ({"_sender": "a"}, Stamp("a", 0)),
    ],
)
def test_how_a_node_reads_a_stamp(message: JsonObject, stamp: Stamp | None) -> None:
    assert stamp_of(message) == stamp
