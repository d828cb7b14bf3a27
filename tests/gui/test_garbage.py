"""Where cyclic garbage dies: on the window's thread, however much another thread allocates."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from gui.garbage import GarbageCollector

DEATHS: list[str] = []


class Ring:
    """Garbage that only the collector finds; it notes the thread on which it dies."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        DEATHS.append(threading.current_thread().name)


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    gc.enable()  # as a program begins; the guard of other tests with the application switches it off
    gc.collect()
    DEATHS.clear()
    yield
    assert gc.isenabled()


def leave_garbage() -> None:
    for _ in range(3):
        Ring()


def allocate_elsewhere() -> None:
    """What reading a large file does in a worker."""
    worker = threading.Thread(target=lambda: [[number] for number in range(200_000)], name="worker")
    worker.start()
    worker.join()


def test_python_alone_collects_on_whatever_thread_allocates() -> None:
    leave_garbage()
    allocate_elsewhere()
    assert DEATHS == ["worker"] * 3


def test_the_desk_collects_on_the_windows_thread(qapp: QApplication) -> None:
    del qapp
    collector = GarbageCollector()
    leave_garbage()
    allocate_elsewhere()
    assert DEATHS == []
    kept: list[list[int]] = [[] for _ in range(2 * gc.get_threshold()[0])]
    collector.collect()
    assert kept
    assert DEATHS == ["MainThread"] * 3
    collector.stop()


def test_nothing_is_collected_before_it_is_due(qapp: QApplication) -> None:
    del qapp
    collector = GarbageCollector()
    gc.collect()
    leave_garbage()
    collector.collect()
    assert DEATHS == []
    collector.stop()
    gc.collect()
    assert len(DEATHS) == 3
