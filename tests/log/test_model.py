"""Model checking: any schedule of desks, engines, cuts, losses, crashes and failing disks ends with everybody equal.

That no hand is pulled back under such schedules is tried where the hands are: tests/sync/ordered/test_any_order.py.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sync.log.edits import REMOVED
from sync.log.end import LinkState
from sync.log.op import Op, OpId
from tests.guards.profiles import INTERLEAVINGS
from tests.log.world import OPACITY, Desk, World, X, Y

DESKS = 3
PLACES = (X, Y, OPACITY, X[:-1])
which = st.integers(0, DESKS - 1)
places = st.sampled_from(PLACES)
rarely = st.integers(0, 3)
values = st.one_of(st.integers(-5, 5), st.floats(0, 1, allow_nan=False), st.just(REMOVED))


def pump(desk: Desk, times: int) -> None:
    """Moves a few frames of one desk's wire."""
    for _ in range(times):
        if not desk.is_connected or not (desk.wire.pump() or desk.wire.deliver()):
            return


class OneAuthority(RuleBasedStateMachine):
    """Desks on one engine. ``promised`` are the ops that may not get lost: their desk has them on disk or is alive."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(DESKS)
        self.world.join_all()
        self.history: dict[tuple[str, int], str] = {}
        self.promised: set[OpId] = set()
        self.fragile: dict[int, set[OpId]] = {index: set() for index in range(DESKS)}

    @rule(index=which, place=places, value=values, guarded=st.booleans(), live=st.booleans())
    def edit(self, index: int, place: tuple[str, ...], value: object, guarded: bool, live: bool) -> None:
        desk = self.world.desks[index]
        if place == X[:-1]:
            value = REMOVED
        self.promise(index, desk.edit(place, value, guarded=guarded, live=live))

    def promise(self, index: int, op: Op | None) -> None:
        """An op may only get lost while its desk could not write it and dies."""
        if op is not None:
            (self.fragile[index] if self.world.desks[index].store.is_down else self.promised).add(op.id)

    @rule(index=which, edits=st.lists(st.tuples(st.sampled_from([X, Y, OPACITY]), values), min_size=2, max_size=6))
    def drag(self, index: int, edits: list[tuple[tuple[str, ...], object]]) -> None:
        for place, value in edits:
            self.edit(index, place, value, guarded=False, live=True)

    @rule(index=which)
    def connect(self, index: int) -> None:
        if not self.world.desks[index].is_connected:
            self.world.desks[index].connect(self.world.engine)

    @rule(index=which, frames=st.integers(1, 12))
    def move(self, index: int, frames: int) -> None:
        pump(self.world.desks[index], frames)

    @rule(index=which)
    def settle(self, index: int) -> None:
        if self.world.desks[index].is_connected:
            self.world.desks[index].wire.settle()

    @rule(index=which, to_engine=st.booleans(), fault=st.sampled_from(["lose", "double", "swap"]))
    def disturb(self, index: int, to_engine: bool, fault: str) -> None:
        wire = self.world.desks[index].wire
        if wire.is_cut or not wire.caller.is_live or not wire.called.is_live:
            return
        self.world.engine.round()
        wire.pump()
        queue = wire.to_called if to_engine else wire.to_caller
        if fault == "lose" and queue:
            queue.popleft()
        elif fault == "double" and queue:
            queue.appendleft(queue[0])
        elif fault == "swap" and len(queue) > 1:
            queue[0], queue[1] = queue[1], queue[0]

    @rule(index=which, dice=rarely)
    def cut(self, index: int, dice: int) -> None:
        wire = self.world.desks[index].wire
        if dice == 0:
            wire.cut()

    @rule()
    def round(self) -> None:
        self.world.time.pass_by(0.033)
        self.world.engine.round()

    @rule()
    def flush(self) -> None:
        self.world.engine.flush()

    @rule(is_down=st.booleans())
    def engine_disk(self, is_down: bool) -> None:
        self.world.engine.store.is_down = is_down

    @rule(index=which, is_down=st.booleans())
    def desk_disk(self, index: int, is_down: bool) -> None:
        desk = self.world.desks[index]
        desk.store.is_down = is_down
        if not is_down:
            self.world.desks[index].journal.record()
            desk.flush()
            self.promised |= self.fragile[index]
            self.fragile[index].clear()

    @precondition(lambda self: not self.world.engine.store.is_down)
    @rule(dice=rarely)
    def engine_crashes(self, dice: int) -> None:
        if dice == 0:
            self.world.engine.crash()

    @rule(index=which, dice=rarely)
    def desk_crashes(self, index: int, dice: int) -> None:
        if dice:
            return
        desk = self.world.desks[index]
        was_down, desk.store.is_down = desk.store.is_down, False
        desk.crash()
        desk.store.is_down = was_down
        self.fragile[index].clear()

    @rule(seconds=st.sampled_from([0.5, 2.5, 11.0]))
    def wait(self, seconds: float) -> None:
        self.world.time.pass_by(seconds)
        self.tick()

    def tick(self) -> None:
        self.world.engine.desk.tick()
        for desk in self.world.desks:
            if desk.is_connected:
                for link in (desk.wire.caller, desk.wire.called):
                    link.tick()
                desk.wire.caller.submit(desk.end.due() if desk.wire.caller.is_live else ())

    @invariant()
    def everybody_is_at_a_state_that_was(self) -> None:
        """Whoever says that they are at a rev has exactly the document of that rev."""
        log = self.world.engine.log
        self.history[log.epoch, log.head] = log.document.digest()
        for desk in self.world.desks:
            known = self.history.get((desk.replica.epoch, desk.replica.applied))
            assert known in (None, desk.hash()), f"{desk.install} differs at rev {desk.replica.applied}"

    def heal(self) -> None:
        world = self.world
        world.engine.store.is_down = False
        for desk in world.desks:
            desk.store.is_down = False
            desk.join(world.engine)
        world.run()
        self.everybody_is_at_a_state_that_was()
        for _ in range(3):
            world.time.pass_by(2.5)
            self.tick()
            for desk in world.desks:
                desk.wire.called.send(world.engine.desk.digest())
            world.run()

    def teardown(self) -> None:
        self.heal()
        world = self.world
        assert len(world.hashes()) == 1
        assert all(not desk.replica.outbox.pending() for desk in world.desks)
        decided = Counter(entry.id for entry in world.engine.log.entries.after(world.engine.log.entries.floor))
        assert set(decided.values()) <= {1}, "an op was numbered twice"
        missing = {op_id for op_id in self.promised if decided[op_id] != 1}
        assert not missing, f"ops that were promised are not in the log: {missing}"
        assert all(desk.wire.caller.state is LinkState.LIVE for desk in world.desks)


TestOneAuthority = OneAuthority.TestCase
TestOneAuthority.settings = settings(max_examples=INTERLEAVINGS // 4, stateful_step_count=40)
