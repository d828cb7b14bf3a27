"""The pinned Qt keeps Python's singletons: a release that loses references to them aborts after seconds of dragging."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot
from PySide6.QtWidgets import QApplication, QSlider

TIMES = 2_000
# Other threads and caches move the counts by a few; a defect moves them by one each time.
NOISE = TIMES // 20

Step = Callable[[int], object]


class Source(QObject):
    """Emits ``moved``."""

    moved = Signal(int)

    @Slot(int)
    def take(self, value: int) -> None:
        """Is called from C++."""


def lost(step: Step) -> dict[str, int]:
    before = sys.getrefcount(None), sys.getrefcount(True)
    for index in range(TIMES):
        step(index)
    return {"None": before[0] - sys.getrefcount(None), "True": before[1] - sys.getrefcount(True)}


def emitting(qapp: QApplication) -> Step:
    source = Source()
    source.moved.connect(source.take)

    def step(index: int) -> None:
        source.moved.emit(index)

    return step


def processing(qapp: QApplication) -> Step:
    return lambda _: QCoreApplication.processEvents()


def sliding(qapp: QApplication) -> Step:
    slider, source = QSlider(), Source()
    slider.setMaximum(TIMES)
    slider.valueChanged.connect(source.take)

    def step(index: int) -> None:
        slider.setValue(index)
        source.objectName()

    return step


@pytest.mark.parametrize("make", [emitting, processing, sliding], ids=lambda make: make.__name__)
def test_qt_loses_no_reference_to_none_or_true(make: Callable[[QApplication], Step], qapp: QApplication) -> None:
    step = make(qapp)
    assert {name: count for name, count in lost(step).items() if count > NOISE} == {}


def test_a_lost_reference_would_be_seen() -> None:
    held = [None] * TIMES + [True] * TIMES
    assert lost(lambda _: (held.pop(), held.pop(0)))["None"] > NOISE
