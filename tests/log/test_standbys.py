"""Standbys: what is safe to forget, whom desks are told of, what a copy refuses, and what its disk holds."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sync.log.auth import AuthRefused, Credentials, Door, Trust, public_hex
from sync.log.authority_end import AuthorityEnd
from sync.log.clock import Clock, Era
from sync.log.document import Register
from sync.log.edits import set_params
from sync.log.end import LinkState
from sync.log.frames import Bulk, Reject, SnapshotPart, Standby, StandbysFrame, Want
from sync.log.journal import Journal
from sync.log.link import Link
from sync.log.live_frames import BatchFrame, OpFrame, SquashFrame
from sync.log.log_journal import LogJournal, restore_log
from sync.log.op import Change, Entry, Op
from sync.log.oplog import OpLog
from sync.log.pending_queue import PendingQueue
from sync.log.server_ends import CalledEnd, FollowerEnd, MeshEnd
from sync.log.standbys import MAX_STANDBYS, MISSED_S, Standbys
from sync.wire.codec import MalformedFrame
from tests.log.stores import MemoryStore
from tests.log.test_two_authorities import follow, mesh
from tests.log.world import Desk, Engine, Time, World, X

HERE = "http://127.0.0.1:4546"


def says(rev: int, url: str = HERE) -> StandbysFrame:
    return StandbysFrame((Standby(url, "spare", rev),))


def told(desk: Desk) -> list[tuple[Standby, ...]]:
    return [frame.standbys for frame in desk.controls if isinstance(frame, StandbysFrame)]


def beat(engine: Engine, *desks: Desk) -> None:
    """What the engine does each second."""
    for desk in desks:
        for frame in engine.desk.presence_frames():
            desk.wire.called.send(frame)
        desk.wire.settle()


def test_an_edit_stays_in_the_outbox_until_the_standby_has_it_too() -> None:
    world = World(1)
    (desk,) = world.desks
    desk.join(world.engine)
    wire, _ = follow(world.engine, OpLog("standby"))
    wire.settle()
    wire.caller.send(says(world.engine.log.head))
    wire.settle()
    op = desk.edit(X, 5)
    assert op is not None
    world.run()
    desk.edit(X, 6)
    world.run()
    assert world.engine.fanout.stable == world.engine.log.head
    assert desk.replica.outbox.get(op.id) is not None, "the leader's disk alone is not enough"
    wire.settle()
    wire.caller.send(says(world.engine.log.head))
    wire.settle()
    desk.edit(X, 7)
    world.run()
    assert desk.replica.outbox.get(op.id) is None


def test_a_standby_that_is_gone_is_missed_for_a_minute_and_then_holds_nobody_up() -> None:
    world = World(1)
    (desk,) = world.desks
    desk.join(world.engine)
    edit(world.engine, "x", 1, 2, 3)
    world.engine.flush()
    wire, _ = follow(world.engine, OpLog("standby"))
    wire.settle()
    wire.caller.send(says(1))
    wire.settle()
    assert world.engine.fanout.safe == 1
    wire.cut()
    world.time.pass_by(59)
    world.engine.desk.tick()
    assert world.engine.fanout.safe == 1, "the leader may be about to be lost too"
    world.time.pass_by(1)
    world.engine.desk.tick()
    assert world.engine.fanout.safe == world.engine.fanout.stable > 1


def test_a_standby_that_comes_back_is_one_standby() -> None:
    standbys = Standbys()
    standbys.heard("s", "first link", says(3))
    standbys.heard("s", "second link", says(5))
    standbys.left("s", "first link", 10.0)
    standbys.tick(1_000.0)
    assert standbys.rows() == (Standby(HERE, "spare", 5),)
    assert standbys.upto(9) == 5


def test_desks_are_told_of_standbys_and_that_one_has_gone() -> None:
    world = World(1)
    (desk,) = world.desks
    desk.join(world.engine)
    wire, _ = follow(world.engine, OpLog("standby"))
    wire.settle()
    wire.caller.send(says(3))
    wire.settle()
    beat(world.engine, desk)
    wire.cut()
    world.time.pass_by(61)
    world.engine.desk.tick()
    beat(world.engine, desk)
    assert told(desk) == [(Standby(HERE, "spare", 3),), ()]


def test_a_desk_cannot_pose_as_a_standby() -> None:
    world = World(1)
    (desk,) = world.desks
    desk.join(world.engine)
    desk.wire.caller.send(says(0, "http://elsewhere"))
    desk.wire.settle()
    assert world.engine.fanout.standbys.rows() == ()
    assert world.engine.fanout.safe == world.engine.fanout.stable


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "file:///etc/passwd", "http://" + "x" * 600])
def test_a_standby_whose_address_is_no_use_counts_and_is_not_announced(url: str) -> None:
    standbys = Standbys()
    standbys.heard("s", None, says(4, url))
    assert standbys.rows() == ()
    assert standbys.upto(9) == 4


def test_the_list_of_standbys_is_bounded() -> None:
    standbys = Standbys()
    for number in range(MAX_STANDBYS + 3):
        standbys.heard(f"s{number}", number, says(1))
        standbys.heard(f"s{number}", number, StandbysFrame(()))
        standbys.heard(f"s{number}", number, StandbysFrame((Standby("http://a"), Standby("http://b"))))
    assert len(standbys.rows()) == MAX_STANDBYS
    standbys.left("s0", 0, 1.0)
    standbys.tick(1.0 + MISSED_S)
    standbys.heard("late", None, says(2))
    assert standbys.rows()[-1].rev == 2


def test_a_standby_shows_everything_and_numbers_nothing() -> None:
    """A desk may watch it; what it edits stays its own until somebody numbers."""
    world = World(1)
    (desk,) = world.desks
    head = world.engine.log.head
    world.engine.desk.standby_of = "http://leader"
    desk.join(world.engine)
    assert desk.end.welcome is not None
    assert desk.end.welcome.rights == "view"
    op = desk.edit(X, 5)
    assert op is not None
    world.run()
    assert world.engine.log.head == head
    (reject,) = [frame for frame in desk.controls if isinstance(frame, Reject)]
    assert (reject.seq, reject.reason) == (1, "standby")
    assert reject.sentence == "This engine is a standby of http://leader; take over first."
    assert desk.replica.outbox.get(op.id) is not None
    desk.wire.cut()
    world.engine.desk.standby_of = ""
    desk.join(world.engine)
    world.run()
    assert world.engine.log.document.value(X) == 5


@pytest.mark.parametrize("role", ["admin", "authority"])
def test_who_numbers_meets_who_numbers(role: str) -> None:
    key = Ed25519PrivateKey.generate()
    a, b = Engine(Time(), "a"), Engine(Time(), "b")
    a.desk.submit(Op("s", 1, set_params("mix", {("p",): 1})))
    end = CalledEnd(b.desk)
    called = Link(end, Door(Trust("b", {public_hex(key): role})), b.time.now, b.time.wall)
    end.attach(called)
    calling = MeshEnd(a.desk)
    caller = Link(calling, Credentials("a", key, role="authority"), a.time.now, a.time.wall)
    calling.attach(caller)
    exchange(caller, called)
    assert caller.state is called.state is LinkState.LIVE
    assert b.log.authors == a.log.authors
    b.desk.submit(Op("t", 1, set_params("mix", {("p",): 2})))
    assert b.fanout.round(1.0).frames == 1
    end.left()
    b.desk.submit(Op("t", 2, set_params("mix", {("p",): 3})))
    assert b.fanout.round(2.0).frames == 0, "who has left is sent nothing"


def test_a_standby_does_not_merge_with_one_that_numbers() -> None:
    engine = Engine(Time())
    engine.desk.standby_of = "http://leader"
    called = Link(CalledEnd(engine.desk), Door(Trust("e")), engine.time.now, engine.time.wall)
    calling = MeshEnd(Engine(Time(), "x").desk)
    caller = Link(calling, Credentials("x", role="authority"), engine.time.now, engine.time.wall)
    exchange(caller, called)
    assert called.close is not None
    assert (called.close.code, called.close.detail) == (4401, "a standby numbers nothing that it could merge")


def test_only_an_authoritys_key_may_follow() -> None:
    key = Ed25519PrivateKey.generate()
    for role in ("follower", "authority", "director"):
        door = Door(Trust("e", {public_hex(key): "user"}))
        with pytest.raises(AuthRefused):
            door.admit(Credentials("x", key, role=role).answer(door.challenge(1.0), 1.0))
    door = Door(Trust("e", {public_hex(key): "authority"}))
    assert door.admit(Credentials("x", key, role="follower").answer(door.challenge(1.0), 1.0)).role == "follower"


def exchange(*links: Link) -> None:
    """Moves frames between two links until there are none."""
    one, other = links
    is_moving = True
    while is_moving:
        is_moving = False
        for giver, taker in ((one, other), (other, one)):
            while (frame := giver.next_frame()) is not None:
                taker.receive(frame)
                is_moving = True


# ---- the follower's disk


class Disk:
    """A follower's log with its journal on a store."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        restored = restore_log(store, "log", None)
        self.log = restored if restored is not None else OpLog("nothing yet")
        self.journal = Journal("log", cap=10_000)
        self.rows = LogJournal(self.log, self.journal)
        self.rows.begin()

    def end(self, time: Time) -> FollowerEnd:
        return FollowerEnd(self.log, time.wall, self.rows.record, self.rows.replaced)

    def flush(self) -> None:
        flush = self.journal.begin()
        assert flush is not None
        flush.write(self.store)
        self.journal.done(flush)


