"""The desk's copy: pending over confirmed, acknowledgements, refusals, guarded and live writes (rows RW, EP)."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from sync.log.delivery import Tick
from sync.log.document import Register
from sync.log.edits import REMOVED, add_node, change, edits_between, param_place, remove_node, set_params
from sync.log.live_frames import SquashFrame
from sync.log.op import Change, Entry, MalformedOp, Op, Path
from sync.log.oplog import OpLog
from sync.log.outbox import ATTEMPTS, CAP, DEAD_S, KEPT, LATE_S, RESEND_S, Lateness, Outbox, OutboxFull, Waybill
from sync.log.replica import GapFound, Replica
from tests.log.world import OPACITY, Desk, Wire, World, X, Y, the

P = param_place("mix", ("p",))


def is_in_flight(desk: Desk, place: Path) -> bool:
    """Whether an own op for exactly this place is undecided."""
    return any(each.path == place for each in desk.replica.outbox.changes())


def live_world(desks: int = 2, **how: Any) -> tuple[World, list[Desk]]:
    world = World(desks, **how)
    world.join_all()
    world.run()
    return world, world.desks


def test_shown_is_confirmed_with_pending_over_it() -> None:
    world, (one, two) = live_world()
    one.edit(X, 5)
    assert one.replica.value(X) == 5
    assert is_in_flight(one, X)
    assert one.replica.confirmed.value(X) is None
    two.edit(X, 7)
    two.edit(Y, 8)
    two.wire.settle()
    world.time.pass_by(0.040)  # before a round of all is due, only who wrote is served
    world.engine.round()
    one.wire.pump()
    one.wire.to_called.clear()
    one.wire.deliver()
    assert one.replica.value(X) == 5, "a foreign value is hidden under the pending one"
    assert one.replica.value(Y) == 8
    assert one.replica.params("mix")["layers"]["in_1"]["rect"] == {"x": 5, "y": 8}


def test_the_own_op_coming_back_is_the_acknowledgement_with_the_canonical_value() -> None:
    def limits(_path: tuple[str, ...], value: Any) -> Any:
        return min(value, 1.0) if isinstance(value, float) else value

    world, (one, two) = live_world(limits=limits)
    one.edit(OPACITY, 5.0)
    world.run()
    assert not is_in_flight(one, OPACITY)
    assert one.replica.value(OPACITY) == two.replica.value(OPACITY) == 1.0
    assert len(world.hashes()) == 1


def test_rw_02_a_refusal_becomes_a_conflict_with_mine_theirs_and_who() -> None:
    world, (one, two) = live_world()
    two.edit(X, 7)
    two.wire.settle()
    one.edit(X, 5, guarded=True)
    world.run()
    (conflict,) = one.replica.conflicts
    assert conflict.mine == {X: 5}
    assert [(clash.theirs, clash.author) for clash in conflict.theirs] == [(7, two.replica.author)]
    assert one.replica.value(X) == 7


def test_rw_08_and_rw_16_taking_mine_after_a_refusal_sends_the_edit_again() -> None:
    world, (one, two) = live_world()
    two.edit(X, 7)
    two.wire.settle()
    one.edit(X, 5, guarded=True)
    world.run()
    one.submit(one.replica.take_mine(one.replica.conflicts[0]))
    world.run()
    assert not one.replica.conflicts
    assert two.replica.value(X) == 5


def test_rw_16_a_refused_edit_stays_until_it_is_answered() -> None:
    world, (one, two) = live_world()
    two.edit(X, 7)
    two.wire.settle()
    one.edit(X, 5, guarded=True)
    world.run()
    one.join(world.engine)
    world.run()
    assert [each.mine for each in one.replica.conflicts] == [{X: 5}]
    one.replica.take_theirs(one.replica.conflicts[0])
    assert not one.replica.conflicts


def test_rw_06_nothing_changed_makes_no_op() -> None:
    _, (one, _two) = live_world()
    one.edit(X, 5)
    assert one.replica.propose([change(X, 5)], guarded=True) is None
    assert one.replica.propose([change(Y, REMOVED)]) is None


def test_rw_07_changed_and_restored_here_is_no_conflict() -> None:
    world, (one, two) = live_world()
    one.edit(X, 1)
    world.run()
    two.edit(X, 7)
    world.run()
    assert one.replica.propose([change(X, 7)], guarded=True) is None


def test_rw_09_pipelined_guarded_saves_before_the_first_answer() -> None:
    world, (one, _two) = live_world()
    for value in range(1, 5):
        one.edit(X, value, guarded=True)
    world.run()
    assert not one.replica.conflicts
    assert one.replica.value(X) == 4


@pytest.mark.parametrize("skew", [-3600.0, 3600.0])
def test_rw_10_a_wrong_clock_changes_nothing(skew: float) -> None:
    world, (one, two) = live_world()
    one.time.skew = skew
    two.edit(X, 7)
    two.wire.settle()
    world.time.skew = -skew
    one.edit(X, 5, guarded=True)
    one.edit(Y, 5, guarded=True)
    world.run()
    assert len(one.replica.conflicts) == 1
    assert two.replica.value(Y) == 5


def test_rw_11_a_write_that_lands_while_the_snapshot_is_on_its_way_refuses_the_save() -> None:
    world, (one, two) = live_world()
    late = Replica("late")
    late.take_snapshot(world.engine.log.snapshot())
    two.edit(X, 7)
    world.run()
    late.is_live = True
    op = late.propose([change(X, 1)], guarded=True)
    assert the(world.engine.desk.submit(the(op)).entries[0].refusal).reason == "stale"
    assert one.replica.value(X) == 7


def test_rw_19_a_save_is_one_frame_there_and_one_back_for_any_number_of_params() -> None:
    for count in (1, 20, 200):
        for guarded in (False, True):
            world, (one, _two) = live_world()
            wire = one.wire
            sent, back = len(wire.sent_by_caller), len(wire.sent_by_called)
            one.submit(
                one.replica.propose(set_params("mix", {(f"k{index}",): 1 for index in range(count)}), guarded=guarded)
            )
            world.run(1)
            assert (len(wire.sent_by_caller) - sent, len(wire.sent_by_called) - back) == (1, 1)
            assert not one.replica.outbox.pending()


def test_rw_20_two_views_of_one_node_share_what_is_known() -> None:
    world, (one, _two) = live_world()
    one.replica.take_changed()
    one.edit(X, 5, guarded=True)
    assert one.replica.take_changed() == {"mix": {X}}
    assert one.replica.take_changed() == {}
    world.run()
    one.edit(X, 6, guarded=True)
    world.run()
    assert not one.replica.conflicts


def test_rw_24_offline_edits_are_guarded_and_sent_when_the_link_is_back() -> None:
    world, (one, two) = live_world()
    one.wire.cut()
    one.edit(X, 5)
    one.edit(Y, 6)
    two.edit(X, 7)
    world.run()
    one.join(world.engine)
    world.run()
    assert [each.mine for each in one.replica.conflicts] == [{X: 5}]
    assert two.replica.params("mix")["layers"]["in_1"]["rect"] == {"x": 7, "y": 6}


def test_ep_25_pending_edits_are_sent_again_without_another_keystroke() -> None:
    world, (one, two) = live_world()
    one.edit(X, 5)
    one.wire.cut()
    one.join(world.engine)
    world.run()
    assert two.replica.value(X) == 5


def test_ep_24_an_edit_whose_acknowledgement_was_lost_is_applied_once() -> None:
    world, (one, two) = live_world()
    one.edit(X, 5)
    one.wire.pump()
    one.wire.deliver()
    one.wire.cut()
    head = world.engine.log.head
    one.join(world.engine)
    world.run()
    assert world.engine.log.head == head
    assert not one.replica.outbox.pending()
    assert two.replica.value(X) == 5


def test_ep_26_a_missing_answer_is_late_after_one_second_and_dead_after_five() -> None:
    world, (one, _two) = live_world()
    one.edit(X, 5)
    outbox, sent = one.replica.outbox, world.time.now()
    assert outbox.lateness(sent + LATE_S - 0.01) is Lateness.FINE
    assert outbox.lateness(sent + LATE_S) is Lateness.LATE
    assert outbox.lateness(sent + DEAD_S) is Lateness.DEAD
    one.wire.cut()
    assert outbox.lateness(sent + DEAD_S) is Lateness.FINE
    assert outbox.pending(), "the edit is kept"


def test_sd_20_without_an_answer_the_bytes_go_again_and_then_it_is_undelivered() -> None:
    world, (one, _two) = live_world()
    op = the(one.edit(X, 5))
    for attempt in range(1, ATTEMPTS):
        assert one.end.due() == []
        world.time.pass_by(RESEND_S)
        assert one.end.due() == [op], attempt
    world.time.pass_by(RESEND_S)
    assert one.end.due() == []
    assert one.replica.delivery.tick(op.id) is Tick.UNDELIVERED
    assert one.replica.outbox.pending() == [op]


def settle_without_ops(wire: Wire) -> None:
    """Moves frames until none is left; those with ops do not arrive at the server."""
    is_moving = True
    while is_moving:
        has_pumped = wire.pump()
        passing = [frame for frame in wire.to_called if isinstance(frame, str) and '"ops"' not in frame]
        wire.to_called.clear()
        wire.to_called.extend(passing)
        is_moving = wire.deliver() or has_pumped


def test_sd_20_links_that_die_without_an_answer_count_towards_undelivered() -> None:
    """A server that lets the desk in and never decides: after 5 s there is a new link, long before the fifth try."""
    world, (one, _two) = live_world()
    op = the(one.edit(X, 5))
    links = 1
    for _ in range(20):
        settle_without_ops(one.wire)
        if one.replica.delivery.tick(op.id) is Tick.UNDELIVERED:
            break
        world.time.pass_by(1.0)
        one.wire.caller.submit(one.end.due())
        if one.replica.outbox.lateness(world.time.now()) is Lateness.DEAD:
            one.wire.cut()
            one.connect(world.engine)
            links += 1
    assert links == 2
    assert one.replica.outbox.undelivered() == [op.id]
    one.wire.cut()
    settle_without_ops(one.connect(world.engine))
    assert one.wire.caller.is_live
    assert one.replica.delivery.tick(op.id) is Tick.UNDELIVERED, "one more try is no news"
    assert one.replica.outbox.pending() == [op], "it is kept"
    one.wire.cut()
    one.join(world.engine)
    world.run()
    assert one.replica.delivery.tick(op.id) is Tick.ON_SERVER
    assert one.replica.outbox.undelivered() == []
    assert world.engine.log.document.value(X) == 5


def test_ep_12_a_known_rev_is_counted_and_ignored() -> None:
    log = OpLog("e1")
    log.submit(Op("s", 1, add_node("mix", "k")), 1.0)
    replica = Replica("me")
    replica.take_snapshot(log.snapshot())
    entry = log.submit(Op("s", 2, set_params("mix", {("p",): 1})), 1.0).entries[0]
    assert replica.take_entries((entry,), "e1")
    before = replica.confirmed.digest()
    assert not replica.take_entries((entry,), "e1")
    assert replica.duplicates == 1
    assert replica.confirmed.digest() == before


def test_ep_14_a_batch_with_a_bad_item_changes_nothing() -> None:
    log = OpLog("e1")
    log.submit(Op("s", 1, add_node("mix", "k")), 1.0)
    replica = Replica("me")
    replica.take_snapshot(log.snapshot())
    good = [log.submit(Op("s", seq, set_params("mix", {("p",): seq})), 1.0).entries[0] for seq in (2, 3, 4)]
    bare = Entry(3, 3, "me", 9, 1.0, None)
    for batch in ((good[0], good[2]), (good[0], bare, good[2])):
        before = replica.confirmed.digest()
        with pytest.raises(GapFound):
            replica.take_entries(batch, "e1")
        assert (replica.confirmed.digest(), replica.applied) == (before, 1)


def test_entries_of_another_epoch_are_a_gap() -> None:
    log = OpLog("e1")
    log.submit(Op("s", 1, add_node("mix", "k")), 1.0)
    replica = Replica("me")
    replica.take_snapshot(log.snapshot())
    with pytest.raises(GapFound):
        replica.take_entries((Entry(2, 2, "s", 2, 1.0, ()),), "e2")


def test_ep_17_a_thousand_joins_at_any_moment_of_full_edit_rate_have_no_gap() -> None:
    """Every join is a link of its own, whose frames move one by one between edits, rounds and acknowledgements."""
    world, (one, _two) = live_world()
    chance, late = Random(17), Desk(world.time, "late")
    for join in range(1_000):
        late.crash()
        wire = late.connect(world.engine)
        after_live = chance.randrange(6)
        while after_live:
            move = chance.choice(("edit", "round", "settle", "join", "join", "join"))
            if move == "edit":
                one.edit(chance.choice((X, Y, OPACITY)), join + chance.random())
            elif move == "round":
                world.engine.round()
            elif move == "settle":
                one.wire.settle()
            elif not wire.pump():
                wire.deliver()
            after_live -= wire.caller.is_live and wire.called.is_live
        for _ in range(2):
            wire.settle()
            world.run(1)
        wire.settle()
        assert late.hash() == world.engine.document()
        assert (late.replica.applied, late.end.gaps) == (world.engine.log.head, 0)


def test_ep_21_whoever_watches_is_told_the_same_of_singles_and_of_a_batch() -> None:
    log = OpLog("e1")
    log.submit(Op("s", 1, add_node("mix", "k")), 1.0)
    log.submit(Op("s", 2, add_node("cam", "k")), 1.0)
    single, batch = Replica("one"), Replica("two")
    for replica in (single, batch):
        replica.take_snapshot(log.snapshot())
        replica.take_changed()
    entries = [log.submit(Op("s", seq, set_params("mix", {("p",): seq})), 1.0).entries[0] for seq in range(3, 9)]
    told: dict[str, set[Path]] = {}
    for entry in entries:
        single.take_entries((entry,), "e1")
        for node, places in single.take_changed().items():
            told.setdefault(node, set()).update(places)
    batch.take_entries(entries, "e1")
    assert batch.take_changed() == told == {"mix": {param_place("mix", ("p",))}}
    assert batch.params("mix") == single.params("mix")


def test_a_squash_settles_what_it_contains_and_names_what_was_refused() -> None:
    world, (one, two) = live_world()
    fine = the(one.edit(Y, 1))
    one.wire.settle()
    two.edit(X, 7)
    two.wire.settle()
    refused = the(one.edit(X, 5, guarded=True))
    one.wire.pump()
    one.wire.deliver()
    for value in range(300):
        world.engine.desk.submit(Op("x", value + 1, set_params("mix", {("z",): value})))
    world.engine.round()
    frames = []
    while (frame := one.wire.called.next_frame()) is not None:
        frames.append(frame)
        one.wire.caller.receive(frame)
    assert one.wire.caller.traffic.frames["squash"] == 1
    assert [each.op.id for each in one.replica.conflicts] == [refused.id]
    assert one.replica.rev_of(fine.seq) is not None
    assert one.hash() == world.engine.document()


def test_a_squash_for_a_later_position_is_a_gap_and_an_old_one_is_nothing() -> None:
    log = OpLog("e1")
    log.submit(Op("s", 1, add_node("mix", "k")), 1.0)
    replica = Replica("me")
    replica.take_snapshot(log.snapshot())
    assert not replica.take_squash(SquashFrame(0.0, 0, 0, log.clock(), (), ()))
    log.submit(Op("s", 2, set_params("mix", {("p",): 1})), 1.0)
    cell = Register(P, 1, False, 2, "s", 2, 2)
    with pytest.raises(GapFound):
        replica.take_squash(SquashFrame(0.0, 0, 2, log.clock(), (cell,), ()))


def test_pending_structure_is_shown_at_once() -> None:
    _, (one, _two) = live_world()
    one.submit(one.replica.propose(add_node("cam", "k", {"fps": 30})))
    assert one.replica.node_ids() == ("cam", "mix")
    assert one.replica.params("cam") == {"fps": 30}
    one.submit(one.replica.propose(remove_node("mix")))
    assert one.replica.node_ids() == ("cam",)
    assert one.replica.params("mix") == {}


def test_a_full_outbox_refuses_the_newest_edit_and_keeps_the_others() -> None:
    outbox = Outbox.carried_on(Waybill(slot, Op("a", slot, (Change(P, slot),))) for slot in range(1, CAP + 1))
    replica = Replica("me", outbox)
    with pytest.raises(OutboxFull):
        replica.propose([change(P, 1)])
    assert len(outbox) == CAP
    assert replica.last_seq == 0


def test_sd_33_a_server_that_cannot_save_ends_no_editing_at_any_desk() -> None:
    """Three minutes of dragging: every edit is decided, none is refused, and what is kept has a bound."""
    world, (one, _two) = live_world()
    world.engine.store.is_down = True
    ops: list[Op] = []
    for step in range(CAP + 100):
        ops.append(the(one.edit(X, step % 997, live=True)))
        if step % 100 == 0:
            world.time.pass_by(0.5)
            world.run(1)
    world.time.pass_by(1.0)
    world.run()
    outbox = one.replica.outbox
    assert world.engine.log.authors[one.replica.author] == len(ops) == CAP + 100
    assert not outbox.pending()
    assert (outbox.unsafe, len(outbox), outbox.let_go) == (KEPT, KEPT, 100)
    assert outbox.get(ops[99].id) is None, "the oldest went"
    assert outbox.get(ops[100].id) is not None
    world.engine.store.is_down = False
    world.engine.flush()
    one.wire.called.send(world.engine.desk.digest())
    world.run()
    assert (len(outbox), outbox.let_go) == (0, 0)
    one.journal.record()
    one.flush()
    assert one.store.history["outbox"] == {}, "what fell is on no disk either"


def test_sd_33_edits_wait_for_a_server_that_is_away_up_to_the_bound_whatever_is_decided() -> None:
    outbox = Outbox()
    ops = [Op("a", seq, (Change(P, seq),)) for seq in range(1, 2 * CAP + 2)]
    for op in ops[:CAP]:
        outbox.add(op)
        outbox.decided(op.id, op.seq)
    for op in ops[CAP : 2 * CAP]:
        outbox.add(op)
    with pytest.raises(OutboxFull):
        outbox.add(ops[-1])
    assert outbox.missing_at({"a": CAP - 1}) == ops[CAP - 1 : 2 * CAP], "what a crash took is undecided again"
    assert outbox.pending()[0] is ops[CAP - 1]


def test_an_edit_that_breaks_a_bound_is_refused_before_it_is_shown() -> None:
    replica = Replica("me")
    with pytest.raises(MalformedOp):
        replica.propose([change(P, float("inf"))])
    assert replica.value(P) is None
    assert len(replica.outbox) == 0


def test_an_acknowledged_op_is_kept_until_it_is_stable() -> None:
    world, (one, _two) = live_world()
    op = the(one.edit(X, 5))
    one.wire.settle()
    world.engine.round()
    one.wire.settle()
    assert not one.replica.outbox.pending()
    assert len(one.replica.outbox) == 1
    world.engine.crash()
    one.join(world.engine)
    world.run()
    assert world.engine.log.document.value(X) == 5, "the engine had not written it: the desk sent it again"
    assert world.engine.log.authors[one.replica.author] == op.seq
    one.wire.called.send(world.engine.desk.digest())
    world.run()
    assert len(one.replica.outbox) == 0


def test_a_list_that_somebody_else_began_first_keeps_its_items_under_what_waits() -> None:
    world, (one, two) = live_world()
    for desk, name in ((two, "second"), (one, "first")):
        desk.propose(set_params("mix", edits_between({}, {"texts": [{"id": name}]})))
    one.submit(one.replica.outbox.pending()[0])
    one.wire.settle()
    world.time.pass_by(0.040)
    world.engine.round()
    two.wire.settle()
    assert is_in_flight(two, param_place("mix", ("texts",)))
    assert [item["id"] for item in two.replica.params("mix")["texts"]] == ["first", "second"]
