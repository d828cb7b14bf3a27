"""The Sync tab: why a value did, or did not, change, in the operator's words."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent

from gui.bridge import Bridge
from gui.health.log_lines import LogLine
from gui.health.log_view import LogView
from gui.theme.tokens import Tokens
from sync.journal_lines import Decision

__all__ = ["DecisionLog"]

BATCH_MS: Final = 100
_TONES: Final = {
    "applied": "good",
    "acknowledged": "good",
    "skipped": "late",
    "parked": "late",
    "late": "late",
    "healed": "accent",
    "rebased": "accent",
    "sent": "accent",
    "refused": "bad",
}


class DecisionLog(LogView):
    """Follows the open session's decisions; nothing is drawn while the tab is not seen."""

    def __init__(self, bridge: Bridge, tokens: Tokens, limit: int) -> None:
        super().__init__("sync", "Sync decisions", limit, tokens)
        self.set_hint("Why a value did or did not change appears here.")
        self._bridge = bridge
        self._last: Decision | None = None
        self._wall_offset: float | None = None
        self._batch = QTimer(self)
        self._batch.setSingleShot(True)
        self._batch.setInterval(BATCH_MS)
        self._batch.timeout.connect(self.take)
        bridge.decisions_shown.connect(self._soon)
        bridge.session_shown.connect(lambda _session: self._restart())

    def take(self) -> None:
        """Shows the decisions that are new."""
        session = self._bridge.session
        if session is None or not self.isVisible():
            return
        fresh: list[Decision] = []
        for decision in reversed(session.decisions):
            if decision is self._last:
                break
            fresh.append(decision)
        if fresh:
            self._last = fresh[0]
            self.add([self._line(decision) for decision in reversed(fresh)])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.take()

    def _soon(self) -> None:
        if self.isVisible() and not self._batch.isActive():
            self._batch.start()

    def _restart(self) -> None:
        self._last = None
        self.clear()
        self._soon()

    def _line(self, decision: Decision) -> LogLine:
        # The session's clock has its own zero: the smallest distance to the wall clock seen so far is the truest.
        distance = time.time() - decision.when
        if self._wall_offset is None or distance < self._wall_offset:
            self._wall_offset = distance
        when = decision.when + self._wall_offset
        tone = _TONES.get(decision.verdict, "")
        return LogLine(when, f"{decision.node_id} {decision.subject}", decision.verdict, tone, decision.sentence)
