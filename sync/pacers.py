"""The commit clocks of a session's nodes, one each, and the timers that look for late answers."""

from __future__ import annotations

from collections.abc import Callable

from sync.clock import Clock
from sync.pacing import Outlet, Pace, Pacer

__all__ = ["Pacers"]


class Pacers:
    """Made as nodes need them. ``send`` sends what a node has pending; ``is_waiting`` says an answer is outstanding."""

    def __init__(
        self,
        clock: Clock,
        outlet: Outlet,
        send: Callable[[str], None],
        is_waiting: Callable[[str], bool],
        pace: Pace,
    ) -> None:
        self._clock, self._outlet, self._send, self._is_waiting, self._pace = clock, outlet, send, is_waiting, pace
        self._pacers: dict[str, Pacer] = {}
        self._late: dict[str, Callable[[], None]] = {}

    def of(self, node_id: str) -> Pacer:
        """A node's commit clock."""
        if node_id not in self._pacers:
            self._pacers[node_id] = Pacer(
                self._clock, self._outlet, lambda: self._send(node_id), lambda: self._is_waiting(node_id), self._pace
            )
        return self._pacers[node_id]

    def watch(self, node_id: str, delay_s: float, look: Callable[[str], None]) -> None:
        """Looks at a node's answers after ``delay_s``, unless that is to happen anyway."""
        if node_id not in self._late:
            self._late[node_id] = self._clock.call_later(delay_s, lambda: self._look(node_id, look))

    def drop(self, node_id: str) -> None:
        """The node is gone."""
        pacer = self._pacers.pop(node_id, None)
        if pacer is not None:
            pacer.stop()

    def stop(self) -> None:
        """The link is gone: no timer stays, nothing waits to leave."""
        for pacer in self._pacers.values():
            pacer.stop()
        for cancel in self._late.values():
            cancel()
        self._late.clear()

    def _look(self, node_id: str, look: Callable[[str], None]) -> None:
        del self._late[node_id]
        look(node_id)
