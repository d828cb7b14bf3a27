"""View data: the layout as clients see it, carrying the stamp of the update that it was made from (PROTOCOL.md §14)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from sync.wire.compositor import CompositorConfig, CompositorLayout, ConfigRefused, KnownLayers, parse_config
from sync.wire.json_value import JsonObject
from sync.wire.stamp import REV, SENDER, Stamp, stamped, strip_metadata

__all__ = ["ConfigLatch", "Latched", "ViewData", "stamp_of"]


class Latched(NamedTuple):
    """A config and the stamp of the newest update."""

    config: CompositorConfig
    stamp: Stamp | None


def stamp_of(message: JsonObject) -> Stamp | None:
    """The stamp as a node reads it: without a sender there is none, a ``_rev`` that is no unsigned integer is 0."""
    sender, rev = message.get(SENDER), message.get(REV)
    if not isinstance(sender, str) or not sender:
        return None
    is_counted = isinstance(rev, int) and not isinstance(rev, bool) and rev >= 0
    return Stamp(sender, rev if is_counted and rev is not None else 0)


class ConfigLatch:
    """Holds what the next frame is composed from; written by the session's thread, read by the compositor's."""

    def __init__(self, config: CompositorConfig) -> None:
        self._lock = threading.Lock()
        self._latched = Latched(config, None)
        self._known: KnownLayers = {}

    def read(self) -> Latched:
        """The newest config and stamp."""
        return self._latched

    def update(self, message: JsonObject) -> None:
        """Replaces the whole config. Raises ConfigRefused: the stamp has moved all the same, or its sender would go
        on gating fresh view data.
        """
        stamp = stamp_of(message)
        try:
            config = parse_config(strip_metadata(message), self._known)
        except ConfigRefused:
            self._move(stamp)
            raise
        with self._lock:
            self._latched = Latched(config, stamp)

    def clear_stamp(self) -> None:
        """A pin came or went: the next layout is nobody's, so that nobody gates it."""
        self._move(None)

    def _move(self, stamp: Stamp | None) -> None:
        with self._lock:
            self._latched = Latched(self._latched.config, stamp)


class ViewData:
    """Sends a layout when it differs from the last one sent; the stamp does not count as a difference."""

    def __init__(self, send: Callable[[JsonObject], None]) -> None:
        self._send = send
        self._last: CompositorLayout | None = None

    def show(self, layout: CompositorLayout, stamp: Stamp | None) -> None:
        """Sends ``layout`` if it is news; both stamp keys are left out when there is no stamp."""
        if layout == self._last:
            return
        self._last = layout
        data: JsonObject = msgspec.to_builtins(layout)
        self._send(data if stamp is None else stamped(data, stamp))
