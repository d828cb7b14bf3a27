"""A real desk in this process: the whole program on its own loop, driven by real mouse events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from gui.options import DeskOptions
from gui.place import Place, RemotePlace
from gui.program import DeskProgram
from gui.settings.state import StateFile
from gui.shared_loop import shared_loop
from gui.station import Station
from sync.session import DeskSession

T = TypeVar("T")
W = TypeVar("W", bound=QWidget)

__all__ = ["DeskInTest", "drag", "press", "release", "run_on_loop", "until"]


def run_on_loop(application: QApplication, work: Coroutine[Any, Any, T]) -> T:
    """Runs one coroutine on a loop that Qt and asyncio share."""
    loop = shared_loop(application)
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


async def until(condition: Callable[[], Any], within_s: float = 10.0, what: str = "") -> None:
    """Lets the desk work until ``condition`` holds; fails with ``what`` when it does not in time."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"not within {within_s} s: {what or condition}"
        await asyncio.sleep(0.005)


class DeskInTest:
    """``async with DeskInTest.at(application, url) as desk``: linked, its session open, its picture moving.

    A server that sends no picture is ``DeskInTest.on(…, has_picture=False)``: then the layers have been drawn.
    """

    def __init__(self, application: QApplication, program: DeskProgram) -> None:
        self.application, self.program = application, program

    @classmethod
    @asynccontextmanager
    async def at(
        cls,
        application: QApplication,
        url: str,
        session: str | None = None,
        *,
        name: str = "",
        state: StateFile | None = None,
    ) -> AsyncIterator[DeskInTest]:
        """A desk on a server that runs already; ``name`` is what other operators read."""
        async with cls.on(application, RemotePlace(url), session, name=name, state=state) as desk:
            yield desk

    @classmethod
    @asynccontextmanager
    async def on(
        cls,
        application: QApplication,
        place: Place,
        session: str | None = None,
        *,
        has_picture: bool = True,
        name: str = "",
        state: StateFile | None = None,
    ) -> AsyncIterator[DeskInTest]:
        """A desk on any place; ``state``: what it remembers, and where it keeps what waits."""
        desk = cls(application, DeskProgram(application, DeskOptions(name=name), keeps_state=False))
        if state is not None:
            desk.program.state = state
        try:
            await desk.program.open(place, session)
            await until(lambda: desk.station.desk.session is not None, 20, "a session is open")
            if has_picture:
                await until(lambda: desk.station.canvas.picture() is not None, 20, "a picture has come")
            else:
                await until(lambda: desk.station.bridge.scene is not None, 20, "the layers are shown")
            yield desk
        finally:
            await desk.program.close()

    @property
    def station(self) -> Station:
        assert self.program.station is not None
        return self.program.station

    @property
    def session(self) -> DeskSession:
        session = self.station.desk.session
        assert session is not None
        return session

    def widget(self, kind: type[W], name: str) -> W:
        """The control with this objectName."""
        found: W | None = self.station.window.findChild(kind, name)
        assert found is not None, f"no {kind.__name__} called {name}"
        return found

    def picture(self) -> QImage:
        """A copy of the picture that the canvas shows now."""
        picture = self.station.canvas.picture()
        assert picture is not None
        return picture.copy()

    def pixel(self, x: int, y: int) -> QColor:
        """The colour of the live picture at a canvas pixel."""
        return self.picture().pixelColor(x, y)


def press(widget: QWidget, at: QPoint) -> None:
    """The left button goes down."""
    _mouse(widget, QEvent.Type.MouseButtonPress, at, Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton)


def drag(widget: QWidget, to: QPoint) -> None:
    """The pointer moves with the left button down."""
    _mouse(widget, QEvent.Type.MouseMove, to, Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton)


def release(widget: QWidget, at: QPoint) -> None:
    """The left button goes up."""
    _mouse(widget, QEvent.Type.MouseButtonRelease, at, Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton)


def _mouse(widget: QWidget, kind: QEvent.Type, at: QPoint, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
    place = QPointF(widget.mapToGlobal(at))
    event = QMouseEvent(kind, QPointF(at), place, button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)
