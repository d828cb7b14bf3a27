"""The timers of a link: how long it may take, when to ask for a sign of life, when there was none for too long."""

from __future__ import annotations

from collections.abc import Callable

from sync.log.end import Timing

__all__ = ["Keepalive"]


class Keepalive:
    """Counts from what was heard last. ``now`` is monotonic."""

    def __init__(self, timing: Timing, now: Callable[[], float]) -> None:
        self._timing = timing
        self._now = now
        self._deadline = now() + timing.auth_s
        self._heard_at = now()
        self._ping_at = now() + timing.ping_s
        self._pings = 0

    @property
    def is_overdue(self) -> bool:
        """Whether the step that is under way has taken too long."""
        return self._now() >= self._deadline

    @property
    def is_silent(self) -> bool:
        """Whether nothing was heard for too long."""
        return self._now() - self._heard_at >= self._timing.silence_s

    def heard(self) -> None:
        """A frame has come, whatever it was."""
        self._heard_at = self._now()

    def progressed(self) -> None:
        """A step is done: the next one has its own time."""
        self._deadline = self._now() + self._timing.ready_s

    def ping_due(self) -> int | None:
        """The number of the ping to send now, else None."""
        if self._now() < self._ping_at:
            return None
        self._ping_at = self._now() + self._timing.ping_s
        self._pings += 1
        return self._pings

    @property
    def deadline(self) -> float:
        """When the step that is under way has taken too long."""
        return self._deadline

    @property
    def next_at(self) -> float:
        """When to ping, or to call it silence."""
        return min(self._heard_at + self._timing.silence_s, self._ping_at)
