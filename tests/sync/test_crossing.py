"""Two desks that commit at the same moment: nobody's edit is lost, nothing flickers at its author, traffic ends."""

from __future__ import annotations

import pytest

from sync.crossing import MAX_HEALS
from sync.paths import Path
from sync.session import DeskSession
from tests.support.clock import FakeClock
from tests.support.link import COMPOSITOR, DEMO_PARAMS, make_session, session_link
from tests.support.server import ModelServer

MINE: Path = ("layers", "in_1", "opacity")
THEIRS: Path = ("layers", "in_0", "opacity")


def two_desks(delay_s: float) -> tuple[DeskSession, DeskSession, ModelServer, FakeClock]:
    first, server, clock = make_session(delay_s=None)
    session_link(first).delay_s = delay_s
    session_link(first).round_trip_s = 2 * delay_s
    second, _, _ = make_session(delay_s=delay_s, server=server, clock=clock)
    for session in (first, second):
        session_link(session).hears_events_after(delay_s)
    return first, second, server, clock


@pytest.mark.parametrize("delay_s", [0.001, 0.02, 0.3])
def test_edits_of_different_fields_at_the_same_moment_both_survive(delay_s: float) -> None:
    first, second, server, clock = two_desks(delay_s)
    shown: list[float] = []
    first.store.node_changed.connect(lambda _: shown.append(first.store.value(COMPOSITOR, MINE)))
    first.edit(COMPOSITOR, {MINE: 0.5}, "Fade")
    second.edit(COMPOSITOR, {THEIRS: 0.25}, "Fade")
    clock.advance(5)
    for session in (first, second):
        assert session.store.value(COMPOSITOR, MINE) == 0.5
        assert session.store.value(COMPOSITOR, THEIRS) == 0.25
        assert session.store.in_flight() == 0
    assert set(shown) == {0.5}
    running = server.nodes[COMPOSITOR].running
    assert running is not None
    assert (running.layers["in_1"].opacity, running.layers["in_0"].opacity) == (0.5, 0.25)
    assert len(server.tunes) <= 6


@pytest.mark.parametrize("delay_s", [0.001, 0.05])
def test_two_drags_at_once_end_where_the_hands_let_go(delay_s: float) -> None:
    first, second, server, clock = two_desks(delay_s)
    hands = [first.begin(COMPOSITOR, "A", [MINE]), second.begin(COMPOSITOR, "B", [THEIRS])]
    for step in range(60):
        hands[0].change({MINE: (step % 50) / 100})
        hands[1].change({THEIRS: (step % 40) / 100})
        clock.advance(1 / 60)
        assert first.store.value(COMPOSITOR, MINE) == (step % 50) / 100
        assert second.store.value(COMPOSITOR, THEIRS) == (step % 40) / 100
    for hand in hands:
        hand.end()
    clock.advance(5)
    for session in (first, second):
        assert session.store.value(COMPOSITOR, MINE) == 0.09
        assert session.store.value(COMPOSITOR, THEIRS) == 0.19
    assert server.nodes[COMPOSITOR].stored == first.store.confirmed(COMPOSITOR)


def test_a_program_that_insists_wins_after_a_bounded_number_of_answers() -> None:
    session, server, clock = make_session()
    link = session_link(session)
    session.edit(COMPOSITOR, {MINE: 0.5}, "Fade")
    clock.advance(0.01)
    for rev in range(1, 40):
        server.tune(COMPOSITOR, {**DEMO_PARAMS, "_sender": "stubborn", "_rev": rev})
        link.settle()
        clock.advance(0.02)
    assert session.store.value(COMPOSITOR, MINE) == 0.9
    assert len(server.tunes) == 1 + MAX_HEALS
    assert "superseded" in [decision.verdict for decision in session.decisions]


def test_a_value_set_back_long_after_is_a_peers_decision() -> None:
    session, server, clock = make_session()
    session.edit(COMPOSITOR, {MINE: 0.5}, "Fade")
    clock.advance(1)
    server.tune(COMPOSITOR, {**DEMO_PARAMS, "_sender": "peer", "_rev": 1})
    session_link(session).settle()
    clock.advance(1)
    assert session.store.value(COMPOSITOR, MINE) == 0.9
    assert len(server.tunes) == 1
