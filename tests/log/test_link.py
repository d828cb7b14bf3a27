"""The link machine: both ends, its timers, its bulk and what it does about nonsense (rows HK)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.log.auth import Credentials, Door, Trust
from sync.log.delivery import Tick
from sync.log.edits import add_node, set_params
from sync.log.end import (
    BAD_DATA,
    NOT_ADMITTED,
    OVERFLOWED,
    SERVER_TIMING,
    TIMED_OUT,
    UNKNOWN_VERSION,
    End,
    LinkState,
    is_ordered,
)
from sync.log.frames import (
    Auth,
    Bulk,
    Challenge,
    ClockFrame,
    ErrorFrame,
    Ping,
    PresenceFrame,
    PresentFrame,
    Ready,
    Reject,
    SnapshotPart,
    StandbysFrame,
    Want,
    encode_control,
)
from sync.log.link import MAX_EARLY_OPS, MAX_MALFORMED, Link
from sync.log.live_frames import OpFrame, SubmitFrame, encode_live
from sync.log.op import Op
from sync.log.presence import gathered
from tests.log.test_two_authorities import mesh
from tests.log.world import OPACITY, Desk, Engine, Time, Wire, World, X, control, live, the


def controls(frames: list[str | bytes], kind: type[Any]) -> list[Any]:
    """The control frames of one type."""
    return [frame for frame in (control(text) for text in frames if isinstance(text, str)) if type(frame) is kind]


def entries_sent(wire: Wire) -> int:
    return sum(len(bulk.entries) for bulk in controls(wire.sent_by_called, Bulk))


def ops_sent(wire: Wire) -> int:
    return sum(len(bulk.ops) for bulk in controls(wire.sent_by_caller, Bulk))


def until_ready(wire: Wire) -> None:
    """Moves frames until the caller has sent its delta and waits for the other one's end."""
    while True:
        wire.pump()
        if wire.caller.state is LinkState.READY:
            return
        wire.deliver()


def edits(desk: Desk, count: int) -> None:
    for value in range(count):
        desk.edit(X, value + 1)


def test_hk_01_no_state_before_authentication() -> None:
    world = World(1)
    wire = world.desks[0].connect(world.engine)
    wire.pump()
    wire.settle()
    kinds = [type(control(text)).__name__ for text in wire.sent_by_called]
    assert kinds[:3] == ["Challenge", "Welcome", "ClockFrame"]
    assert wire.caller.state is wire.called.state is LinkState.LIVE


def test_hk_03_a_silent_caller_is_closed_after_ten_seconds() -> None:
    world = World(1)
    wire = world.desks[0].connect(world.engine)
    world.time.pass_by(9.9)
    wire.called.tick()
    assert wire.called.state is LinkState.AUTH
    world.time.pass_by(0.1)
    wire.called.tick()
    assert wire.called.close is not None
    assert the(wire.called.close).code == TIMED_OUT
    assert wire.called.tick_at() is None


def test_hk_06_only_what_the_other_lacks_travels() -> None:
    world = World(2)
    here, there = world.desks
    world.join_all()
    edits(there, 1_000)
    world.run()
    here.wire.cut()
    edits(there, 3)
    world.run()
    here.edit(OPACITY, 0.1)
    here.edit(OPACITY, 0.2)
    wire = here.join(world.engine)
    assert (entries_sent(wire), ops_sent(wire)) == (3, 2)
    assert not controls(wire.sent_by_called, SnapshotPart)


def test_hk_07_equal_clocks_exchange_an_empty_delta() -> None:
    world = World(1)
    world.join_all()
    world.run()
    wire = world.desks[0].join(world.engine)
    assert (entries_sent(wire), ops_sent(wire)) == (0, 0)
    assert len(controls(wire.sent_by_called, Ready)) == len(controls(wire.sent_by_caller, Ready)) == 1
    assert len(wire.sent_by_caller) == 4, "auth, clock, end of bulk, ready"


