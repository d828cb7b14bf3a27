"""What the server's clock says here: for display and latency. No decision rests on it (PROTOCOL.md §5.3)."""

from __future__ import annotations

from collections import deque

KEPT = 16

__all__ = ["ServerTime"]


class ServerTime:
    """Offset of the server's wall clock from ours, from the quickest of the newest round trips."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=KEPT)

    def sample(self, sent: float, server: float, received: float) -> None:
        """One ping: sent and received by our wall clock, answered at ``server`` by theirs."""
        if received >= sent:
            self._samples.append((received - sent, server - (sent + received) / 2))

    @property
    def round_trip_s(self) -> float | None:
        """The quickest of the newest round trips; None before the first."""
        return min(self._samples)[0] if self._samples else None

    @property
    def offset_s(self) -> float | None:
        """What to add to our time to get the server's, wrong by half a round trip at most; None before the first."""
        return min(self._samples)[1] if self._samples else None
