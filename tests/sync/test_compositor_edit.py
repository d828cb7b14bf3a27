"""Edits made fit for the wire."""

from __future__ import annotations

from typing import Any

import pytest

from sync.compositor_edit import EditRefused, check_config, check_edits, full_config, prepare, restoring
from sync.paths import REMOVED, Path, write
from tests.support.link import DEMO_PARAMS

SLOTS = ("in_0", "in_1", "in_2")


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("layers", "in_1", "opacity"), 0.456, 0.46),
        (("layers", "in_1", "rotation_degrees"), 12.34, 12.3),
        (("layers", "in_1", "crop_zoom"), 1.239, 1.24),
        (("layers", "in_1", "rect", "x"), -3.6, -4),
        (("layers", "in_1", "rect", "width"), 0, 1),
        (("text_overlays", "title", "rect", "width"), 0, 0),
        (("text_overlays", "title", "rect", "height"), -4, 0),
        (("text_overlays", "title", "font_size"), 24.4, 24),
        (("layers", "in_1", "mirror_horizontal"), True, True),
        (("fps",), 29.97, 30),
    ],
)
def test_values_are_rounded_as_they_travel(path: Path, value: Any, expected: Any) -> None:
    prepared = prepare(DEMO_PARAMS, {path: value}, SLOTS)
    assert prepared == {path: expected}
    assert type(prepared[path]) is type(expected)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("layers", "in_1", "opacity"), float("inf"), "Layer in_1 opacity: must be a finite number."),
        (("layers", "in_1", "rect", "x"), float("nan"), "Layer in_1 rect x: must be a finite number."),
        (("layers", "in_1"), REMOVED, "Layer in_1 cannot be removed: the server keeps what it once had."),
        (("output_format",), REMOVED, "Output format cannot be removed: the server keeps what it once had."),
    ],
)
def test_what_cannot_travel_is_refused(path: Path, value: Any, sentence: str) -> None:
    with pytest.raises(EditRefused) as refused:
        prepare(DEMO_PARAMS, {path: value}, SLOTS)
    assert (refused.value.path, str(refused.value)) == (path, sentence)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("layers", "in_1", "opacity"), 1.01, "Layer in_1 opacity: must be 0 to 1"),
        (("layers", "in_1", "opacity"), "x", "Layer in_1 opacity"),
        (("layers", "in_1", "crop_zoom"), 0.5, "must be 1 or more"),
        (("layers", "in_1", "crop_shape"), "star", "crop shape"),
        (("layers", "in_1", "rect", "x"), 2**40, "32 bits"),
        (("text_overlays", "title", "text"), "ä" * 5001, "10000 bytes"),
        (("text_overlays", "title", "font_size"), 5000, "4096"),
        (("text_overlays", "title", "color"), [1, 2, 3, 256], "four numbers"),
        (("text_overlays", "new"), {"id": "new"}, "text"),
        (
            ("image_overlays", "i"),
            {"asset_path": "/etc/x", "rect": {"x": 0, "y": 0, "width": 1, "height": 1}},
            "samples",
        ),
        (("width",), 0, "Width: must be 1 to 7680"),
        (("fps",), 0, "Fps"),
        (("layers",), [], "object"),
    ],
)
def test_what_the_server_would_reject_is_refused_by_name(path: Path, value: Any, words: str) -> None:
    with pytest.raises(EditRefused, match=words):
        check_edits(write(DEMO_PARAMS, path, value), [path])


def test_only_what_is_touched_is_checked_and_unknown_keys_pass() -> None:
    params = write(DEMO_PARAMS, ("layers", "in_0", "opacity"), 7)
    check_edits({**params, "from_the_future": 1}, [("layers", "in_1", "opacity")])
    with pytest.raises(EditRefused):
        check_config(params)
    check_config(write(DEMO_PARAMS, ("layers", "in_0", "from_the_future"), 1))


def test_two_overlays_of_one_id_are_refused() -> None:
    title = DEMO_PARAMS["text_overlays"][0]
    with pytest.raises(EditRefused, match="two overlays"):
        check_config({**DEMO_PARAMS, "text_overlays": [title, title]})


def test_a_full_config_has_what_the_node_would_reset() -> None:
    assert full_config({"fps": 25}) == {
        "width": 1280,
        "height": 720,
        "layers": {},
        "image_overlays": [],
        "text_overlays": [],
        "fps": 25,
    }


def test_restoring_gives_defaults_where_nothing_was() -> None:
    before = {
        ("layers", "in_0", "rotation_degrees"): REMOVED,
        ("layers", "in_2"): REMOVED,
        ("text_overlays", "t"): REMOVED,
        ("fps",): REMOVED,
        ("strange",): REMOVED,
    }
    back = restoring(before, DEMO_PARAMS, SLOTS)
    assert back[("layers", "in_0", "rotation_degrees")] == 0.0
    assert back[("layers", "in_2", "rect", "width")] == 426
    assert back[("text_overlays", "t")] is REMOVED
    assert back[("fps",)] == 30
    assert ("strange",) not in back
