"""One open session against the server model: gestures, parking, commits, undo, trouble. No loop, no sleep."""

from __future__ import annotations

from typing import Any

import pytest

from sync.paths import REMOVED, Path
from sync.store import FieldStatus
from sync.wire.requests import TuneNodeAsync
from tests.support.link import COMPOSITOR, DEMO_PARAMS, ModelLink, demo_pipeline, make_session, session_link
from tests.support.server import ModelServer, Storage

OPACITY: Path = ("layers", "in_1", "opacity")
X: Path = ("layers", "in_1", "rect", "x")
PEER = {"_sender": "peer", "_rev": 1}


def sent(link: ModelLink) -> list[dict[str, Any]]:
    """The params of every tune that the desk sent."""
    messages = [request.message for request in link.posted if isinstance(request, TuneNodeAsync)]
    return [message["UpdateParams"] for message in messages if isinstance(message, dict)]


def peer_config(**layers: Any) -> dict[str, Any]:
    """A whole stamped config of a peer."""
    merged = {pin: {**entry, **layers.get(pin, {})} for pin, entry in DEMO_PARAMS["layers"].items()}
    return {**DEMO_PARAMS, "layers": merged, **PEER}


def test_a_commit_is_the_full_stamped_config_and_leaves_out_untouched_automatic_layers() -> None:
    session, server, clock = make_session({**DEMO_PARAMS, "future_key": {"a": 1}})
    assert session.edit(COMPOSITOR, {OPACITY: 0.456}, "Fade")
    config = sent(session_link(session))[0]
    assert (config["_sender"], config["_rev"]) == (session.link.revisions.nonce, 1)
    assert config["layers"] == {**DEMO_PARAMS["layers"], "in_1": {**DEMO_PARAMS["layers"]["in_1"], "opacity": 0.46}}
    assert config["future_key"] == {"a": 1}
    assert config["image_overlays"] == []
    assert session.store.status(COMPOSITOR, OPACITY) is FieldStatus.IN_FLIGHT
    clock.advance(0.01)
    assert session.store.status(COMPOSITOR, OPACITY) is FieldStatus.SETTLED
    assert server.nodes[COMPOSITOR].stored == session.store.confirmed(COMPOSITOR)


def test_the_first_edit_of_an_automatic_layer_writes_where_it_is() -> None:
    session, _, _ = make_session()
    session.edit(COMPOSITOR, {("layers", "in_2", "opacity"): 0.5}, "Fade")
    entry = sent(session_link(session))[0]["layers"]["in_2"]
    assert entry["rect"] == {"x": 1280 - 426 - 20, "y": 720 - 240 - 20, "width": 426, "height": 240}
    assert entry["z_index"] == 2
    assert entry["opacity"] == 0.5


def test_a_rect_that_was_null_stays_null_until_it_is_moved_and_undo_makes_it_null_again() -> None:
    session, _, clock = make_session()
    rect: Path = ("layers", "in_0", "rect")
    session.edit(COMPOSITOR, {("layers", "in_0", "opacity"): 0.5}, "Fade")
    assert "rect" not in sent(session_link(session))[0]["layers"]["in_0"]
    edits = {(*rect, side): value for side, value in {"x": 1, "y": 2, "width": 0.4, "height": 30.6}.items()}
    session.edit(COMPOSITOR, edits, "Move")
    assert session.store.value(COMPOSITOR, rect) == {"x": 1, "y": 2, "width": 1, "height": 31}
    clock.advance(0.1)
    assert session.history.undo()
    assert session.store.value(COMPOSITOR, rect) is None


def test_to_any_other_node_the_smallest_patch_goes_unstamped() -> None:
    session, server, clock = make_session()
    session.edit("gain", {("fade", "in"): 0.25}, "Fade in")
    assert sent(session_link(session)) == [{"fade": {"in": 0.25}}]
    clock.advance(0.01)
    assert server.nodes["gain"].stored == {"gain": 1.0, "fade": {"in": 0.25, "out": 0.5}}
    assert session.store.in_flight() == 0


