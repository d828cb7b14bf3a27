"""What holds for every test: the guards, one plain application, private folders, and the order on two workers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import is_hypothesis_test

from tests.guards import profiles

pytest_plugins = [
    "tests.guards.logs",
    "tests.guards.threads",
    "tests.guards.tasks",
    "tests.guards.qt",
    "tests.guards.virtual_screen",
]

# Before anything imports Qt or asks for a folder, and inherited by every engine that a test starts.
_HOME = tempfile.TemporaryDirectory(prefix="layerdesk-tests-", ignore_cleanup_errors=True)
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.update(
    {f"XDG_{name}_HOME": f"{_HOME.name}/{name.lower()}" for name in ("CONFIG", "CACHE", "DATA", "STATE")},
    QT_SCALE_FACTOR="1",
    QT_FONT_DPI="96",
)

TIMED = {"end2end", "faults", "benchmarks"}


def pytest_configure() -> None:
    """Chooses the hypothesis profile before the first property test is collected."""
    profiles.choose()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Soak tests run only in the soak; of two workers one has all that is timed, and the longest goes first."""
    if profiles.name() != "soak":
        dropped = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if item not in dropped]
        config.hook.pytest_deselected(items=dropped)
    if "PYTEST_XDIST_WORKER" in os.environ:
        for item in items:
            item.add_marker(pytest.mark.xdist_group(_group(item)))
        items.sort(key=lambda item: (not _is_timed(item), not _is_property(item)))


def _group(item: pytest.Item) -> str:
    """What stays together: everything timed, else a file with its fixtures; a property test is long and needs none."""
    if _is_timed(item):
        return "timed"
    return item.nodeid.partition("[")[0] if _is_property(item) else str(item.path)


def _is_timed(item: pytest.Item) -> bool:
    return item.path.parent.name in TIMED


def _is_property(item: pytest.Item) -> bool:
    return bool(is_hypothesis_test(getattr(item, "obj", None)))


@pytest.fixture(scope="session", autouse=True)
def private_folders() -> Iterator[Path]:
    """The folder that stands for a home during this run; removed at its end."""
    yield Path(_HOME.name)
    _HOME.cleanup()
