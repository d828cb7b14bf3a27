"""A connection as a link's driver sees it: whole frames, one life. Both ends bring their own."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Transport", "TransportClosed"]


class TransportClosed(ConnectionError):
    """The connection is gone; the text says why, in words for an operator."""


class Transport(Protocol):
    """One duplex connection that carries whole frames, one life long."""

    async def send(self, frame: str | bytes) -> None:
        """Sends one frame and waits while the connection is full. Raises TransportClosed."""

    def send_at_once(self, frame: str | bytes) -> bool:
        """Hands one frame over without waiting; False when it has to wait its turn, or for ever."""

    async def receive(self) -> str | bytes:
        """The next frame. Raises TransportClosed."""

    async def close(self, code: int, reason: str) -> None:
        """Ends the connection; harmless when it is over."""

    def unsent_bytes(self) -> int:
        """Bytes that were handed over and have not left this machine."""