def test_an_older_own_echo_of_a_plain_node_never_flickers() -> None:
    session, _, clock = make_session(delay_s=0.3)
    shown = []
    gesture = session.begin("gain", "Gain")
    session.store.node_changed.connect(lambda _: shown.append(session.store.value("gain", ("gain",))))
    for step in range(20):
        gesture.change({("gain",): 1 + step / 10})
        clock.advance(0.04)
    gesture.end()
    clock.advance(2)
    assert shown == sorted(shown)
    assert shown[-1] == 1 + 19 / 10
    assert session.store.in_flight() == 0


def test_a_peers_value_of_a_held_field_is_parked_and_shows_at_the_end() -> None:
    session, server, clock = make_session()
    gesture = session.begin(COMPOSITOR, "Fade", [OPACITY])
    server.tune(COMPOSITOR, peer_config(in_1={"opacity": 0.2}, in_0={"opacity": 0.7}))
    session_link(session).settle()
    assert session.store.value(COMPOSITOR, OPACITY) == 0.9
    assert session.store.parked(COMPOSITOR, OPACITY) == 0.2
    assert session.store.value(COMPOSITOR, ("layers", "in_0", "opacity")) == 0.7
    assert [decision.verdict for decision in session.decisions] == ["parked"]
    gesture.end()
    assert session.store.value(COMPOSITOR, OPACITY) == 0.2
    assert session.store.parked(COMPOSITOR, OPACITY) is None
    clock.advance(1)
    assert sent(session_link(session)) == []


def test_a_peers_edit_during_a_drag_is_in_the_commit_of_the_release() -> None:
    session, server, clock = make_session()
    gesture = session.begin(COMPOSITOR, "Move", [X])
    server.tune(COMPOSITOR, peer_config(in_1={"opacity": 0.2}))
    clock.advance(0.01)
    session_link(session).settle()
    gesture.change({X: 5})
    gesture.end()
    assert sent(session_link(session))[-1]["layers"]["in_1"]["opacity"] == 0.2


def test_a_commit_carries_a_peers_parked_value_of_a_field_that_is_only_held() -> None:
    session, server, clock = make_session()
    gesture = session.begin(COMPOSITOR, "Move", [X, OPACITY])
    server.tune(COMPOSITOR, peer_config(in_1={"opacity": 0.2}))
    session_link(session).settle()
    gesture.change({X: 5})
    clock.advance(0.05)
    assert session.store.value(COMPOSITOR, OPACITY) == 0.9
    assert sent(session_link(session))[-1]["layers"]["in_1"]["opacity"] == 0.2
    assert server.nodes[COMPOSITOR].stored["layers"]["in_1"]["opacity"] == 0.2
    gesture.end()
    assert session.store.value(COMPOSITOR, OPACITY) == 0.2


@pytest.mark.parametrize("has_peer", [False, True])
def test_escape_goes_back_to_the_peers_value_or_the_old_one(has_peer: bool) -> None:
    session, server, clock = make_session()
    gesture = session.begin(COMPOSITOR, "Fade")
    gesture.change({OPACITY: 0.5})
    clock.advance(0.05)
    if has_peer:
        server.tune(COMPOSITOR, peer_config(in_1={"opacity": 0.2}))
        session_link(session).settle()
    reasons: list[str] = []
    gesture.ended.connect(reasons.append)
    gesture.cancel("escape")
    gesture.cancel("escape")
    clock.advance(0.1)
    expected = 0.2 if has_peer else 0.9
    assert session.store.params(COMPOSITOR)["layers"]["in_1"]["opacity"] == expected
    assert server.nodes[COMPOSITOR].stored["layers"]["in_1"]["opacity"] == expected
    assert reasons == ["escape"]
    assert session.history.undo_title is None


def test_escape_before_anything_was_sent_sends_nothing_and_leaves_a_layer_automatic() -> None:
    session, _, clock = make_session()
    session_link(session).backlog = 1_000_000
    gesture = session.begin(COMPOSITOR, "Move")
    gesture.change({("layers", "in_2", "rect", "x"): 5})
    gesture.cancel("focus lost")
    session_link(session).backlog = 0
    clock.advance(1)
    assert sent(session_link(session)) == []
    scene = session.store.scene(COMPOSITOR)
    assert scene is not None
    layer = scene.layer("in_2")
    assert layer is not None
    assert layer.is_automatic


