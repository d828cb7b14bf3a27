"""engine/serving/fanout.py and engine/serving/quiet_log.py: one encoding for all, bounded rings, quiet lines."""

from __future__ import annotations

import json
import logging

import pytest

from engine.running.permissions import ADMIN, ROLES
from engine.serving.fanout import RING_EVENTS, EventRing, Fanout
from engine.serving.quiet_log import QuietLog, shown
from sync.wire.codec import encode_event
from sync.wire.events import Event, NodeParamsChanged, SessionCreated, SessionDestroyed


async def _drain(ring: EventRing, count: int) -> list[int]:
    frames = [json.loads(await ring.take()) for _ in range(count)]
    return [frame["payload"]["params"]["n"] for frame in frames]


async def test_an_event_is_encoded_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the number of connections; not at all when nobody listens."""
    calls: list[Event] = []

    def counted(event: Event) -> str:
        calls.append(event)
        return encode_event(event)

    monkeypatch.setattr("engine.serving.fanout.encode_event", counted)
    hub = Fanout()
    hub.send(NodeParamsChanged("s", "n", {}))
    assert calls == []
    rings = [EventRing(ADMIN, set(), str(number)) for number in range(10)]
    for ring in rings:
        hub.join(ring)
    hub.send(NodeParamsChanged("s", "n", {}))
    assert len(calls) == 1
    frames = {id(await ring.take()) for ring in rings}
    assert len(frames) == 1


@pytest.mark.expects_log("connection slow reads too slowly")
async def test_the_oldest_are_lost_and_counted() -> None:
    """128 stay; a ring that is read loses nothing."""
    hub = Fanout()
    slow, fast = EventRing(ADMIN, set(), "slow"), EventRing(ADMIN, set(), "fast")
    leave = hub.join(slow)
    hub.join(fast)
    for number in range(RING_EVENTS + 5):
        hub.send(NodeParamsChanged("s", "n", {"n": number}))
        assert await _drain(fast, 1) == [number]
    assert (slow.lost, fast.lost, hub.lost) == (5, 0, 5)
    assert await _drain(slow, RING_EVENTS) == list(range(5, RING_EVENTS + 5))
    leave()
    assert hub.lost == 5
    hub.send(NodeParamsChanged("s", "n", {"n": 0}))
    assert await _drain(fast, 1) == [0]


async def test_a_full_ring_loses_nothing() -> None:
    """The bound is 128, not 127."""
    assert RING_EVENTS == 128
    ring = EventRing(ADMIN, set(), "x")
    for number in range(RING_EVENTS):
        ring.put(str(number).encode())
    assert ring.lost == 0
    assert await ring.take() == b"0"


def test_visibility_follows_the_sessions() -> None:
    """§6: visible at connect, by an own sessioncreated, until sessiondestroyed."""
    ring = EventRing(ROLES["user"], {"old"}, "x")
    assert ring.shows(NodeParamsChanged("old", "n", {}), "admin")
    assert not ring.shows(NodeParamsChanged("new", "n", {}), "user")
    assert not ring.shows(SessionCreated("foreign"), "admin")
    assert ring.shows(SessionCreated("new"), "user")
    assert ring.shows(SessionCreated("file"), None)
    assert ring.shows(NodeParamsChanged("new", "n", {}), "user")
    assert ring.shows(SessionDestroyed("new"), "user")
    assert not ring.shows(NodeParamsChanged("new", "n", {}), "user")
    assert EventRing(ADMIN, set(), "x").shows(NodeParamsChanged("any", "n", {}), "user")


@pytest.mark.expects_log("bad thing 1", r"bad thing 4 \(2 more since the last line\)")
def test_a_line_comes_once_a_second_and_says_for_how_many() -> None:
    now = 0.0
    quiet = QuietLog(logging.getLogger("test"), lambda: now)
    for number, when in ((1, 0.0), (2, 0.5), (3, 0.9), (4, 1.0)):
        now = when
        quiet.warn("bad thing %d", number)
    assert quiet.count == 4


def test_foreign_text_is_made_harmless() -> None:
    """No second line, no terminal codes, no length."""
    assert shown("a\nERROR forged\x1b[2J\x00") == "a·ERROR forged·[2J·"
    assert shown("x" * 80) == "x" * 80
    assert shown("x" * 81) == "x" * 80 + "…"
