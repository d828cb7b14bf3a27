"""Signals."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync.signals import Signal


def test_listeners_hear_in_order_until_they_disconnect() -> None:
    signal: Signal[str, int] = Signal()
    heard: list[str] = []
    off = signal.connect(lambda word, number: heard.append(f"a {word} {number}"))
    signal.connect(lambda word, number: heard.append(f"b {word} {number}"))
    signal.emit("x", 1)
    off()
    off()
    signal.emit("y", 2)
    assert heard == ["a x 1", "b x 1", "b y 2"]


@pytest.mark.expects_log("a listener failed")
def test_a_failing_listener_is_logged_and_the_rest_run() -> None:
    signal: Signal[()] = Signal()
    heard: list[str] = []

    def fail() -> None:
        raise RuntimeError("listener")

    signal.connect(fail)
    signal.connect(lambda: heard.append("second"))
    signal.emit()
    assert heard == ["second"]


def test_a_listener_that_disconnects_another_while_heard() -> None:
    signal: Signal[()] = Signal()
    heard: list[str] = []
    offs: list[Callable[[], None]] = []

    def end_the_other() -> None:
        offs[0]()

    signal.connect(end_the_other)
    offs.append(signal.connect(lambda: heard.append("once")))
    signal.emit()
    assert heard == ["once"]
    signal.emit()
    assert heard == ["once"]
