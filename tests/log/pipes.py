"""Two ends of a connection in memory, for drivers of links: whole frames, with a stop and a cut."""

from __future__ import annotations

import asyncio

from sync.log.driver import TransportClosed

__all__ = ["Pipe", "pipes"]


class Pipe:
    """One end. ``is_full`` holds every send back; ``at_once`` decides whether frames pass without waiting."""

    def __init__(self, *, at_once: bool = True) -> None:
        self.inbox: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.other: Pipe | None = None
        self.at_once = at_once
        self.sent: list[str | bytes] = []
        self.sending = 0
        self.most_sending = 0
        self.closed_with: tuple[int, str] | None = None
        self.is_cut = False
        self._room = asyncio.Event()
        self._room.set()

    def stop_up(self) -> None:
        """No frame leaves any more."""
        self._room.clear()

    def let_go(self) -> None:
        """Frames leave again."""
        self._room.set()

    async def send(self, frame: str | bytes) -> None:
        self.sending += 1
        self.most_sending = max(self.most_sending, self.sending)
        await asyncio.sleep(0)
        await self._room.wait()
        self.sending -= 1
        self._put(frame)

    def send_at_once(self, frame: str | bytes) -> bool:
        if not self.at_once or not self._room.is_set() or self.is_cut:
            return False
        self._put(frame)
        return True

    async def receive(self) -> str | bytes:
        frame = await self.inbox.get()
        if frame is None:
            raise TransportClosed("The connection was lost.")
        return frame

    async def close(self, code: int, reason: str) -> None:
        self.closed_with = (code, reason)
        self.cut()

    def unsent_bytes(self) -> int:
        return 0

    def cut(self) -> None:
        """The connection is gone for both ends."""
        if not self.is_cut and self.other is not None:
            self.is_cut = self.other.is_cut = True
            self.inbox.put_nowait(None)
            self.other.inbox.put_nowait(None)
            self._room.set()
            self.other.let_go()

    def _put(self, frame: str | bytes) -> None:
        if self.is_cut or self.other is None:
            raise TransportClosed("The connection was lost.")
        self.sent.append(frame)
        self.other.inbox.put_nowait(frame)


def pipes(*, at_once: bool = True) -> tuple[Pipe, Pipe]:
    """A connection's two ends."""
    one, other = Pipe(at_once=at_once), Pipe(at_once=at_once)
    one.other, other.other = other, one
    return one, other
