"""Two engines: a standby that takes over, and two that number by themselves and converge (rows HK-14, HK-22, RW-22)."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from sync.log.auth import Credentials, Door, Trust
from sync.log.edits import REMOVED, add_node, set_params
from sync.log.fanout import BATCH_CAP
from sync.log.link import Link
from sync.log.op import Op, OpId
from sync.log.oplog import OpLog
from sync.log.server_ends import CalledEnd, FollowerEnd, MeshEnd
from tests.guards.profiles import INTERLEAVINGS
from tests.log.world import OPACITY, Desk, Engine, Time, Wire, World, X, Y, live

DESKS = 3


def mesh(one: Engine, two: Engine) -> Wire:
    """A link between two authorities; nothing has been exchanged yet."""
    time = one.time
    ends = MeshEnd(one.desk), CalledEnd(two.desk)
    called = Link(ends[1], Door(Trust(two.name)), time.now, time.wall)
    caller = Link(ends[0], Credentials(one.name, role="authority"), time.now, time.wall)
    ends[0].attach(caller)
    ends[1].attach(called)

    def closed() -> None:
        for end in ends:
            end.left()

    wire = Wire(caller, called, closed)
    one.wires.append(wire)
    two.wires.append(wire)
    return wire


def follow(leader: Engine, log: OpLog) -> tuple[Wire, FollowerEnd]:
    time = leader.time
    server_end, end = CalledEnd(leader.desk), FollowerEnd(log, time.wall)
    called = Link(server_end, Door(Trust(leader.name)), time.now, time.wall)
    server_end.attach(called)
    wire = Wire(Link(end, Credentials("standby", role="follower"), time.now, time.wall), called, server_end.left)
    leader.wires.append(wire)
    return wire, end


def test_a_standby_copies_the_log_and_goes_on_where_the_leader_was() -> None:
    world = World(2)
    world.join_all()
    one, two = world.desks
    one.edit(X, 1)
    world.run()
    log = OpLog("standby")
    wire, standby = follow(world.engine, log)
    replaced: list[int] = []
    standby._replaced = lambda: replaced.append(log.head)
    wire.settle()
    assert replaced == [world.engine.log.head]
    for value in range(2, 6):
        one.edit(X, value)
        world.run(1)
        wire.settle()
    assert standby.is_live
    assert log.document.digest() == world.engine.document()
    assert (log.head, log.epoch) == (world.engine.log.head, world.engine.log.epoch)
    one.edit(Y, 9)  # reaches the leader, which dies before anybody else hears of it
    one.wire.settle()
    for each in list(world.engine.wires):
        each.cut()
    standby.take_over("second")
    new = Engine(world.time, "n")
    new.log.restore(log.snapshot(), log.entries.after(log.entries.floor))
    for desk in (one, two):
        desk.join(new)
    world.engine = new
    world.run()
    assert new.log.document.value(Y) == 9, "the desk still had it"
    assert len(world.hashes()) == 1
    edits = Counter(entry.id for entry in new.log.entries.after(new.log.entries.floor))
    assert set(edits.values()) == {1}


def test_a_follower_catches_up_by_entries_and_asks_for_what_it_missed() -> None:
    world = World(1)
    log = OpLog("standby")
    wire, _ = follow(world.engine, log)
    wire.settle()
    for value in range(4):
        world.engine.desk.submit(Op("x", value + 1, set_params("mix", {("p",): value})))
    world.engine.round()
    wire.pump()
    wire.to_caller.clear()
    world.engine.desk.submit(Op("x", 5, set_params("mix", {("p",): 5})))
    world.time.pass_by(1)
    world.engine.round()
    wire.settle()
    assert log.head == world.engine.log.head
    assert log.document.digest() == world.engine.document()
    again, _ = follow(world.engine, log)
    again.settle()
    assert log.duplicates == 0


def test_a_follower_wants_entries_where_a_squash_came() -> None:
    world = World(1)
    log = OpLog("standby")
    wire, _ = follow(world.engine, log)
    wire.settle()
    for value in range(BATCH_CAP + 10):
        world.engine.desk.submit(Op("x", value + 1, set_params("mix", {("p",): value})))
    world.engine.round()
    wire.settle()
    assert log.head == world.engine.log.head
    assert len(log.entries.after(log.head - 20)) == 20


def test_hk_14_ops_of_two_engines_meet_by_author_and_count() -> None:
    time = Time()
    engines = Engine(time, "a"), Engine(time, "b")
    engines[0].desk.submit(Op("s", 1, add_node("mix", "k", {"p": 0})))
    wire = mesh(*engines)
    wire.settle()
    assert engines[1].document() == engines[0].document()
    wire.cut()
    for index, engine in enumerate(engines):
        for seq in range(1, 4):
            engine.desk.submit(Op(f"desk{index}", seq, set_params("mix", {("p",): seq, (f"q{index}",): seq})))
    wire = mesh(*engines)
    wire.settle()
    assert engines[1].document() == engines[0].document()
    assert engines[0].log.authors == engines[1].log.authors
    assert engines[0].log.duplicates == engines[1].log.duplicates == 0
    engines[0].desk.submit(Op("desk0", 4, set_params("mix", {("p",): "live"})))
    engines[0].round()
    wire.settle()
    assert engines[1].log.document.params("mix")["p"] == "live"


def test_hk_22_an_op_that_both_engines_numbered_ends_with_one_stamp() -> None:
    """A desk that moved before it heard its answer: same op, two Lamport times, and a rival between them."""
    time = Time()
    a, b = Engine(time, "a"), Engine(time, "b")
    a.desk.submit(Op("s", 1, add_node("mix", "k", {"p": 0})))
    mesh(a, b).settle()
    for each in list(a.wires):
        each.cut()
    moved = Op("desk", 1, set_params("mix", {("p",): "moved"}))
    a.desk.submit(moved)
    a.desk.submit(Op("rival", 1, set_params("mix", {("p",): "rival"})))
    b.desk.submit(Op("other", 1, set_params("mix", {("q",): 1})))
    b.desk.submit(Op("other", 2, set_params("mix", {("q",): 2})))
    b.desk.submit(moved)
    wire = mesh(a, b)
    wire.settle()
    for engine, link in ((a, wire.caller), (b, wire.called)):
        link.send(engine.desk.digest())
    wire.settle()
    assert a.document() == b.document()


def test_an_engine_that_lost_more_than_its_log_gets_the_whole_state() -> None:
    time = Time()
    a, b = Engine(time, "a"), Engine(time, "b")
    a.desk.submit(Op("s", 1, add_node("mix", "k", {"p": 0})))
    for seq in range(2, 40):
        a.desk.submit(Op("s", seq, set_params("mix", {("p",): seq})))
    base = a.log.snapshot()
    a.log.restore(base)  # its log begins at the head now
    wire = mesh(a, b)
    wire.settle()
    assert a.document() == b.document()
    assert b.log.authors["s"] == 39


def test_a_broken_live_frame_between_engines_is_made_up_for() -> None:
    time = Time()
    a, b = Engine(time, "a"), Engine(time, "b")
    a.desk.submit(Op("s", 1, add_node("mix", "k", {"p": 0})))
    wire = mesh(a, b)
    wire.settle()
    for seq in (2, 3):
        a.desk.submit(Op("s", seq, set_params("mix", {("p",): seq})))
        a.fanout.round(time.now())
        wire.pump()
        if seq == 2:
            assert live(wire.to_called.pop()).entry.seq == 2
        wire.settle()
        time.pass_by(1)
    assert a.document() == b.document()


which = st.integers(0, DESKS - 1)
side = st.integers(0, 1)
places = st.sampled_from([X, Y, OPACITY])
values = st.one_of(st.integers(0, 5), st.just(REMOVED))


class TwoAuthorities(RuleBasedStateMachine):
    """Desks that move between two engines which are together only sometimes."""

    def __init__(self) -> None:
        super().__init__()
        self.time = Time()
        self.engines = Engine(self.time, "a"), Engine(self.time, "b")
        self.engines[0].desk.submit(Op("setup", 1, add_node("mix", "k")))
        self.mesh = mesh(*self.engines)
        self.mesh.settle()
        self.desks = [Desk(self.time, f"d{index}") for index in range(DESKS)]
        for index, desk in enumerate(self.desks):
            desk.join(self.engines[index % 2])
        self.made: set[OpId] = set()

    @rule(index=which, edits=st.lists(st.tuples(places, values), min_size=1, max_size=5), guarded=st.booleans())
    def edit(self, index: int, edits: list[tuple[tuple[str, ...], object]], guarded: bool) -> None:
        for place, value in edits:
            op = self.desks[index].edit(place, value, guarded=guarded)
            if op is not None:
                self.made.add(op.id)

    @rule(index=which, to=side, dice=st.integers(0, 2))
    def move(self, index: int, to: int, dice: int) -> None:
        if dice == 0:
            self.desks[index].connect(self.engines[to])

    @rule(index=which, frames=st.integers(1, 8))
    def pump(self, index: int, frames: int) -> None:
        wire = self.desks[index].wire
        for _ in range(frames):
            if not wire.is_cut and not wire.pump():
                wire.deliver()

    @rule(index=which)
    def settle(self, index: int) -> None:
        wire = self.desks[index].wire
        if not wire.is_cut:
            wire.settle()

    @rule(dice=st.integers(0, 2))
    def part(self, dice: int) -> None:
        if dice == 0:
            self.mesh.cut()

    @rule()
    def meet(self) -> None:
        if self.mesh.is_cut:
            self.mesh = mesh(*self.engines)
        self.mesh.settle()

    @rule(engine=side)
    def round(self, engine: int) -> None:
        self.time.pass_by(0.04)
        self.engines[engine].round()
        self.engines[engine].flush()

    @rule(engine=side, is_down=st.booleans())
    def disk(self, engine: int, is_down: bool) -> None:
        self.engines[engine].store.is_down = is_down

    @rule(index=st.integers(0, DESKS), to_called=st.booleans(), fault=st.sampled_from(["lose", "double", "swap"]))
    def disturb(self, index: int, to_called: bool, fault: str) -> None:
        """Does something to the first frames on a live wire: the last index is the one between the engines."""
        wire = self.mesh if index == DESKS else self.desks[index].wire
        if wire.is_cut or not wire.caller.is_live or not wire.called.is_live:
            return
        for engine in self.engines:
            engine.round()
        while wire.pump():
            pass
        queue = wire.to_called if to_called else wire.to_caller
        if queue and fault == "lose":
            queue.popleft()
        elif queue and fault == "double":
            queue.appendleft(queue[0])
        elif len(queue) > 1:
            queue[0], queue[1] = queue[1], queue[0]

    @rule(engine=side, dice=st.integers(0, 3))
    def crash(self, engine: int, dice: int) -> None:
        if dice == 0 and not self.engines[engine].store.is_down:
            self.mesh.cut()
            self.engines[engine].crash()

    def heal(self) -> None:
        for engine in self.engines:
            engine.store.is_down = False
        if self.mesh.is_cut:
            self.mesh = mesh(*self.engines)
        self.mesh.settle()
        for index, desk in enumerate(self.desks):
            desk.join(self.engines[index % 2])
        for _ in range(6):
            self.time.pass_by(2.5)
            for engine, link in zip(self.engines, (self.mesh.caller, self.mesh.called), strict=True):
                engine.desk.tick()
                engine.round()
                engine.flush()
                link.send(engine.desk.digest())
            for desk in self.desks:
                desk.wire.caller.submit(desk.end.due())
                desk.wire.settle()
            self.mesh.settle()
        for desk in self.desks:
            desk.wire.settle()

    def teardown(self) -> None:
        self.heal()
        documents = {engine.document() for engine in self.engines} | {desk.hash() for desk in self.desks}
        assert len(documents) == 1
        assert self.engines[0].log.authors == self.engines[1].log.authors
        for author, seq in {(author, seq) for author, seq in self.made}:
            assert self.engines[0].log.authors.get(author, 0) >= seq, "an edit got lost"
        assert not any(desk.replica.outbox.pending() for desk in self.desks)


TestTwoAuthorities = TwoAuthorities.TestCase
TestTwoAuthorities.settings = settings(max_examples=INTERLEAVINGS // 4, stateful_step_count=40)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 9)), max_size=25), st.randoms())
def test_hk_14_three_engines_in_any_order_of_meetings_end_equal(
    edits: list[tuple[int, int, int]], chance: Random
) -> None:
    time = Time()
    engines = [Engine(time, name) for name in "abc"]
    engines[0].desk.submit(Op("s", 1, add_node("mix", "k")))
    pairs = [(0, 1), (1, 2), (0, 2)]
    for pair in pairs[:2]:
        meet(engines, pair)
    for where, key, value in edits:
        seq = engines[where].log.authors.get(f"desk{where}", 0) + 1
        engines[where].desk.submit(Op(f"desk{where}", seq, set_params("mix", {(f"k{key}",): value})))
        if chance.random() < 0.2:
            meet(engines, chance.choice(pairs))
    for _ in range(2):
        for pair in pairs:
            meet(engines, pair)
    assert len({engine.document() for engine in engines}) == 1


def meet(engines: list[Engine], pair: tuple[int, int]) -> None:
    """Two engines exchange what they have, then part again."""
    wire = mesh(engines[pair[0]], engines[pair[1]])
    wire.settle()
    for index, link in zip(pair, (wire.caller, wire.called), strict=True):
        link.send(engines[index].desk.digest())
    wire.settle()
    wire.cut()
