"""A compositor's inputs: dynamic pins in slot order, each with its newest frame."""

from __future__ import annotations

import threading
from collections.abc import Callable

from engine.flow import Latest, Output, Packet, VideoFrame
from engine.node import NodeFailed
from engine.pictures.layout import Slot
from sync.wire.geometry import slot_key

__all__ = ["InputSlot", "InputSlots"]

PREFIX = "in"


class InputSlot:
    """One connected pin. ``frame`` is the last one taken; a stalled source keeps it."""

    def __init__(self, pin: str, source: Output) -> None:
        self.pin = pin
        self.source = source
        self.frame: VideoFrame | None = None
        self._latest: Latest[Packet] = Latest()
        self._detach: Callable[[], None] = source.attach(self._latest)

    @property
    def received(self) -> int:
        return self._latest.received

    @property
    def discarded(self) -> int:
        return self._latest.discarded

    @property
    def is_closed(self) -> bool:
        return self._latest.is_closed

    def refresh(self) -> bool:
        """Takes the newest frame; says whether the picture is another one."""
        packet = self._latest.take()
        if not isinstance(packet, VideoFrame):
            return False
        is_news = self.frame is None or packet.image is not self.frame.image
        self.frame = packet
        return is_news

    def release(self) -> None:
        self._detach()

    def describe(self) -> Slot:
        """The slot as layout sees it."""
        if self.frame is None:
            return Slot(self.pin)
        size = self.frame.image.size()
        return Slot(self.pin, (size.width(), size.height()), self.frame.is_subsampled)


class InputSlots:
    """The connected pins; pins come and go from the session's thread while the compositor reads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: tuple[InputSlot, ...] = ()
        self._is_ordered_by_number = True
        self._past_received = 0
        self._past_discarded = 0

    def all(self) -> tuple[InputSlot, ...]:
        """The slots in order: those there at the start by pin number, later ones as they came."""
        return self._slots

    def connect(self, pin: str, source: Output) -> None:
        """Adds a pin. Raises NodeFailed for a pin that is none of ours, or that is taken."""
        if pin != PREFIX and not pin.startswith(PREFIX + "_"):
            raise NodeFailed(f"there is no input pin {pin!r}: inputs are called in_0, in_1, …")
        with self._lock:
            if any(slot.pin == pin for slot in self._slots):
                raise NodeFailed(f"input pin {pin!r} has a source already")
            self._slots = (*self._slots, InputSlot(pin, source))
            if self._is_ordered_by_number:
                self._slots = tuple(sorted(self._slots, key=lambda slot: slot_key(slot.pin)))

    def disconnect(self, pin: str, source: Output) -> bool:
        """Takes a pin away; False when there is no such connection."""
        return self._remove(lambda slot: slot.pin == pin and slot.source is source)

    def drop_closed(self) -> bool:
        """Takes away the pins whose source has ended and whose last frame is drawn; says whether there were any."""
        return any(slot.is_closed for slot in self._slots) and self._remove(lambda slot: slot.is_closed)

    def fix_order(self) -> None:
        """The node has started: from here on new pins go to the end."""
        self._is_ordered_by_number = False

    def release(self) -> None:
        """Lets all sources go."""
        self._remove(lambda _: True)

    def totals(self) -> tuple[int, int]:
        """Frames received and discarded by all slots there have been."""
        slots = self._slots
        received = self._past_received + sum(slot.received for slot in slots)
        return received, self._past_discarded + sum(slot.discarded for slot in slots)

    def _remove(self, is_gone: Callable[[InputSlot], bool]) -> bool:
        with self._lock:
            gone = [slot for slot in self._slots if is_gone(slot)]
            self._slots = tuple(slot for slot in self._slots if slot not in gone)
            for slot in gone:
                slot.release()
                self._past_received += slot.received
                self._past_discarded += slot.discarded
        return bool(gone)
