"""No cyclic garbage is collected inside a call of Qt: it may hold a lock that a dying slot asks for, and all stands."""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest

__all__ = ["collect_what_is_due", "pytest_runtest_protocol"]


def collect_what_is_due() -> None:
    """Collects the oldest generation that is over its threshold, as Python would have by itself."""
    counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
    due = [generation for generation, (count, limit) in enumerate(counts) if 0 < limit < count]
    if due:
        gc.collect(due[-1])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A test with Qt's application collects when it is over; the desk itself does the same between two events."""
    if "qapp" not in getattr(item, "fixturenames", ()) or not gc.isenabled():
        return (yield)
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        collect_what_is_due()
