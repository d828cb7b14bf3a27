"""Nodes under test: a context that remembers what a node reports, inputs that wait, a pace that a test steps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from engine.flow import Packet
from engine.node import NodeContext
from engine.tick import Tick
from sync.wire.events import NodeStats
from sync.wire.json_value import JsonObject
from sync.wire.state import NodeState

WITHIN_S = 10.0


class Reports:
    """Everything that one node reported, in order."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.states: list[NodeState] = []
        self.stats: list[NodeStats] = []
        self.view_data: list[JsonObject] = []
        self.telemetry: list[tuple[str, JsonObject]] = []

    def context(self, params: JsonObject | None = None, node_id: str = "node") -> NodeContext:
        """The context of a node that reports here."""
        return NodeContext(
            session_id="session",
            node_id=node_id,
            params=params or {},
            on_state=lambda state: self._add(self.states, state),
            on_stats=lambda stats: self._add(self.stats, stats),
            on_view_data=lambda data: self._add(self.view_data, data),
            on_telemetry=lambda kind, fields: self._add(self.telemetry, (kind, fields)),
        )

    def wait_for(self, condition: Callable[[Reports], Any]) -> None:
        """Returns when ``condition(self)`` holds."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), WITHIN_S), "the node never reported that"

    def _add(self, reports: list[Any], report: Any) -> None:
        with self._changed:
            reports.append(report)
            self._changed.notify_all()


class Tap:
    """An input that keeps every packet."""

    def __init__(self, *, keeps_packets: bool = True) -> None:
        self.keeps_packets = keeps_packets
        self.packets: list[Any] = []
        self.is_closed = False
        self._arrived = threading.Condition()

    def put(self, packet: Packet) -> None:
        with self._arrived:
            self.packets.append(packet)
            self._arrived.notify_all()

    def close(self) -> None:
        with self._arrived:
            self.is_closed = True
            self._arrived.notify_all()

    def wait_for(self, count: int) -> list[Any]:
        """The packets, when there are ``count`` at least."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.packets) >= count, WITHIN_S), "the packets never came"
            return list(self.packets)

    def wait_for_close(self) -> None:
        with self._arrived:
            assert self._arrived.wait_for(lambda: self.is_closed, WITHIN_S), "the source never ended"


class SteppedPace:
    """A pace that moves when the test says so: ``step`` returns when the loop has done its tick."""

    def __init__(self, fps: float = 30.0) -> None:
        self.fps = fps
        self._elapsed = 0.0
        self._turn = threading.Condition()
        self._due: Tick | None = None
        self._is_waiting = False

    def set_rate(self, fps: float) -> None:
        self.fps = fps

    def wait(self, stopping: threading.Event) -> Tick | None:
        with self._turn:
            self._is_waiting = True
            self._turn.notify_all()
            while self._due is None and not stopping.is_set():
                self._turn.wait(0.02)
            tick, self._due = self._due, None
            self._is_waiting = False
            return tick

    def step(self, missed: int = 0) -> None:
        """One tick; ``missed`` others are said to be lost before it."""
        with self._turn:
            self.last_step(missed)
            self._wait_until_idle()

    def last_step(self, missed: int = 0) -> None:
        """One tick that the loop may not come back from."""
        with self._turn:
            self._wait_until_idle()
            self._elapsed += (1 + missed) / self.fps
            self._due = Tick(self._elapsed, missed)
            self._turn.notify_all()

    def _wait_until_idle(self) -> None:
        assert self._turn.wait_for(lambda: self._is_waiting and self._due is None, WITHIN_S), "the loop hangs"
