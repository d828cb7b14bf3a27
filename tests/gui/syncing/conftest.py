"""The window on a session with an ordered log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from gui.window import MainWindow
from tests.gui.conftest import shown
from tests.gui.log_desk import LogDesk


@pytest.fixture
def at_log(qtbot: QtBot) -> Iterator[LogDesk]:
    """A desk at an ordered log, ``in_1`` selected."""
    del qtbot
    desk = LogDesk()
    desk.bridge.select(["in_1"])
    yield desk
    desk.close()


@pytest.fixture
def window(qtbot: QtBot, at_log: LogDesk) -> MainWindow:
    """The main window on that session, shown."""
    window = shown(qtbot, at_log.window())
    at_log.show()
    return window
