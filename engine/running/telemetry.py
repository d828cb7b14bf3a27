"""Telemetry on its way out: long strings cut, at most 100 records a second and type (PROTOCOL.md §11)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from sync.wire.json_value import JsonObject

TYPE_ID = "core::telemetry/event@1"
MAX_STRING = 100
PER_SECOND = 100
HEALTH_EVERY_S = 5.0
CUT_MARK = "...[truncated]"

__all__ = ["MAX_STRING", "PER_SECOND", "TYPE_ID", "TelemetryGate", "cut_strings"]


def cut_strings(value: Any) -> Any:
    """``value`` with every string of more than 100 bytes cut to its first 100 characters and marked."""
    if isinstance(value, str):
        is_long = len(value.encode("utf-8", "replace")) > MAX_STRING
        return value[:MAX_STRING] + CUT_MARK if is_long else value
    if isinstance(value, dict):
        return {key: cut_strings(item) for key, item in value.items()}
    return [cut_strings(item) for item in value] if isinstance(value, list | tuple) else value


class TelemetryGate:
    """Counts one node's records by type and second, and tells now and then how many were dropped."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._second = 0
        self._counts: dict[str, int] = {}
        self._dropped = 0
        self._told_at = float("-inf")

    def admit(self, event_type: str) -> bool:
        """True when a record of this type may leave now."""
        second = int(self._now())
        if second != self._second:
            self._second = second
            self._counts.clear()
        count = self._counts[event_type] = self._counts.get(event_type, 0) + 1
        self._dropped += count > PER_SECOND
        return count <= PER_SECOND

    def records(self, event_type: str, fields: JsonObject) -> Iterator[JsonObject]:
        """What leaves of a record now: itself, with its strings cut, and a report of what was dropped."""
        if self.admit(event_type):
            yield cut_strings({"event_type": event_type, **fields})
        if (health := self.health()) is not None:
            yield {"event_type": "telemetry.health", **health}

    def health(self) -> JsonObject | None:
        """The drops since the last report, when there were some and a report is due."""
        now = self._now()
        if not self._dropped or now - self._told_at < HEALTH_EVERY_S:
            return None
        dropped, self._dropped, self._told_at = self._dropped, 0, now
        return {"dropped_due_to_full": 0, "dropped_due_to_rate_limit": dropped}
