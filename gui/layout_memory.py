"""The window's layout, kept between runs: written after changes and on exit, one a set of screens, versioned."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from PySide6.QtCore import QByteArray, QEvent, QObject, QRect, QSize, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget, QMainWindow

from gui.settings.state import StateFile

__all__ = ["LAYOUT_VERSION", "LayoutMemory", "screens_key"]

LAYOUT_VERSION: Final = 1
_TELLING = {QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.WindowStateChange}


def screens_key() -> str:
    """The screens that are there now: a layout belongs to them."""
    sizes = sorted(f"{at.x()},{at.y()},{at.width()}x{at.height()}" for at in _screens())
    return f"v{LAYOUT_VERSION}:{'+'.join(sizes)}"


class LayoutMemory(QObject):
    """Watches a window. Signals: ``failed`` with a sentence when the layout could not be written."""

    failed = Signal(str)

    def __init__(self, window: QMainWindow, file: StateFile, save_every_s: float) -> None:
        super().__init__(window)
        self._window = window
        self._file = file
        self._first = (QByteArray(), QByteArray())
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(int(save_every_s * 1000))
        self._timer.timeout.connect(self.save)

    def watch(self) -> None:
        """From now on changes are noticed; the layout of this moment is the one that ``reset`` goes back to."""
        self._first = (self._window.saveGeometry(), self._window.saveState(LAYOUT_VERSION))
        self._window.installEventFilter(self)
        for dock in self._window.findChildren(QDockWidget):
            dock.installEventFilter(self)
            dock.dockLocationChanged.connect(lambda _area: self._changed())
            dock.topLevelChanged.connect(lambda _is_floating: self._changed())
            dock.visibilityChanged.connect(lambda _is_visible: self._changed())

    def restore(self) -> bool:
        """Puts the remembered layout back; False, with nothing changed, when there is none that fits."""
        kept = self._kept()
        if kept is None:
            return False
        before = (self._window.saveGeometry(), self._window.saveState(LAYOUT_VERSION))
        is_good = self._window.restoreGeometry(kept[0]) and self._window.restoreState(kept[1], LAYOUT_VERSION)
        if not is_good:
            self._put(*before)
        elif not self._window.isMaximized() and not self._window.isFullScreen():
            # Qt squeezes a window that is larger than the screen it was on; on the same screens it had this size.
            self._window.resize(kept[2])
        return is_good

    def restore_docks(self) -> None:
        """The docks alone once more, now that the window has its size."""
        kept = self._kept()
        if kept is not None:
            self._window.restoreState(kept[1], LAYOUT_VERSION)

    def _kept(self) -> tuple[bytes, bytes, QSize] | None:
        try:
            geometry, state, width, height = self._file.state.layouts.get(screens_key(), "").split(" ")
            size = QSize(int(width), int(height))
            return base64.b64decode(geometry, validate=True), base64.b64decode(state, validate=True), size
        except (ValueError, binascii.Error):
            return None

    def reset(self) -> None:
        """The docks as they were made; the window keeps its place."""
        self._window.restoreState(self._first[1], LAYOUT_VERSION)
        for dock in self._window.findChildren(QDockWidget):
            dock.setVisible(not dock.property("starts_hidden"))
        self._changed()

    def save(self) -> None:
        """Writes the layout now. A disk that is full is said once a try and harms nothing."""
        self._timer.stop()
        parts = (self._window.saveGeometry(), self._window.saveState(LAYOUT_VERSION))
        words = [base64.b64encode(part.data()).decode() for part in parts]
        words += [str(self._window.width()), str(self._window.height())]
        self._file.state.layouts[screens_key()] = " ".join(words)
        try:
            self._file.save()
        except OSError as error:
            self.failed.emit(f"The window layout could not be saved: {error.strerror or error}.")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        del watched
        if event.type() in _TELLING:
            self._changed()
        return False

    def _changed(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _put(self, geometry: QByteArray, state: QByteArray) -> None:
        self._window.restoreGeometry(geometry)
        self._window.restoreState(state, LAYOUT_VERSION)


def _screens() -> list[QRect]:
    return [screen.geometry() for screen in QGuiApplication.screens()]