def test_hk_08_an_author_that_the_other_side_does_not_know_is_sent_whole() -> None:
    world = World(1)
    desk = world.desks[0]
    edits(desk, 7)
    wire = desk.join(world.engine)
    assert ops_sent(wire) == 7


def test_hk_09_a_peer_that_opens_with_bulk_is_answered_in_full_and_live() -> None:
    world = World(1)
    desk = world.desks[0]
    server = desk.connect(world.engine).called
    desk.replica.is_live = True  # an unguarded edit, as a peer without our state makes it
    op = desk.propose(set_params("mix", {("width",): 5}))
    assert isinstance(control(server.next_frame()), Challenge)
    server.receive(encode_control(Auth(desk.install)))
    server.receive(encode_control(Bulk(ops=(op,), is_last=True)))
    while (frame := server.next_frame()) is not None:
        answer = control(frame)
        if isinstance(answer, SnapshotPart | Bulk):
            desk.end.take_bulk(answer)
    assert server.state is LinkState.LIVE, "it will never say that it is ready"
    world.engine.round()
    desk.end.take_live(live(server.next_frame()))
    assert world.engine.log.document.params("mix") == {"width": 5}
    assert desk.hash() == world.engine.document()
    assert not desk.replica.outbox.pending()


def test_hk_10_ops_made_during_bulk_are_sent_in_order_once() -> None:
    world = World(2)
    desk = world.desks[0]
    desk.edit(OPACITY, 0.9)
    wire = desk.connect(world.engine)
    value = 0
    while wire.pump() or wire.deliver():
        value += 1
        if value < 40:
            desk.edit(X, value)
    world.run()
    seqs = [entry.seq for entry in world.engine.log.entries.after(0) if entry.author == desk.replica.author]
    assert seqs == list(range(1, len(desk.made) + 1))
    assert desk.replica.value(X) == desk.made[-1].changes[0].value


def test_hk_11_too_many_early_ops_restart_the_link_and_lose_nothing() -> None:
    world = World(1)
    desk = world.desks[0]
    wire = desk.connect(world.engine)
    until_ready(wire)
    for value in range(MAX_EARLY_OPS + 1):
        op = desk.propose([*set_params("mix", {("width",): value})])
        wire.caller.submit([op])
    assert the(wire.caller.close).code == OVERFLOWED
    desk.join(world.engine)
    world.run()
    assert world.engine.log.authors[desk.replica.author] == MAX_EARLY_OPS + 1


def test_hk_11_no_ready_in_time_restarts_the_link() -> None:
    world = World(1)
    desk = world.desks[0]
    wire = desk.connect(world.engine)
    until_ready(wire)
    wire.to_caller.clear()
    world.time.pass_by(10.0)
    wire.caller.tick()
    assert the(wire.caller.close).code == TIMED_OUT


def test_hk_12_live_ops_are_versioned_binary_and_odd_ones_are_handled() -> None:
    world = World(1)
    world.join_all()
    wire = world.desks[0].wire
    world.desks[0].edit(X, 1)
    wire.settle()
    (submit,) = [frame for frame in wire.sent_by_caller if isinstance(frame, bytes)]
    assert submit[0] == 1
    assert isinstance(live(submit), SubmitFrame)
    wire.called.receive('{"type":"tomorrow","x":1}')
    assert wire.called.traffic.events["unknown frames"] == 1
    assert wire.called.is_live
    wire.called.receive(b"\x02" + submit[1:])
    assert the(wire.called.close).code == UNKNOWN_VERSION


def test_hk_16_a_dead_peer_is_noticed_and_a_slow_one_is_not() -> None:
    world = World(1)
    world.join_all()
    wire = world.desks[0].wire
    for _ in range(20):
        world.time.pass_by(5.0)
        for link in (wire.caller, wire.called):
            link.tick()
        wire.settle()
    assert wire.caller.is_live
    assert wire.caller.server_time.round_trip_s == 0.0
    for _ in range(3):
        world.time.pass_by(5.0)
        wire.caller.tick()
    assert the(wire.caller.close).code == TIMED_OUT
    assert SERVER_TIMING.ping_s == 30.0
    assert SERVER_TIMING.silence_s == 60.0


