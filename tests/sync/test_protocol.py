"""The conversation without I/O: whose reply, whose time is over, what is skipped."""

from __future__ import annotations

import pytest

from sync.protocol import MAX_FRAME_CHARS, Expired, Protocol, Reply
from sync.wire.codec import decode_request, encode_event, encode_response
from sync.wire.events import NodeRemoved
from sync.wire.requests import GetPermissions, ListSessions
from sync.wire.responses import Error, SessionsListed, Success
from tests.support.clock import FakeClock


def test_each_request_has_its_own_id_and_gets_its_own_reply() -> None:
    clock = FakeClock()
    protocol = Protocol(clock.now)
    first, first_text = protocol.request(ListSessions())
    second, _ = protocol.request(GetPermissions())
    assert first != second
    assert decode_request(first_text) == (ListSessions(), first)
    clock.advance(0.25)
    reply = protocol.receive(encode_response(Success(), second))
    assert reply == Reply(second, Success(), 0.25)
    assert protocol.receive(encode_response(Success(), second)) is None
    assert protocol.counters.unmatched == 1


def test_a_request_expires_after_five_seconds_once() -> None:
    clock = FakeClock()
    protocol = Protocol(clock.now)
    asked, _ = protocol.request(ListSessions())
    clock.advance(4.9)
    assert protocol.expire() == []
    clock.advance(0.1)
    assert protocol.expire() == [Expired(asked, "listsessions")]
    assert protocol.expire() == []
    assert protocol.receive(encode_response(SessionsListed([]), asked)) is None


def test_a_notice_carries_no_id() -> None:
    assert decode_request(Protocol(FakeClock().now).notice(ListSessions())) == (ListSessions(), None)


@pytest.mark.expects_log("could not read a frame of ours")
def test_an_error_without_an_id_is_nobodys_reply() -> None:
    protocol = Protocol(FakeClock().now)
    protocol.request(ListSessions())
    assert protocol.receive(encode_response(Error("Invalid JSON: x"), None)) is None
    assert protocol.counters.uncorrelated_errors == 1


@pytest.mark.expects_log("skipped a malformed frame")
def test_garbage_is_counted_and_logged_once_a_second(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    protocol = Protocol(clock.now)
    for _ in range(100):
        assert protocol.receive("{") is None
        clock.advance(0.015)
    assert protocol.receive("x" * (MAX_FRAME_CHARS + 1)) is None
    assert protocol.counters.malformed == 101
    assert len(caplog.records) == 2


def test_unknown_events_and_responses_are_ignored() -> None:
    protocol = Protocol(FakeClock().now)
    assert protocol.receive('{"type":"event","payload":{"event":"tomorrow"}}') is None
    assert protocol.receive('{"type":"response","payload":{"action":"tomorrow"}}') is None
    assert protocol.counters.unknown == 2
    assert protocol.receive(encode_event(NodeRemoved("s", "n"))) == NodeRemoved("s", "n")
