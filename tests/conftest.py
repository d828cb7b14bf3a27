"""What holds for every test: the guards, one plain application, private folders."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import is_hypothesis_test

from tests.guards import profiles

pytest_plugins = [
    "tests.guards.garbage",
    "tests.guards.logs",
    "tests.guards.threads",
    "tests.guards.tasks",
    "tests.guards.qt",
    "tests.guards.workers",
    "tests.guards.virtual_screen",
]

# Servers of the tests may speak protocol 1 only, as StreamKit does: an offer that they do not know is no fault.
logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)

# Before anything imports Qt or asks for a folder, and inherited by every engine that a test starts.
_HOME = tempfile.TemporaryDirectory(prefix="layerdesk-tests-", ignore_cleanup_errors=True)
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.update(
    {f"XDG_{name}_HOME": f"{_HOME.name}/{name.lower()}" for name in ("CONFIG", "CACHE", "DATA", "STATE")},
    QT_SCALE_FACTOR="1",
    QT_FONT_DPI="96",
)


def pytest_configure() -> None:
    """Chooses the hypothesis profile before the first property test is collected."""
    profiles.choose()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Soak tests run only in the soak; a property test, which is hundreds of tests, has more time on a busy machine."""
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(profiles.limit_s()))
    if profiles.name() != "soak":
        dropped = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if item not in dropped]
        config.hook.pytest_deselected(items=dropped)


@pytest.fixture(scope="session", autouse=True)
def private_folders() -> Iterator[Path]:
    """The folder that stands for a home during this run; removed at its end."""
    yield Path(_HOME.name)
    _HOME.cleanup()
