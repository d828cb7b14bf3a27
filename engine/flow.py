"""What flows between nodes, and how: an output hands every packet to its inputs and never waits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

T = TypeVar("T")

__all__ = ["Bytes", "EncodedFrame", "Input", "Latest", "Output", "Packet", "Queue", "VideoFrame"]


class VideoFrame(msgspec.Struct, frozen=True):
    """One picture, 32 bits a pixel (RGB32 or ARGB32_Premultiplied); nobody paints on it after it was emitted.

    ``is_subsampled`` says that the pixels came from 4:2:0.
    """

    image: QImage
    pts_us: int
    sequence: int
    is_subsampled: bool = False


class EncodedFrame(msgspec.Struct, frozen=True):
    """One encoded picture of a codec such as ``vp9``."""

    data: bytes
    pts_us: int
    is_key: bool
    codec: str
    width: int
    height: int


class Bytes(msgspec.Struct, frozen=True):
    """A piece of a container stream; ``starts_group`` marks a cluster or fragment that begins with a key frame."""

    data: bytes
    is_header: bool = False
    starts_group: bool = False


Packet = VideoFrame | EncodedFrame | Bytes


class Input(Protocol):
    """Where an output hands its packets: returns at once, from any thread."""

    @property
    def keeps_packets(self) -> bool:
        """Whether a packet is looked at after ``put`` returned; if not, its picture may be painted over."""

    def put(self, packet: Packet) -> None:
        """Takes one packet, or drops one and counts it."""

    def close(self) -> None:
        """The source has ended; nothing follows."""


class Output:
    """One output pin: every attached input gets every packet."""

    def __init__(self) -> None:
        self._inputs: tuple[Input, ...] = ()
        self._lock = threading.Lock()
        self._is_closed = False

    def attach(self, target: Input) -> Callable[[], None]:
        """Adds an input; returns the function that removes it. One that comes after the end is told so at once."""
        with self._lock:
            self._inputs = (*self._inputs, target)
        if self._is_closed:
            target.close()
        return lambda: self._detach(target)

    def _detach(self, target: Input) -> None:
        with self._lock:
            self._inputs = tuple(each for each in self._inputs if each is not target)

    @property
    def keeps_packets(self) -> bool:
        """Whether an attached input looks at packets later."""
        return any(target.keeps_packets for target in self._inputs)

    def emit(self, packet: Packet) -> None:
        """Hands ``packet`` to all inputs."""
        for target in self._inputs:
            target.put(packet)

    def emit_passing(self, packet: Packet) -> None:
        """Hands ``packet`` to those inputs only that do not keep it: its picture will be painted over, or is none."""
        for target in self._inputs:
            if not target.keeps_packets:
                target.put(packet)

    def close(self) -> None:
        """Tells all inputs that nothing follows; once."""
        if not self._is_closed:
            self._is_closed = True
            for target in self._inputs:
                target.close()


class Latest(Generic[T]):
    """An input that keeps the newest packet only: a slow reader never slows its source."""

    keeps_packets = True

    def __init__(self, wake: Callable[[], None] | None = None) -> None:
        self._packet: T | None = None
        self._swap = threading.Lock()
        self._wake = wake
        self.is_closed = False
        self.received = 0
        self.discarded = 0

    def put(self, packet: T) -> None:
        with self._swap:
            self.received += 1
            self.discarded += self._packet is not None
            self._packet = packet
        if self._wake is not None:
            self._wake()

    def take(self) -> T | None:
        """The newest packet since the last call, or None."""
        with self._swap:
            packet, self._packet = self._packet, None
            return packet

    def close(self) -> None:
        self.is_closed = True
        if self._wake is not None:
            self._wake()


class Queue(Generic[T]):
    """An input that keeps order and at most ``limit`` packets; the oldest is dropped and counted."""

    keeps_packets = True

    def __init__(self, limit: int) -> None:
        self._packets: deque[T] = deque()
        self._limit = limit
        self._ready = threading.Condition()
        self.is_closed = False
        self.received = 0
        self.discarded = 0

    def put(self, packet: T) -> None:
        with self._ready:
            self.received += 1
            self._packets.append(packet)
            if len(self._packets) > self._limit:
                self._packets.popleft()
                self.discarded += 1
            self._ready.notify()

    def take(self, timeout_s: float) -> T | None:
        """The oldest packet; None when none came in time or the source has ended."""
        with self._ready:
            self._ready.wait_for(lambda: self._packets or self.is_closed, timeout_s)
            return self._packets.popleft() if self._packets else None

    def close(self) -> None:
        with self._ready:
            self.is_closed = True
            self._ready.notify_all()
