"""A programme that can be watched: by a desk on this machine through a frame ring, by others as JPEGs.

A watcher costs the compositor one extra copy at most and can never hold it up.
"""

from __future__ import annotations

import logging
import threading
import time
from urllib.parse import quote

from PySide6.QtGui import QImage, QPainter

from engine.pictures.jpeg import JpegFanout, JpegWatcher
from engine.pictures.pool import CanvasPool
from engine.pictures.ring import FrameRing
from sync.wire.frame_ring import FrameStream, RingAdvert

__all__ = ["ProgrammeFeed"]

_log = logging.getLogger(__name__)


class ProgrammeFeed:
    """One compositor's pictures for watchers. ``open_canvas`` … ``show`` belong to the compositor's thread."""

    def __init__(self, node_id: str, size: tuple[int, int], fps: int) -> None:
        self._node_id = node_id
        self._size = size
        self._fps = fps
        self._lock = threading.Lock()
        self._ring: FrameRing | None = None
        self._is_ring_refused = False
        self._is_closed = False
        self._jpegs = JpegFanout(f"jpeg {node_id}")
        self._pool = CanvasPool()
        self._slot_ring: FrameRing | None = None

    # what the server asks, from any thread

    def stream(self, base: str, session_id: str, *, is_local: bool = False) -> FrameStream:
        """The advert. ``base`` is the server's URL without a slash; the ring is only told to who is ``is_local``."""
        mjpeg = f"{base}/mjpeg/{quote(session_id, safe='')}/{quote(self._node_id, safe='')}"
        ring = self._ring_advert() if is_local else None
        return FrameStream(self._node_id, *self._size, self._fps, mjpeg, ring)

    def watch_jpeg(self) -> JpegWatcher:
        """A new JPEG watcher of the running event loop. Raises BlockingIOError when there are too many."""
        return self._jpegs.watch()

    # what the compositor does

    def set_shape(self, size: tuple[int, int], fps: int) -> None:
        """The canvas has changed: a ring of another size ends, its watchers ask for the new one."""
        with self._lock:
            self._fps = fps
            if size != self._size:
                self._size = size
                self._drop_ring()

    def has_newcomer(self) -> bool:
        """Whether somebody has begun to watch since the last call: they want a picture now, even an unchanged one."""
        ring = self._ring
        has_come = ring is not None and ring.admit()
        return self._jpegs.has_newcomer() or has_come

    @property
    def is_watched(self) -> bool:
        return self._jpegs.is_watched or (self._ring is not None and self._ring.is_watched)

    @property
    def needs_durable(self) -> bool:
        """Whether a watcher reads a picture after ``show`` returned."""
        return self._jpegs.is_watched

    def open_canvas(self, *, is_kept: bool) -> QImage:
        """What to paint the next frame on; ``is_kept`` when others go on reading it after ``show``.

        With a ring watcher and nobody else, that is the shared memory itself.
        """
        ring = self._ring
        self._slot_ring = ring if ring is not None and ring.is_watched and not is_kept else None
        return self._slot_ring.begin() if self._slot_ring is not None else self._pool.take(self._size)

    def show(self, image: QImage) -> bool:
        """Hands a painted canvas to the watchers; False when ``image`` is a ring slot, which will be painted over."""
        if self._slot_ring is not None:
            self._slot_ring.finish()
            self._slot_ring = None
            return False
        ring = self._ring
        if ring is not None and ring.is_watched:
            _copy(image, ring.begin())
            ring.finish()
        if self._jpegs.is_watched:
            self._jpegs.show(image, time.monotonic_ns() // 1000)
        return True

    def close(self) -> None:
        """Ends all watching. The compositor's thread must have ended."""
        self._jpegs.close()
        with self._lock:
            self._is_closed = True
            self._drop_ring()

    def _ring_advert(self) -> RingAdvert | None:
        with self._lock:
            if self._ring is None and not self._is_ring_refused and not self._is_closed:
                try:
                    self._ring = FrameRing.open(self._size)
                except OSError as error:
                    self._is_ring_refused = True
                    _log.warning("no frame ring for %s, watchers get JPEGs: %s", self._node_id, error)
            return self._ring.advert if self._ring is not None else None

    def _drop_ring(self) -> None:
        ring, self._ring = self._ring, None
        self._is_ring_refused = False
        if ring is not None:
            ring.close()


def _copy(image: QImage, slot: QImage) -> None:
    painter = QPainter(slot)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    painter.drawImage(0, 0, image)
    painter.end()
