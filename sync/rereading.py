"""Reading the whole pipeline again on a doubt: at once, then at most every five seconds, however many doubts come."""

from __future__ import annotations

from collections.abc import Callable

from sync.clock import Clock

__all__ = ["SPACING_S", "Rereading"]

SPACING_S = 5.0


class Rereading:
    """``read`` asks for the pipeline; it is given the reason of the newest doubt."""

    def __init__(self, clock: Clock, read: Callable[[str], None]) -> None:
        self._clock, self._read = clock, read
        self._cancel: Callable[[], None] | None = None
        self._doubt = ""

    def doubt(self, reason: str) -> None:
        """Something may be missing here."""
        if self._cancel is not None:
            self._doubt = reason
            return
        self._cancel = self._clock.call_later(SPACING_S, self._look_again)
        self._read(reason)

    def stop(self) -> None:
        """There is nothing to read, or it will be read anyway."""
        self._doubt = ""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    def _look_again(self) -> None:
        self._cancel = None
        doubt, self._doubt = self._doubt, ""
        if doubt:
            self.doubt(doubt)
