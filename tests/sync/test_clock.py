"""Time: the loop's, and the one of the tests."""

from __future__ import annotations

import asyncio

from sync.clock import LoopClock
from tests.support.clock import FakeClock


async def test_the_loops_clock_calls_once_and_can_be_stopped() -> None:
    clock = LoopClock()
    before = clock.now()
    called = asyncio.Event()
    clock.call_later(0.0, called.set)
    clock.call_later(30.0, called.set)()
    await asyncio.wait_for(called.wait(), 5)
    assert clock.now() >= before


def test_the_fake_clock_fires_in_order_also_what_is_scheduled_meanwhile() -> None:
    clock = FakeClock(0.0)
    fired: list[tuple[str, float]] = []

    def note(name: str) -> None:
        fired.append((name, clock.now()))

    def first() -> None:
        note("first")
        clock.call_later(0.5, lambda: note("inner"))

    clock.call_later(2.0, lambda: note("late"))
    clock.call_later(1.0, first)
    clock.call_later(1.2, lambda: note("never"))()
    assert clock.next_due_s() == 1.0
    clock.advance(1.9)
    clock.advance(1.0)
    assert fired == [("first", 1.0), ("inner", 1.5), ("late", 2.0)]
    assert clock.now() == 2.9
    assert clock.next_due_s() is None
