"""Operators together, and the small clocks: presence, leases, rate, back-off, server time, exchange."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.log.backoff import LOUD_FROM, Backoff
from sync.log.edits import param_place
from sync.log.frames import PresenceFrame, PresentFrame, encode_control
from sync.log.presence import (
    BEATS_IN_ONE,
    EXPIRY_S,
    MAX_BEAT_BYTES,
    MAX_CLAIM_BYTES,
    MAX_CLAIMS_BYTES,
    MAX_PRESENT,
    MAX_TOLD_BYTES,
    LeaseTable,
    PresenceBoard,
    Present,
    gathered,
)
from sync.log.rate import RateLimit
from sync.log.server_time import ServerTime
from tests.log.world import World

COUNTER = param_place("mix", ("counter",))


def beat(author: str, number: int, *focus: str, name: str = "") -> PresenceFrame:
    return PresenceFrame(author, name, focus, beat=number)


def test_who_is_where_until_their_heart_stops() -> None:
    board = PresenceBoard()
    assert board.heard(beat("a", 1, "mix", "in_1", "opacity", name="Ann"), 0.0)
    assert not board.heard(beat("a", 2, "mix", "in_1", "opacity", name="Ann"), 1.0), "nothing shown has changed"
    assert not board.heard(beat("a", 1, "elsewhere"), 1.0), "an older beat"
    assert board.on(("mix", "in_1"), 2.0) == (Present("a", "Ann", ("mix", "in_1", "opacity")),)
    assert board.on(("mix", "in_1"), 2.0, except_for="a") == ()
    assert board.present(1.0 + EXPIRY_S) == ()


def test_presence_is_bounded_and_ends_with_the_link() -> None:
    board = PresenceBoard()
    for index in range(MAX_PRESENT + 5):
        board.heard(beat(f"a{index}", 1), 0.0)
    assert len(board.present(0.0)) == MAX_PRESENT
    board.left("a0")
    assert len(board.present(0.0)) == MAX_PRESENT - 1


def test_a_heart_beat_that_is_too_large_is_not_passed_on() -> None:
    """§12: what many desks say has to fit into one frame."""
    board = PresenceBoard()
    assert not board.heard(beat("a", 1, name="x" * MAX_BEAT_BYTES), 0.0)
    assert board.present(0.0) == ()
    largest = beat("b" * 64, 1, name="y" * (MAX_BEAT_BYTES - 200))
    assert board.heard(largest, 0.0)
    full = gathered([largest] * (BEATS_IN_ONE + 1), 0.0)
    assert [len(frame.beats) for frame in full if isinstance(frame, PresentFrame)] == [BEATS_IN_ONE, 1]
    assert all(encode_control(frame) for frame in full), "each fits"


def test_hk_25_two_desks_grab_one_control_and_one_holds_it_until_it_is_silent() -> None:
    table = LeaseTable()
    assert table.claim("a", ("mix/opacity",), 0.0) == {}
    assert table.claim("b", ("mix/opacity", "mix/x"), 0.1) == {"mix/opacity": "a"}
    assert table.holders(0.2) == {"mix/opacity": "a", "mix/x": "b"}
    assert table.claim("a", ("mix/opacity",), 4.0) == {}
    assert table.claim("b", ("mix/opacity",), 4.0 + EXPIRY_S) == {}
    assert table.holders(4.0 + EXPIRY_S) == {"mix/opacity": "b"}


def test_hk_25_the_loser_is_told_over_the_link_and_a_closed_link_lets_go() -> None:
    world = World(2)
    world.join_all()
    one, two = world.desks
    for desk in (one, two):
        desk.wire.caller.send(PresenceFrame("whoever", "x", ("mix",), ("mix/opacity",), beat=1))
        desk.wire.settle()
    (told,) = [frame for frame in two.controls if isinstance(frame, PresenceFrame)]
    assert told.leases == {"mix/opacity": "open/d0"}
    assert [each.author for each in world.engine.desk.presence.present(world.time.now())] == ["open/d0", "open/d1"]
    one.wire.cut()
    assert world.engine.desk.leases.holders(world.time.now()) == {}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sets(st.sampled_from("xy")), st.floats(0, 3)), max_size=30))
def test_hk_25_a_control_never_has_two_holders(claims: list[tuple[str, set[str], float]]) -> None:
    table, now = LeaseTable(), 0.0
    for author, controls, pause in claims:
        now += pause
        before = table.holders(now)
        lost = table.claim(author, tuple(controls), now)
        after = table.holders(now)
        for control in controls:
            assert (after[control] == author) != (control in lost)
            assert before.get(control, author) == lost.get(control, author)


def test_ep_23_the_bucket_lets_a_burst_pass_then_the_rate() -> None:
    rate = RateLimit(per_s=10, burst=5)
    assert rate.spend(5, 0.0) == 0.0
    assert rate.spend(1, 0.0) == pytest.approx(0.1)
    assert rate.spend(1, 0.1) == 0.0
    assert rate.spend(5, 100.0) == 0.0
    assert rate.spend(50, 100.0) == pytest.approx(0.5)


def test_hk_17_the_waits_double_to_thirty_seconds_and_get_louder() -> None:
    backoff = Backoff(lambda: 0.0)
    assert [backoff.failed(0.0) for _ in range(8)] == [1, 2, 4, 8, 16, 30, 30, 30]
    assert backoff.level == logging.WARNING
    backoff.failed(0.0)
    assert (backoff.failures, backoff.level) == (9, logging.WARNING)
    backoff.failed(0.0)
    assert (backoff.failures, backoff.level) == (LOUD_FROM, logging.ERROR)


def test_hk_17_only_a_stable_minute_starts_over_and_jitter_stays_small() -> None:
    backoff = Backoff(lambda: 0.999)
    waits = [backoff.failed(0.0) for _ in range(4)]
    assert all(step <= wait < step * 1.25 for step, wait in zip((1, 2, 4, 8), waits, strict=True))
    backoff.live(100.0)
    assert backoff.failed(159.0) >= 16
    backoff.live(200.0)
    assert backoff.failed(260.0) < 1.25


def test_hk_17_a_thousand_failures_do_not_overflow() -> None:
    backoff = Backoff(lambda: 0.0)
    assert [backoff.failed(0.0) for _ in range(2_000)][-1] == 30.0


@given(st.floats(-1e6, 1e6), st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_rw_23_the_offset_is_off_by_half_a_round_trip_at_most(offset: float, trips: list[tuple[float, float]]) -> None:
    clock = ServerTime()
    for index, (there, back) in enumerate(trips):
        sent = index * 10.0
        clock.sample(sent, sent + there + offset, sent + there + back)
    assert clock.round_trip_s is not None
    assert clock.offset_s is not None
    assert abs(clock.offset_s - offset) <= clock.round_trip_s / 2 + 1e-6


def test_rw_23_before_the_first_answer_and_with_a_jumping_clock_nothing_is_known() -> None:
    clock = ServerTime()
    assert clock.offset_s is None
    clock.sample(10.0, 5.0, 9.0)
    assert clock.round_trip_s is None


def test_claims_that_would_not_fit_are_let_fall_and_the_others_hold() -> None:
    """§12: one desk's heart-beat may not make a frame that nobody can be sent."""
    table = LeaseTable()
    assert table.claim("a", ("mix/x", "y" * MAX_CLAIM_BYTES, "\x01" * 60, "mix/z"), 0.0) == {}
    assert table.holders(0.0) == {"mix/x": "a", "mix/z": "a"}
    table.claim("b", tuple(f"{each:02}" + "x" * 200 for each in range(64)), 0.0)
    assert sum(len(control) for control, holder in table.holders(0.0).items() if holder == "b") <= MAX_CLAIMS_BYTES
    for each in range(300):
        table.claim(f"c{each}", tuple(f"{each}/{number}" + "x" * 240 for number in range(64)), 1.0)
    told = table.holders(1.0)
    assert list(told)[:2] == ["mix/x", "mix/z"], "the oldest first"
    assert len(encode_control(PresenceFrame("", leases=told))) < 2 * MAX_TOLD_BYTES
