"""An open session on an ordered log: hands, peers, guards, undo, links that come and go. No loop, no sleep."""

from __future__ import annotations

import msgspec
import pytest

from sync.log.conflict import Conflict
from sync.log.frames import PresenceFrame
from sync.log.live_frames import ViewFrame
from sync.log.op import Change, Op
from sync.paths import REMOVED, Path
from sync.session import DeskSession
from sync.store import FieldStatus
from sync.wire.pipeline import SessionInfo
from tests.support.link import COMPOSITOR, demo_pipeline
from tests.support.ordered import OrderedDesk, OrderedWorld

OPACITY: Path = ("layers", "in_1", "opacity")
X: Path = ("layers", "in_1", "rect", "x")
Y: Path = ("layers", "in_1", "rect", "y")


def two() -> tuple[OrderedWorld, OrderedDesk, OrderedDesk]:
    world = OrderedWorld()
    one, other = world.desks
    return world, one, other


def test_the_session_opens_with_what_the_log_says() -> None:
    world, one, _ = two()
    store = one.desk.store
    assert store.confirmed(COMPOSITOR) == world.stored()
    assert store.kind("gain") == "audio::gain"
    assert {row.ends for row in store.connections()} >= {("cam_a", "out", COMPOSITOR, "in_0")}
    assert store.scene(COMPOSITOR) is not None


def test_an_edit_is_one_op_and_its_entry_settles_it() -> None:
    world, one, other = two()
    assert one.desk.edit(COMPOSITOR, {OPACITY: 0.456}, "Fade")
    assert [(op.live, [each.value for each in op.changes]) for op in one.submitted] == [(False, [0.46])]
    assert one.desk.store.status(COMPOSITOR, OPACITY) is FieldStatus.IN_FLIGHT
    assert one.desk.store.in_flight() == 1
    world.run()
    assert one.desk.store.status(COMPOSITOR, OPACITY) is FieldStatus.SETTLED
    assert one.desk.store.in_flight() == 0
    assert other.desk.store.value(COMPOSITOR, OPACITY) == 0.46


def test_a_drag_is_live_ops_and_one_last_word_and_one_undo_step() -> None:
    world, one, other = two()
    gesture = one.desk.begin(COMPOSITOR, "Move", [X])
    for step in range(30):
        gesture.change({X: step})
        world.clock.advance(0.008)
        world.round()
        assert one.desk.store.value(COMPOSITOR, X) == step
    gesture.end()
    world.run()
    assert [op.live for op in one.submitted][-1] is False
    assert all(op.live for op in one.submitted[:-1])
    assert 12 <= len(one.submitted) <= 20, "60 a second, not 120"
    assert other.desk.store.value(COMPOSITOR, X) == 29
    assert one.desk.history.undo()
    world.run()
    assert other.desk.store.value(COMPOSITOR, X) == 880
    assert not one.desk.history.undo()


def test_a_peers_value_under_a_hand_is_parked_and_the_last_hand_wins() -> None:
    world, one, other = two()
    gesture = one.desk.begin(COMPOSITOR, "Fade", [OPACITY])
    gesture.change({OPACITY: 0.3})
    other.desk.edit(COMPOSITOR, {OPACITY: 0.8, ("layers", "in_0", "opacity"): 0.7}, "Theirs")
    world.run()
    assert one.desk.store.value(COMPOSITOR, OPACITY) == 0.3
    assert one.desk.store.parked(COMPOSITOR, OPACITY) == 0.8
    assert one.desk.store.value(COMPOSITOR, ("layers", "in_0", "opacity")) == 0.7
    gesture.end()
    world.run()
    assert world.stored()["layers"]["in_1"]["opacity"] == 0.3
    assert world.stored()["layers"]["in_0"]["opacity"] == 0.7
    assert other.desk.store.value(COMPOSITOR, OPACITY) == 0.3


def test_a_cancelled_gesture_goes_back_to_the_peers_value() -> None:
    world, one, other = two()
    gesture = one.desk.begin(COMPOSITOR, "Fade", [OPACITY])
    gesture.change({OPACITY: 0.3})
    world.run()
    other.desk.edit(COMPOSITOR, {OPACITY: 0.8}, "Theirs")
    world.run()
    gesture.change({OPACITY: 0.35})
    world.run()
    gesture.cancel("escape")
    world.run()
    assert world.stored()["layers"]["in_1"]["opacity"] == 0.8
    assert one.desk.store.value(COMPOSITOR, OPACITY) == 0.8


