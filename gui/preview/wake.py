"""The unix socket on which a frame ring says that a new frame is there."""

from __future__ import annotations

import socket

from PySide6.QtCore import QObject, QSocketNotifier, Signal

_DRAIN_BYTES = 4096

__all__ = ["WakeSocket"]


class WakeSocket(QObject):
    """Signals: ``woken`` once for any number of frames that came together, ``lost`` when the other end is gone.

    ``open`` raises OSError when nobody listens there.
    """

    woken = Signal()
    lost = Signal()

    def __init__(self, path: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(0.5)
            self._socket.connect(path)
            self._socket.setblocking(False)
        except OSError:
            self._socket.close()
            raise
        self._notifier = QSocketNotifier(self._socket.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)

    def close(self) -> None:
        """No signal comes after this."""
        self._notifier.setEnabled(False)
        self._socket.close()

    def _read(self) -> None:
        try:
            numbers = self._socket.recv(_DRAIN_BYTES)
        except BlockingIOError:
            return
        except OSError:
            numbers = b""
        if numbers:
            self.woken.emit()
        else:
            self.close()
            self.lost.emit()
