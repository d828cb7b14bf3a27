"""Copied and merged sessions, without sockets: each model is its document, and all are equal in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ordered.logs import OrderedLogs
from engine.running.permissions import ADMIN
from engine.running.session import Session
from sync.log.delta import Delta, frames_of
from sync.log.edits import add_node, change, connect, disconnect, param_place, remove_node
from sync.log.end import End
from sync.log.frames import Bulk, SnapshotPart, Want
from sync.log.op import Change, Op
from sync.log.server_ends import FollowerEnd, MeshEnd
from sync.wire.pipeline import Node, Pipeline, SessionInfo
from tests.engine.fake_nodes import SOURCE, FakeKinds
from tests.engine.ordered.test_mirror import EDITS, Stage
from tests.guards.profiles import INTERLEAVINGS

Edit = Callable[[Stage], None]


class Engine(Stage):
    """A session of one of several engines; with ``standby_of`` it numbers nothing."""

    def __init__(self, name: str, standby_of: str = "") -> None:
        self.kinds = FakeKinds()
        logs = OrderedLogs()
        logs.standby_of = standby_of
        self.session = Session(SessionInfo("s"), None, self.kinds.library(), lambda *_: None, lambda: None, logs)
        self.author = f"open/{name}~1"
        logs.roles.admitted(f"open/{name}", ADMIN)

    @property
    def log(self) -> Any:
        return self.session.log.log

    def op(self, changes: tuple[Change, ...]) -> bool:
        seq = self.log.authors.get(self.author, 0) + 1
        admission = self.session.log.desk.submit(Op(self.author, seq, changes, self.log.lam))
        return admission.verdict.value == "admitted"

    def follower_end(self) -> FollowerEnd:
        log = self.session.log
        return FollowerEnd(log.log, log.shared.wall, log.desk.merged, log.replaced)


def give(delta: Delta, end: End) -> None:
    """A delta, as it comes over a link."""
    for frame in frames_of(delta, lambda: 0.0):
        assert isinstance(frame, Bulk | SnapshotPart)
        end.take_bulk(frame)


def feed(leader: Engine, follower: Engine, *, whole: bool) -> None:
    """The follower gets what it lacks: as entries, or as a whole state."""
    end, log = follower.follower_end(), leader.log
    end.heard_clock(log.clock())
    if whole or log.shared_rev(follower.log.clock()) is None:
        give(Delta(log.epoch, upto=log.head, snapshot=log.snapshot()), end)
    else:
        give(Delta(log.epoch, follower.log.head, log.head, entries=log.entries.after(follower.log.head)), end)


@settings(max_examples=INTERLEAVINGS // 5)
@given(
    edits=st.lists(EDITS, max_size=25),
    feeding=st.lists(st.sampled_from(["", "", "entries", "whole"]), min_size=25, max_size=25),
    yields=st.lists(st.booleans(), min_size=25, max_size=25),
)
def test_a_copy_is_what_its_leader_is(edits: list[Edit], feeding: list[str], yields: list[bool]) -> None:
    async def play(leader: Engine, follower: Engine) -> None:
        for edit, how, is_yielding in zip(edits, feeding, yields, strict=False):
            edit(leader)
            if how:
                feed(leader, follower, whole=how == "whole")
                follower.check()
            if is_yielding:
                await asyncio.sleep(0.0005)
        feed(leader, follower, whole=False)
        follower.check()
        assert follower.log.document.digest() == leader.log.document.digest()
        assert (follower.log.head, follower.log.epoch) == (leader.log.head, leader.log.epoch)
        follower.session.log.lead()
        follower.check()
        assert follower.log.head == leader.log.head, "a copy that is whole has nothing to add when it takes over"

    asyncio.run(played(play, standby_of="a"))


async def played(play: Callable[[Engine, Engine], Awaitable[None]], standby_of: str = "") -> None:
    """Plays with two engines, and ends both sessions whatever comes of it."""
    one, other = Engine("a"), Engine("b", standby_of)
    try:
        await play(one, other)
    finally:
        await one.session.stop()
        await other.session.stop()


def meet(one: Engine, other: Engine) -> None:
    """Both exchange what the other lacks, then compare."""
    ends = {engine: MeshEnd(engine.session.log.desk) for engine in (one, other)}
    for giver, taker in ((one, other), (other, one)):
        give(ends[giver].delta(taker.log.clock()), ends[taker])
    for giver, taker in ((one, other), (other, one)):
        digest = giver.session.log.desk.digest()
        for want in ends[taker].take_control(digest):
            assert isinstance(want, Want)
            delta = ends[giver].resync(want)
            assert delta is not None
            give(delta, ends[taker])


@settings(max_examples=INTERLEAVINGS // 5)
@given(
    edits=st.lists(st.tuples(st.booleans(), EDITS), max_size=25),
    meetings=st.lists(st.booleans(), min_size=25, max_size=25),
    yields=st.lists(st.booleans(), min_size=25, max_size=25),
)
def test_engines_that_were_apart_end_equal_in_model_and_document(
    edits: list[tuple[bool, Edit]], meetings: list[bool], yields: list[bool]
) -> None:
    async def play(one: Engine, other: Engine) -> None:
        for (is_other, edit), is_meeting, is_yielding in zip(edits, meetings, yields, strict=False):
            edit(other if is_other else one)
            if is_meeting:
                meet(one, other)
                one.check()
                other.check()
            if is_yielding:
                await asyncio.sleep(0.0005)
        await settled(one, other)
        for _ in range(4):
            meet(one, other)
        one.check()
        other.check()
        assert one.log.document.digest() == other.log.document.digest()

    asyncio.run(played(play))


async def settled(*engines: Engine) -> None:
    """Nothing that protocol 1 has begun is still on its way into a model."""
    for _ in range(2_000):
        residents = [each for engine in engines for each in engine.session._runner.residents.values()]
        if not any(each.is_becoming or each in engine.session._leaving for engine in engines for each in residents):
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never settled")


def test_an_edit_of_a_node_that_was_made_anew_elsewhere_is_nowhere_to_be_seen() -> None:
    """It was made before the node was taken away: neither engine brings it back, nor keeps it."""

    async def play(one: Engine, other: Engine) -> None:
        assert one.op(add_node("a", SOURCE, {"x": 1}))
        meet(one, other)
        assert other.op((change(param_place("a", ("x",)), 2),))
        assert one.op(remove_node("a"))
        assert one.op(add_node("a", SOURCE, {"y": 1}))
        meet(one, other)
        for engine in (one, other):
            engine.check()
            assert engine.session.model.nodes["a"].params == {"y": 1}

    asyncio.run(played(play))


def test_of_two_edits_of_one_place_the_later_one_stays_in_both() -> None:
    async def play(one: Engine, other: Engine) -> None:
        assert one.op(add_node("a", SOURCE, {"x": 1}))
        meet(one, other)
        assert one.op((change(param_place("a", ("x",)), 2),))
        assert other.op((change(param_place("a", ("z",)), 0),))
        assert other.op((change(param_place("a", ("x",)), 3),))
        meet(one, other)
        for engine in (one, other):
            engine.check()
            assert engine.session.model.nodes["a"].params == {"x": 3, "z": 0}

    asyncio.run(played(play))


@pytest.mark.parametrize("standby_of", ["", "a"])
def test_entries_that_come_together_are_applied_as_if_they_had_come_one_by_one(standby_of: str) -> None:
    """A row that a later entry takes away is no row that the document lacks."""

    async def play(one: Engine, other: Engine) -> None:
        assert one.op((*add_node("a", SOURCE, {"x": 1}), *add_node("b", SOURCE)))
        assert one.op(connect("a", "out", "b", "in_0"))
        pass_on(one, other)
        assert [row.ends for row in other.session.model.connections] == [("a", "out", "b", "in_0")]
        assert one.op((change(param_place("a", ("x",)), 2),))
        assert one.op(disconnect("a", "out", "b", "in_0"))
        pass_on(one, other)
        for engine in (one, other):
            engine.check()
            assert engine.session.model.connections == []
        assert other.log.head == one.log.head, "there was nothing to add"

    def pass_on(one: Engine, other: Engine) -> None:
        if standby_of:
            feed(one, other, whole=False)
        else:
            meet(one, other)

    asyncio.run(played(play, standby_of))


def test_a_copy_whose_log_could_not_be_read_writes_nothing_until_it_leads() -> None:
    """It runs what the saved graph says; the leader has the word, or the operator when there is none any more."""

    async def play(_: Engine, copy: Engine) -> None:
        copy.session.load(Pipeline(nodes={"a": Node(SOURCE, {"x": 1})}))
        assert copy.log.head == 0
        copy.session.log.lead()
        copy.check()
        assert copy.log.document.params("a") == {"x": 1}

    asyncio.run(played(play, standby_of="a"))


def test_a_connection_that_waits_for_its_node_still_waits_after_a_take_over() -> None:
    async def play(leader: Engine, copy: Engine) -> None:
        assert leader.op((*add_node("a", SOURCE), *add_node("b", SOURCE)))
        assert leader.op(connect("a", "out", "b", "in_0"))
        assert leader.op(remove_node("b"))
        feed(leader, copy, whole=True)
        copy.session.log.lead()
        assert copy.session.model.connections == []
        assert copy.op(add_node("b", SOURCE))
        copy.check()
        assert [row.ends for row in copy.session.model.connections] == [("a", "out", "b", "in_0")]

    asyncio.run(played(play, standby_of="a"))