def test_a_typed_value_does_not_overwrite_what_somebody_changed_meanwhile() -> None:
    world, one, other = two()
    conflicts: list[Conflict] = []
    one.log.conflicted.connect(conflicts.append)
    gesture = one.desk.begin(COMPOSITOR, "Opacity", [OPACITY], is_guarded=True)
    other.desk.edit(COMPOSITOR, {OPACITY: 0.8}, "Theirs")
    world.run()
    gesture.change({OPACITY: 0.3})
    assert one.submitted == []
    gesture.end()
    assert len(one.submitted) == 1
    world.run()
    assert [conflict.refusal.reason for conflict in conflicts] == ["stale"]
    assert conflicts[0].theirs[0].theirs == 0.8
    assert one.desk.store.value(COMPOSITOR, OPACITY) == 0.8
    assert one.desk.store.in_flight() == 0
    one.log.take_mine(conflicts[0])
    assert one.desk.store.value(COMPOSITOR, OPACITY) == 0.3
    world.run()
    assert world.stored()["layers"]["in_1"]["opacity"] == 0.3
    assert one.desk.store.status(COMPOSITOR, OPACITY) is FieldStatus.SETTLED


def test_their_value_stays_when_it_is_taken() -> None:
    world, one, other = two()
    gesture = one.desk.begin(COMPOSITOR, "Opacity", [OPACITY], is_guarded=True)
    other.desk.edit(COMPOSITOR, {OPACITY: 0.8}, "Theirs")
    world.run()
    gesture.change({OPACITY: 0.3})
    gesture.end()
    world.run()
    (conflict,) = one.log.replica.conflicts
    one.log.take_theirs(conflict)
    world.run()
    assert one.log.replica.conflicts == []
    assert one.desk.store.value(COMPOSITOR, OPACITY) == 0.8


def test_undo_is_refused_when_a_peer_was_quicker_than_we_could_see() -> None:
    world, one, other = two()
    one.desk.edit(COMPOSITOR, {OPACITY: 0.3}, "Fade")
    world.run()
    other.desk.edit(COMPOSITOR, {OPACITY: 0.8}, "Theirs")
    other.settle()
    assert one.desk.history.undo()
    world.run()
    assert world.stored()["layers"]["in_1"]["opacity"] == 0.8
    assert one.desk.store.value(COMPOSITOR, OPACITY) == 0.8
    assert len(one.log.replica.conflicts) == 1


def test_edits_without_a_link_wait_and_are_sent_guarded() -> None:
    world, one, other = two()
    one.cut()
    assert one.desk.edit(COMPOSITOR, {OPACITY: 0.3}, "Fade")
    assert one.desk.edit(COMPOSITOR, {X: 7}, "Move")
    assert one.desk.store.value(COMPOSITOR, OPACITY) == 0.3
    other.desk.edit(COMPOSITOR, {X: 400}, "Theirs")
    world.run()
    one.join()
    world.run()
    assert world.stored()["layers"]["in_1"]["opacity"] == 0.3
    assert world.stored()["layers"]["in_1"]["rect"]["x"] == 400
    assert one.desk.store.params(COMPOSITOR) == world.stored()
    assert [conflict.mine for conflict in one.log.replica.conflicts] == [{("nodes", COMPOSITOR, "params", *X): 7}]


def test_a_link_that_breaks_under_the_hand_ends_the_gesture_and_keeps_its_value() -> None:
    world, one, other = two()
    reasons: list[str] = []
    gesture = one.desk.begin(COMPOSITOR, "Fade", [OPACITY])
    gesture.ended.connect(reasons.append)
    gesture.change({OPACITY: 0.3})
    one.cut()
    assert reasons == ["disconnected"]
    assert one.desk.store.value(COMPOSITOR, OPACITY) == 0.3
    one.join()
    world.run()
    assert other.desk.store.value(COMPOSITOR, OPACITY) == 0.3
    assert world.stored()["layers"]["in_1"]["opacity"] == 0.3


