"""The round trip of a connection, looked at every five seconds."""

from __future__ import annotations

from collections.abc import Callable

from sync.clock import Clock
from sync.connection import Connection

__all__ = ["LOOK_EVERY_S", "RoundTrip"]

LOOK_EVERY_S = 5.0


class RoundTrip:
    """``told`` is given seconds, None before the first measurement."""

    def __init__(self, clock: Clock, told: Callable[[float | None], None]) -> None:
        self._clock, self._told = clock, told
        self._cancel: Callable[[], None] | None = None

    def follow(self, connection: Connection) -> None:
        """Looks now, and from now on until ``stop``."""
        self._told(connection.round_trip_s)
        self._cancel = self._clock.call_later(LOOK_EVERY_S, lambda: self.follow(connection))

    def stop(self) -> None:
        """The connection is gone."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
