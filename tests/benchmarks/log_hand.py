"""One operator of a benchmark: a real link and a real replica that takes what came only when the clock has stopped.

While it is measured a hand keeps each frame and when it arrived. ``replay`` then gives every frame to the link, as a
desk would have done at once: whoever missed, lost or mixed up anything ends with another document hash.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, NamedTuple

import msgspec

from sync.log.auth import Credentials
from sync.log.desk_end import DeskEnd
from sync.log.edits import change, param_place
from sync.log.frames import SUBPROTOCOL, Auth, Challenge, PresenceFrame
from sync.log.link import Link
from sync.log.live_frames import BatchFrame, OpFrame, SquashFrame, decode_live
from sync.log.op import Path
from sync.log.presence import HEARTBEAT_S
from sync.log.replica import Replica
from tests.benchmarks.lean_socket import TEXT, LeanSocket, open_socket

LIVE_WITHIN_S = 30.0

__all__ = ["Arrival", "Hand", "Span", "Target", "span_of"]


class Target(NamedTuple):
    """What the hands of one step have a hold of: ``place`` with ``{}`` for the hand's number is what each one moves.

    ``run`` ends the authors' names: on one engine no two steps may have the same.
    """

    port: int
    session: str
    node: str
    place: tuple[str, ...]
    batches: bool = True
    run: str = "1"


class Arrival(NamedTuple):
    """One frame, and when it came (``time.perf_counter``)."""

    at: float
    frame: str | bytes


class Span(NamedTuple):
    """The revs (after, upto] that a frame carried."""

    after: int
    upto: int


def span_of(data: bytes) -> Span | None:
    """What a live frame carried; None for one without entries."""
    match decode_live(data):
        case SquashFrame(after=after, clock=clock):
            return Span(after, clock.rev)
        case OpFrame(entry=entry):
            return Span(entry.rev - 1, entry.rev)
        case BatchFrame(entries=(first, *_) as entries):
            return Span(first.rev - 1, entries[-1].rev)
    return None


class _Plain(Credentials):
    """A client that reads neither batches nor squashes: it is sent one frame a revision."""

    def answer(self, challenge: Challenge, t: float) -> Auth:
        return msgspec.structs.replace(super().answer(challenge, t), caps=())


class Hand:
    """One connection. ``shared`` are the payloads that have come to any hand: equal ones are kept once. ``length`` is
    that of what it writes; 0: numbers."""

    def __init__(self, target: Target, number: int, shared: dict[bytes, bytes], length: int = 0) -> None:
        install = f"h{number}"
        self.number = number
        self.replica = Replica(f"open/{install}~{target.run}")
        self.end = DeskEnd(self.replica, time.monotonic, time.time)
        credentials = Credentials(install) if target.batches else _Plain(install)
        self.link = Link(self.end, credentials, time.monotonic, time.time)
        self.arrivals: list[Arrival] = []
        self.sent_at: dict[int, float] = {}
        self.bytes_before = 0
        self._target = target
        self._shared = shared
        self._socket: LeanSocket | None = None
        self._length = length
        self._beat = 0

    @property
    def socket(self) -> LeanSocket:
        """The open connection."""
        assert self._socket is not None
        return self._socket

    @property
    def place(self) -> Path:
        """What this hand moves."""
        return param_place(self._target.node, tuple(name.format(self.number) for name in self._target.place))

    async def connect(self) -> Hand:
        """Returns with a live link. Raises TimeoutError."""
        self._socket = await open_socket(self._target.port, f"session={self._target.session}", SUBPROTOCOL, self._take)
        self._flush()  # the challenge may have come with the answer to the upgrade
        async with asyncio.timeout(LIVE_WITHIN_S):
            while not self.link.is_live:  # noqa: ASYNC110  (frames come in the loop's own steps)
                await asyncio.sleep(0.005)
        self.bytes_before = self._socket.bytes_in
        return self

    def move(self, value: Any, *, live: bool = True) -> None:
        """Sends the next op, and notes when."""
        op = self.replica.propose([change(self.place, value)], live=live)
        assert op is not None
        self.end.submitted(op)
        self.link.submit([op])
        self.sent_at[op.seq] = time.perf_counter()
        self._flush()

    async def work(self, per_s: float, seconds: float) -> float:
        """Moves at its pace, from its own part of the first period on; the latest that it was, in seconds."""
        begun, late = time.perf_counter() + (self.number * 0.618) % 1 / per_s, 0.0
        for count in range(round(per_s * seconds)):
            due = begun + count / per_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            late = max(late, time.perf_counter() - due)
            value = len(self.sent_at) + 1
            self.move(str(value).rjust(self._length) if self._length else value)
        return late

    async def beat(self) -> None:
        """Says each second that it is there, as a desk does."""
        while True:
            self._beat += 1
            name = f"Desk {self.number}"
            self.link.send(PresenceFrame(self.replica.author, name, beat=self._beat, applied=self.newest_rev()))
            self._flush()
            await asyncio.sleep(HEARTBEAT_S)

    def newest_rev(self) -> int:
        """What a desk would have applied by now."""
        for each in reversed(self.arrivals):
            if isinstance(each.frame, bytes) and (span := span_of(each.frame)) is not None:
                return span.upto
        return self.replica.applied

    def replay(self) -> None:
        """Takes everything that came. The arrivals stay."""
        for each in self.arrivals:
            self.link.receive(each.frame)

    async def close(self) -> None:
        """Hangs up."""
        await self.socket.close()

    def _take(self, opcode: int, payload: bytes) -> None:
        now = time.perf_counter()
        frame = payload.decode() if opcode == TEXT else self._shared.setdefault(payload, payload)
        if not self.link.is_live or (isinstance(frame, str) and '"ping"' in frame[:32]):
            self.link.receive(frame)
            self._flush()
        else:
            self.arrivals.append(Arrival(now, frame))

    def _flush(self) -> None:
        while self._socket is not None and (frame := self.link.next_frame()) is not None:
            self._socket.send(frame)
