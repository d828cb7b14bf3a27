"""Decode + gate + apply one view-data frame of 100 layers, beside plain ``json.loads`` of the same text.

The same over an ordered log, beside plain MessagePack; and one own op of a hand there and back, engine included.
"""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec

from sync.log.live_frames import ViewFrame, decode_live, encode_live
from sync.wire.codec import decode_inbound, encode_event
from sync.wire.events import NodeViewDataUpdated
from tests.benchmarks.report import print_line, summary
from tests.support.link import COMPOSITOR, make_session
from tests.support.ordered import OrderedDesk, OrderedWorld

LAYERS = 100
RECT = {"y": 10, "width": 320, "height": 180}
ROUNDS = 1_000


def _data(shift: int) -> dict[str, Any]:
    rows = [
        {
            "id": f"in_{index}",
            "x": index + shift,
            "y": index,
            "width": 320,
            "height": 180,
            "source_width": 1920,
            "source_height": 1080,
        }
        for index in range(LAYERS)
    ]
    return {
        "canvas_width": 1280,
        "canvas_height": 720,
        "layers": rows,
        "text_overlays": [],
        "image_overlays": [],
    }


def _frame(session_id: str, shift: int) -> str:
    data = {**_data(shift), "_sender": "peer", "_rev": shift}
    return encode_event(NodeViewDataUpdated(session_id, COMPOSITOR, data, "2026-01-01T00:00:00Z"))


def main() -> None:
    """Each frame moves all layers, so that nothing is skipped as equal."""
    session, _, _ = make_session()
    frames = [_frame(session.info.id, shift) for shift in range(ROUNDS)]
    ours, plain = [], []
    for text in frames:
        begun = time.perf_counter_ns()
        session.accept(decode_inbound(text).message)  # type: ignore[arg-type]  # it is the event that was encoded
        middle = time.perf_counter_ns()
        json.loads(text)
        plain.append((time.perf_counter_ns() - middle) / 1000)
        ours.append((middle - begun) / 1000)
    ratio = sorted(a / b for a, b in zip(ours, plain, strict=True))[ROUNDS // 2]
    print_line(
        "view-data-apply",
        "median <= 150 us",
        layers=LAYERS,
        ratio_to_json_loads=round(ratio, 2),
        **summary(ours, "us"),
        json_loads_median_us=summary(plain, "us")["median_us"],
    )
    _over_a_log()


def _over_a_log() -> None:
    layers = {f"in_{index}": {"opacity": 1.0, "rect": {"x": index, **RECT}} for index in range(LAYERS)}
    world = OrderedWorld(1, {"width": 1280, "height": 720, "num_inputs": LAYERS, "layers": layers})
    (desk,) = world.desks
    frames = [encode_live(ViewFrame(0.0, COMPOSITOR, shift + 1, {}, _data(shift))) for shift in range(ROUNDS)]
    ours, plain = [], []
    for data in frames:
        begun = time.perf_counter_ns()
        desk.log.view_came.emit(decode_live(data))  # type: ignore[arg-type]  # it is the frame that was encoded
        middle = time.perf_counter_ns()
        msgspec.msgpack.decode(memoryview(data)[1:])
        plain.append((time.perf_counter_ns() - middle) / 1000)
        ours.append((middle - begun) / 1000)
    ratio = sorted(a / b for a, b in zip(ours, plain, strict=True))[ROUNDS // 2]
    figures = summary(ours, "us")
    print_line("view-data-apply-log", "median <= 150 us", layers=LAYERS, ratio_to_msgpack=round(ratio, 2), **figures)
    _one_hand(world, desk)


def _one_hand(world: OrderedWorld, desk: OrderedDesk) -> None:
    path, there, back = ("layers", "in_5", "rect", "x"), [], []
    gesture = desk.desk.begin(COMPOSITOR, "Drag", [path])
    for step in range(ROUNDS):
        begun = time.perf_counter_ns()
        gesture.change({path: step})
        middle = time.perf_counter_ns()
        world.round()
        back.append((time.perf_counter_ns() - middle) / 1000)
        there.append((middle - begun) / 1000)
        world.clock.advance(0.034)
    gesture.end()
    print_line("log-op-made", "", layers=LAYERS, **summary(there, "us"))
    print_line("log-op-decided-and-back", "", layers=LAYERS, **summary(back, "us"))


if __name__ == "__main__":
    main()