def test_hk_16_pings_pass_by_bulk_that_is_waiting() -> None:
    world = World(1)
    desk = world.desks[0]
    for value in range(2_000):
        op = desk.propose([*set_params("mix", {(f"k{value}",): value})])
        assert op is not None
    wire = desk.connect(world.engine)
    while wire.caller.state is not LinkState.BULK:
        wire.pump()
        wire.deliver()
    assert isinstance(control(wire.caller.next_frame()), Bulk)
    world.time.pass_by(5.0)
    wire.caller.tick()
    assert isinstance(control(wire.caller.next_frame()), Ping)


def test_hk_18_ten_thousand_ops_each_way_without_dead_lock() -> None:
    time = Time()
    engines = Engine(time, "a"), Engine(time, "b")
    mesh(*engines).settle()
    for engine in engines:
        engine.wires.pop().cut()
        engine.desk.write(engine.name, add_node(engine.name, "k"))
        for value in range(9_999):
            engine.desk.write(engine.name, set_params(engine.name, {("p",): value}))
    wire = mesh(*engines)
    in_flight = 0
    # One frame of room each way: a machine that wrote everything before it read would stand still here.
    while wire.pump() or wire.deliver():
        in_flight = max(in_flight, len(wire.to_called), len(wire.to_caller))
        while wire.deliver():
            pass
    assert wire.caller.is_live
    assert in_flight <= 2
    assert entries_sent(wire) == 10_000
    assert engines[0].document() == engines[1].document()
    assert engines[0].log.head == 20_000


def test_hk_18_progress_is_shown_while_a_state_comes() -> None:
    world = World(1)
    for value in range(200):
        world.engine.desk.write("x", set_params("mix", {(f"k{value}",): "x" * 3_000}))
    desk = world.desks[0]
    wire, progress = desk.connect(world.engine), []
    while wire.pump() or wire.deliver():
        progress.append(desk.end.progress)
    assert progress == sorted(progress)
    assert (progress[0], progress[-1]) == (0.0, 1.0)
    assert len(set(progress)) >= 4


