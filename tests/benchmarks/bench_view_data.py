"""Decode + gate + apply one view-data frame of 100 layers, beside plain ``json.loads`` of the same text."""

from __future__ import annotations

import json
import time
from typing import Any

from sync.wire.codec import decode_inbound, encode_event
from sync.wire.events import NodeViewDataUpdated
from tests.benchmarks.report import print_line, summary
from tests.support.link import COMPOSITOR, make_session

LAYERS = 100
ROUNDS = 1_000


def _frame(session_id: str, shift: int) -> str:
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
    data: dict[str, Any] = {
        "canvas_width": 1280,
        "canvas_height": 720,
        "layers": rows,
        "text_overlays": [],
        "image_overlays": [],
        "_sender": "peer",
        "_rev": shift,
    }
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


if __name__ == "__main__":
    main()
