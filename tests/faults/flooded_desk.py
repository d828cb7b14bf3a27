"""The whole desk, window and all, on a scripted server in a process of its own that floods it.

As a program (``python -m tests.faults.flooded_desk``) it is that server: it reads orders on stdin, a line of JSON each.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from gui.place import RemotePlace
from tests.end2end.desk import DeskInTest
from tests.faults.scripted_server import ScriptedServer, raw_event
from tests.support.link import COMPOSITOR

__all__ = ["PERIOD_MS", "FloodedDesk", "flooded"]

PERIOD_MS = 4
MEGABYTES_5 = 5_000_000


class FloodedDesk:
    """``shown`` is the desk; ``ticks`` are the times, in ns, when a timer of its thread came, every 4 ms at best."""

    def __init__(self, desk: DeskInTest, server: subprocess.Popen[str]) -> None:
        self.shown, self.session = desk, desk.session
        self.ticks: list[int] = []
        self._server = server
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(PERIOD_MS)
        self._timer.timeout.connect(lambda: self.ticks.append(time.perf_counter_ns()))
        self._timer.start()

    async def flood(self, per_s: int, seconds: float) -> int:
        """Events of every family at a rate; the number that the server got rid of."""
        return int((await self._order(flood=[per_s, seconds]))["sent"])

    async def say_large(self) -> None:
        """One frame of 5 MB that means nothing."""
        await self._order(large=MEGABYTES_5)

    async def truth(self) -> dict[str, Any]:
        """Params by node, as the server has them stored."""
        return dict((await self._order(truth=True))["stored"])

    def stop(self) -> None:
        """No tick comes any more."""
        self._timer.stop()

    async def _order(self, **order: Any) -> dict[str, Any]:
        return await asyncio.to_thread(self._talk, order)

    def _talk(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        return dict(json.loads(self._server.stdout.readline()))


@asynccontextmanager
async def flooded(application: QApplication) -> AsyncIterator[FloodedDesk]:
    """A desk with its session open, on a server that waits for orders; the server ends with its stdin."""
    with _server_process() as server:
        assert server.stdin is not None
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        try:
            async with DeskInTest.on(application, RemotePlace(url), "studio", has_picture=False) as desk:
                under_test = FloodedDesk(desk, server)
                try:
                    yield under_test
                finally:
                    under_test.stop()
        finally:
            server.stdin.close()


def _server_process() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.flooded_desk"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _events(session_id: str) -> list[str]:
    """Every family: a plain node's params, a layout, states, counters, telemetry, and what is unknown."""
    return [text for number in range(40) for text in _round_of(number, {"session_id": session_id, "timestamp": ""})]


def _round_of(number: int, ends: dict[str, Any]) -> list[str]:
    row = {"id": "in_0", "x": number, "y": 0, "width": 640, "height": 360}
    layout = {"canvas_width": 1280, "canvas_height": 720, "layers": [row], "text_overlays": [], "image_overlays": []}
    counters = {"received": number, "sent": number, "discarded": 0, "errored": 0, "duration_secs": 1.0}
    told = {"event_type": "test.flood", "number": number}
    return [
        raw_event("nodeparamschanged", **ends, node_id="gain", params={"gain": number}),
        raw_event("nodeviewdataupdated", **ends, node_id=COMPOSITOR, data=layout),
        raw_event("nodestatechanged", **ends, node_id="cam_a", state="Running" if number % 2 else "Ready"),
        raw_event("nodestatsupdated", **ends, node_id="cam_a", stats=counters),
        raw_event("nodetelemetry", **ends, node_id="cam_a", type_id="core::telemetry/event@1", data=told),
        raw_event("aurora", **ends, brightness=number),
    ]


async def _serve() -> None:
    with ScriptedServer() as server:
        _say({"url": server.url})
        while line := await asyncio.to_thread(sys.stdin.readline):
            _say(await _obey(server, json.loads(line)))


async def _obey(server: ScriptedServer, order: dict[str, Any]) -> dict[str, Any]:
    if "flood" in order:
        per_s, seconds = order["flood"]
        sent = await server.flood(_events(server.model.info.id), per_s, seconds)
        await server.do(lambda model: model.tune("gain", {"gain": 7.5}))
        return {"sent": sent}
    if "large" in order:
        await server.say(raw_event("aurora", blob="x" * order["large"]))
    return {"stored": {node_id: server.stored(node_id) for node_id in server.model.nodes}}


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve())