def test_back_after_a_thousand_missed_edits_on_fifty_params_in_eight_kilobytes() -> None:
    world = World(2)
    world.join_all()
    world.run()
    one, _ = world.desks
    one.wire.cut()
    for value in range(1_000):
        field = ("opacity", "z_index", "rotation_degrees", "crop_x", "crop_y")[value // 10 % 5]
        world.engine.desk.write("open/d9~7f3a", set_params("mix", {("layers", f"in_{value % 10}", field): value / 7}))
    wire = one.join(world.engine)
    assert sum(map(len, wire.sent_by_called)) <= 8_192
    assert entries_sent(wire) == 0
    assert sum(len(part.registers) for part in controls(wire.sent_by_called, SnapshotPart)) == 50
    assert one.hash() == world.engine.document()
    assert one.replica.applied == world.engine.log.head


def test_hk_18_bulk_is_cut_into_pieces_that_fit() -> None:
    world = World(1)
    desk = world.desks[0]
    for value in range(1_100):
        desk.propose([*set_params("mix", {("a",): value})])
    wire = desk.join(world.engine)
    sizes = [len(bulk.ops) for bulk in controls(wire.sent_by_caller, Bulk)]
    assert sizes == [512, 512, 76, 0]
    world.time.pass_by(1)
    for value in range(5):
        desk.propose([*set_params("mix", {("a",): f"{value}" * 100_000})])
    wire = desk.join(world.engine)
    assert max(len(frame) for frame in wire.sent_by_caller) < 300_000


def test_hk_21_an_edit_in_another_name_is_rejected_not_stored_not_passed_on() -> None:
    world = World(2)
    world.join_all()
    one, two = world.desks
    before = world.engine.log.head
    forged = Op(two.replica.author, 1, set_params("mix", {("width",): 1}))
    one.wire.caller.submit([forged])
    world.run()
    assert world.engine.log.head == before
    (reject,) = [frame for frame in one.controls if isinstance(frame, Reject)]
    assert "name" in reject.sentence


def test_a_malformed_op_is_numbered_as_refused_so_that_the_author_goes_on() -> None:
    world = World(1)
    world.join_all()
    desk = world.desks[0]
    bad = Op(desk.replica.author, 1, ())
    desk.wire.caller.submit([bad, Op(desk.replica.author, 2, set_params("mix", {("width",): 7}))])
    world.run()
    assert world.engine.log.document.params("mix")["width"] == 7


def test_ep_13_a_gap_is_asked_for_at_once_and_healed() -> None:
    world = World(2)
    world.join_all()
    one, two = world.desks
    two.edit(OPACITY, 0.5)
    one.edit(X, 1)
    one.wire.settle()
    world.engine.round()
    one.wire.pump()
    one.wire.to_caller.clear()
    one.edit(X, 2)
    one.wire.settle()
    world.time.pass_by(0.04)
    world.engine.round()
    before = one.replica.applied
    one.wire.pump()
    one.wire.deliver()
    assert one.replica.applied == before, "nothing of the later frame was applied"
    assert one.replica.value(X) == 2, "the pending edit is still shown"
    want = one.wire.caller.next_frame()
    assert isinstance(want, str)
    assert isinstance(control(want), Want)
    one.wire.called.receive(want)
    world.run()
    assert len(world.hashes()) == 1


def test_ep_14_a_frame_that_cannot_be_read_is_asked_for_again() -> None:
    world = World(1)
    world.join_all()
    desk = world.desks[0]
    world.engine.desk.submit(Op("x", 1, set_params("mix", {("width",): 7})))
    world.engine.round()
    desk.wire.pump()
    frame = desk.wire.to_caller.pop()
    assert isinstance(frame, bytes)
    desk.wire.caller.receive(frame[:-3] + b"\xc1\xc1\xc1")
    assert desk.wire.caller.traffic.events["malformed frames"] == 1
    world.run()
    assert len(world.hashes()) == 1


@given(st.lists(st.one_of(st.binary(max_size=40), st.text(max_size=40)), max_size=30), st.booleans())
def test_no_bytes_bring_a_link_down_with_anything_but_a_code(frames: list[str | bytes], is_live: bool) -> None:
    world = World(1)
    wire = world.desks[0].connect(world.engine)
    if is_live:
        wire.settle()
    for frame in frames:
        wire.called.receive(frame)
        wire.caller.receive(frame)
    assert wire.called.close is None or the(wire.called.close).code in {BAD_DATA, NOT_ADMITTED, UNKNOWN_VERSION}


def test_endless_nonsense_ends_the_link() -> None:
    world = World(1)
    world.join_all()
    called = world.desks[0].wire.called
    for _ in range(MAX_MALFORMED + 1):
        called.receive("{")
    assert the(called.close).code == BAD_DATA


def test_hk_02_a_live_frame_before_authentication_closes_without_a_word() -> None:
    world = World(1)
    wire = world.desks[0].connect(world.engine)
    wire.called.receive(encode_live(SubmitFrame(0.0, (Op("a", 1, set_params("mix", {("p",): 1})),))))
    assert the(wire.called.close).code == NOT_ADMITTED
    assert world.engine.log.head == 1
    wire.called.next_frame()
    error = control(wire.called.next_frame())
    assert isinstance(error, ErrorFrame)
    assert error.message == "Not admitted."


def test_hk_02_a_wrong_answer_is_closed_with_a_reason_that_leaks_nothing() -> None:
    time = Time()
    engine = Engine(time)
    desk = Desk(time, "d")
    wire = desk.connect(engine, Trust("e", keys={"ab" * 32: "user"}))
    wire.settle()
    assert the(wire.caller.close).reason == "Not admitted."
    assert the(wire.called.close).detail
    assert not controls(wire.sent_by_called, ClockFrame)


def test_ep_23_only_the_desk_that_floods_is_limited_and_told() -> None:
    world = World(3)
    world.join_all()
    flood, calm, _ = world.desks
    for value in range(2_000):
        op = flood.propose([*set_params("mix", {("a",): value})])
        flood.wire.caller.submit([op])
    calm.edit(OPACITY, 0.25)
    world.run(1)
    assert world.engine.log.document.value(OPACITY) == 0.25
    rejects = [frame for frame in flood.controls if isinstance(frame, Reject)]
    assert rejects
    assert rejects[0].retry_after_s > 0
    assert not [frame for frame in calm.controls if isinstance(frame, Reject)]


def test_ep_23_a_join_is_not_charged() -> None:
    world = World(1)
    desk = world.desks[0]
    for value in range(3_000):
        desk.propose([*set_params("mix", {("a",): value})])
    desk.join(world.engine)
    assert world.engine.log.authors[desk.replica.author] == 3_000
    assert not desk.controls


def test_hk_12_a_server_that_did_not_take_the_offer_speaks_protocol_1() -> None:
    assert is_ordered("layerdesk.v2")
    assert not is_ordered(None)
    assert not is_ordered("something.else")


def test_a_viewer_may_look_but_every_edit_is_numbered_as_forbidden() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sync.log.auth import fingerprint, public_hex
    from sync.log.authority_end import AuthorityEnd
    from sync.log.desk_end import DeskEnd
    from sync.log.replica import Replica

    world = World(0)
    key = Ed25519PrivateKey.generate()
    replica = Replica(f"{fingerprint(public_hex(key))}/d~1")
    end = AuthorityEnd(world.engine.desk)
    called = Link(end, Door(Trust("e", {public_hex(key): "viewer"})), world.time.now, world.time.wall)
    end.attach(called)
    desk_end = DeskEnd(replica, world.time.now, world.time.wall)
    wire = Wire(Link(desk_end, Credentials("d", key), world.time.now, world.time.wall), called)
    wire.settle()
    assert the(desk_end.welcome).rights == "view"
    op = the(replica.propose(set_params("mix", {("width",): 1})))
    wire.caller.submit([op])
    wire.settle()
    world.engine.round()
    wire.settle()
    (conflict,) = replica.conflicts
    assert conflict.refusal.reason == "forbidden"
    assert replica.value(("nodes", "mix", "params", "width")) == 1280


def test_a_base_end_offers_nothing_and_hears_everything() -> None:
    end = End()
    with pytest.raises(NotImplementedError):
        end.clock()
    assert end.delta(None).ops == ()
    assert list(end.take_malformed()) == []
    assert end.resync(Want()) is None


def test_op_frames_carry_their_epoch() -> None:
    world = World(1)
    world.join_all()
    world.engine.desk.submit(Op("x", 1, set_params("mix", {("width",): 7})))
    world.engine.round()
    desk = world.desks[0]
    frame = live(desk.wire.called.next_frame())
    assert isinstance(frame, OpFrame)
    assert frame.epoch == world.engine.log.epoch


def test_what_comes_by_another_way_is_numbered_like_everything_else() -> None:
    world = World(1)
    world.join_all()
    for value in (1, 2):
        world.engine.desk.write("protocol1/nonce", set_params("mix", {("width",): value}), live=True)
    world.run()
    assert world.desks[0].replica.params("mix") == {"width": 2}
    assert world.engine.log.authors["protocol1/nonce"] == 2


def test_heart_beats_are_passed_on_with_the_identity_and_the_leases() -> None:
    world = World(2)
    world.join_all()
    one, two = world.desks
    one.edit(X, 1)
    world.run()
    two.wire.caller.send(PresenceFrame("forged", "Bo", ("mix",), ("mix/x",), beat=1, applied=two.replica.applied))
    world.run()
    for frame in world.engine.desk.presence_frames():
        one.wire.called.send(frame)
    world.run()
    beat, leases = [frame for frame in one.controls if isinstance(frame, PresenceFrame)]
    assert (beat.author, beat.name, beat.focus) == ("open/d1", "Bo", ("mix",))
    assert leases.leases == {"mix/x": "open/d1"}
    assert one.replica.delivery.tick(one.made[0].id) is Tick.SEEN


def test_gathered_heart_beats_are_heard_like_single_ones() -> None:
    """§12"""
    world = World(2)
    world.join_all()
    one, two = world.desks
    one.edit(X, 1)
    world.run()
    two.wire.caller.send(PresenceFrame("", "Bo", ("mix",), ("mix/x",), beat=1, applied=two.replica.applied))
    one.wire.caller.send(PresenceFrame("", "Ann", beat=1))
    world.run()
    frames = gathered(world.engine.desk.presence_frames(), 1.0)
    assert [type(frame) for frame in frames] == [PresentFrame, PresenceFrame, StandbysFrame]
    for frame in frames:
        one.wire.called.send(frame)
    world.run()
    heard = [(frame.author, frame.name) for frame in one.controls if isinstance(frame, PresenceFrame)]
    assert heard == [("open/d0", "Ann"), ("open/d1", "Bo"), ("", "")]
    assert one.replica.delivery.tick(one.made[0].id) is Tick.SEEN


@pytest.mark.parametrize("frames", range(12))
def test_whoever_ticks_a_link_when_it_asks_for_it_never_spins(frames: int) -> None:
    world = World(1)
    wire = world.desks[0].connect(world.engine)
    for _ in range(frames):
        wire.pump()
        wire.deliver()
    for link in (wire.caller, wire.called):
        ticks = 0
        while (at := link.tick_at()) is not None:
            assert at > world.time.now() or ticks == 0
            world.time.at = max(at, world.time.now())
            link.tick()
            ticks += 1
        assert the(link.close).code == TIMED_OUT
        assert ticks <= 4


def test_ep_23_bulk_that_nobody_asked_for_is_charged_once_the_link_is_live() -> None:
    world = World(1)
    world.join_all()
    desk = world.desks[0]
    ops = [desk.propose([*set_params("mix", {("a",): value})]) for value in range(2_000)]
    for start in range(0, 2_000, 500):
        desk.wire.called.receive(encode_control(Bulk(ops=tuple(ops[start : start + 500]))))
    assert world.engine.log.authors[desk.replica.author] < 1_000


def test_an_edit_that_is_made_offline_is_queued_then_sent_then_on_the_server() -> None:
    world = World(1)
    desk = world.desks[0]
    op = the(desk.edit(X, 1))
    ticks = [the(desk.replica.delivery.tick(op.id))]
    wire = desk.connect(world.engine)
    while wire.pump() or wire.deliver():
        ticks.append(the(desk.replica.delivery.tick(op.id)))
    world.run()
    ticks.append(the(desk.replica.delivery.tick(op.id)))
    assert sorted(set(ticks)) == [Tick.QUEUED, Tick.SENT, Tick.ON_SERVER]
    assert ticks == sorted(ticks)


def test_the_very_last_frame_may_be_lost_and_comes_again_with_the_second_heart_beat() -> None:
    world = World(desks=2)
    world.join_all()
    one, two = world.desks
    one.edit(OPACITY, 0.5)
    one.wire.settle()
    world.engine.round()
    while two.wire.pump():
        pass
    two.wire.to_caller.clear()
    behind = two.replica.applied
    assert behind < world.engine.log.head
    for number in (1, 2):
        assert two.replica.applied == behind
        two.wire.caller.send(PresenceFrame("", beat=number, applied=two.replica.applied))
        two.wire.settle()
        world.engine.round()
    two.wire.settle()
    assert two.replica.applied == world.engine.log.head
    sent = len(two.wire.sent_by_called)
    for number in (3, 4, 5):
        two.wire.caller.send(PresenceFrame("", beat=number, applied=two.replica.applied))
        two.wire.settle()
        world.engine.round()
    two.wire.settle()
    assert len(two.wire.sent_by_called) == sent, "who has everything is sent nothing again"