def link_up(leader: Engine, disk: Disk) -> tuple[Link, Link]:
    server_end = AuthorityEnd(leader.desk)
    called = Link(server_end, Door(Trust(leader.name)), leader.time.now, leader.time.wall)
    server_end.attach(called)
    caller = Link(disk.end(leader.time), Credentials("s", role="follower"), leader.time.now, leader.time.wall)
    exchange(caller, called)
    return caller, called


def edit(engine: Engine, author: str, *values: Any) -> None:
    known = engine.log.authors.get(author, 0)
    for seq, value in enumerate(values, known + 1):
        engine.desk.submit(Op(author, seq, set_params("mix", {("p",): value})))


def test_a_follower_that_starts_again_asks_for_what_it_lacks_and_no_more() -> None:
    world = World(0)
    store = MemoryStore()
    edit(world.engine, "x", *range(50))
    disk = Disk(store)
    link_up(world.engine, disk)
    disk.flush()
    edit(world.engine, "x", 50, 51)
    again = Disk(store)
    assert again.log.epoch == world.engine.log.epoch, "it numbers nothing, so it begins no epoch"
    caller, _ = link_up(world.engine, again)
    assert again.log.document.digest() == world.engine.document()
    assert caller.traffic.frames["bulk"] == 2
    assert caller.traffic.frames["snapshot"] == 0


