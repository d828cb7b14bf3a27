"""The picture from a frame ring on this machine: no copy, no codec, woken by a socket or else by a precise timer."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QImage

from gui.preview.picture import PictureSource
from gui.preview.ring_reader import FrameRingReader
from gui.preview.wake import WakeSocket
from sync.wire.frame_ring import RingAdvert, RingUnreadable

POLL_MS = 5

__all__ = ["POLL_MS", "RingSource"]


class RingSource(PictureSource):
    """Reads the ring of an advert."""

    def __init__(self, advert: RingAdvert, parent: QObject | None = None) -> None:
        super().__init__("shared memory", parent)
        self._advert = advert
        self._reader: FrameRingReader | None = None
        self._wake: WakeSocket | None = None
        self._last = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Maps the ring and begins to watch; ``ended`` at once when it cannot be read."""
        try:
            self._reader = FrameRingReader(self._advert.segment)
            self._watch()
        except RingUnreadable as refused:
            self._end(f"The frame ring cannot be read: {refused}")
            return
        except OSError as error:
            self._end(f"The frame ring cannot be opened: {error.strerror or error}")
            return
        self._look()

    def stop(self) -> None:
        self._timer.stop()
        if self._wake is not None:
            self._wake.close()
            self._wake = None

    def renew(self, image: QImage) -> QImage | None:
        reader = self._reader
        if reader is None or reader.is_whole(image):
            return None
        frame = reader.newest()
        return None if frame is None else frame.image

    def _watch(self) -> None:
        if self._advert.wake_socket is None:
            self._timer.start(POLL_MS)
            return
        self._wake = WakeSocket(self._advert.wake_socket, self)
        self._wake.woken.connect(self._look)
        self._wake.lost.connect(lambda: self._end("The server closed the picture"))

    def _look(self) -> None:
        frame = None if self._reader is None else self._reader.newest()
        if frame is None or frame.number == self._last:
            return
        dropped = max(frame.number - self._last - 1, 0) if self._last else 0
        self._last = frame.number
        self.meter.count(dropped, (time.monotonic_ns() - frame.captured_ns) / 1e6)
        self.frame_arrived.emit(frame.image)

    def _end(self, sentence: str) -> None:
        self.stop()
        self.ended.emit(sentence)