def test_an_engine_that_lost_acknowledged_ops_gets_them_again_and_nothing_flickers() -> None:
    world, one, _ = two()
    one.desk.edit(COMPOSITOR, {OPACITY: 0.3}, "Fade")
    one.settle()
    world.engine.round()
    one.settle()
    assert one.desk.store.in_flight() == 0
    shown = []
    one.desk.store.node_changed.connect(lambda _: shown.append(one.desk.store.value(COMPOSITOR, OPACITY)))
    world.engine.crash()
    for desk in world.desks:
        desk.join()
    world.run()
    assert world.stored()["layers"]["in_1"]["opacity"] == 0.3
    assert set(shown) <= {0.3}
    assert one.desk.store.in_flight() == 0


def test_a_hand_that_the_crash_took_by_surprise_is_shown_until_the_engine_has_all_of_it_again() -> None:
    world, one, _ = two()
    gesture = one.desk.begin(COMPOSITOR, "Fade", [OPACITY])
    gesture.change({OPACITY: 0.2})
    world.run(1)
    world.clock.advance(0.1)
    gesture.change({OPACITY: 0.3})
    one.settle()
    world.engine.round()
    one.settle()
    assert one.desk.store.confirmed(COMPOSITOR)["layers"]["in_1"]["opacity"] == 0.3
    shown: list[object] = []
    one.desk.store.node_changed.connect(lambda _: shown.append(one.desk.store.value(COMPOSITOR, OPACITY)))
    world.engine.crash()
    assert not gesture.is_open
    for desk in world.desks:
        desk.link()
        while desk.pump() or desk.deliver():
            if len(one.log.replica.outbox.pending()) == 2:  # the link of protocol 1 is back at the worst moment
                one.desk.take_snapshot(demo_pipeline())
            shown.append(one.desk.store.value(COMPOSITOR, OPACITY))
    world.run()
    assert set(shown) == {0.3}
    assert world.stored()["layers"]["in_1"]["opacity"] == 0.3


def test_a_new_text_comes_after_the_others_and_another_desk_edits_it_at_once() -> None:
    world, one, other = two()
    rect = {"x": 1, "y": 2, "width": 300, "height": 50}
    for name in ("zeta", "alpha"):
        one.desk.edit(COMPOSITOR, {("text_overlays", name): {"id": name, "text": name, "rect": rect}}, "Add")
        world.run()
    assert [item["id"] for item in world.stored()["text_overlays"]] == ["title", "zeta", "alpha"]
    other.desk.edit(COMPOSITOR, {("text_overlays", "zeta", "text"): "Z"}, "Text")
    one.desk.edit(COMPOSITOR, {("text_overlays", "title"): REMOVED}, "Remove")
    world.run()
    assert [(item["id"], item["text"]) for item in world.stored()["text_overlays"]] == [
        ("zeta", "Z"),
        ("alpha", "alpha"),
    ]
    for desk in world.desks:
        assert desk.desk.store.params(COMPOSITOR) == world.stored()


def test_a_hand_on_a_text_that_a_peer_removes_is_let_go_with_a_reason() -> None:
    world, one, other = two()
    reasons: list[str] = []
    path: Path = ("text_overlays", "title", "rect", "x")
    gesture = one.desk.begin(COMPOSITOR, "Move", [path])
    gesture.ended.connect(reasons.append)
    other.desk.edit(COMPOSITOR, {("text_overlays", "title"): REMOVED}, "Remove")
    world.run()
    gesture.change({path: 99})
    world.run()
    assert reasons == ["layer deleted"]
    assert world.stored()["text_overlays"] == []
    assert one.desk.store.params(COMPOSITOR) == world.stored()


def test_structure_comes_from_the_log() -> None:
    world, one, _ = two()
    world.write([Change(("nodes", "cam_d"), {}), Change(("nodes", "cam_d", "kind"), "video::colorbars")])
    world.write([Change(("connections", "cam_d", "out", COMPOSITOR, "in_3"), "best_effort")])
    world.write([Change(("nodes", "gain"), None, True)])
    world.run()
    store = one.desk.store
    assert store.has("cam_d")
    assert not store.has("gain")
    assert {row.ends: row.mode for row in store.connections()}["cam_d", "out", COMPOSITOR, "in_3"] == "best_effort"
    world.write([Change(("connections", "cam_d", "out", COMPOSITOR, "in_3"), None, True)])
    world.run()
    assert ("cam_d", "out", COMPOSITOR, "in_3") not in {row.ends for row in store.connections()}


