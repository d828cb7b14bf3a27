"""How many ops a desk may send: a token bucket each, so that one that floods harms nobody else (PROTOCOL.md §6.5)."""

from __future__ import annotations

OPS_PER_S = 240.0
BURST = 960.0

__all__ = ["BURST", "OPS_PER_S", "RateLimit"]


class RateLimit:
    """One desk's allowance. What a join brings in bulk is never charged."""

    def __init__(self, per_s: float = OPS_PER_S, burst: float = BURST) -> None:
        self._per_s = per_s
        self._burst = burst
        self._tokens = burst
        self._at = 0.0

    def spend(self, ops: int, now: float) -> float:
        """0 when ``ops`` may pass now, else the seconds to wait before sending them again. Refused ops cost nothing."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_s)
        self._at = now
        if ops <= self._tokens:
            self._tokens -= ops
            return 0.0
        return (min(ops, self._burst) - self._tokens) / self._per_s
