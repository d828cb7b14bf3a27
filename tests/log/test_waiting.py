"""What may wait for its predecessors: bounded in number, in bytes and in work, whatever an author sends (§3.2)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync.log.authority_end import LogDesk
from sync.log.edits import add_node, set_params
from sync.log.fanout import Fanout
from sync.log.frames import Reject, Want, decode_control, encode_control
from sync.log.journal import Journal
from sync.log.log_journal import LogJournal
from sync.log.op import MAX_NAME, MAX_OP_BYTES, MalformedOp, Op, OpId
from sync.log.oplog import Admission, OpLog, Verdict
from sync.log.outbox import RESEND_S, Lateness
from sync.log.repair import T_MAX_S
from sync.log.waiting import MAX_HELD, MAX_HELD_BYTES, MAX_MISSING
from sync.wire.codec import MAX_MESSAGE_BYTES
from tests.log.world import Time, World, X, the

STEPS_AN_OP = 60_000
STEPS_A_TICK = 1_500_000  # a thousand ops that are decided at once, each by some hundred calls
PARAMS = set_params("mix", {("p",): 1})


class Stage:
    """A session's log with its journal, and how many calls its last step took."""

    def __init__(self) -> None:
        self.time = Time()
        self.log = OpLog("e1")
        self.journal = Journal("log", 10_000)
        self.writer = LogJournal(self.log, self.journal)
        self.desk = LogDesk(
            self.log, Fanout(self.log, self.time.wall), self.time.now, self.time.wall, self.writer.record
        )
        self.writer.begin()
        self.desk.submit(Op("setup", 1, add_node("mix", "k")))
        self.steps = 0

    def submit(self, op: Op) -> Admission:
        admission: Admission = self._counted(lambda: self.desk.submit(op))
        return admission

    def pass_by(self, seconds: float) -> None:
        self.time.pass_by(seconds)
        self._counted(self.desk.tick)

    def _counted(self, work: Callable[[], Any]) -> Any:
        self.steps = 0

        def count(_frame: object, event: str, _arg: object) -> None:
            self.steps += event == "call"

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            return work()
        finally:
            sys.setprofile(before)


def _control(frame: str | bytes) -> Any:
    return decode_control(frame) if isinstance(frame, str) else None


class Early(NamedTuple):
    """A run of ops that leave gaps, and what each waits for besides."""

    author: str
    first: int
    apart: int
    times: int
    deps: tuple[OpId, ...] = ()


names = st.sampled_from(["a", "b", "c"])
far = st.one_of(st.integers(1, 40), st.integers(900, 1_200), st.integers(10**6, 2**52))
runs = st.builds(
    Early,
    names,
    far,
    st.one_of(st.integers(1, 4), st.just(1_025)),
    st.integers(1, 60),
    st.lists(st.builds(OpId, st.sampled_from(["a", "x"]), far), max_size=3).map(tuple),
)


@settings(max_examples=25)
@given(st.lists(st.one_of(runs, st.sampled_from([0.5, T_MAX_S])), min_size=1, max_size=12))
@example([Early("a", 1_000_000, 1, 1), T_MAX_S, T_MAX_S])
@example([Early("a", 2_000, 1_025, 60), T_MAX_S, T_MAX_S])
@example([Early(name, 1_024, 1, 60) for name in "abcabcabc"] + [T_MAX_S, T_MAX_S])
def test_no_op_costs_more_than_a_bounded_number_of_steps_and_what_waits_ends(events: list[Early | float]) -> None:
    stage = Stage()
    for event in events:
        if not isinstance(event, Early):
            stage.pass_by(event)
            assert stage.steps < STEPS_A_TICK
            continue
        for seq in range(event.first, event.first + event.apart * event.times, event.apart):
            stage.submit(Op(event.author, seq, PARAMS, deps=event.deps))
            assert stage.steps < STEPS_AN_OP
        assert len(stage.log.held) <= MAX_HELD
        assert len(stage.log.missing()) <= MAX_MISSING
    for _ in range(4):  # names are asked for with the op, or in the next tick; a dependency may have gaps of its own
        stage.pass_by(T_MAX_S)
    assert stage.log.held == ()
    assert len(stage.desk.requests) == 0
    head = stage.log.head
    stage.pass_by(T_MAX_S)
    assert stage.log.head == head, "nothing goes on for ever"
    assert stage.submit(Op("good", 1, PARAMS)).verdict is Verdict.ADMITTED
    assert stage.steps < STEPS_AN_OP


