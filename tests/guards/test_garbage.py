"""While a test with Qt's application runs, nothing is collected behind its back; others keep Python's collector."""

from __future__ import annotations

import gc
import weakref

from PySide6.QtWidgets import QApplication

from tests.guards.garbage import collect_what_is_due


class Ring:
    """Garbage that only a collector finds."""

    def __init__(self) -> None:
        self.me = self


def test_a_test_with_the_application_is_left_alone(qapp: QApplication) -> None:
    assert not gc.isenabled()
    ring = weakref.ref(Ring())
    for _ in range(10_000):
        Ring()
    assert ring() is not None
    collect_what_is_due()
    assert ring() is None


def test_any_other_test_has_pythons_own_collector() -> None:
    assert gc.isenabled()
    ring = weakref.ref(Ring())
    kept = [Ring() for _ in range(10_000)]
    assert ring() is None
    assert kept
