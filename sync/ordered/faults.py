"""Faults on demand: what the fault panel and the tests do to a log's link, disk and clock, by the same hooks."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from sync.log.journal import Store, Stored
from sync.log.pending_queue import HistoryUpdate
from sync.log.transport import Transport, TransportClosed
from sync.signals import Signal

OVERTAKEN_S = 0.03
POLL_S = 0.02

__all__ = ["Faults", "FaultyStore", "FaultyTransport"]


@dataclass
class Faults:
    """What goes wrong from now on. Shares are of frames, from 0 to 1; times in seconds; all off by default.

    ``cut_asked``: whoever holds a connection cuts it.
    """

    delay_s: float = 0.0
    jitter_s: float = 0.0
    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    is_stalled: bool = False
    disk_fails: bool = False
    skew_s: float = 0.0
    draw: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        self.cut_asked: Signal[()] = Signal()

    @property
    def is_any(self) -> bool:
        """Whether anything is switched on."""
        shares = self.drop or self.duplicate or self.reorder
        return bool(self.delay_s or self.jitter_s or shares or self.is_stalled or self.disk_fails or self.skew_s)

    def clear(self) -> None:
        """All off again."""
        self.delay_s = self.jitter_s = self.drop = self.duplicate = self.reorder = self.skew_s = 0.0
        self.is_stalled = self.disk_fails = False

    def cut(self) -> None:
        """Cuts the connections that there are."""
        self.cut_asked.emit()

    def happens(self, share: float) -> bool:
        """Whether a fault with this share strikes now."""
        return share > 0.0 and self.draw() < share


class _Lane:
    """Frames on their way in one direction: each arrives when its time has come."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._frames: list[tuple[float, int, str | bytes]] = []
        self._numbers = count()
        self._newest_due = 0.0
        self._changed = asyncio.Event()
        self._end = ""

    @property
    def size(self) -> int:
        """Bytes or characters on their way."""
        return sum(len(frame) for _, _, frame in self._frames)

    def put(self, frame: str | bytes) -> None:
        """A frame sets out."""
        if not self._faults.happens(self._faults.drop):
            self._push(frame)
            if self._faults.happens(self._faults.duplicate):
                self._push(frame)

    def close(self, reason: str) -> None:
        """No frame arrives any more; those on their way are gone."""
        self._end = self._end or reason
        self._changed.set()

    async def take(self) -> str | bytes:
        """The next frame that arrives. Raises TransportClosed."""
        while True:
            if self._end:
                raise TransportClosed(self._end)
            self._changed.clear()
            wait_s = self._wait_s()
            if wait_s <= 0.0:
                return heappop(self._frames)[2]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s if self._frames else None):
                    await self._changed.wait()

    def _wait_s(self) -> float:
        if not self._frames or self._faults.is_stalled:
            return POLL_S
        return self._frames[0][0] - time.monotonic()

    def _push(self, frame: str | bytes) -> None:
        due = time.monotonic() + self._faults.delay_s + self._faults.jitter_s * self._faults.draw()
        if self._faults.happens(self._faults.reorder):
            due += OVERTAKEN_S
        else:
            due = self._newest_due = max(due, self._newest_due)
        heappush(self._frames, (due, next(self._numbers), frame))
        self._changed.set()


class FaultyTransport:
    """A transport through ``faults``; without any, frames pass straight on."""

    def __init__(self, inner: Transport, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults
        self._inbound, self._outbound = _Lane(faults), _Lane(faults)
        self._pumps = [asyncio.create_task(self._pump_in()), asyncio.create_task(self._pump_out())]
        self._untie = faults.cut_asked.connect(self._cut)

    async def send(self, frame: str | bytes) -> None:
        if self._passes_straight():
            await self._inner.send(frame)
        else:
            self._outbound.put(frame)

    def send_at_once(self, frame: str | bytes) -> bool:
        return self._passes_straight() and self._inner.send_at_once(frame)

    async def receive(self) -> str | bytes:
        return await self._inbound.take()

    async def close(self, code: int, reason: str) -> None:
        self._untie()
        for pump in self._pumps:
            pump.cancel()
        try:
            await asyncio.gather(*self._pumps, return_exceptions=True)
        finally:  # also when this is cancelled just then
            await self._inner.close(code, reason)

    def unsent_bytes(self) -> int:
        return self._outbound.size + self._inner.unsent_bytes()

    def _passes_straight(self) -> bool:
        return not self._faults.is_any and not self._outbound.size

    def _cut(self) -> None:
        self._inbound.close("The link was cut by the fault panel.")
        self._outbound.close("The link was cut by the fault panel.")

    async def _pump_in(self) -> None:
        try:
            while True:
                self._inbound.put(await self._inner.receive())
        except TransportClosed as closed:
            self._inbound.close(str(closed))

    async def _pump_out(self) -> None:
        with contextlib.suppress(TransportClosed):
            while True:
                await self._inner.send(await self._outbound.take())


class FaultyStore:
    """A store whose writes fail while ``faults.disk_fails``."""

    def __init__(self, inner: Store, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    def save_meta(self, channel: str, meta: bytes) -> None:
        self._check()
        self._inner.save_meta(channel, meta)

    def update_history(self, channel: str, update: HistoryUpdate) -> None:
        self._check()
        self._inner.update_history(channel, update)

    def load(self, channel: str) -> Stored | None:
        return self._inner.load(channel)

    def drop(self, channel: str) -> None:
        self._check()
        self._inner.drop(channel)

    @contextmanager
    def round(self) -> Iterator[None]:
        with self._inner.round():
            yield

    def _check(self) -> None:
        if self._faults.disk_fails:
            raise OSError("No space left on device (fault panel).")
