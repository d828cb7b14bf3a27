"""What one run of a desk leaves to the next: edits without an answer, and refused ones that nobody has decided upon."""

from __future__ import annotations

import msgspec

from sync.log.edits import change
from sync.log.op import Op
from sync.log.outbox import Outbox
from sync.ordered.outbox_file import load_outbox
from tests.log.world import OPACITY, Desk, Engine, World, X, Y

P1 = "p1/engine~1"


class RunDesk(Desk):
    """A desk that starts as the program does: an earlier run's edits are guarded."""

    def left_behind(self) -> Outbox:
        outbox, trouble = load_outbox(self.store, "outbox")
        assert not trouble
        return outbox

    def run_again(self, engine: Engine) -> None:
        """The program ends in good order, starts again, and is live."""
        self.journal.record()
        self.flush()
        self.crash()
        self.join(engine)


def world_of_one() -> tuple[World, RunDesk]:
    """An engine that wrote every place itself, and a desk that knows it."""
    world = World(desks=0)
    world.engine.desk.write(P1, (change(OPACITY, 1.0), change(X, 0), change(Y, 0)))
    desk = RunDesk(world.time, "d")
    world.desks = [desk]
    desk.join(world.engine)
    return world, desk


def refused(world: World, desk: Desk, place: tuple[str, ...], mine: int, theirs: int) -> Op | None:
    """A typed value of ours at a place that somebody else changed at the same moment."""
    world.engine.desk.write("p1/other~1", (change(place, theirs),))
    op = desk.edit(place, mine, guarded=True)
    world.run()
    return op


def test_a_drag_that_was_left_over_clashes_with_nobody_when_nobody_else_was_there() -> None:
    world, desk = world_of_one()
    desk.edit(OPACITY, 0.9, live=True)
    world.run()
    desk.wire.cut()
    desk.replica.is_live = True  # the stalled link of a hand that goes on: unguarded
    for value in (0.8, 0.7, 0.6):
        desk.edit(OPACITY, value, live=value != 0.6)
    desk.run_again(world.engine)
    world.run()
    assert desk.replica.conflicts == []
    assert world.engine.log.document.value(OPACITY) == 0.6


def test_a_drag_that_was_left_over_asks_once_when_somebody_else_has_been_there_since() -> None:
    world, desk = world_of_one()
    desk.wire.cut()
    desk.replica.is_live = True
    for value in (0.8, 0.7, 0.6):
        desk.edit(OPACITY, value, live=value != 0.6)
    world.engine.desk.write("p1/other~1", (change(OPACITY, 0.2),))
    desk.run_again(world.engine)
    world.run()
    assert world.engine.log.document.value(OPACITY) == 0.2
    assert [each.mine for each in desk.replica.conflicts] == [{OPACITY: 0.6}], "one question for one drag"
    assert [clash.author for clash in desk.replica.conflicts[0].theirs] == ["p1/other~1"]


def test_what_two_runs_left_at_one_place_does_not_clash_with_itself() -> None:
    world, desk = world_of_one()
    desk.wire.cut()
    desk.edit(OPACITY, 0.8)
    desk.crash()
    desk.connect(world.engine)
    while desk.wire.caller.state.value != "live":
        desk.wire.pump()
        desk.wire.deliver()
    assert desk.replica.outbox.pending(), "the first run's edit is decided, but the second does not know"
    desk.edit(OPACITY, 0.7, guarded=True)
    world.run()
    assert desk.replica.conflicts == []
    assert world.engine.log.document.value(OPACITY) == 0.7


def test_an_edit_of_long_ago_does_not_overwrite_what_the_same_desk_did_since() -> None:
    """Left over at another address of the same server, it knew nothing of the newer one."""
    world, desk = world_of_one()
    desk.wire.cut()
    old = desk.propose([change(X, 5)])
    newer = RunDesk(world.time, "d")
    newer.runs = 7
    newer.start()
    newer.join(world.engine)
    newer.edit(X, 70)
    world.desks = [newer]
    world.run()
    world.engine.desk.submit(old)
    assert world.engine.log.document.value(X) == 70
    assert [each.refusal.reason for each in world.engine.log.refusals if each.refusal] == ["stale"]


