"""Memory of an engine whose media nodes come and go at random: whether it levels off, and where.

``python -m tests.benchmarks.bench_churn [MINUTES]``; it runs long, so ``make bench`` runs it only by name.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.benchmarks.bench_engine_load import write_file
from tests.benchmarks.report import print_line
from tests.benchmarks.slope import Sample, fit
from tests.end2end.peer import ScriptedPeer
from tests.support.engine_process import EngineProcess

MINUTES = 5.0
WARM_S, BLOCK_S = 60.0, 15.0
NODES, CHANGES_PER_S = 6, 5
SIZES = ((1280, 720), (640, 360), (960, 540))


def pipeline(folder: Path) -> Path:
    """A compositor that waits for its inputs, and clips of three sizes beside it."""
    for number, size in enumerate(SIZES):
        write_file(folder / f"clip{number}.mp4", size, seconds=2)
    nodes = {
        "bars": {"kind": "video::colorbars", "params": {"width": 1280, "height": 720, "fps": 30}},
        "mix": {
            "kind": "video::compositor",
            "params": {"width": 1280, "height": 720, "fps": 30},
            "needs": {"in_0": "bars"},
        },
        "out": {"kind": "core::sink", "needs": "mix"},
    }
    file = folder / "churn.yaml"
    file.write_text(json.dumps({"name": "churn", "mode": "dynamic", "nodes": nodes}))
    return file


class Churn:
    """At most NODES media nodes, each of which comes, is mixed and goes; ``changes`` counts both."""

    def __init__(self, peer: ScriptedPeer) -> None:
        self._peer, self._dice = peer, random.Random(7)
        self._there: list[str] = []
        self.changes = 0

    async def step(self) -> None:
        self.changes += 1
        self._peer.events.clear()
        if len(self._there) == NODES or (self._there and self._dice.random() < 0.5):
            name = self._there.pop(self._dice.randrange(len(self._there)))
            await self._ask("removenode", node_id=name)
            return
        name = f"clip_{self.changes}"
        params = {"path": f"clip{self._dice.randrange(len(SIZES))}.mp4"}
        await self._ask("addnode", node_id=name, kind="layerdesk::media", params=params)
        self._there.append(name)
        edge = {"from_node": name, "from_pin": "out", "to_node": "mix", "to_pin": f"in_{self.changes}"}
        await self._ask("connect", **edge)

    async def _ask(self, action: str, **fields: object) -> None:
        answer = await self._peer.ask(action, session_id=self._peer.session_id, **fields)
        if answer["action"] == "error":
            raise RuntimeError(answer["message"])


async def _measure(engine: EngineProcess, minutes: float) -> tuple[list[Sample], int]:
    process, samples = psutil.Process(engine.process.pid), list[Sample]()
    async with ScriptedPeer.at(engine.url) as peer:
        churn, begun = Churn(peer), time.monotonic()
        while (at_s := time.monotonic() - begun) < WARM_S + minutes * 60:
            await churn.step()
            await asyncio.sleep(1 / CHANGES_PER_S)
            samples.append(Sample(at_s, process.memory_info().rss / 1e6))
        return samples, churn.changes


def main(minutes: float) -> None:
    """Prints the line; the first minute is warm-up."""
    with tempfile.TemporaryDirectory() as folder, EngineProcess(pipeline(Path(folder))) as engine:
        samples, changes = asyncio.run(_measure(engine, minutes))
    settled = [sample for sample in samples if sample.at_s >= WARM_S]
    slope = fit(settled, BLOCK_S)
    print_line(
        "memory-churn-engine",
        "<= 350 MB, levels off",
        mb_per_hour=round(slope.per_hour, 1),
        standard_error=round(slope.standard_error, 1),
        changes=changes,
        highest_mb=round(max(sample.value for sample in samples), 1),
        quarters_mb=[round(_mean(settled, quarter), 1) for quarter in range(4)],
    )


def _mean(samples: list[Sample], quarter: int) -> float:
    part = samples[len(samples) * quarter // 4 : len(samples) * (quarter + 1) // 4]
    return sum(sample.value for sample in part) / len(part)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES)