def test_geometry_of_an_older_own_op_counts_only_where_it_still_fits() -> None:
    world, one, _ = two()
    rect = {"x": 5, "y": 6, "width": 100, "height": 50, "z_index": 0, "opacity": 1.0, "rotation_degrees": 0.0}

    def view(view_seq: int, seen: int, x: int) -> ViewFrame:
        layers = [{"id": "in_0", **rect}, {"id": "in_1", **rect, "x": x}]
        data = {"canvas_width": 1280, "canvas_height": 720, "layers": layers, "text_overlays": [], "image_overlays": []}
        return ViewFrame(0.0, COMPOSITOR, view_seq, {one.log.author: seen}, data)

    def drawn(layer_id: str) -> float:
        scene = one.desk.store.scene(COMPOSITOR)
        assert scene is not None
        layer = scene.layer(layer_id)
        assert layer is not None
        return layer.drawn.x

    one.desk.edit(COMPOSITOR, {X: 100}, "Move")
    one.log.view_came.emit(view(1, 1, 105))
    assert (drawn("in_0"), drawn("in_1")) == (5, 105)
    one.desk.edit(COMPOSITOR, {X: 500}, "Move")
    one.log.view_came.emit(view(2, 1, 106))
    assert drawn("in_1") != 106, "it was computed before our newest move"
    assert drawn("in_0") == 5
    one.log.view_came.emit(view(3, 2, 505))
    assert drawn("in_1") == 505
    one.log.view_came.emit(view(2, 2, 7))
    assert drawn("in_1") == 505, "older than what is shown"
    world.run()


def test_a_late_answer_is_told_and_marked() -> None:
    world, one, _ = two()
    one.desk.edit(COMPOSITOR, {OPACITY: 0.3}, "Fade")
    world.clock.advance(1.5)
    assert one.desk.store.status(COMPOSITOR, OPACITY) is FieldStatus.LATE
    assert "late" in [decision.verdict for decision in one.desk.decisions]
    world.run()
    assert one.desk.store.status(COMPOSITOR, OPACITY) is FieldStatus.SETTLED


def test_edits_that_had_to_go_are_told_once_until_all_is_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.log.outbox.KEPT", 3)
    world, one, _ = two()
    told: list[tuple[str, str]] = []
    one.desk.noticed.connect(lambda severity, sentence: told.append((severity, sentence)))
    world.engine.store.is_down = True
    for value in range(12):
        one.desk.edit(COMPOSITOR, {OPACITY: value / 20}, "Fade")
        world.clock.advance(0.1)
        world.run()
    assert one.log.replica.outbox.let_go
    assert [severity for severity, _ in told] == ["warning"]
    assert "has not saved" in told[0][1]


def test_a_full_outbox_is_told_and_nothing_is_shown_that_was_not_kept() -> None:
    world, one, _ = two()
    told = []
    one.desk.noticed.connect(lambda severity, sentence: told.append((severity, sentence)))
    one.cut()
    for seq in range(10_000):
        one.log.replica.outbox.add(Op("open/d0~0", seq + 1, (Change(("nodes", "gain", "params", "gain"), 1.0),)))
    one.desk.edit(COMPOSITOR, {OPACITY: 0.3}, "Fade")
    assert told
    assert "was not taken" in told[0][1]
    assert one.desk.store.value(COMPOSITOR, OPACITY) == 0.9
    world.clock.advance(0.1)


