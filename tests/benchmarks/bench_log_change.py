"""What one change of a 100-layer compositor costs the engine by each protocol, without a socket.

Alone: ``python -m tests.benchmarks.bench_log_change``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from engine.library import library
from engine.roots import places_for
from engine.running.permissions import ADMIN
from engine.running.session import Session
from sync.log.edits import change, param_place
from sync.log.op import Op
from sync.wire.pipeline import SessionInfo
from tests.benchmarks.report import percentile, print_line, summary

LAYERS = 100


def main(_argv: Sequence[str] = ()) -> None:
    """One line."""
    asyncio.run(_changes())


async def _changes() -> None:
    session = Session(SessionInfo("s"), None, library(places_for()), lambda *_: None, lambda: None)
    session.log.shared.roles.admitted("open/d", ADMIN)
    session.add_node("mix", "video::compositor", _config(0))
    while "mix" not in session.model.nodes:  # noqa: ASYNC110  (its thread builds it)
        await asyncio.sleep(0.01)
    tunes, logged, ops = [], [], []
    follow = session.log.tuned

    def timed(*words: Any) -> None:
        begun = time.thread_time()
        follow(*words)
        logged.append((time.thread_time() - begun) * 1000)

    session.log.tuned = timed  # type: ignore[assignment,method-assign]
    for step in range(1, 301):
        begun = time.thread_time()
        session.tune("mix", {**_config(step), "_sender": "n", "_rev": step}, "admin")
        tunes.append((time.thread_time() - begun) * 1000)
    for step in range(1, 301):
        op = Op("open/d~1", step, (change(param_place("mix", ("layers", "in_7", "rect", "y")), step),), live=True)
        begun = time.thread_time()
        session.log.desk.submit(op)
        ops.append((time.thread_time() - begun) * 1000)
    await session.stop()
    print_line(
        "log_change",
        "the log adds well under 1 ms to a full-config tune of 100 layers",
        tune=summary(tunes, "ms"),
        log_part=summary(logged, "ms"),
        op=summary(ops, "ms"),
        log_share=round(percentile(logged, 0.5) / percentile(tunes, 0.5), 3),
    )


def _config(x: int) -> dict[str, Any]:
    rest = {"aspect_fit": True, "opacity": 0.5, "rotation_degrees": 0.0, "crop_zoom": 1.0, "crop_shape": "rect"}
    layers = {
        f"in_{number}": {"rect": {"x": x if number == 50 else number, "y": 2, "width": 320, "height": 180}, **rest}
        for number in range(LAYERS)
    }
    return {"width": 1280, "height": 720, "fps": 30, "layers": layers}


if __name__ == "__main__":
    main()
