"""Which tests stay together when workers share the suite, and which go first.

``--dist loadgroup`` would ask the tests themselves, but pytest 9.2 drops what pytest-xdist 3.8 writes into their names.
"""

from __future__ import annotations

import importlib
import os
from pathlib import PurePosixPath
from typing import Any

import pytest

TIMED = "timed"
# What measures time or fills both cores by itself is never beside its like.
TIMED_FOLDERS = {"end2end", "faults", "benchmarks"}
# Files whose single tests run for long: each test may go to another worker.
LONG = ("interleavings", "properties", "model", "fuzz")

__all__ = ["group_of", "pytest_collection_modifyitems", "pytest_xdist_make_scheduler", "rank_of"]


def group_of(nodeid: str) -> str:
    """What stays on one worker: everything timed, a file with its fixtures, or one long test."""
    path, _, name = nodeid.partition("::")
    if TIMED_FOLDERS & set(PurePosixPath(path).parts):
        return TIMED
    return f"{path}::{name.partition('[')[0]}" if _is_long(path) else path


def rank_of(nodeid: str) -> int:
    """The longest goes first, so that no worker is left alone with it at the end."""
    path = nodeid.partition("::")[0]
    return 0 if group_of(nodeid) == TIMED else 1 if _is_long(path) else 2


def _is_long(path: str) -> bool:
    return any(word in PurePosixPath(path).stem for word in LONG)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts the suite the same way on every worker; a run without workers keeps its order."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: rank_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Puts ``group_of`` in the place of the scopes of ``--dist loadscope``."""
    scheduler: Any = importlib.import_module("xdist.scheduler").LoadScopeScheduling(config, log)
    scheduler._split_scope = group_of
    return scheduler
