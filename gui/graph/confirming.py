"""Removing what runs takes two presses: graph edits are in no history, so the second one is the question's answer."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from sync.clock import Clock

__all__ = ["CONFIRM_WITHIN_S", "SecondPress"]

CONFIRM_WITHIN_S: Final = 2.0


class SecondPress:
    """Remembers what was asked for last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asked: Hashable = None
        self._until = 0.0

    def confirms(self, what: Hashable) -> bool:
        """True when the same was asked for less than CONFIRM_WITHIN_S before; else the next one counts."""
        now = self._clock.now()
        is_second = what == self._asked and now <= self._until
        self._asked, self._until = (None, 0.0) if is_second else (what, now + CONFIRM_WITHIN_S)
        return is_second
