"""When the next fan-out round is due: at once after a pause, paced under load (PROTOCOL.md §7.2)."""

from __future__ import annotations

FASTEST_S = 0.008
SLOWEST_S = 0.033
BUSY_ENTRIES = 4
_GROW, _SHRINK = 1.25, 0.8

__all__ = ["BUSY_ENTRIES", "FASTEST_S", "SLOWEST_S", "Pacing"]


class Pacing:
    """The gap between rounds. It grows while rounds carry many entries, which is what makes batches of them."""

    def __init__(self) -> None:
        self.interval_s = FASTEST_S
        self._last: float | None = None

    def due_at(self, now: float) -> float:
        """When the next round may run; ``now`` when at once."""
        return now if self._last is None else max(now, self._last + self.interval_s)

    def ran(self, now: float, entries: int) -> None:
        """Notes a round and how many entries it carried."""
        if self._last is not None and now - self._last > 2 * SLOWEST_S:
            self.interval_s = FASTEST_S
        factor = _GROW if entries >= BUSY_ENTRIES else _SHRINK
        self.interval_s = min(SLOWEST_S, max(FASTEST_S, self.interval_s * factor))
        self._last = now