def test_rows_of_a_log_that_was_replaced_never_come_back() -> None:
    """The leader lost its last revs and used them again: what stood there before is on no disk."""
    world = World(0)
    store = MemoryStore()
    disk = Disk(store)
    link_up(world.engine, disk)
    edit(world.engine, "x", *range(30))
    link_up(world.engine, disk)  # now the entries come one by one, and each is a row
    disk.flush()
    assert disk.journal.stable == world.engine.log.head
    world.engine.crash()  # only `mix` was written
    edit(world.engine, "y", *range(5))
    link_up(world.engine, disk)
    assert disk.journal.stable == 0, "nothing of the new state is on disk yet"
    assert disk.log.document.digest() == world.engine.document()
    disk.flush()
    assert disk.journal.stable == world.engine.log.head
    restored = restore_log(store, "log", "next")
    assert restored is not None
    assert restored.document.digest() == world.engine.document()
    assert restored.head == world.engine.log.head
    assert restored.lineage[-1] == Era("next", restored.head)


def test_a_round_that_carries_what_was_replaced_meanwhile_makes_nothing_stable() -> None:
    log = OpLog("a")
    journal = Journal("log", cap=100)
    rows = LogJournal(log, journal)
    rows.begin()
    log.submit(Op("x", 1, set_params("mix", {("p",): 1})), 1.0)
    rows.record(log.entries.after(0))
    flush = journal.begin()
    assert flush is not None
    log.restore(OpLog("b").snapshot())
    rows.replaced()
    flush.write(MemoryStore())
    journal.done(flush)
    assert journal.stable == 0


def test_a_row_that_may_be_on_disk_is_taken_away_however_often_it_is_replaced() -> None:
    queue = PendingQueue()
    queue.evict(7)
    queue.append(7, b"new")
    queue.evict(7)
    update, _ = queue.take()
    assert update.evict == (7,)


