"""Gestures, undo, and the gate of view data on an ordered link."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.log.edits import REMOVED, change
from sync.log.gesture import LIVE_S, LiveGesture, undo
from sync.log.live_frames import ViewFrame
from sync.log.view_slot import ACTIVE_S, SETTLE_S, ViewGate, ViewRounds, ViewSlots
from tests.guards.profiles import INTERLEAVINGS
from tests.log.test_fanout import Socket
from tests.log.world import OPACITY, Desk, World, X, Y, live, the


def live_world() -> tuple[World, Desk, Desk]:
    world = World(2)
    world.join_all()
    world.run()
    one, two = world.desks
    return world, one, two


def test_live_ops_leave_at_most_sixty_times_a_second_with_the_newest_value() -> None:
    world, one, _two = live_world()
    gesture = LiveGesture(one.replica, "g1", "Move")
    start = world.time.now()
    first = gesture.change({X: 1}, start)
    assert first is not None
    assert gesture.change({X: 2}, start + 0.005) is None
    assert gesture.change({X: 3, Y: 1}, start + 0.010) is None
    assert gesture.due_at() == start + LIVE_S
    second = gesture.due(start + LIVE_S)
    assert {each.path: each.value for each in the(second).changes} == {X: 3, Y: 1}
    assert first.live
    assert the(second).live
    assert gesture.due(start + 1.0) is None


def test_nothing_pulls_the_hand_back() -> None:
    world, one, two = live_world()
    gesture = LiveGesture(one.replica, "g1", "Move")
    one.submit(gesture.change({X: 1}, world.time.now()))
    world.run()
    two.edit(X, 99)
    two.edit(Y, 5)
    world.run()
    assert one.replica.value(X) == 1, "held by the hand, though acknowledged long ago"
    assert one.replica.value(Y) == 5, "other places flow"
    op, step = gesture.release()
    one.submit(op)
    world.run()
    assert two.replica.value(X) == 1, "the last hand wins"
    assert step is not None


@settings(max_examples=INTERLEAVINGS // 2)
@given(st.lists(st.sampled_from(["mine", "theirs", "run", "wait"]), max_size=30))
def test_whatever_happens_the_held_place_shows_the_hand(steps: list[str]) -> None:
    world, one, two = live_world()
    gesture = LiveGesture(one.replica, "g1", "Move")
    hand = 0
    one.submit(gesture.change({X: hand}, world.time.now()))
    for index, step in enumerate(steps, 1):
        if step == "mine":
            hand = index
            one.submit(gesture.change({X: hand}, world.time.now()))
        elif step == "theirs":
            two.edit(X, -index, live=True)
            two.wire.settle()
        elif step == "run":
            world.run(1)
        else:
            world.time.pass_by(0.02)
            one.submit(gesture.due(world.time.now()))
        assert one.replica.value(X) == hand
    one.submit(gesture.release()[0])
    world.run()
    assert one.replica.value(X) == two.replica.value(X) == hand
    assert len(world.hashes()) == 1


def test_a_gesture_is_one_undo_step_and_none_when_nothing_changed() -> None:
    world, one, two = live_world()
    one.edit(X, 10)
    world.run()
    gesture = LiveGesture(one.replica, "g1", "Move")
    for value in (11, 12, 13):
        one.submit(gesture.change({X: value}, world.time.now()))
        world.run()
    op, step = gesture.release()
    one.submit(op)
    world.run()
    assert the(step).before == {X: 10}
    assert the(step).after == {X: 13}
    one.submit(undo(one.replica, the(step)))
    world.run()
    assert two.replica.value(X) == 10
    idle = LiveGesture(one.replica, "g2", "Move")
    one.submit(idle.change({X: 11}, world.time.now()))
    one.submit(idle.change({X: 10}, world.time.now() + 1))
    assert idle.release()[1] is None


def test_undo_removes_what_a_gesture_made() -> None:
    world, one, two = live_world()
    gesture = LiveGesture(one.replica, "g1", "Fade")
    one.submit(gesture.change({OPACITY: 0.5}, world.time.now()))
    op, step = gesture.release()
    one.submit(op)
    world.run()
    one.submit(undo(one.replica, the(step)))
    world.run()
    assert two.replica.value(OPACITY) is None


def test_rw_24_undo_after_a_foreign_change_is_refused_whole() -> None:
    world, one, two = live_world()
    gesture = LiveGesture(one.replica, "g1", "Move")
    one.submit(gesture.change({X: 1, Y: 1}, world.time.now()))
    op, step = gesture.release()
    one.submit(op)
    world.run()
    two.edit(Y, 50)
    world.run()
    one.submit(undo(one.replica, the(step)))
    world.run()
    (conflict,) = one.replica.conflicts
    assert conflict.theirs[0].author == two.replica.author
    assert one.replica.value(X) == 1
    assert one.replica.value(Y) == 50


def test_cancelling_goes_back_except_where_a_peer_has_been() -> None:
    world, one, two = live_world()
    one.edit(X, 10)
    world.run()
    gesture = LiveGesture(one.replica, "g1", "Move")
    one.submit(gesture.change({X: 11, Y: 11}, world.time.now()))
    world.run()
    two.edit(Y, 50)
    world.run()
    one.submit(gesture.cancel())
    world.run()
    assert one.replica.value(X) == two.replica.value(X) == 10
    assert one.replica.value(Y) == 50
    assert gesture.change({X: 1}, world.time.now()) is None


def test_offline_a_gesture_waits_for_its_release() -> None:
    world, one, _two = live_world()
    one.wire.cut()
    gesture = LiveGesture(one.replica, "g1", "Move")
    for value in range(100):
        assert gesture.change({X: value}, world.time.now() + value) is None
    op, _ = gesture.release()
    assert the(op).is_guarded
    assert one.replica.outbox.pending() == [op]


def view(seq: int, seen: dict[str, int]) -> ViewFrame:
    return ViewFrame(0.0, "mix", seq, seen, {"n": seq})


def test_view_data_waits_for_my_newest_op_only() -> None:
    gate = ViewGate("me")
    assert gate.take(view(1, {"other": 5}), 0.0) is not None
    gate.sent("mix", 3, 10.0)
    assert gate.take(view(2, {"other": 9}), 10.0) is None
    assert gate.take(view(3, {"me": 2, "other": 9}), 10.0) is None
    assert gate.take(view(4, {"me": 3}), 10.0) is not None
    assert gate.take(view(4, {"me": 3}), 10.0) is None, "not newer"


def test_two_operators_on_one_node_both_get_their_geometry() -> None:
    """The single stamp of protocol 1 lets only the last writer see fresh geometry; the map serves both."""
    slots = ViewSlots()
    gates = {name: ViewGate(name) for name in ("a", "b")}
    for name, gate in gates.items():
        gate.sent("mix", 1, 0.0)
        slots.applied("mix", name, 1, 0.0)
    frame = slots.publish("mix", {"x": 1}, 0.1, 0.0)
    assert all(gate.take(frame, 0.2) is not None for gate in gates.values())


def test_server_changes_without_an_op_pass() -> None:
    slots, gate = ViewSlots(), ViewGate("me")
    gate.sent("mix", 1, 0.0)
    slots.applied("mix", "me", 1, 0.0)
    assert gate.take(slots.publish("mix", 1, 0.1, 0.0), 0.1) is not None
    assert gate.take(slots.publish("mix", 2, 0.2, 0.0), 0.2) is not None


def test_an_author_that_was_long_idle_is_not_named_and_not_gated() -> None:
    slots, gate = ViewSlots(), ViewGate("me")
    gate.sent("mix", 1, 0.0)
    slots.applied("mix", "me", 1, 0.0)
    late = slots.publish("mix", 1, 500.0, 0.0)
    assert late.seen == {}
    assert gate.take(late, ACTIVE_S - 1) is None
    assert gate.take(late, ACTIVE_S + 1) is not None


def test_during_a_gesture_the_newest_is_kept_and_gated_at_its_end() -> None:
    gate = ViewGate("me")
    gate.hold("mix")
    assert gate.take(view(1, {}), 0.0) is None
    assert gate.take(view(3, {}), 0.0) is None
    assert gate.take(view(2, {}), 0.0) is None
    released = gate.release("mix", 0.0)
    assert released is not None
    assert released.view_seq == 3
    gate.hold("mix")
    gate.sent("mix", 7, 0.0)
    gate.take(view(4, {"me": 6}), 0.0)
    assert gate.release("mix", 0.0) is None, "not computed from what the hand left"


def test_a_refused_op_and_a_new_link_do_not_block_view_data() -> None:
    gate = ViewGate("me")
    gate.sent("mix", 7, 0.0)
    gate.refused("mix", 7)
    assert gate.take(view(9, {}), 0.0) is not None
    gate.reset()
    assert gate.take(view(1, {}), 0.0) is not None


def test_a_link_that_becomes_live_gets_every_slot_until_the_node_is_gone() -> None:
    slots = ViewSlots()
    slots.publish("mix", 1, 0.0, 0.0)
    newest = slots.publish("mix", 2, 0.0, 0.0)
    assert slots.newest() == (newest,)
    slots.forget("mix")
    assert slots.newest() == ()


def test_a_held_place_that_is_removed_by_the_hand_shows_nothing() -> None:
    world, one, _two = live_world()
    one.submit(one.replica.propose([change(X, 3)]))
    world.run()
    gesture = LiveGesture(one.replica, "g", "Clear")
    gesture.change({X: REMOVED}, world.time.now())
    assert one.replica.value(X) is None


def test_a_slow_peer_gets_the_newest_view_data_and_never_a_queue_of_it() -> None:
    slots, quick, slow = ViewSlots(), Socket(), Socket(room=0)
    rounds = ViewRounds(slots)
    for peer in (quick, slow):
        rounds.join(peer)
    for value in range(5):
        slots.publish("mix", value, 0.0, 0.0)
        rounds.round()
    slow.room = 10
    assert rounds.round() == 1
    assert rounds.round() == 0
    assert len(quick.frames) == 5
    assert [live(frame).data for frame in slow.frames] == [4]


def test_view_data_survives_a_peer_that_goes_away() -> None:
    slots, peer, other = ViewSlots(), Socket(), Socket()
    rounds = ViewRounds(slots)
    rounds.join(peer)
    rounds.join(other)
    peer.fails_after = 0
    slots.publish("mix", 1, 0.0, 0.0)
    assert rounds.round() == 1
    rounds.leave(peer)
    slots.publish("mix", 2, 0.0, 0.0)
    assert rounds.round() == 1
    assert len(other.frames) == 2


def test_view_data_of_a_node_that_lags_names_what_it_was_computed_from() -> None:
    """§9: the mark that came back with it decides, not what has been handed to the node since."""
    slots = ViewSlots()
    slots.applied("mix", "me", 1, 0.0, ("me", 1))
    slots.applied("mix", "other", 4, 0.1, ("other", 4))
    slots.applied("mix", "me", 2, 0.2, ("me", 2))
    assert slots.publish("mix", {}, 0.3, 0.0, ("other", 4)).seen == {"me": 1, "other": 4}
    assert slots.publish("mix", {}, 0.3, 0.0, ("me", 2)).seen == {"me": 2, "other": 4}
    assert slots.publish("mix", {}, 0.3, 0.0).seen == {"me": 2, "other": 4}  # nobody's: the server's own
    assert slots.publish("mix", {}, 0.3, 0.0, ("gone", 9)).seen == {"me": 2, "other": 4}


def test_what_leaves_the_geometry_alone_is_said_after_a_while_and_once() -> None:
    """§9: the author has let the frame before fall and must not wait for ever."""
    slots, gate = ViewSlots(), ViewGate("me")
    slots.applied("mix", "me", 1, 0.0, 1)
    first = slots.publish("mix", {"x": 1}, 0.0, 0.0, 1)
    slots.applied("mix", "me", 2, 0.1, 2)
    gate.sent("mix", 2, 0.1)
    assert gate.take(first, 0.1) is None
    assert slots.settle_at() == pytest.approx(0.1 + SETTLE_S)
    slots.settle(0.2, 0.0)
    assert slots.newest() == (first,)
    slots.settle(0.1 + SETTLE_S, 0.0)
    (again,) = slots.newest()
    assert gate.take(again, 0.3) is again
    assert (again.data, again.seen, slots.settle_at()) == ({"x": 1}, {"me": 2}, None)


def test_a_node_without_view_data_has_nothing_to_say_again() -> None:
    slots = ViewSlots()
    slots.applied("bars", "me", 1, 0.0)
    assert slots.settle_at() is None
    slots.settle(9.0, 0.0)
    assert slots.newest() == ()
