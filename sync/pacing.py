"""When a node's next commit leaves: at once at the leading edge, then as fast as the server follows.

While a commit is on its way the next one waits for its acknowledgement, at least 8 ms and at most 33 ms after it; a
release waits for neither. A link that is backed up is left alone: nothing queues, the next commit carries the newest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from sync.clock import Clock

__all__ = ["MAX_UNSENT_BYTES", "Outlet", "Pace", "Pacer"]

MAX_UNSENT_BYTES = 64 * 1024
_TOO_SHORT_S = 1e-4


class Pace(msgspec.Struct, frozen=True):
    """The spacing of commits, seconds."""

    shortest_s: float = 0.008
    longest_s: float = 0.033


class Outlet(Protocol):
    """The link as a pacer sees it."""

    @property
    def is_open(self) -> bool:
        """True while commits may be sent."""

    def unsent_bytes(self) -> int:
        """What was handed over and has not left this machine."""


class Pacer:
    """The commit clock of one node. ``send`` sends what is pending then; ``is_waiting`` says an echo is outstanding."""

    def __init__(
        self,
        clock: Clock,
        outlet: Outlet,
        send: Callable[[], None],
        is_waiting: Callable[[], bool],
        pace: Pace,
    ) -> None:
        self._clock, self._outlet, self._send, self._is_waiting, self._pace = clock, outlet, send, is_waiting, pace
        self._cancel: Callable[[], None] | None = None
        self._sent_at: float | None = None
        self._is_wanted = False
        self._is_final = False
        self._is_patient = False

    def offer(self, *, is_final: bool = False, is_patient: bool = False) -> None:
        """Something is pending; ``is_final`` (a release, a discrete edit) leaves without pacing.

        ``is_patient`` waits the longest spacing, so that it rides with the next commit of a hand that is moving.
        """
        self._is_patient = is_patient and (self._is_patient or not self._is_wanted)
        self._is_wanted = True
        self._is_final |= is_final
        self._step()

    def acknowledged(self) -> None:
        """The last commit was answered: what waits may leave."""
        self._step()

    def stop(self) -> None:
        """The link is gone or the node is: no timer stays."""
        self._stop_timer()
        self._is_wanted = self._is_final = self._is_patient = False
        self._sent_at = None

    def _step(self) -> None:
        self._stop_timer()
        if not self._is_wanted or not self._outlet.is_open:
            return
        wait_s = self._wait_s()
        if wait_s > _TOO_SHORT_S:
            self._cancel = self._clock.call_later(wait_s, self._step)
            return
        self._is_wanted = self._is_final = self._is_patient = False
        self._sent_at = self._clock.now()
        self._send()

    def _wait_s(self) -> float:
        if self._outlet.unsent_bytes() > MAX_UNSENT_BYTES:
            return self._pace.longest_s
        if self._is_final or self._sent_at is None:
            return 0.0
        is_long = self._is_patient or self._is_waiting()
        spacing_s = self._pace.longest_s if is_long else self._pace.shortest_s
        return self._sent_at + spacing_s - self._clock.now()

    def _stop_timer(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