def test_a_peer_between_two_own_runs_is_still_noticed() -> None:
    world, desk = world_of_one()
    seen = desk.replica.applied
    earlier = Op("open/d~0", 1, (change(X, 5),), live=True)
    world.engine.desk.write("p1/other~1", (change(X, 400),))
    world.engine.desk.submit(earlier)
    later = Op("open/d~1", 1, (msgspec.structs.replace(change(X, 6), seen=seen),), deps=(earlier.id,))
    later = msgspec.structs.replace(later, epoch=world.engine.log.epoch)
    world.engine.desk.submit(later)
    refusals = [each.refusal for each in world.engine.log.refusals if each.refusal]
    assert [clash.author for refusal in refusals for clash in refusal.clashes] == ["p1/other~1"]


def test_an_open_question_is_asked_again_by_every_run_until_it_is_answered() -> None:
    world, desk = world_of_one()
    refused(world, desk, X, 5, 400)
    world.engine.flush()
    refused(world, desk, Y, 6, 300)
    desk.wire.called.send(world.engine.desk.digest())
    world.run()
    mine = [{X: 5}, {Y: 6}]
    assert [each.mine for each in desk.replica.conflicts] == mine
    for _ in range(3):
        desk.run_again(world.engine)
        world.run()
        assert [each.mine for each in desk.replica.conflicts] == mine
        assert [each.theirs[0].theirs for each in desk.replica.conflicts] == [400, 300]
        assert desk.replica.outbox.pending() == []
        assert desk.replica.value(X) == 400
    desk.replica.take_theirs(desk.replica.conflicts[0])
    desk.run_again(world.engine)
    assert [each.mine for each in desk.replica.conflicts] == [{Y: 6}]
    desk.submit(desk.replica.take_mine(desk.replica.conflicts[0]))
    world.run()
    assert world.engine.log.document.value(Y) == 6
    desk.run_again(world.engine)
    world.run()
    assert desk.replica.conflicts == []


def test_an_answered_question_leaves_nothing_on_disk_once_the_server_is_safe() -> None:
    world, desk = world_of_one()
    refused(world, desk, X, 5, 400)
    desk.run_again(world.engine)
    desk.replica.take_theirs(desk.replica.conflicts[0])
    desk.journal.record()
    desk.flush()
    assert desk.store.history["outbox"] == {}
    desk.wire.called.send(world.engine.desk.digest())
    world.run()
    assert len(desk.replica.outbox) == 0


def test_a_refusal_that_the_server_lost_is_decided_anew_and_asked_once() -> None:
    world, desk = world_of_one()
    world.engine.flush()
    world.engine.desk.write("p1/other~1", (change(X, 400),))
    desk.edit(X, 5, guarded=True)
    desk.wire.settle()
    world.engine.round()
    desk.wire.settle()
    assert [each.mine for each in desk.replica.conflicts] == [{X: 5}]
    desk.journal.record()
    desk.flush()
    world.engine.crash()
    desk.run_again(world.engine)
    world.run()
    assert desk.replica.conflicts == [], "the server that came back knows of no other hand: the edit stands"
    assert world.engine.log.document.value(X) == 5


def test_a_later_word_at_the_same_place_answers_the_question() -> None:
    world, desk = world_of_one()
    refused(world, desk, X, 5, 400)
    desk.edit(Y, 1)
    world.run()
    assert len(desk.replica.conflicts) == 1
    desk.edit(X, 7, live=True)
    world.run()
    assert desk.replica.conflicts == []
    assert world.engine.log.document.value(X) == 7


def test_what_an_earlier_run_left_elsewhere_answers_no_question_of_this_one() -> None:
    world, desk = world_of_one()
    refused(world, desk, X, 5, 400)
    left = Outbox()
    left.add(Op("open/d~0", 1, (change(X, 3),)))
    desk.replica.outbox.adopt(left)
    desk.wire.cut()
    desk.join(world.engine)
    world.run()
    assert {X: 5} in [each.mine for each in desk.replica.conflicts]


def test_a_row_of_a_program_that_kept_the_op_alone_is_read() -> None:
    _, desk = world_of_one()
    desk.wire.cut()
    op = desk.edit(X, 5)
    rows = desk.store.history["outbox"]
    rows[next(iter(rows))] = msgspec.msgpack.encode(op)
    (read,) = load_outbox(desk.store, "outbox")[0].pending()
    assert read == op
