"""Leading edge, acknowledged, 8 and 33 ms, trailing edge, release, and a link that is backed up."""

from __future__ import annotations

import pytest

from sync.pacing import MAX_UNSENT_BYTES, Pace, Pacer
from tests.support.clock import FakeClock


class Bench:
    """A pacer whose sends are recorded in milliseconds since the start."""

    def __init__(self) -> None:
        self.clock = FakeClock(0.0)
        self.is_open = True
        self.backlog = 0
        self.is_waiting = False
        self.sent: list[float] = []
        self.pacer = Pacer(self.clock, self, self._send, lambda: self.is_waiting, Pace())

    def unsent_bytes(self) -> int:
        return self.backlog

    def _send(self) -> None:
        self.sent.append(round(self.clock.now() * 1000, 1))
        self.is_waiting = True

    def acknowledge(self) -> None:
        self.is_waiting = False
        self.pacer.acknowledged()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_first_leaves_at_once(bench: Bench) -> None:
    bench.pacer.offer()
    assert bench.sent == [0]


def test_unanswered_the_next_waits_33_ms_and_is_one(bench: Bench) -> None:
    for _ in range(10):
        bench.pacer.offer()
        bench.clock.advance(0.003)
    bench.clock.advance(0.1)
    assert bench.sent == [0, 33]


def test_answered_the_next_leaves_at_once_but_not_before_8_ms(bench: Bench) -> None:
    bench.pacer.offer()
    bench.clock.advance(0.002)
    bench.pacer.offer()
    bench.acknowledge()
    bench.clock.advance(0.1)
    assert bench.sent == [0, 8]
    bench.acknowledge()
    bench.pacer.offer()
    bench.pacer.offer()
    bench.clock.advance(0.012)
    assert bench.sent == [0, 8, 102]
    bench.acknowledge()
    assert bench.sent == [0, 8, 102, 114]


def test_an_answer_with_nothing_waiting_sends_nothing(bench: Bench) -> None:
    bench.pacer.offer()
    bench.acknowledge()
    bench.clock.advance(1)
    assert bench.sent == [0]


def test_a_release_waits_for_nothing(bench: Bench) -> None:
    bench.pacer.offer()
    bench.clock.advance(0.001)
    bench.pacer.offer(is_final=True)
    assert bench.sent == [0, 1]


def test_a_backed_up_link_gets_one_commit_when_it_is_free_again(bench: Bench) -> None:
    bench.backlog = MAX_UNSENT_BYTES + 1
    for _ in range(50):
        bench.pacer.offer(is_final=True)
        bench.clock.advance(0.01)
    assert bench.sent == []
    bench.backlog = 0
    bench.clock.advance(0.1)
    assert len(bench.sent) == 1


def test_a_closed_link_is_left_alone_and_stop_forgets(bench: Bench) -> None:
    bench.is_open = False
    bench.pacer.offer()
    assert bench.sent == []
    bench.is_open = True
    bench.pacer.offer()
    bench.pacer.offer()
    bench.pacer.stop()
    bench.clock.advance(1)
    assert bench.sent == [0]
    assert bench.clock.next_due_s() is None
