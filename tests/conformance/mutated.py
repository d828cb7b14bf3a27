"""Frames of the control protocol, broken in every way that a generator thinks of."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from tests.engine.fake_nodes import SOURCE

__all__ = ["BARS", "CONFIG", "EDGE", "FEED", "MUTATIONS", "SEEDS", "TUNE", "extreme"]

EDGE = {"from_node": "a", "from_pin": "out", "to_node": "mix", "to_pin": "in_0"}
RECT = {"x": 1, "y": 2, "width": 30, "height": 40}
LAYER = {"rect": RECT, "opacity": 0.5, "crop_shape": "circle"}
STRETCHED = {"rect": {**RECT, "height": 20}, "aspect_fit": False, "crop_zoom": 2.0, "rotation_degrees": 10.0}
TEXT = {"id": "t", "text": "hello", "rect": RECT, "color": [1, 2, 3, 4], "font_size": 20, "font_name": "Inter-Bold.otf"}
IMAGE = {"id": "i", "asset_path": "samples/images/none.png", "rect": RECT}
CONFIG = {
    "width": 64,
    "height": 48,
    "fps": 60,
    "layers": {"in_0": LAYER, "in_1": STRETCHED},
    "text_overlays": [TEXT],
    "image_overlays": [IMAGE],
    "_sender": "s",
    "_rev": 1,
}
# What feeds ``mix``; nothing above knows its name, so no frame takes it away.
BARS = {
    "node_id": "bars",
    "kind": "video::colorbars",
    "params": {"width": 32, "height": 24, "fps": 60, "animate": True},
}
FEED = {"from_node": "bars", "from_pin": "out", "to_node": "mix", "to_pin": "in_1"}
TUNE: dict[str, Any] = {
    "action": "tunenode",
    "session_id": "studio",
    "node_id": "mix",
    "message": {"UpdateParams": CONFIG},
}
SEEDS: tuple[dict[str, Any], ...] = (
    {"action": "createsession", "name": "x"},
    {"action": "listsessions"},
    {"action": "listnodes"},
    {"action": "getpermissions"},
    {"action": "getpipeline", "session_id": "studio"},
    {"action": "addnode", "session_id": "studio", "node_id": "b", "kind": SOURCE, "params": {"x": [1, {"y": None}]}},
    {"action": "removenode", "session_id": "studio", "node_id": "b"},
    {"action": "connect", "session_id": "studio", **EDGE, "mode": "best_effort"},
    {"action": "disconnect", "session_id": "studio", **EDGE},
    TUNE,
    {"action": "tunenodeasync", "session_id": "studio", "node_id": "a", "message": {"UpdateParams": {"x": 1}}},
    {"action": "tunenode", "session_id": "studio", "node_id": "a", "message": "Start"},
    {"action": "applybatch", "session_id": "studio", "operations": [{"action": "connect", **EDGE}]},
    {
        "action": "validatebatch",
        "session_id": "studio",
        "operations": [{"action": "addnode", "node_id": "c", "kind": SOURCE}, {"action": "removenode", "node_id": "c"}],
    },
)
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2**31, 2**64, 10**40, -(2**70), 1e308, "", "\u0000", "x" * 5_000, "../../etc/passwd",
    "<script>", "%s%n", [], {}, [[]], {"": {}}, "studio", "mix", "\U0010ffff", {"_x": {"_y": 1}},
)  # fmt: skip

EXTREMES: dict[type, tuple[Any, ...]] = {
    int: (0, 2**32 - 1, 2**31, 2_000_000_000, 20_000_000, 2**31 - 1, -(2**31), 4096, 7680),
    float: (0.0, 1.0, 1e308),
    str: ("x" * 256, "samples/images/" + "x" * 300, "a\u0000b", "W" * 10_000),
}


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in ``value`` with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)


def _changed_value(frame: dict[str, Any], dice: random.Random) -> str:
    container, key = dice.choice(list(_places(frame)))
    container[key] = dice.choice(VALUES)
    return json.dumps(frame)


def extreme(frame: dict[str, Any], dice: random.Random) -> str:
    """Values of the same types at the ends of their ranges, which are accepted more often than not."""
    payload = frame["payload"]
    for _ in range(dice.randint(1, 3)):
        container, key = dice.choice(
            [each for each in _places(payload["message"]) if type(each[0][each[1]]) in EXTREMES]
        )
        container[key] = dice.choice(EXTREMES[type(container[key])])
    return json.dumps(frame)


def _lost_key(frame: dict[str, Any], dice: random.Random) -> str:
    container, key = dice.choice(list(_places(frame)))
    del container[key]
    return json.dumps(frame)


def _grown(frame: dict[str, Any], dice: random.Random) -> str:
    container, key = dice.choice(list(_places(frame)))
    deep: Any = container[key]
    for _ in range(dice.choice((5, 60, 130, 1200))):
        deep = {"d": deep} if dice.random() < 0.5 else [deep]
    container[key] = "DEEP"
    return json.dumps(frame).replace('"DEEP"', _dump(deep))


def _dump(deep: Any) -> str:
    """JSON of a value too deep for json.dumps."""
    opening, closing = [], []
    while isinstance(deep, dict | list) and len(deep) == 1:
        is_object = isinstance(deep, dict)
        opening.append('{"d":' if is_object else "[")
        closing.append("}" if is_object else "]")
        deep = deep.get("d") if isinstance(deep, dict) else deep[0]
    return "".join(opening) + json.dumps(deep) + "".join(reversed(closing))


def _torn(frame: dict[str, Any], dice: random.Random) -> str:
    text = json.dumps(frame)
    at = dice.randrange(len(text))
    return (
        text[:at]
        + dice.choice(("", "\x00", '"', "}", "{", ",", "\\", "é", "1e999", "NaN"))
        + text[at + dice.randrange(3) :]
    )


def _doubled(frame: dict[str, Any], dice: random.Random) -> str:
    text = json.dumps(frame)
    return text + dice.choice((text, "\n", " x", "}"))


MUTATIONS: tuple[Callable[[dict[str, Any], random.Random], str], ...] = (
    _changed_value, _changed_value, _lost_key, _grown, _torn, _doubled,
)  # fmt: skip
