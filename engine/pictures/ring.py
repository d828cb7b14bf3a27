"""The engine's end of a frame ring: pictures painted in shared memory, and a socket that wakes those who watch.

Layout and advert: ``sync.wire.frame_ring``. Everything lives in one private directory of this process; what a killed
process left behind is swept by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import mmap
import os
import shutil
import socket
import struct
import tempfile
import time
from pathlib import Path

from PySide6.QtGui import QImage

from engine.pictures.drawing import OPAQUE
from sync.wire.frame_ring import (
    SLOTS,
    RingAdvert,
    RingShape,
    begin_frame,
    finish_frame,
    pixel_offset,
    ring_bytes,
    write_shape,
)

__all__ = ["FrameRing", "RingDirectory", "sweep_stale"]

PREFIX = "layerdesk-ring-"
MAX_WATCHERS = 16
_LOCK = "lock"
_NUMBER = struct.Struct("<Q")

_log = logging.getLogger(__name__)


def _shared_memory_roots() -> list[Path]:
    return [root for root in (Path("/dev/shm"), Path(tempfile.gettempdir())) if root.is_dir()]


class RingDirectory:
    """A directory that only this user can enter, locked while this process lives."""

    def __init__(self, root: Path) -> None:
        sweep_stale(root)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        self._lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Removes the directory and all in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(self._lock)


def sweep_stale(root: Path) -> None:
    """Removes ring directories of this user whose process is gone: nobody holds their lock."""
    for directory in root.glob(PREFIX + "*"):
        with contextlib.suppress(OSError):
            if directory.is_symlink() or directory.stat().st_uid != os.getuid():
                continue
            lock = os.open(directory / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(directory, ignore_errors=True)
            finally:
                os.close(lock)


class FrameRing:
    """One ring of one size. ``open`` raises OSError when there is no room; all else is the compositor thread's."""

    def __init__(self, directory: RingDirectory, size: tuple[int, int]) -> None:
        self.size = size
        self._directory = directory
        self._shape = RingShape(size[0], size[1], 4 * size[0])
        self._watchers: list[socket.socket] = []
        self._frame = 0
        self._map = _reserve(directory.path / "frames", ring_bytes(self._shape))
        self._view = memoryview(self._map)
        write_shape(self._view, self._shape)
        self._canvases = [self._canvas(frame) for frame in range(SLOTS)]
        self._server = _listen(directory.path / "wake")

    @classmethod
    def open(cls, size: tuple[int, int]) -> FrameRing:
        """A ring where there is room for one. Raises OSError."""
        failure = OSError("there is no folder for shared memory")
        for root in _shared_memory_roots():
            directory: RingDirectory | None = None
            try:
                directory = RingDirectory(root)
                return cls(directory, size)
            except OSError as error:
                failure = error
                if directory is not None:
                    directory.close()
        raise failure

    @property
    def advert(self) -> RingAdvert:
        """Where watchers find it."""
        return RingAdvert(str(self._directory.path / "frames"), str(self._directory.path / "wake"))

    def admit(self) -> bool:
        """Takes in who has connected since the last call; says whether somebody came."""
        has_come = False
        with contextlib.suppress(BlockingIOError, OSError):
            while True:
                watcher, _ = self._server.accept()
                watcher.setblocking(False)
                has_come = True
                self._watchers.append(watcher)
                if len(self._watchers) > MAX_WATCHERS:
                    self._watchers.pop(0).close()
        return has_come

    @property
    def is_watched(self) -> bool:
        return bool(self._watchers)

    def begin(self) -> QImage:
        """The next slot as a canvas (RGB32), marked as being written."""
        self._frame += 1
        begin_frame(self._view, self._shape, self._frame)
        return self._canvases[self._frame % SLOTS]

    def finish(self) -> None:
        """Makes the begun frame the newest and wakes the watchers; one whose socket is full is not waited for."""
        finish_frame(self._view, self._shape, self._frame, time.monotonic_ns())
        number = _NUMBER.pack(self._frame)
        self._watchers = [watcher for watcher in self._watchers if _send(watcher, number)]

    def close(self) -> None:
        """Ends all watching and frees the memory."""
        for watcher in (*self._watchers, self._server):
            watcher.close()
        self._watchers = []
        self._canvases = []
        self._view.release()
        with contextlib.suppress(BufferError):
            self._map.close()
        self._directory.close()

    def _canvas(self, frame: int) -> QImage:
        start = pixel_offset(self._shape, frame)
        pixels = self._view[start : start + self._shape.stride * self._shape.height]
        return QImage(pixels, self._shape.width, self._shape.height, self._shape.stride, OPAQUE)


def _reserve(path: Path, size: int) -> mmap.mmap:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        # Without real pages behind it, a full disk would end the process at the first write.
        os.posix_fallocate(descriptor, 0, size)
        return mmap.mmap(descriptor, size)
    finally:
        os.close(descriptor)


def _listen(path: Path) -> socket.socket:
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.setblocking(False)
    server.bind(str(path))
    path.chmod(0o600)
    server.listen(MAX_WATCHERS)
    return server


def _send(watcher: socket.socket, number: bytes) -> bool:
    try:
        watcher.send(number, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
    except BlockingIOError:
        return True
    except OSError:
        watcher.close()
        return False
    return True
