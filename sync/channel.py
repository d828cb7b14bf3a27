"""A link to a server as text frames go over it; ``sync.websocket`` makes real ones, tests bring their own."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Channel", "ChannelClosed"]


class ChannelClosed(ConnectionError):
    """The channel is gone; the text says why, in words for an operator."""


class Channel(Protocol):
    """One connection, one life."""

    @property
    def name(self) -> str:
        """For log lines; never holds a secret."""

    async def send(self, text: str) -> None:
        """Sends one text frame; raises ChannelClosed."""

    def send_at_once(self, text: str) -> bool:
        """Hands one text frame over without waiting; False when it has to wait its turn, or for ever."""

    async def receive(self) -> str:
        """The next text frame; raises ChannelClosed."""

    async def close(self) -> None:
        """Ends the connection; harmless when it is over."""

    def unsent_bytes(self) -> int:
        """Bytes that were handed over and have not left this machine."""

    def round_trip_s(self) -> float | None:
        """The newest measured round trip; None when there is none."""
