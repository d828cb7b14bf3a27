"""Missing ops among several servers: asked for and answered at fixed times, not at all once seen (PROTOCOL.md §11).

All times follow from the names by a fixed hash, so that peers spread out without agreeing on anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from sync.log.op import OpId

T_MIN_S = 0.2
T_MAX_S = 3.0
REQUESTS_A_FRAME = 3
MAX_TRACKED = 1_024
_TICKS_PER_S = 1_000

__all__ = ["MAX_TRACKED", "REQUESTS_A_FRAME", "T_MAX_S", "T_MIN_S", "Answers", "Requests"]


class _Request(NamedTuple):
    due_at: float
    wait_s: float
    lost_at: float


class Requests:
    """What we miss. A request stays until the op is there, is asked again ever more rarely, and is lost at T_max."""

    def __init__(self, me: str, t_min: float = T_MIN_S, t_max: float = T_MAX_S) -> None:
        self._me = me
        self._t_min = t_min
        self._t_max = t_max
        self._requests: dict[OpId, _Request] = {}
        self.overflowed = 0

    def __len__(self) -> int:
        return len(self._requests)

    def __contains__(self, op_id: OpId) -> bool:
        return op_id in self._requests

    def need(self, op_ids: Iterable[OpId], now: float) -> None:
        """These are missing. Known requests keep their time."""
        for op_id in op_ids:
            if op_id in self._requests:
                continue
            if len(self._requests) >= MAX_TRACKED:
                self.overflowed += 1
                return
            delay = self._delay(op_id)
            self._requests[op_id] = _Request(now + delay, delay, now + self._t_max)

    def arrived(self, op_id: OpId) -> None:
        """It is there."""
        self._requests.pop(op_id, None)

    def asked_elsewhere(self, op_id: OpId, now: float) -> None:
        """Somebody else asks for it too: ours waits another turn."""
        request = self._requests.get(op_id)
        if request is not None and request.due_at > now:
            self._requests[op_id] = request._replace(due_at=now + request.wait_s)

    def due(self, now: float) -> tuple[OpId, ...]:
        """At most three to ask for now, most overdue first."""
        ready = sorted((request.due_at, op_id) for op_id, request in self._requests.items() if request.due_at <= now)
        asked = tuple(op_id for _, op_id in ready[:REQUESTS_A_FRAME])
        for op_id in asked:
            request = self._requests[op_id]
            self._requests[op_id] = request._replace(due_at=now + 2 * request.wait_s, wait_s=2 * request.wait_s)
        return asked

    def lost(self, now: float) -> tuple[OpId, ...]:
        """Those that nobody answered until T_max, once: a snapshot must help."""
        lost = tuple(op_id for op_id, request in self._requests.items() if request.lost_at <= now)
        for op_id in lost:
            del self._requests[op_id]
        return lost

    def next_at(self) -> float | None:
        """When ``due`` or ``lost`` has something next."""
        return min((min(each.due_at, each.lost_at) for each in self._requests.values()), default=None)

    def _delay(self, op_id: OpId) -> float:
        span = max(1, round((self._t_max - self._t_min) * _TICKS_PER_S))
        return self._t_min + _hash(self._me, op_id) % span / _TICKS_PER_S


class Answers:
    """What others miss and we have. The author answers at once, others later, and nobody after having seen it."""

    def __init__(self, me: str, t_max: float = T_MAX_S) -> None:
        self._me = me
        self._t_max = t_max
        self._due: dict[OpId, float] = {}

    def asked(self, op_id: OpId, sender: str, now: float, *, is_alone: bool = False) -> None:
        """Somebody misses an op that ``sender`` made, and has asked nobody else if ``is_alone``."""
        if op_id not in self._due and len(self._due) < MAX_TRACKED:
            self._due[op_id] = now if is_alone else now + self._delay(op_id, sender)

    def seen(self, op_id: OpId) -> None:
        """It came by: somebody else has answered."""
        self._due.pop(op_id, None)

    def due(self, now: float) -> tuple[OpId, ...]:
        """Those to send now; they are then done."""
        ready = tuple(sorted(op_id for op_id, at in self._due.items() if at <= now))
        for op_id in ready:
            del self._due[op_id]
        return ready

    def next_at(self) -> float | None:
        """When ``due`` has something next."""
        return min(self._due.values(), default=None)

    def _delay(self, op_id: OpId, sender: str) -> float:
        # Nothing at all for what we made ourselves.
        spread = (_hash(self._me) ^ _hash(sender)) * _hash("", op_id)
        return spread % round(self._t_max * _TICKS_PER_S) / _TICKS_PER_S


def _hash(name: str, op_id: OpId | None = None) -> int:
    text = name if op_id is None else f"{name}\0{op_id.author}\0{op_id.seq}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