def test_a_gesture_on_a_layer_that_a_peer_removes_ends_and_sends_nothing_of_it() -> None:
    session, server, clock = make_session()
    gesture = session.begin(COMPOSITOR, "Move")
    reasons: list[str] = []
    gesture.ended.connect(reasons.append)
    gesture.change({("text_overlays", "title", "rect", "x"): 99})
    clock.advance(0.1)
    before = len(sent(session_link(session)))
    server.tune(COMPOSITOR, {**DEMO_PARAMS, "text_overlays": [], **PEER})
    session_link(session).settle()
    gesture.change({("text_overlays", "title", "rect", "x"): 100})
    clock.advance(1)
    assert reasons == ["layer deleted"]
    assert session.store.value(COMPOSITOR, ("text_overlays",)) == []
    assert len(sent(session_link(session))) == before


def test_a_node_that_goes_away_ends_its_gesture() -> None:
    session, server, _ = make_session()
    gesture = session.begin("gain", "Gain", [("gain",)])
    reasons: list[str] = []
    gesture.ended.connect(reasons.append)
    server.remove_node("gain")
    session_link(session).settle()
    assert reasons == ["node deleted"]
    assert not session.store.has("gain")
    assert not session.edit("gain", {("gain",): 2}, "Gain")


def test_undo_and_redo_are_one_step_a_gesture_and_only_ours() -> None:
    session, server, clock = make_session()
    gesture = session.begin(COMPOSITOR, "Fade camera B")
    for value in (0.8, 0.5, 0.3):
        gesture.change({OPACITY: value})
        clock.advance(0.05)
    gesture.end()
    clock.advance(0.1)
    assert (session.history.undo_title, session.history.redo_title) == ("Fade camera B", None)
    assert session.history.undo()
    clock.advance(0.1)
    assert session.store.value(COMPOSITOR, OPACITY) == 0.9
    assert session.history.redo_title == "Fade camera B"
    assert session.history.redo()
    clock.advance(1)
    assert server.nodes[COMPOSITOR].stored["layers"]["in_1"]["opacity"] == 0.3
    server.tune(COMPOSITOR, peer_config(in_1={"opacity": 0.77}))
    session_link(session).settle()
    sentences: list[str] = []
    session.refused.connect(lambda _node, _path, sentence: sentences.append(sentence))
    assert not session.history.undo()
    assert sentences == ["Fade camera B: somebody else has changed it since."]
    assert session.store.value(COMPOSITOR, OPACITY) == 0.77


def test_a_gesture_that_changed_nothing_is_no_step() -> None:
    session, _, _ = make_session()
    gesture = session.begin(COMPOSITOR, "Fade")
    gesture.change({OPACITY: 0.9})
    gesture.end()
    assert session.history.undo_title is None
    assert sent(session_link(session)) == []


def test_undo_of_a_removed_text_brings_all_of_it_back() -> None:
    session, server, clock = make_session()
    assert session.edit(COMPOSITOR, {("text_overlays", "title"): REMOVED}, "Delete title")
    clock.advance(0.1)
    assert server.nodes[COMPOSITOR].stored["text_overlays"] == []
    assert session.history.undo()
    clock.advance(0.1)
    assert server.nodes[COMPOSITOR].stored["text_overlays"] == DEMO_PARAMS["text_overlays"]


def test_hide_keeps_the_opacity_here_and_sends_zero() -> None:
    session, server, clock = make_session()
    assert session.hide(COMPOSITOR, "in_1")
    clock.advance(0.1)
    assert server.nodes[COMPOSITOR].stored["layers"]["in_1"]["opacity"] == 0
    scene = session.store.scene(COMPOSITOR)
    assert scene is not None
    layer = scene.layer("in_1")
    assert layer is not None
    assert (layer.is_hidden, layer.opacity) == (True, 0.9)
    again, _, _ = make_session(server=server, clock=clock)
    again.restore_memory(session.memory())
    assert again.show(COMPOSITOR, "in_1")
    clock.advance(0.1)
    assert server.nodes[COMPOSITOR].stored["layers"]["in_1"]["opacity"] == 0.9


