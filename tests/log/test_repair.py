"""Repair, digests, delivery ticks (rows SD-17 to SD-30)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.log.bloom import CAPACITY, filter_of, may_contain, newest_filter
from sync.log.delivery import TRACKED, DeliveryBoard, Tick
from sync.log.edits import set_params
from sync.log.entries import MemoryEntries
from sync.log.frames import DigestFrame, PresenceFrame, Want
from sync.log.op import Entry, Op, OpId
from sync.log.repair import (
    MAX_TRACKED,
    REQUESTS_A_FRAME,
    T_MAX_S,
    T_MIN_S,
    Answers,
    Requests,
)
from tests.log.world import Desk, World, X, the

names = st.text("abcdef", min_size=1, max_size=6)
ids = st.builds(OpId, names, st.integers(1, 1_000))


@given(names, st.lists(ids, min_size=1, max_size=20, unique=True))
def test_sd_21_requests_go_out_at_fixed_times_three_at_a_time_most_overdue_first(me: str, missing: list[OpId]) -> None:
    times = []
    for _ in range(2):
        requests = Requests(me)
        requests.need(missing, 100.0)
        times.append(the(requests.next_at()))
    assert times[0] == times[1], "the same on every run"
    assert 100.0 + T_MIN_S <= times[0] < 100.0 + T_MAX_S
    assert requests.due(100.0 + T_MIN_S - 0.001) == ()
    due_at = {op_id: request.due_at for op_id, request in requests._requests.items()}
    asked = requests.due(100.0 + T_MAX_S)
    assert len(asked) == min(REQUESTS_A_FRAME, len(missing))
    assert [due_at[op_id] for op_id in asked] == sorted(due_at.values())[: len(asked)]


def test_sd_22_a_lost_request_is_asked_again_more_rarely_and_then_lost() -> None:
    requests, op_id = Requests("me"), OpId("a", 1)
    requests.need([op_id], 0.0)
    asked, now = [], 0.0
    while now < T_MAX_S:
        if requests.due(now):
            asked.append(now)
        assert requests.lost(now) == ()
        now += 0.001
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert gaps == sorted(gaps)
    assert requests.lost(T_MAX_S) == (op_id,)
    assert requests.lost(T_MAX_S) == ()
    assert requests.next_at() is None


def test_sd_22_waiters_of_a_lost_op_are_let_go() -> None:
    world = World(1)
    world.join_all()
    desk = world.desks[0]
    author = desk.replica.author
    desk.wire.caller.submit([Op(author, 2, set_params("mix", {("p",): 2}))])
    world.run(1)
    assert world.engine.log.held
    world.time.pass_by(T_MAX_S)
    world.engine.desk.tick()
    assert not world.engine.log.held
    assert world.engine.log.document.params("mix")["p"] == 2
    assert len(world.engine.desk.requests) == 0


def test_sd_22_the_author_answers_a_want_at_once() -> None:
    world = World(1)
    world.join_all()
    desk = world.desks[0]
    desk.edit(X, 1)
    desk.wire.pump()
    desk.wire.to_called.clear()
    desk.edit(X, 2)
    world.run(1)
    assert world.engine.log.document.value(X) == 2
    assert [entry.seq for entry in world.engine.log.entries.after(1)] == [1, 2]


def test_sd_23_the_author_answers_at_once_and_the_others_cancel() -> None:
    op_id = OpId("author", 1)
    holders = {name: Answers(name) for name in ("author", "x", "y")}
    for answers in holders.values():
        answers.asked(op_id, "author", 10.0)
    assert holders["author"].due(10.0) == (op_id,)
    sent = 1
    for name in ("x", "y"):
        assert holders[name].due(10.0) == ()
        assert 10.0 < the(holders[name].next_at()) < 10.0 + T_MAX_S
        holders[name].seen(op_id)
        sent += len(holders[name].due(99.0))
    assert sent == 1


def test_sd_23_being_asked_again_does_not_put_an_answer_off() -> None:
    answers, op_id = Answers("x"), OpId("author", 1)
    answers.asked(op_id, "author", 10.0)
    at = the(answers.next_at())
    answers.asked(op_id, "author", 10.0 + T_MAX_S)
    assert the(answers.next_at()) == at


def test_sd_24_whoever_hears_the_same_request_waits() -> None:
    op_id = OpId("a", 1)
    one, two = Requests("one"), Requests("two")
    for each in (one, two):
        each.need([op_id], 0.0)
    first, second = sorted((one, two), key=lambda each: the(each.next_at()))
    at = the(first.next_at())
    assert first.due(at) == (op_id,)
    before = the(second.next_at())
    second.asked_elsewhere(op_id, at)
    assert the(second.next_at()) > before
    assert second.due(before) == ()
    second.arrived(op_id)
    assert len(second) == 0


def test_requests_are_bounded_and_say_so() -> None:
    requests = Requests("me")
    requests.need([OpId("a", seq) for seq in range(MAX_TRACKED + 5)], 0.0)
    assert len(requests) == MAX_TRACKED
    assert requests.overflowed == 1


def test_the_filter_has_the_size_and_the_error_rate_it_promises() -> None:
    data = filter_of(OpId("a", seq) for seq in range(CAPACITY))
    assert len(data) == 1_875
    assert all(may_contain(data, OpId("a", seq)) for seq in range(CAPACITY))
    wrong = sum(may_contain(data, OpId("b", seq)) for seq in range(50_000))
    assert wrong <= 2 * 0.001 * 50_000


def test_sd_29_a_filter_is_of_the_newest_ops_only_and_keeps_its_error_rate() -> None:
    entries = MemoryEntries()
    for rev in range(1, CAPACITY * 2 + 1):
        entries.append(Entry(rev, rev, "a", rev, 0.0, ()))
    data = newest_filter(entries)
    assert all(may_contain(data, OpId("a", seq)) for seq in range(CAPACITY + 1, 2 * CAPACITY + 1))
    assert sum(may_contain(data, OpId("a", seq)) for seq in range(1, CAPACITY + 1)) <= 5
    wrong = sum(may_contain(data, OpId("b", seq)) for seq in range(20_000))
    assert wrong <= 2 * 0.001 * 20_000
    few = MemoryEntries(entries.after(2 * CAPACITY - 3), floor=2 * CAPACITY - 3)
    assert may_contain(newest_filter(few), OpId("a", 2 * CAPACITY))


@pytest.mark.parametrize("data", [b"", b"\xff" * 40_000])
def test_an_odd_filter_contains_nothing(data: bytes) -> None:
    assert not may_contain(data, OpId("a", 1))


def test_sd_17_a_clock_that_names_my_count_settles_my_op_once() -> None:
    """The answer itself was lost: the whole state that comes instead carries the counts."""
    world = World(1)
    world.join_all()
    (desk,) = world.desks
    op = the(desk.edit(X, 1))
    desk.wire.settle()
    world.engine.round()
    desk.wire.pump()
    desk.wire.to_caller.clear()
    assert desk.replica.outbox.pending() == [op]
    for _ in range(2):
        desk.wire.caller.send(Want(whole=True))
        desk.wire.settle()
        assert desk.replica.outbox.pending() == []
        assert desk.replica.delivery.tick(op.id) is Tick.ON_SERVER
    assert desk.replica.rev_of(op.seq) == world.engine.log.head
    assert desk.replica.conflicts == []


def test_sd_17_a_heart_beat_with_a_position_counts_as_seen() -> None:
    board, op_id = DeliveryBoard(), OpId("me", 3)
    board.queued(op_id)
    board.on_server(op_id, 7)
    assert board.heard_applied(6) == []
    assert board.heard_applied(7) == [op_id]


def test_sd_17_only_somebody_elses_heart_beat_says_that_an_edit_was_seen() -> None:
    """The authority passes everybody's heart-beats on, the desk's own among them."""
    world = World(2)
    world.join_all()
    one, two = world.desks

    def beat(desk: Desk) -> None:
        desk.wire.caller.send(PresenceFrame("", applied=desk.replica.applied, beat=round(world.time.now())))
        desk.wire.settle()
        world.time.pass_by(1.0)
        for frame in world.engine.desk.presence_frames():
            one.wire.called.send(frame)
        one.wire.settle()

    op = the(one.edit(X, 1))
    one.wire.settle()
    world.engine.round()
    one.wire.settle()
    beat(one)
    assert one.replica.delivery.tick(op.id) is Tick.ON_SERVER
    two.wire.settle()
    beat(two)
    assert one.replica.delivery.tick(op.id) is Tick.SEEN


def filters(count: int) -> list[bytes]:
    return [filter_of([OpId("me", 1), OpId("other", index + 1)]) for index in range(count)]


def test_sd_18_one_hit_is_possibly_and_two_different_ones_are_seen() -> None:
    board, op_id = DeliveryBoard(), OpId("me", 1)
    board.queued(op_id)
    one, two = filters(2)
    assert board.heard_bloom("peer", one) == []
    assert board.tick(op_id) is Tick.POSSIBLY_SEEN
    assert board.heard_bloom("peer", two) == [op_id]
    assert board.tick(op_id) is Tick.SEEN


def test_sd_19_one_forged_hit_or_the_same_one_again_is_never_seen() -> None:
    board, op_id = DeliveryBoard(), OpId("me", 1)
    board.queued(op_id)
    forged = b"\xff" * 1_875
    for _ in range(5):
        assert board.heard_bloom("liar", forged) == []
    assert board.heard_bloom("second liar", forged) == []
    assert board.tick(op_id) is Tick.POSSIBLY_SEEN


def test_ticks_do_not_go_back_and_undelivered_is_no_end() -> None:
    board, op_id = DeliveryBoard(), OpId("me", 1)
    board.queued(op_id)
    board.sent(op_id)
    board.undelivered(op_id)
    assert board.tick(op_id) is Tick.UNDELIVERED
    board.on_server(op_id, 1)
    board.undelivered(op_id)
    board.sent(op_id)
    assert board.tick(op_id) is Tick.ON_SERVER
    for seq in range(2, TRACKED + 2):
        board.queued(OpId("me", seq))
    assert board.tick(op_id) is None


def test_a_digest_that_differs_at_an_equal_position_brings_the_whole_state() -> None:
    world = World(2)
    world.join_all()
    world.run()
    desk = world.desks[0]
    desk.replica.confirmed.join(
        type(desk.replica.confirmed.registers()[0])(("nodes", "mix", "params", "ghost"), 1, False, 99, "x", 1, 1)
    )
    assert len(world.hashes()) == 2
    desk.wire.called.send(world.engine.desk.digest())
    world.run()
    assert len(world.hashes()) == 1


def test_a_digest_ahead_for_a_whole_period_is_a_gap() -> None:
    world = World(1)
    world.join_all()
    world.engine.desk.submit(Op("x", 1, set_params("mix", {("p",): 1})))
    desk = world.desks[0]
    world.engine.round()
    desk.wire.pump()
    desk.wire.to_caller.clear()
    first = world.engine.desk.digest()
    assert isinstance(first, DigestFrame)
    assert list(desk.end.take_control(first)) == [], "it may still be on its way"
    (want,) = desk.end.take_control(world.engine.desk.digest())
    assert isinstance(want, Want)
    assert want.from_rev == desk.replica.applied
