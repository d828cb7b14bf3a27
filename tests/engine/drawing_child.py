"""A child process of ``test_drawing``: many nodes begin to draw at once, and threads change at every step."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from engine.library import library
from engine.pictures.drawing import prepare_drawing
from engine.roots import places_for
from engine.running.session import Session
from sync.wire.pipeline import Connection, Node, Pipeline, SessionInfo

NODES = 4
RECT = {"x": 1, "y": 1, "width": 30, "height": 20}


def _pipeline() -> Pipeline:
    nodes: dict[str, Node] = {}
    rows = []
    text = {"id": "t", "text": "hello", "rect": {**RECT, "width": 0}, "rotation_degrees": 5.0}
    layer: dict[str, Any] = {"rect": RECT, "rotation_degrees": 3.0, "opacity": 0.5, "crop_shape": "circle"}
    for number in range(NODES):
        bars = {"width": 64, "height": 48, "fps": 60, "draw_time": True, "animate": True}
        nodes[f"bars{number}"] = Node("video::colorbars", bars)
        config = {"width": 64, "height": 48, "fps": 60, "layers": {"in_0": layer}, "text_overlays": [text]}
        nodes[f"mix{number}"] = Node("video::compositor", config)
        rows.append(Connection(f"bars{number}", "out", f"mix{number}", "in_0"))
    return Pipeline(nodes=nodes, connections=rows)


async def main() -> None:
    """Ends when every compositor has drawn for a while."""
    prepare_drawing()
    sys.setswitchinterval(1e-6)
    session = Session(SessionInfo("s"), None, library(places_for()), lambda *_: None, lambda: None)
    session.load(_pipeline())
    for _ in range(2_000):
        if len(session.log.views.newest()) == NODES:
            break
        await asyncio.sleep(0.01)
    else:
        raise AssertionError("they never drew")
    await session.stop()


if __name__ == "__main__":
    asyncio.run(main())
