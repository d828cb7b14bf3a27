"""What a server had taken and lost again is sent once more; what a peer changed meanwhile is left alone."""

from __future__ import annotations

from sync.paths import Path
from sync.session import DeskSession
from tests.support.clock import FakeClock
from tests.support.link import COMPOSITOR, make_session, session_link

OPACITY: Path = ("layers", "in_1", "opacity")


def _edit(session: DeskSession, clock: FakeClock, value: float) -> None:
    session.edit(COMPOSITOR, {OPACITY: value}, "Opacity")
    clock.advance(0.1)


def test_a_change_that_the_server_lost_is_sent_again() -> None:
    session, server, clock = make_session()
    before = server.nodes[COMPOSITOR].stored
    _edit(session, clock, 0.5)
    _edit(session, clock, 0.4)
    assert session.store.in_flight() == 0
    session_link(session).cut()
    server.nodes[COMPOSITOR].stored = before
    session_link(session).reopen()
    clock.advance(0.2)
    assert server.nodes[COMPOSITOR].stored["layers"]["in_1"]["opacity"] == 0.4
    assert session.store.value(COMPOSITOR, OPACITY) == 0.4


def test_a_value_that_is_not_one_of_ours_stays() -> None:
    session, server, clock = make_session()
    _edit(session, clock, 0.5)
    session_link(session).cut()
    params = server.nodes[COMPOSITOR].stored
    server.nodes[COMPOSITOR].stored = {
        **params,
        "layers": {**params["layers"], "in_1": {**params["layers"]["in_1"], "opacity": 0.7}},
    }
    session_link(session).reopen()
    clock.advance(0.2)
    assert session.store.value(COMPOSITOR, OPACITY) == 0.7


def test_a_change_of_long_ago_is_the_servers_business() -> None:
    session, server, clock = make_session()
    before = server.nodes[COMPOSITOR].stored
    _edit(session, clock, 0.5)
    clock.advance(10.0)
    session_link(session).cut()
    server.nodes[COMPOSITOR].stored = before
    session_link(session).reopen()
    clock.advance(0.2)
    assert session.store.value(COMPOSITOR, OPACITY) == 0.9


def test_a_field_that_a_peer_changed_after_us_is_theirs() -> None:
    session, server, clock = make_session()
    before = server.nodes[COMPOSITOR].stored
    _edit(session, clock, 0.5)
    server.tune(COMPOSITOR, {"layers": {"in_1": {"opacity": 0.6}}})
    clock.advance(0.1)
    session_link(session).settle()
    session_link(session).cut()
    server.nodes[COMPOSITOR].stored = before
    session_link(session).reopen()
    clock.advance(0.2)
    assert session.store.value(COMPOSITOR, OPACITY) == 0.9
