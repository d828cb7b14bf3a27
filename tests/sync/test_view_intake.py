"""View data at the desk: gates, prediction, held layers (SK-04 to SK-11, SK-14, SK-15)."""

from __future__ import annotations

from typing import Any

import pytest

from sync.scene import Layer
from sync.session import DeskSession
from sync.wire.compositor import Rect
from sync.wire.events import NodeViewDataUpdated
from sync.wire.pipeline import Connection
from tests.support.link import COMPOSITOR, DEMO_PARAMS, demo_pipeline, make_session, session_link
from tests.support.server import Family, ModelServer

X = ("layers", "in_1", "rect", "x")


def layer_of(session: DeskSession, layer_id: str) -> Layer:
    scene = session.store.scene(COMPOSITOR)
    assert scene is not None
    layer = scene.layer(layer_id)
    assert layer is not None
    return layer


def say(session: DeskSession, stamp: dict[str, Any], **rects: tuple[int, int, int, int]) -> None:
    """A view-data event with rows for the named pins."""
    rows = [{"id": pin, "x": x, "y": y, "width": w, "height": h} for pin, (x, y, w, h) in rects.items()]
    data = {"canvas_width": 1280, "canvas_height": 720, "layers": rows, **stamp}
    session.accept(NodeViewDataUpdated(session.info.id, COMPOSITOR, data))


def test_before_any_view_data_places_are_predicted() -> None:
    session, _, _ = make_session()
    assert layer_of(session, "in_0").drawn == Rect(0, 0, 1280, 720)
    assert layer_of(session, "in_1").drawn == Rect(880, 20, 380, 285)
    assert layer_of(session, "in_2").drawn == Rect(834, 460, 426, 240)
    scene = session.store.scene(COMPOSITOR)
    assert scene is not None
    assert [layer.id for layer in scene.layers] == ["in_0", "in_1", "in_2", "title"]


def test_a_moved_layer_is_predicted_at_once_and_takes_the_servers_word_for_it() -> None:
    session, _, clock = make_session(delay_s=None)
    session.edit(COMPOSITOR, {X: 100}, "Move")
    assert layer_of(session, "in_1").drawn.x == 100
    stamp = {"_sender": session.link.revisions.nonce, "_rev": 1}
    say(session, stamp, in_0=(0, 0, 1280, 720), in_1=(111, 20, 380, 285))
    assert layer_of(session, "in_1").drawn.x == 111
    assert clock.next_due_s() is not None


def test_stale_view_data_moves_nothing_that_changed_since_but_tells_of_the_rest() -> None:
    session, _, _ = make_session(delay_s=None)
    session.edit(COMPOSITOR, {X: 100}, "Move")
    session.edit(COMPOSITOR, {X: 200}, "Move")
    stale = {"_sender": session.link.revisions.nonce, "_rev": 1}
    say(session, stale, in_0=(0, 7, 1280, 706), in_1=(100, 20, 380, 285))
    assert layer_of(session, "in_1").drawn.x == 200
    assert layer_of(session, "in_0").drawn == Rect(0, 7, 1280, 706)
    assert session.decisions[-1].verdict == "skipped"


def test_stale_view_data_of_a_forgotten_config_is_skipped_whole() -> None:
    session, _, clock = make_session(delay_s=0.0)
    for step in range(80):
        session.edit(COMPOSITOR, {X: step}, "Move")
        clock.advance(0.05)
    stale = {"_sender": session.link.revisions.nonce, "_rev": 2}
    say(session, stale, in_0=(0, 7, 1280, 706))
    assert layer_of(session, "in_0").drawn == Rect(0, 0, 1280, 720)


@pytest.mark.parametrize("stamp", [{"_sender": "peer", "_rev": 1}, {}, {"_sender": "peer"}])
def test_foreign_and_unstamped_view_data_is_applied_however_much_we_committed(stamp: dict[str, Any]) -> None:
    session, _, clock = make_session()
    session.edit(COMPOSITOR, {X: 100}, "Move")
    session.edit(COMPOSITOR, {X: 200}, "Move")
    clock.advance(0.1)
    say(session, stamp, in_1=(222, 20, 380, 285))
    assert layer_of(session, "in_1").drawn.x == 222


