"""A test ends the threads that it started."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator

import pytest

GRACE_S = 2.0

__all__ = ["no_lingering_threads"]


def _running() -> set[threading.Thread]:
    # A dummy stands for a thread of a C library that called Python once; nobody can end it.
    return {thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}


def _where(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident or 0)
    place = f" at {frame.f_code.co_filename}:{frame.f_lineno}" if frame else ""
    return f"{thread.name} ({type(thread).__name__}){place}"


@pytest.fixture(autouse=True)
def no_lingering_threads() -> Iterator[None]:
    """Fails a test that leaves a thread running; one that is on its way out gets a moment."""
    before = _running()
    yield
    until = time.monotonic() + GRACE_S
    for thread in _running() - before:
        thread.join(max(0.0, until - time.monotonic()))
    left = sorted(_where(thread) for thread in _running() - before)
    if left:
        pytest.fail("threads still run, stop and join them:\n" + "\n".join(left))
