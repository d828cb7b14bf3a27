"""How a node tells its session what it does: states, counters and telemetry."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from engine.node import NodeContext
from sync.wire.events import NodeStats
from sync.wire.state import NodeState

__all__ = ["STATS_EVERY_S", "NodeReport"]

STATS_EVERY_S = 2.0
STATS_EVERY_PACKETS = 1000
TELL_DEFECT_EVERY_S = 10.0
MAX_TOLD_DEFECTS = 100

_log = logging.getLogger(__name__)


class NodeReport:
    """A node's counters and its voice. Counting is one thread's; the stats leave as PROTOCOL.md §10 says."""

    def __init__(self, context: NodeContext, now: Callable[[], float] = time.monotonic) -> None:
        self._context = context
        self._now = now
        self._started = now()
        self._sent_at = float("-inf")
        self._sent: NodeStats | None = None
        self._defects_told: dict[str, float] = {}
        self.received = 0
        self.sent = 0
        self.discarded = 0
        self.errored = 0

    def running(self) -> None:
        """The node works."""
        self._context.on_state(NodeState("Running"))

    def failed(self, reason: str) -> None:
        """The node has given up; ``reason`` is one sentence for the operator."""
        _log.warning("node %s of session %s failed: %s", self._context.node_id, self._context.session_id, reason)
        self._context.on_state(NodeState("Failed", reason))

    def stopped(self, reason: str) -> None:
        """The node has ended; ``reason`` is one of STOP_REASONS."""
        self._context.on_state(NodeState("Stopped", reason))

    def telemetry(self, event_type: str, **fields: object) -> None:
        """One telemetry record."""
        self._context.on_telemetry(event_type, dict(fields))

    def defect(self, what: str, defect: Exception) -> None:
        """A picture lacks ``what`` by a defect of ours: counted each time, told and logged every 10 s at most."""
        self.errored += 1
        now = self._now()
        if now - self._defects_told.get(what, float("-inf")) < TELL_DEFECT_EVERY_S:
            return
        if len(self._defects_told) >= MAX_TOLD_DEFECTS:
            self._defects_told.clear()
        self._defects_told[what] = now
        _log.error("drawing %r of node %s failed by a defect", what, self._context.node_id, exc_info=defect)
        self.telemetry("compositor.drawing_failed", layer=what, reason=f"internal error: {type(defect).__name__}")

    def beat(self, *, is_last: bool = False) -> None:
        """Sends the counters at first activity, every 2 s, at each full thousand, and at the end."""
        largest = max(self.received, self.sent, self.discarded, self.errored)
        if not largest:
            return
        is_full = largest % STATS_EVERY_PACKETS == 0
        if is_last or is_full or self._now() - self._sent_at >= STATS_EVERY_S:
            self._send()

    def _send(self) -> None:
        self._sent_at = self._now()
        stats = NodeStats(self.received, self.sent, self.discarded, self.errored, self._sent_at - self._started)
        if self._sent is None or stats != self._sent:
            self._sent = stats
            self._context.on_stats(stats)
