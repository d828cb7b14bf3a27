"""One plain application a process; a test stops its timers and closes its windows."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

QT_FOLDERS = {"gui", "engine", "conformance", "end2end", "benchmarks"}
# Qt keeps these for itself once they were shown.
QT_OWN = {"QTipLabel", "QWhatsThat", "QDesktopWidget"}

__all__ = ["no_lingering_qt", "one_application", "qapp", "qapp_cls"]


@pytest.fixture(scope="session")
def qapp_cls() -> type[Any]:
    """QApplication, with standard folders that are nobody's."""
    from PySide6.QtCore import QStandardPaths
    from PySide6.QtWidgets import QApplication

    QStandardPaths.setTestModeEnabled(True)
    return QApplication


@pytest.fixture(scope="session")
def qapp(qapp: Any) -> Any:
    """The application with a fixed style and the shipped font, so that pictures do not depend on the machine."""
    from PySide6.QtGui import QFont, QFontDatabase

    from resources import ROOT

    for path in sorted((ROOT / "fonts").rglob("*.[to]tf")):
        QFontDatabase.addApplicationFont(str(path))
    font = QFont("Inter")
    font.setPixelSize(13)
    qapp.setStyle("Fusion")
    qapp.setFont(font)
    return qapp


def _needs_qt(item: pytest.Item) -> bool:
    return bool(QT_FOLDERS & set(Path(item.path).parts)) or "qapp" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session", autouse=True)
def one_application(request: pytest.FixtureRequest) -> None:
    """Makes the QApplication before a drawing test makes a lesser one, which Qt would not let go of."""
    if any(_needs_qt(item) for item in request.session.items):
        request.getfixturevalue("qapp")


@pytest.fixture(autouse=True)
def no_lingering_qt(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test with the application that leaves a running QTimer or a top-level widget."""
    if not _needs_qt(request.node):
        yield
        return
    app = request.getfixturevalue("qapp")
    started = _record_timers(monkeypatch)
    known = set(_windows(app))
    look = (app.styleSheet(), app.palette(), app.font())
    yield
    _run_deferred_deletes()
    if _left(app, started, known):
        gc.collect()
        _run_deferred_deletes()
    left = _left(app, started, known)
    _restore(app, look)
    if left:
        pytest.fail("left in Qt, stop or close it (qtbot.addWidget):\n" + "\n".join(left))


def _record_timers(monkeypatch: pytest.MonkeyPatch) -> weakref.WeakSet[Any]:
    from PySide6.QtCore import QTimer

    started: weakref.WeakSet[Any] = weakref.WeakSet()
    start: Callable[..., None] = QTimer.start

    def recorded(timer: Any, *args: Any) -> None:
        started.add(timer)
        start(timer, *args)

    monkeypatch.setattr(QTimer, "start", recorded)
    return started


def _run_deferred_deletes() -> None:
    from PySide6.QtCore import QCoreApplication, QEvent

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _left(app: Any, started: weakref.WeakSet[Any], known: set[int]) -> list[str]:
    from shiboken6 import isValid

    timers = [f"QTimer {t.objectName()} of {t.parent()!r}" for t in started if isValid(t) and t.isActive()]
    return timers + [title for pointer, title in _windows(app).items() if pointer not in known]


def _windows(app: Any) -> dict[int, str]:
    from shiboken6 import getCppPointer

    return {
        getCppPointer(widget)[0]: f"{type(widget).__name__} {widget.objectName()!r}"
        for widget in app.topLevelWidgets()
        if widget.parent() is None and widget.metaObject().className() not in QT_OWN
    }


def _restore(app: Any, look: tuple[str, Any, Any]) -> None:
    sheet, palette, font = look
    if app.styleSheet() != sheet:
        app.setStyleSheet(sheet)
    if app.palette() != palette:
        app.setPalette(palette)
    if app.font() != font:
        app.setFont(font)
