"""Typed signals: connecting returns the way to disconnect, and one failing listener harms no other."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, TypeVarTuple

__all__ = ["Signal"]

Args = TypeVarTuple("Args")
_log = logging.getLogger(__name__)


class Signal(Generic[*Args]):
    """Something that happened, told to every listener in the order in which they connected."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[*Args], None]] = []

    def connect(self, listener: Callable[[*Args], None]) -> Callable[[], None]:
        """Calls ``listener`` on every emit until the returned function is called (twice is harmless)."""
        self._listeners.append(listener)

        def disconnect() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return disconnect

    def emit(self, *args: *Args) -> None:
        """Tells every listener connected now; an exception of one is logged and the rest still run."""
        for listener in tuple(self._listeners):
            try:
                listener(*args)
            except Exception:  # noqa: BLE001  (whatever a listener raises, the next one must run)
                _log.exception("a listener failed: %r", listener)