@pytest.mark.parametrize(
    "memory", [None, [], {"hidden": [], "locked": {}}, {"hidden": {"mix": {"in_1": "x"}}, "locked": [1]}]
)
def test_a_broken_memory_is_ignored(memory: Any) -> None:
    session, _, _ = make_session()
    session.restore_memory(memory)
    assert session.memory() == {"hidden": {}, "locked": []}


def test_locks_stay_at_this_desk() -> None:
    session, _, clock = make_session()
    session.set_locked("in_1", True)
    clock.advance(1)
    assert session.is_locked("in_1")
    assert session.memory()["locked"] == ["in_1"]
    assert sent(session_link(session)) == []


def test_a_change_that_the_server_would_reject_is_refused_with_the_field() -> None:
    session, _, _ = make_session()
    heard: list[tuple[str, Path, str]] = []
    session.refused.connect(lambda *refusal: heard.append(refusal))
    assert not session.edit(COMPOSITOR, {OPACITY: 1.5}, "Fade")
    assert not session.edit(COMPOSITOR, {OPACITY: float("nan")}, "Fade")
    assert not session.edit(COMPOSITOR, {("layers", "in_1"): REMOVED}, "Delete")
    assert heard == [
        (COMPOSITOR, OPACITY, "Layer in_1 opacity: must be 0 to 1."),
        (COMPOSITOR, OPACITY, "Layer in_1 opacity: must be a finite number."),
        (COMPOSITOR, ("layers", "in_1"), "Layer in_1 cannot be removed: the server keeps what it once had."),
    ]
    assert session.store.value(COMPOSITOR, OPACITY) == 0.9
    assert sent(session_link(session)) == []


def test_a_role_that_may_not_tune_is_told_so_at_once() -> None:
    session, _, _ = make_session()
    sentences: list[str] = []
    session.refused.connect(lambda _node, _path, sentence: sentences.append(sentence))
    session.forbid("The role viewer may not change parameters on this server.")
    assert not session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    assert sentences == ["The role viewer may not change parameters on this server."]
    session.forbid(None)
    assert session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")


def test_a_denied_change_turns_late_after_a_second_and_is_explained() -> None:
    server = ModelServer(demo_pipeline(), denies_tunes=True)
    session, _, clock = make_session(server=server)
    sentences: list[str] = []
    session.refused.connect(lambda _node, _path, sentence: sentences.append(sentence))
    session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    clock.advance(0.9)
    assert session.store.status(COMPOSITOR, OPACITY) is FieldStatus.IN_FLIGHT
    clock.advance(0.2)
    assert session.store.status(COMPOSITOR, OPACITY) is FieldStatus.LATE
    clock.advance(2)
    assert session.store.status(COMPOSITOR, OPACITY) is FieldStatus.SETTLED
    assert session.store.value(COMPOSITOR, OPACITY) == 0.9
    assert len(sentences) == 1
    assert "did not take your change of mix (layers in_1 opacity)" in sentences[0]
    assert clock.next_due_s() is None


def test_a_lost_echo_is_made_good_by_the_pipeline() -> None:
    session, server, clock = make_session(delay_s=None)
    session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    link = session_link(session)
    link.pump_up()
    link.drop_events()
    clock.advance(1.1)
    link.settle()
    clock.advance(1)
    link.settle()
    assert session.store.in_flight() == 0
    assert session.store.confirmed(COMPOSITOR) == server.nodes[COMPOSITOR].stored
    assert session.store.value(COMPOSITOR, OPACITY) == 0.5


def test_the_january_server_is_found_out_and_gets_the_whole_set() -> None:
    session, server, clock = make_session(storage=Storage.REPLACE)
    session.edit("gain", {("gain",): 2.0}, "Gain")
    clock.advance(0.1)
    assert server.nodes["gain"].stored == {"gain": 2.0, "fade": {"in": 0.5, "out": 0.5}}
    session.edit("gain", {("fade", "in"): 0.1}, "Fade")
    clock.advance(0.1)
    assert server.nodes["gain"].stored == {"gain": 2.0, "fade": {"in": 0.1, "out": 0.5}}
    assert session.store.params("gain") == server.nodes["gain"].stored


