"""The Telemetry tab: what nodes report, newest last."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any, Final

from PySide6.QtCore import QTimer

from gui.bridge import Bridge
from gui.health.log_lines import LogLine
from gui.health.log_view import LogView
from gui.server.failure import one_line
from gui.theme.tokens import Tokens
from sync.wire.events import NodeTelemetry

__all__ = ["TelemetryLog", "telemetry_line"]

BATCH_MS: Final = 100
MAX_WORDS: Final = 400
MAX_KIND: Final = 60


def telemetry_line(record: NodeTelemetry, now: float) -> LogLine:
    """A record as a line: wall-clock time, node, event type, then the other data as ``name=value``; a long one is cut.

    ``now``, in seconds since 1970, stands for a time that the server left out. ``timestamp_us`` is media time and no
    clock (PROTOCOL.md §11).
    """
    kind, data = _kind(record)
    when = _wall_clock_s(record.timestamp, now)
    return LogLine(when, record.node_id, one_line(kind, MAX_KIND), "accent", one_line(_spoken(data), MAX_WORDS))


def _kind(record: NodeTelemetry) -> tuple[str, Any]:
    """What happened, and the data without it; a record that does not say is of its type."""
    data = record.data
    kind = data.get("event_type") if isinstance(data, dict) else None
    if not isinstance(kind, str) or not kind.strip():
        return record.type_id, data
    return kind, {key: value for key, value in data.items() if key != "event_type"}


def _wall_clock_s(timestamp: str, now: float) -> float:
    try:
        when = datetime.fromisoformat(timestamp)
        return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        return now


def _spoken(data: Any) -> str:
    if not isinstance(data, dict):
        return json.dumps(data, ensure_ascii=False)
    return " ".join(
        f"{key}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in data.items()
    )


class TelemetryLog(LogView):
    """Follows the desk's telemetry of the open session, in batches."""

    def __init__(self, bridge: Bridge, tokens: Tokens, limit: int) -> None:
        super().__init__("telemetry", "Telemetry", limit, tokens)
        self.set_hint("Nothing reported yet.")
        self._bridge = bridge
        self._waiting: list[LogLine] = []
        self._batch = QTimer(self)
        self._batch.setSingleShot(True)
        self._batch.setInterval(BATCH_MS)
        self._batch.timeout.connect(self._take)
        untie = bridge.desk.telemetry.connect(self._heard)
        self.destroyed.connect(lambda _gone: untie())
        bridge.session_shown.connect(lambda _session: self.clear())

    def _heard(self, record: NodeTelemetry) -> None:
        session = self._bridge.session
        if session is None or record.session_id != session.info.id:
            return
        self._waiting.append(telemetry_line(record, time.time()))
        del self._waiting[: -self.lines.limit]
        if not self._batch.isActive():
            self._batch.start()

    def _take(self) -> None:
        waiting, self._waiting = self._waiting, []
        self.add(waiting)
