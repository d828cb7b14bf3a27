"""Several engines on one session that miss something of each other's: asked by name, answered by one (§11.2, §11.3)."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.log.delivery import Tick
from sync.log.edits import add_node, set_params
from sync.log.frames import Bulk, FilterFrame, SnapshotPart, Want, decode_control
from sync.log.mesh import MAX_BY_NAME
from sync.log.op import Op, OpId
from sync.log.repair import T_MAX_S
from tests.guards.profiles import INTERLEAVINGS
from tests.log.test_two_authorities import mesh
from tests.log.world import Desk, Engine, Time, Wire, X, the

STEP_S = 0.01


class Meeting:
    """Engines that are all linked to each other, and run by one clock."""

    def __init__(self, names: str) -> None:
        self.time = Time()
        self.engines = {name: Engine(self.time, name) for name in names}
        self["a"].desk.submit(Op("s", 1, add_node("mix", "k")))
        self.wires = {pair: mesh(*(self[each] for each in pair)) for pair in combinations(names, 2)}
        self.settle()
        for wire in self.wires.values():
            wire.sent_by_caller.clear()
            wire.sent_by_called.clear()

    def __getitem__(self, name: str) -> Engine:
        return self.engines[name]

    def settle(self) -> None:
        for _ in range(3):
            for engine in self.engines.values():
                engine.round()
            for wire in self.wires.values():
                wire.settle()

    def edit(self, name: str, seq: int, author: str = "") -> Op:
        """An op that is numbered at one engine and not passed on yet."""
        op = Op(author or f"desk-{name}", seq, set_params("mix", {(f"p{seq % 3}",): seq}))
        self[name].desk.submit(op)
        return op

    def lose(self, giver: str, *takers: str) -> None:
        """What ``giver`` has to say now reaches everybody but these, by no way."""
        others = [name for name in self.engines if name not in (giver, *takers)]
        for name in (giver, *others):
            self[name].round()
            for taker in takers:
                wire, is_caller = self.wire(name, taker)
                while wire.pump():
                    pass
                (wire.to_called if is_caller else wire.to_caller).clear()
            for other in others:
                if other != name:
                    self.wire(name, other)[0].settle()

    def wire(self, one: str, other: str) -> tuple[Wire, bool]:
        """The wire between two, and whether the first is its caller."""
        is_caller = one < other
        return self.wires[(one, other) if is_caller else (other, one)], is_caller

    def tell_digests(self) -> None:
        for (one, other), wire in self.wires.items():
            wire.caller.send(self[one].desk.digest())
            wire.called.send(self[other].desk.digest())
        self.settle()

    def pass_by(self, seconds: float, step_s: float = STEP_S) -> None:
        """Everybody does what is due, every hundredth of a second."""
        for _ in range(round(seconds / step_s)):
            self.time.pass_by(step_s)
            for engine in self.engines.values():
                engine.desk.tick()
            self.settle()

    def sent(self, name: str, kind: type) -> list[object]:
        """The frames of one kind that an engine has sent, over all its wires."""
        frames: list[str | bytes] = []
        for pair, wire in self.wires.items():
            if name in pair:
                frames += wire.sent_by_caller if pair[0] == name else wire.sent_by_called
        texts = [decode_control(frame) for frame in frames if isinstance(frame, str)]
        return [frame for frame in texts if isinstance(frame, kind)]

    def answers(self, name: str) -> list[OpId]:
        return [entry.id for frame in self.sent(name, Bulk) if isinstance(frame, Bulk) for entry in frame.entries]

    def documents(self) -> set[str]:
        return {engine.document() for engine in self.engines.values()}


def test_what_one_other_engine_has_is_asked_for_and_answered_at_once_and_by_name() -> None:
    meeting = Meeting("ab")
    meeting.edit("b", 1)
    meeting.lose("b", "a")
    meeting.edit("b", 2)
    meeting.settle()
    assert len(meeting.documents()) == 1, "no time has passed"
    assert meeting.answers("b") == [OpId("desk-b", 1)]
    assert meeting.sent("b", SnapshotPart) == []
    assert [entry.id for entry in meeting["a"].log.entries.after(1)] == [OpId("desk-b", 1), OpId("desk-b", 2)]


@pytest.mark.parametrize("author", ["desk-b", "x", "y", "p1/admin~c1"])
def test_sd_23_of_several_that_have_it_one_answers_and_the_others_cancel(author: str) -> None:
    meeting = Meeting("abcd")
    meeting.edit("b", 1, author)
    meeting.lose("b", "a")
    meeting.edit("b", 2, author)
    meeting.settle()
    assert len(meeting.documents()) == 2
    assert not any(meeting.answers(name) for name in "bcd"), "they all wait to be asked"
    meeting.pass_by(2 * T_MAX_S)
    assert len(meeting.documents()) == 1
    answered = {name: meeting.answers(name) for name in "bcd"}
    assert sorted(answered.values()) == [[], [], [OpId(author, 1)]]
    assert not author.startswith("p1/") or answered["c"], "c wrote it itself and answers at once"
    assert not any(meeting.sent(name, SnapshotPart) for name in "abcd")
    assert [entry.seq for entry in meeting["a"].log.entries.after(1)] == [1, 2]


def test_sd_23_the_engine_that_wrote_it_answers_at_once_whoever_else_has_it() -> None:
    for author in ("p1/admin~c1", "p1/admin~b1", "p1/admin~d1"):
        meeting = Meeting("abcd")
        meeting.edit("b", 1, author)
        meeting.lose("b", "a")
        meeting.edit("b", 2, author)
        meeting.settle()
        while not meeting.sent("a", Want):
            meeting.pass_by(STEP_S)
        assert len(meeting.documents()) == 1, "no time has passed since it was asked for"
        assert meeting.answers(author[-2]) == [OpId(author, 1)]


def test_sd_24_of_two_that_miss_the_same_one_asks() -> None:
    meeting = Meeting("abcd")
    author = "p1/admin~c1"  # c answers at once, so that nobody has a reason to ask again
    meeting.edit("c", 1, author)
    meeting.lose("c", "a", "b")
    meeting.edit("c", 2, author)
    meeting.settle()
    meeting.pass_by(2 * T_MAX_S)
    assert len(meeting.documents()) == 1
    asked = {name: meeting.sent(name, Want) for name in "ab"}
    assert sorted(len(frames) for frames in asked.values()) == [0, 3], "one frame to each other engine"


def test_sd_24_whoever_hears_the_same_request_waits_another_turn() -> None:
    meeting = Meeting("abc")
    mesh_of_a, missing = meeting["a"].desk.mesh, OpId("x", 1)
    begun = meeting.time.now()
    mesh_of_a.miss([missing])
    due = mesh_of_a.next_at()
    meeting.pass_by(due - begun - 2 * STEP_S)
    meeting.wire("a", "b")[0].called.send(Want(ids=(missing,)))
    meeting.settle()
    assert mesh_of_a.next_at() > due
    meeting.pass_by(5 * STEP_S)
    assert meeting.sent("a", Want) == [], "its time has come, and somebody else has asked"
    meeting.pass_by(due - begun)
    assert len(meeting.sent("a", Want)) == 2


def test_sd_26_an_op_that_is_only_held_is_not_passed_on() -> None:
    meeting = Meeting("ab")
    wire, _ = meeting.wire("a", "b")
    meeting.edit("b", 2, "x")
    assert [op.seq for op in meeting["b"].log.held] == [2]
    wire.caller.send(Want(ids=(OpId("x", 2),), is_alone=True))
    meeting.settle()
    meeting.time.pass_by(T_MAX_S / 2)
    meeting["b"].desk.tick()
    meeting.settle()
    assert meeting.answers("b") == []
    meeting.edit("b", 1, "x")
    wire.caller.send(Want(ids=(OpId("x", 2),), is_alone=True))
    wire.settle()
    assert meeting.answers("b") == [OpId("x", 2), OpId("x", 1)], "it is decided now, and so is what it came after"


def test_sd_22_what_nobody_has_is_asked_for_more_rarely_then_as_a_whole_state_and_then_given_up() -> None:
    meeting = Meeting("abc")
    meeting.edit("a", 2, "x")
    meeting.pass_by(T_MAX_S + 0.1)
    by_name = [frame for frame in meeting.sent("a", Want) if isinstance(frame, Want) and frame.ids]
    assert {frame.ids for frame in by_name} == {(OpId("x", 1),)}
    assert len(by_name) in (2, 4, 6), "to both, a few times"
    whole = [frame for frame in meeting.sent("a", Want) if isinstance(frame, Want) and frame.whole]
    assert len(whole) == 2
    assert [op.seq for op in meeting["a"].log.held] == [2]
    meeting.pass_by(T_MAX_S + 1.0)
    decided = [(entry.seq, entry.refusal and entry.refusal.reason) for entry in meeting["a"].log.entries.after(1)]
    assert decided == [(1, "lost"), (2, None)]
    assert len(meeting.documents()) == 1
    assert len(meeting.sent("a", Want)) <= 12


def test_what_an_engine_no_longer_keeps_one_by_one_comes_as_a_whole_state() -> None:
    meeting = Meeting("ab")
    meeting.edit("b", 1)
    meeting.lose("b", "a")
    meeting["b"].log.restore(meeting["b"].log.snapshot())
    meeting.edit("b", 2)
    meeting.settle()
    assert len(meeting.documents()) == 1
    assert meeting.sent("b", SnapshotPart)


@pytest.mark.parametrize("missing", [MAX_BY_NAME, MAX_BY_NAME + 1])
def test_more_than_so_many_are_not_asked_for_by_name(missing: int) -> None:
    meeting = Meeting("ab")
    for seq in range(1, missing + 1):
        meeting.edit("b", seq)
    meeting.lose("b", "a")
    meeting.edit("b", missing + 1)
    meeting.settle()
    assert len(meeting.documents()) == 1
    assert bool(meeting.sent("b", SnapshotPart)) == (missing > MAX_BY_NAME)


def test_what_a_digest_promised_is_asked_for_by_name() -> None:
    meeting = Meeting("ab")
    meeting.edit("b", 1)
    meeting.lose("b", "a")
    wire, _ = meeting.wire("a", "b")
    for _ in range(2):
        assert len(meeting.documents()) == 2
        wire.called.send(meeting["b"].desk.digest())
        wire.settle()
    assert len(meeting.documents()) == 1
    assert meeting.sent("b", SnapshotPart) == []


@settings(max_examples=INTERLEAVINGS // 5)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sets(st.sampled_from("abc"), max_size=2), st.booleans()), max_size=12)
)
def test_whatever_is_lost_between_three_engines_is_found_again(steps: list[tuple[str, set[str], bool]]) -> None:
    meeting = Meeting("abc")
    made: dict[str, int] = {}
    for name, takers, is_quiet in steps:
        made[name] = made.get(name, 0) + 1
        meeting.edit(name, made[name])
        if takers - {name}:
            meeting.lose(name, *sorted(takers - {name}))
        elif not is_quiet:
            meeting.settle()
    for _ in range(3):
        meeting.tell_digests()
        meeting.pass_by(2 * T_MAX_S, T_MAX_S / 4)
    assert len(meeting.documents()) == 1
    for engine in meeting.engines.values():
        assert engine.log.authors == {"s": 1, **{f"desk-{name}": count for name, count in made.items()}}
        counted = Counter(entry.id for entry in engine.log.entries.after(0))
        assert set(counted.values()) == {1}, "an op was numbered twice"


def test_sd_18_a_filter_of_another_engine_says_perhaps_and_two_different_ones_say_seen() -> None:
    meeting = Meeting("ab")
    desk = Desk(meeting.time, "d")
    desk.join(meeting["a"])
    op = the(desk.edit(X, 1))
    desk.wire.settle()
    meeting.settle()
    desk.wire.settle()
    assert desk.replica.delivery.tick(op.id) is Tick.ON_SERVER
    wire, _ = meeting.wire("a", "b")
    for number, tick in enumerate((Tick.POSSIBLY_SEEN, Tick.POSSIBLY_SEEN, Tick.SEEN), 1):
        if number == 3:
            meeting.edit("b", 1)  # it has more now: the filter is another one
        wire.called.send(meeting["b"].desk.mesh.digest(meeting["b"].desk.digest()))
        wire.settle()
        (told,) = meeting["a"].desk.mesh.filters()
        assert isinstance(told, FilterFrame)
        assert meeting["a"].desk.mesh.filters() == (), "told once"
        desk.wire.called.send(told)
        desk.wire.settle()
        assert desk.replica.delivery.tick(op.id) is tick