def test_metadata_never_settles() -> None:
    session, server, clock = make_session(
        {**DEMO_PARAMS, "_sender": "x", "_rev": 3, "_note": 1}, storage=Storage.REPLACE
    )
    server.tune(COMPOSITOR, {**peer_config(in_0={"opacity": 0.3}), "_more": 1})
    session_link(session).settle()
    session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    clock.advance(0.1)
    for params in (session.store.params(COMPOSITOR), session.store.confirmed(COMPOSITOR)):
        assert not [key for key in params if key.startswith("_")]
    server.add_node("extra", "audio::gain", {"gain": 1.0, "_sender": "x", "_rev": 1})
    session_link(session).settle()
    assert session.store.params("extra") == {"gain": 1.0}
    exported = session.store.pipeline().nodes[COMPOSITOR].params
    assert exported is not None
    assert not [key for key in exported if key.startswith("_")]
    assert set(sent(session_link(session))[0]) & {"_note", "_more"} == set()


def test_after_a_reconnect_only_what_is_ours_leaves_with_a_new_stamp() -> None:
    session, server, clock = make_session(delay_s=0.1)
    link = session_link(session)
    notices: list[str] = []
    session.noticed.connect(lambda _severity, sentence: notices.append(sentence))
    nonce = link.revisions.nonce
    gesture = session.begin(COMPOSITOR, "Fade")
    gesture.change({OPACITY: 0.5})
    link.cut()
    assert not gesture.is_open
    assert session.store.value(COMPOSITOR, OPACITY) == 0.5
    server.tune(COMPOSITOR, peer_config(in_0={"opacity": 0.1}))
    clock.advance(5)
    assert len(sent(link)) == 1
    link.reopen()
    clock.advance(1)
    stamped = sent(link)[1:]
    assert [(params["_sender"] == nonce, params["_rev"]) for params in stamped] == [(False, 1)]
    assert stamped[0]["layers"]["in_0"]["opacity"] == 0.1
    assert server.nodes[COMPOSITOR].stored["layers"]["in_1"]["opacity"] == 0.5
    assert notices == ["Connected again: 1 values changed meanwhile, 1 of your changes were sent again."]


def test_preview_nodes_are_neither_shown_nor_exported() -> None:
    session, server, _ = make_session()
    server.add_node("_preview_1_peer", "transport::moq::peer", None)
    session_link(session).settle()
    assert "_preview_1_peer" not in session.store.node_ids()
    assert "_preview_1_peer" not in session.store.pipeline().nodes


def test_reassert_sends_the_whole_config_after_a_script_reset_the_node() -> None:
    session, server, clock = make_session()
    notices: list[str] = []
    session.noticed.connect(lambda _severity, sentence: notices.append(sentence))
    server.tune(COMPOSITOR, peer_config(in_1={"opacity": 0.3}))
    session_link(session).settle()
    assert notices == []
    server.tune(COMPOSITOR, {"layers": {"in_1": {"opacity": 0.4}}})
    session_link(session).settle()
    assert len(notices) == 1
    assert "a part of its config only" in notices[0]
    running = server.nodes[COMPOSITOR].running
    assert running is not None
    assert running.layers["in_1"].rect is None
    session.reassert(COMPOSITOR)
    clock.advance(0.1)
    running = server.nodes[COMPOSITOR].running
    assert running is not None
    assert running.layers["in_1"].rect is not None
    assert running.layers["in_1"].opacity == 0.4


def test_five_seconds_on_a_slow_link_are_paced_never_pulled_and_never_late() -> None:
    session, server, clock = make_session(delay_s=0.15)
    gesture = session.begin(COMPOSITOR, "Fade", [OPACITY])
    for tick in range(300):
        value = (tick % 100) / 100
        gesture.change({OPACITY: value})
        clock.advance(1 / 60)
        assert session.store.value(COMPOSITOR, OPACITY) == value
        assert session.store.status(COMPOSITOR, OPACITY) is FieldStatus.IN_FLIGHT
    gesture.end()
    clock.advance(1)
    assert 5 / 0.050 <= len(server.tunes) <= 5 / 0.033 + 2
    assert server.nodes[COMPOSITOR].stored["layers"]["in_1"]["opacity"] == 0.99
    assert session.store.status(COMPOSITOR, OPACITY) is FieldStatus.SETTLED
    assert session.history.undo()
    assert not session.history.undo()
