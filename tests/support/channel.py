"""A channel without a socket: a test puts frames in and reads what was sent."""

from __future__ import annotations

import asyncio

from sync.channel import ChannelClosed

__all__ = ["FakeChannel"]


class FakeChannel:
    """``sent`` holds every frame; ``feed`` and ``cut`` play the other end. ``backlog`` is what unsent_bytes says.

    ``is_prompt``: frames may go out at once, without the writer's turn.
    """

    def __init__(self, name: str = "fake") -> None:
        self.name = name
        self.sent: list[str] = []
        self.backlog = 0
        self.is_closed = False
        self.is_prompt = False
        self._frames: asyncio.Queue[str | None] = asyncio.Queue()
        self._arrived = asyncio.Event()

    async def send(self, text: str) -> None:
        """Records the frame; raises ChannelClosed after the end."""
        if self.is_closed:
            raise ChannelClosed(self.name)
        self.sent.append(text)
        self._arrived.set()

    def send_at_once(self, text: str) -> bool:
        """Records the frame if the test says that the socket takes it now."""
        if self.is_closed or not self.is_prompt:
            return False
        self.sent.append(text)
        self._arrived.set()
        return True

    async def receive(self) -> str:
        """The next frame that the test fed; raises ChannelClosed after the end."""
        frame = await self._frames.get()
        if frame is None:
            self.is_closed = True
            raise ChannelClosed(self.name)
        return frame

    async def close(self) -> None:
        """Ends the channel from this side."""
        self.is_closed = True
        self._frames.put_nowait(None)

    def unsent_bytes(self) -> int:
        """What the test says that it is."""
        return self.backlog

    def round_trip_s(self) -> float | None:
        """Never measured."""
        return None

    def feed(self, frame: str) -> None:
        """The other end sends a frame."""
        self._frames.put_nowait(frame)

    def cut(self) -> None:
        """The other end is gone."""
        self._frames.put_nowait(None)

    async def next_sent(self, count: int) -> list[str]:
        """Waits until ``count`` frames were sent in all."""
        while len(self.sent) < count:
            self._arrived.clear()
            await self._arrived.wait()
        return self.sent