def test_view_data_that_came_before_its_peers_params_counts_at_once_and_when_they_come() -> None:
    session, server, _ = make_session(delay_s=None)
    moved = {**DEMO_PARAMS["layers"]["in_1"], "rect": {"x": 5, "y": 20, "width": 380, "height": 285}}
    server.tune(COMPOSITOR, {**DEMO_PARAMS, "layers": {"in_1": moved}, "_sender": "peer", "_rev": 8})
    say(session, {"_sender": "peer", "_rev": 8}, in_0=(0, 0, 1280, 720), in_1=(6, 20, 380, 285))
    assert layer_of(session, "in_1").drawn.x == 6
    session_link(session).pump_down(Family.PARAMS)
    assert layer_of(session, "in_1").drawn.x == 6


def test_a_held_layer_keeps_its_place_and_takes_the_newest_at_the_end() -> None:
    session, _, _ = make_session(delay_s=None)
    gesture = session.begin(COMPOSITOR, "Move", [("layers", "in_2", "rect", "x")])
    say(session, {}, in_0=(0, 0, 1280, 720), in_2=(1, 2, 3, 4))
    say(session, {}, in_0=(9, 0, 1280, 720), in_2=(5, 6, 7, 8))
    assert layer_of(session, "in_0").drawn.x == 9
    assert layer_of(session, "in_2").drawn == Rect(834, 460, 426, 240)
    gesture.end()
    assert layer_of(session, "in_2").drawn == Rect(5, 6, 7, 8)


def test_another_sessions_node_of_the_same_name_is_not_gated_by_our_commits() -> None:
    session, _, clock = make_session()
    session.edit(COMPOSITOR, {X: 100}, "Move")
    clock.advance(0.1)
    other, _, _ = make_session()
    say(other, {"_sender": "", "_rev": 0}, in_1=(3, 3, 3, 3))
    assert layer_of(other, "in_1").drawn == Rect(3, 3, 3, 3)


@pytest.mark.parametrize("writes_empty_stamp", [False, True])
def test_layout_after_a_third_partys_update_and_after_a_pin_change_is_applied(writes_empty_stamp: bool) -> None:
    server = ModelServer(demo_pipeline(), writes_empty_stamp=writes_empty_stamp)
    session, _, clock = make_session(server=server)
    link = session_link(session)
    server.deliver_frame(COMPOSITOR, "in_0", (1280, 720))
    session.edit(COMPOSITOR, {X: 100}, "Move")
    clock.advance(0.1)
    link.settle()
    server.tune(COMPOSITOR, {"width": 640, "height": 360})
    link.settle()
    assert layer_of(session, "in_2").drawn == Rect(640 - 213 - 20, 360 - 120 - 20, 213, 120)
    server.add_connection(Connection("cam_c", "out", COMPOSITOR, "in_3"))
    link.settle()
    assert layer_of(session, "in_3").is_automatic
    assert layer_of(session, "in_3").drawn == layer_of(session, "in_2").drawn


def test_an_opacity_only_commit_waits_for_no_view_data() -> None:
    session, server, clock = make_session()
    server.deliver_frame(COMPOSITOR, "in_1", (640, 480))
    server.tick()
    session_link(session).settle()
    session.edit(COMPOSITOR, {("layers", "in_1", "opacity"): 0.5}, "Fade")
    clock.advance(0.1)
    server.tick()
    assert session_link(session).waiting() == []
    assert layer_of(session, "in_1").drawn == Rect(880, 20, 380, 285)


@pytest.mark.parametrize(
    "data", [None, [], "x", {}, {"layers": 1}, {"canvas_width": 1, "canvas_height": 1, "layers": [1]}]
)
def test_odd_view_data_changes_nothing(data: Any) -> None:
    session, _, _ = make_session()
    before = session.store.scene(COMPOSITOR)
    session.accept(NodeViewDataUpdated(session.info.id, COMPOSITOR, data))
    session.accept(NodeViewDataUpdated(session.info.id, "gain", data))
    session.accept(NodeViewDataUpdated(session.info.id, "nobody", data))
    assert session.store.scene(COMPOSITOR) == before
    assert session.store.view_data("gain") == data