# ---- what another engine sends is looked at


def entry(rev: int, path: tuple[str, ...] = X, changes: bool = True) -> Entry:
    return Entry(rev, rev, "a~1", rev, 0.0, (Change(path, rev),) if changes else None)


@pytest.mark.parametrize("path", [(), ("nodes",), ("elsewhere", "a"), ("nodes", "n", "odd"), ("connections", "a", "b")])
def test_a_place_that_is_none_comes_into_no_copy(path: tuple[str, ...]) -> None:
    log = OpLog("e")
    follower = FollowerEnd(log, lambda: 0.0)
    mesh = MeshEnd(Engine(Time()).desk)
    rows = (Register(path, 1, False, 1, "a", 1, 1),)
    for end in (follower, mesh):
        for frame in (Bulk(epoch="e", entries=(entry(1, path),)), SnapshotPart(Clock("e", 1), rows, is_last=True)):
            with pytest.raises(MalformedFrame):
                end.take_bulk(frame)
        with pytest.raises(MalformedFrame):
            end.take_live(OpFrame(0.0, 0, "e", entry(1, path)))
    with pytest.raises(MalformedFrame):
        mesh.take_live(SquashFrame(0.0, 0, 0, Clock("e", 1), rows, ()))
    assert (log.head, len(log.document)) == (0, 0)


def test_a_bare_acknowledgement_is_nothing_to_copy() -> None:
    with pytest.raises(MalformedFrame, match="never submitted"):
        FollowerEnd(OpLog("e"), lambda: 0.0).take_live(OpFrame(0.0, 0, "e", entry(1, changes=False)))


def test_what_came_before_a_gap_is_written_down() -> None:
    """The log has taken it: the journal must have it too, or the copy could not be restored."""
    told: list[int] = []
    log = OpLog("e")
    end = FollowerEnd(log, lambda: 0.0, lambda entries: told.extend(each.rev for each in entries))
    (want,) = end.take_live(BatchFrame(0.0, 0, "e", 0, (entry(1), entry(2), entry(4))))
    assert isinstance(want, Want)
    assert (want.from_rev, log.head, told) == (2, 2, [1, 2])


def test_what_was_lost_at_the_end_is_asked_for_with_the_second_digest() -> None:
    """A digest passes by what is under way: what the one before has promised must be here by now."""
    world = World(0)
    log = OpLog("standby")
    wire, _ = follow(world.engine, log)
    wire.settle()
    edit(world.engine, "x", 1, 2)
    world.engine.round()
    wire.pump()
    wire.to_caller.clear()  # lost, and nothing comes after it
    for missing in (2, 0):
        wire.called.send(world.engine.desk.digest())
        wire.settle()
        assert world.engine.log.head - log.head == missing
    assert log.document.digest() == world.engine.document()


def test_engines_that_merge_ask_for_what_was_lost_and_not_for_what_is_under_way() -> None:
    a, b = Engine(Time(), "a"), Engine(Time(), "b")
    wire = mesh(a, b)
    wire.settle()
    edit(a, "x", 1)
    wire.caller.send(a.desk.digest())
    wire.settle()
    assert b.log.head == 0
    assert not [frame for frame in wire.sent_by_called if '"want"' in str(frame)], "the entry may be right behind"
    wire.caller.send(a.desk.digest())
    wire.settle()
    assert b.document() == a.document()


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["pass", "pass", "lose", "double", "keep"])), max_size=40))
def test_a_copy_that_loses_frames_is_whole_after_two_digests(steps: list[tuple[int, str]]) -> None:
    world = World(0)
    log = OpLog("standby")
    wire, _ = follow(world.engine, log)
    wire.settle()
    for value, fate in steps:
        edit(world.engine, "x", value)
        world.time.pass_by(0.04)
        world.engine.round()
        while wire.pump():
            pass
        if wire.to_caller and fate == "lose":
            wire.to_caller.popleft()
        elif wire.to_caller and fate == "double":
            wire.to_caller.append(wire.to_caller[0])
        if fate != "keep":
            wire.settle()
    for _ in range(2):
        wire.settle()
        wire.called.send(world.engine.desk.digest())
        wire.settle()
    assert log.head == world.engine.log.head
    assert log.document.digest() == world.engine.document()