def test_who_else_is_here_and_who_holds_a_control() -> None:
    world, one, _ = two()
    log, told = one.log, []
    log.presence_changed.connect(lambda: told.append(True))
    log.take_control(PresenceFrame("open/d1", "Maria", (COMPOSITOR, "in_1", "opacity"), beat=1))
    log.take_control(PresenceFrame("open/d0", "Me", beat=1))
    log.take_control(PresenceFrame("", leases={"mix/in_1/opacity": "open/d1", "mix/in_0/opacity": "open/d0"}))
    assert [(each.name, each.focus) for each in log.present()] == [("Maria", (COMPOSITOR, "in_1", "opacity"))]
    assert log.holder("mix/in_1/opacity") == "Maria"
    assert log.holder("mix/in_0/opacity") == ""
    assert log.holder("nobody's") == ""
    world.clock.advance(6)
    assert log.present() == ()
    assert log.holder("mix/in_1/opacity") == "open/d1"
    log.went_dark("cut")
    assert log.holder("mix/in_1/opacity") == ""
    assert told


def test_what_the_nodes_were_doing_when_the_session_was_opened_is_known() -> None:
    _, one, _ = two()
    pipeline = demo_pipeline()
    nodes = {name: msgspec.structs.replace(node, state="Running") for name, node in pipeline.nodes.items()}
    session = DeskSession(SessionInfo("s1", "studio"), one.world.clock, one.desk.link, log=one.log)
    one.log.replica.take_changed()
    one.log.replica._touch_all()  # a desk that has just opened it has taken nothing yet
    session.take_snapshot(msgspec.structs.replace(pipeline, nodes=nodes))
    states = {name: session.store.state(name) for name in nodes}
    assert {None if state is None else state.name for state in states.values()} == {"Running"}
    session.close()


def test_rw_24_undo_of_a_gesture_is_refused_whole_when_a_peer_has_changed_one_of_its_places() -> None:
    world, one, other = two()
    gesture = one.desk.begin(COMPOSITOR, "Move", [X, Y])
    gesture.change({X: 11, Y: 12})
    gesture.end()
    world.run()
    other.desk.edit(COMPOSITOR, {Y: 50}, "Theirs")
    other.settle()  # at the engine, and not here yet
    sent = len(one.submitted)
    assert one.desk.history.undo()
    (op,) = one.submitted[sent:]
    assert {each.path[-1] for each in op.changes} == {"x", "y"}
    world.run()
    (conflict,) = one.log.replica.conflicts
    assert [(clash.path[-1], clash.author) for clash in conflict.theirs] == [("y", other.log.author)]
    rect = world.stored()["layers"]["in_1"]["rect"]
    assert (rect["x"], rect["y"]) == (11, 50)
    assert one.desk.store.params(COMPOSITOR) == world.stored()


def test_rw_24_undo_takes_back_what_is_still_ours_when_the_peers_change_is_known_and_says_so() -> None:
    world, one, other = two()
    told: list[tuple[str, str]] = []
    one.desk.noticed.connect(lambda severity, sentence: told.append((severity, sentence)))
    gesture = one.desk.begin(COMPOSITOR, "Move", [X, Y])
    before = one.desk.store.value(COMPOSITOR, X)
    gesture.change({X: 11, Y: 12})
    gesture.end()
    world.run()
    other.desk.edit(COMPOSITOR, {Y: 50}, "Theirs")
    world.run()
    assert one.desk.history.undo()
    world.run()
    sentence = "Move: somebody else has changed layers in_1 rect y since, which stays; the rest is done."
    assert told == [("warning", sentence)]
    rect = world.stored()["layers"]["in_1"]["rect"]
    assert (rect["x"], rect["y"]) == (before, 50)
    assert one.log.replica.conflicts == []
    assert one.desk.store.params(COMPOSITOR) == world.stored()


def test_rw_07_what_was_changed_and_restored_under_one_hand_is_no_conflict() -> None:
    world, one, other = two()
    gesture = one.desk.begin(COMPOSITOR, "Opacity", [OPACITY], is_guarded=True)
    before = one.desk.store.value(COMPOSITOR, OPACITY)
    gesture.change({OPACITY: 0.3})
    other.desk.edit(COMPOSITOR, {OPACITY: 0.8}, "Theirs")
    world.run()
    gesture.change({OPACITY: before})
    gesture.end()
    world.run()
    assert one.log.replica.conflicts == []
    assert one.submitted == []
    assert one.desk.store.value(COMPOSITOR, OPACITY) == 0.8
    assert world.stored()["layers"]["in_1"]["opacity"] == 0.8
