"""Windows on a model session, put away after every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from gui.window import MainWindow
from tests.gui.desk import ModelDesk


@pytest.fixture
def make_model(qtbot: QtBot) -> Iterator[Callable[..., ModelDesk]]:
    """Makes desks on a model session."""
    del qtbot
    made: list[ModelDesk] = []

    def build(*args: Any, **options: Any) -> ModelDesk:
        made.append(ModelDesk(*args, **options))
        return made[-1]

    yield build
    for model in made:
        model.close()


@pytest.fixture
def model(make_model: Callable[..., ModelDesk]) -> ModelDesk:
    """A desk with an open session."""
    return make_model()


@pytest.fixture
def window(qtbot: QtBot, model: ModelDesk) -> MainWindow:
    """The main window on the open session, shown."""
    return shown(qtbot, model.window())


def shown(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """Shows a window that the test's end closes."""
    qtbot.addWidget(window)
    window.resize(1280, 720)
    with qtbot.waitExposed(window):
        window.show()
    return window
