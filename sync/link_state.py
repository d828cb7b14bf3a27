"""Where the link of a desk is in its life, as it is shown."""

from __future__ import annotations

from enum import Enum

import msgspec

__all__ = ["Link", "LinkState"]


class LinkState(Enum):
    """Where the link is in its life; WAITING is between two tries, REFUSED is told no."""

    IDLE = "idle"
    CONNECTING = "connecting"
    SYNCING = "syncing"
    LIVE = "live"
    WAITING = "waiting"
    REFUSED = "refused"
    CLOSED = "closed"


class Link(msgspec.Struct, frozen=True):
    """The link as it is shown; ``retry_at`` and ``since`` are in the clock's seconds."""

    state: LinkState
    url: str
    round_trip_ms: float | None = None
    attempt: int = 0
    retry_at: float | None = None
    reason: str = ""
    since: float = 0.0
