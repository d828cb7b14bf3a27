"""View data on an ordered link: the slots, the rounds, and the desk's gate."""

from __future__ import annotations

import pytest

from sync.log.live_frames import ViewFrame
from sync.log.view_slot import ACTIVE_S, SETTLE_S, ViewGate, ViewRounds, ViewSlots
from tests.log.test_fanout import Socket
from tests.log.world import live


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
