"""Cyclic garbage is collected on the window's thread only: Qt objects in it must not die on another one."""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

TICK_MS: Final = 500

__all__ = ["GarbageCollector"]


class GarbageCollector(QObject):
    """Does the work of Python's own collector here, by the same thresholds; that one rests until ``stop``."""

    def __init__(self) -> None:
        super().__init__()
        self._was_enabled = gc.isenabled()
        gc.disable()
        # What the program is made of stays; looking through it again would hold the window up.
        gc.freeze()
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self.collect)
        self._tick.start()

    def collect(self) -> None:
        """Collects the oldest generation that is due."""
        due = [number for number, (count, limit) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True))
               if 0 < limit < count]  # fmt: skip
        if due:
            gc.collect(due[-1])

    def stop(self) -> None:
        """Python collects by itself again."""
        self._tick.stop()
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()