def test_an_op_from_far_away_is_neither_held_nor_numbered_and_its_author_is_asked() -> None:
    world = World(1)
    world.join_all()
    desk = world.desks[0]
    author = desk.replica.author
    desk.wire.caller.submit([Op(author, 1_000_000, PARAMS)])
    desk.wire.settle()
    assert world.engine.log.held == ()
    assert author not in world.engine.log.authors
    assert [each.reason for each in desk.controls if isinstance(each, Reject)] == ["early"]
    wants = [frame for frame in map(_control, desk.wire.sent_by_called) if isinstance(frame, Want)]
    assert [want.ids for want in wants] == [tuple(OpId(author, seq) for seq in (1, 2, 3))]


def test_ops_behind_one_that_was_lost_on_the_way_arrive_however_many_they_are() -> None:
    """The first of three thousand offline edits is lost with its neighbours; nothing is numbered as lost."""
    world = World(1)
    desk = world.desks[0]
    desk.join(world.engine)
    desk.wire.cut()
    for value in range(3_000):
        desk.propose(set_params("mix", {("p",): value}))
    wire = desk.connect(world.engine)
    while not any("bulk" in each for each in map(str, wire.to_called)):
        wire.pump()
        if not any("bulk" in each for each in map(str, wire.to_called)):
            wire.deliver()
    wire.to_called.pop()
    wire.settle()
    while desk.replica.outbox.lateness(world.time.now()) is not Lateness.DEAD:
        world.time.pass_by(1.0)
        world.engine.desk.tick()
        wire.caller.submit(desk.end.due())
        world.run(1)
    assert 960 <= world.engine.log.authors[desk.replica.author] < 3_000, "as many as the rate lets through"
    desk.join(world.engine)
    world.run()
    assert world.engine.log.authors[desk.replica.author] == 3_000
    assert not desk.replica.conflicts
    assert not desk.replica.outbox.pending()


def test_what_is_held_has_a_bound_in_bytes_and_is_written_down_only_when_it_changes() -> None:
    stage = Stage()
    text = "x" * (MAX_OP_BYTES - 1_000)
    verdicts = [stage.submit(Op(f"a~{each}", 2, set_params("mix", {("p",): text}))).verdict for each in range(60)]
    assert verdicts.count(Verdict.HELD) == MAX_HELD_BYTES // (MAX_OP_BYTES - 900)
    assert verdicts[-1] is Verdict.EARLY
    first = the(stage.journal.begin())
    assert len(the(first.meta)) <= MAX_HELD_BYTES + 10_000
    stage.journal.done(first)
    stage.submit(Op("good", 1, PARAMS))
    assert the(stage.journal.begin()).meta is None


def test_one_that_waits_for_somebody_elses_next_op_cannot_have_it_numbered_as_lost() -> None:
    """Who is idle for three seconds keeps the right to their own next number."""
    stage = Stage()
    stage.submit(Op("a", 1, PARAMS))
    assert stage.submit(Op("b", 1, PARAMS, deps=(OpId("a", 2),))).verdict is Verdict.HELD
    stage.pass_by(0.5)
    stage.pass_by(T_MAX_S)
    assert stage.log.authors == {"setup": 1, "a": 1, "b": 1}
    assert stage.submit(Op("a", 2, set_params("mix", {("p",): 2}))).verdict is Verdict.ADMITTED


def test_a_thousand_that_wait_for_one_are_let_go_in_a_bounded_number_of_steps() -> None:
    stage = Stage()
    for each in range(MAX_HELD):
        stage.submit(Op(f"a~{each:04}", 1, PARAMS, lam=each % 7, deps=(OpId("x", 1),)))
    order = [op.author for op in stage.log.held]
    assert len(order) == MAX_HELD
    entries = stage.submit(Op("x", 1, PARAMS)).entries
    assert [entry.author for entry in entries] == ["x", *order]
    assert stage.steps < MAX_HELD * 600


