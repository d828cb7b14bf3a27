"""Back-off: 1 s to 30 s, doubling, jittered, reset by a stable minute."""

from __future__ import annotations

import pytest

from sync.reconnect import Backoff


def test_doubles_to_thirty_seconds_and_stays_there_for_ever() -> None:
    backoff = Backoff(lambda: 0.0)
    assert [backoff.failed(0) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    for _ in range(5000):
        assert backoff.failed(0) == 30


@pytest.mark.parametrize(("drawn", "expected"), [(0.0, 1.0), (1.0, 0.8)])
def test_jitter_only_shortens(drawn: float, expected: float) -> None:
    assert Backoff(lambda: drawn).failed(0) == pytest.approx(expected)


def test_a_short_connection_does_not_end_the_row_a_stable_minute_does() -> None:
    backoff = Backoff(lambda: 0.0)
    backoff.failed(0)
    backoff.failed(0)
    backoff.opened(10)
    assert backoff.failed(69.9) == 4
    backoff.opened(100)
    assert backoff.failed(160) == 1


def test_loud_from_the_tenth_failure() -> None:
    backoff = Backoff(lambda: 0.0)
    loud = []
    for _ in range(11):
        backoff.failed(0)
        loud.append(backoff.is_loud)
    assert loud == [False] * 9 + [True] * 2


def test_a_refusal_waits_long() -> None:
    assert Backoff(lambda: 0.0).refused(0) == 30
