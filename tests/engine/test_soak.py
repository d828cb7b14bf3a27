"""Minutes of dragging, typing and coming and going: the engine's memory, threads and files stay what they were."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.flow import Latest, Output
from engine.library import library
from engine.node import Node
from engine.places import Places
from tests.support.nodes import Reports
from tests.support.pictures import write_clip

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

CANVAS = {"width": 640, "height": 360, "fps": 60}
ROUNDS = 3000
WARM_UP_ROUNDS = 600
MAX_GROWTH_MB = 12


class Studio:
    """A compositor with two clips, built from the library."""

    def __init__(self, folder: Path) -> None:
        for number in range(2):
            write_clip(folder / f"{number}.mp4", pictures=60, size=(320, 180))
        self.reports = Reports()
        self.kinds = library(Places(media_roots=(folder,)))
        self.mix = self.build("video::compositor", dict(CANVAS))
        self.clips = [self.build("layerdesk::media", {"path": f"{number}.mp4"}) for number in range(2)]
        for number, clip in enumerate(self.clips):
            self.mix.connect_input(f"in_{number}", clip.outputs["out"])
        self.mix.outputs["out"].attach(Latest())
        self.sink = self.build("core::sink", {})
        self.sink.connect_input("in", self.mix.outputs["out"])
        for node in (*self.clips, self.mix, self.sink):
            node.start()

    def build(self, kind: str, params: dict[str, Any]) -> Node:
        return self.kinds[kind].build(self.reports.context(params))

    def stop(self) -> None:
        for node in (*self.clips, self.mix, self.sink):
            node.stop()

    def change(self, number: int) -> None:
        """One step of a drag, a turn and a typed letter."""
        rect = {"x": number % 500, "y": number % 300, "width": 200 + number % 50, "height": 120}
        layers = {"in_1": {"rect": rect, "rotation_degrees": number % 360, "opacity": 0.8}}
        text = {"id": "t", "text": f"take {number}", "rect": {"x": 0, "y": 0, "width": 0, "height": 0}}
        self.mix.update({**CANVAS, "layers": layers, "text_overlays": [text]})

    async def visit(self) -> None:
        """A watcher and a source come and go."""
        watcher = self.mix.describe("frames").watch_jpeg()
        await anext(watcher)
        watcher.close()
        bars = self.build("video::colorbars", {"animate": True, "fps": 60})
        output: Output = bars.outputs["out"]
        self.mix.connect_input("in_9", output)
        bars.start()
        await asyncio.sleep(0.02)
        self.mix.disconnect_input("in_9", output)
        await asyncio.to_thread(bars.stop)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = Studio(tmp_path)
    yield studio
    studio.stop()


async def test_minutes_of_changes_leave_memory_threads_and_files_as_they_were(studio: Studio) -> None:
    process = psutil.Process()
    for number in range(WARM_UP_ROUNDS):
        studio.change(number)
        if not number % 50:
            await studio.visit()
        await asyncio.sleep(1 / 60)
    memory, threads, files = process.memory_info().rss, threading.active_count(), process.num_fds()
    for number in range(ROUNDS):
        studio.change(number)
        if not number % 100:
            await studio.visit()
        await asyncio.sleep(1 / 60)
    assert (process.memory_info().rss - memory) / 1e6 <= MAX_GROWTH_MB
    assert threading.active_count() <= threads + 1
    assert process.num_fds() <= files + 1
    assert not [state for state in studio.reports.states if state.name == "Failed"]