def test_what_another_authority_numbered_lets_go_what_waited_for_it() -> None:
    stage = Stage()
    stage.submit(Op("a", 2, PARAMS))
    other = OpLog("other")
    other.submit(Op("setup", 1, add_node("mix", "k")), 1.0)
    (entry,) = other.submit(Op("a", 1, PARAMS), 1.0).entries
    stage.desk.merged([the(stage.log.merge(entry))])
    assert stage.log.authors["a"] == 2
    assert stage.log.held == ()


@pytest.mark.parametrize("op", [Op("open/d0~" + "x" * MAX_NAME, 1, PARAMS), Op("open/d0~1", 2**60, PARAMS)])
def test_a_name_or_number_that_no_clock_can_carry_is_not_numbered(op: Op) -> None:
    world = World(1)
    world.join_all()
    wire = world.desks[0].wire
    wire.caller.submit([op])
    wire.settle()
    assert op.author not in world.engine.log.authors
    assert [each.reason for each in world.desks[0].controls if isinstance(each, Reject)] == ["forged"]
    assert not [each for each in world.desks[0].controls if isinstance(each, Want)]


def test_a_predecessor_with_an_endless_name_is_malformed() -> None:
    with pytest.raises(MalformedOp):
        OpLog("e1").submit(Op("a", 1, PARAMS, deps=(OpId("x" * 1_000, 1),)), 1.0)


def crowded(log: OpLog) -> OpLog:
    """As many runs of programs as a clock has room for."""
    while not log.is_crowded:
        number = len(log.authors)
        log.write(Op(f"0123456789abcdef/abcd1234-1~{number:012}", 1, set_params("mix", {("p",): number})), 1.0)
    return log


def test_a_log_with_too_many_authors_can_still_be_opened_and_tells_new_ones_what_to_do() -> None:
    """§4: every clock, digest and piece of a state still fits a frame; who is in goes on, who is new is told once."""
    world = World(2)
    old, new = world.desks
    old.join(world.engine)
    the(old.edit(X, 1))
    world.run()
    crowded(world.engine.log)
    assert len(encode_control(world.engine.desk.digest())) < MAX_MESSAGE_BYTES / 2 + 65_536
    head = world.engine.log.head
    wire = new.join(world.engine)
    op = the(new.edit(X, 2))
    world.run()
    assert world.engine.log.head == head
    assert [each.reason for each in new.controls if isinstance(each, Reject)] == ["full"]
    assert "start it anew" in next(each.sentence for each in new.controls if isinstance(each, Reject))
    assert new.replica.outbox.pending() == [op], "it is kept"
    world.time.pass_by(RESEND_S)
    assert new.end.due() == [], "and not sent again over this link"
    the(old.edit(X, 3))
    world.run()
    assert world.engine.log.document.value(X) == 3
    assert new.replica.confirmed.value(X) == 3
    assert wire.caller.is_live


def test_what_waits_under_a_new_name_falls_when_there_is_no_room_left() -> None:
    stage = Stage()
    stage.submit(Op("late~1", 1, PARAMS, deps=(OpId("x", 1),)))
    stage.submit(Op("gap~1", 2, PARAMS))
    crowded(stage.log)
    head = stage.log.head
    for _ in range(3):
        stage.pass_by(T_MAX_S)
    assert stage.log.held == ()
    assert stage.log.head == head
    assert stage.submit(Op("new~1", 1, PARAMS)).verdict is Verdict.CROWDED
    assert stage.desk.write("p1/admin~2", set_params("mix", {("q",): 1})).entries, "what has happened is numbered"


def test_ops_that_wait_in_a_circle_are_let_go_like_any_other() -> None:
    stage = Stage()
    stage.submit(Op("self", 1, PARAMS, deps=(OpId("self", 1),)))
    stage.submit(Op("a", 1, PARAMS, deps=(OpId("b", 1),)))
    stage.submit(Op("b", 1, PARAMS, deps=(OpId("a", 1),)))
    assert [op.author for op in stage.log.held] == ["a", "b", "self"]
    stage.pass_by(0.5)
    stage.pass_by(T_MAX_S)
    assert stage.log.held == ()
    assert stage.log.authors == {"setup": 1, "self": 1, "a": 1, "b": 1}
