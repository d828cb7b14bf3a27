"""The bridge: changes become at most one telling a frame, and nothing is told of a session that was left."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from sync.desk import LinkState
from tests.gui.desk import ModelDesk
from tests.support.link import COMPOSITOR


def test_a_hundred_changes_are_one_repaint(model: ModelDesk) -> None:
    scenes, nodes = QSignalSpy(model.bridge.scene_shown), QSignalSpy(model.bridge.node_shown)
    for _round in range(100):
        model.session.store.touch(COMPOSITOR)
    model.bridge.flush()
    assert (scenes.count(), nodes.count()) == (1, 1)
    model.bridge.flush()
    assert scenes.count() == 1


def test_the_flush_comes_by_itself_within_a_frame(qtbot: QtBot, model: ModelDesk) -> None:
    with qtbot.waitSignal(model.bridge.scene_shown, timeout=1000):
        model.session.store.touch(COMPOSITOR)


def test_another_node_does_not_rebuild_the_scene(model: ModelDesk) -> None:
    scenes, nodes = QSignalSpy(model.bridge.scene_shown), QSignalSpy(model.bridge.node_shown)
    model.session.store.touch("gain")
    model.bridge.flush()
    assert (scenes.count(), nodes.count(), nodes.at(0)) == (0, 1, ["gain"])


def test_selection_keeps_only_layers_that_exist(model: ModelDesk) -> None:
    model.bridge.select(["in_1", "ghost", "title", "in_1"])
    assert model.bridge.selection == ("in_1", "title")


def test_a_layer_that_goes_away_leaves_the_selection(model: ModelDesk) -> None:
    model.bridge.select(["title", "in_0"])
    model.session.edit(COMPOSITOR, {("text_overlays",): []}, "Remove")
    spy = QSignalSpy(model.bridge.selection_shown)
    model.bridge.flush()
    assert model.bridge.selection == ("in_0",)
    assert spy.at(spy.count() - 1) == [("in_0",)]


def test_an_equal_selection_tells_nobody(model: ModelDesk) -> None:
    model.bridge.select(["in_0"])
    model.bridge.flush()
    spy = QSignalSpy(model.bridge.selection_shown)
    model.bridge.select(["in_0"])
    model.bridge.flush()
    assert spy.count() == 0


def test_leaving_a_session_cuts_its_signals_and_empties_the_scene(model: ModelDesk) -> None:
    old = model.session
    model.desk._open.session = None
    model.desk.session_closed.emit(old.info.id)
    shown = QSignalSpy(model.bridge.session_shown)
    model.bridge.flush()
    assert shown.at(0) == [None]
    assert (model.bridge.scene, model.bridge.compositor_id, model.bridge.selection) == (None, None, ())
    scenes = QSignalSpy(model.bridge.scene_shown)
    old.store.touch(COMPOSITOR)
    model.bridge.flush()
    assert scenes.count() == 0


def test_a_session_that_opens_later_is_followed(make_model: Callable[..., ModelDesk]) -> None:
    model = make_model(is_open=False)
    assert model.bridge.scene is None
    model.desk._open.session = model.session
    model.desk.session_opened.emit(model.session)
    model.bridge.flush()
    assert (model.bridge.scene is None, model.bridge.compositor_id) == (False, COMPOSITOR)


def test_refusals_and_notices_of_the_session_reach_the_operator(model: ModelDesk) -> None:
    notices = QSignalSpy(model.bridge.noticed)
    assert not model.session.edit(COMPOSITOR, {("layers", "in_1", "crop_zoom"): 0.5}, "Zoom")
    assert notices.at(0)[0] == "warning"
    assert "crop zoom" in notices.at(0)[1]
    model.session.noticed.emit("info", "Connected again.")
    assert notices.at(1) == ["info", "Connected again."]


def test_link_changes_are_told_with_the_newest_link(model: ModelDesk) -> None:
    spy = QSignalSpy(model.bridge.link_shown)
    model.show_link(LinkState.WAITING)
    model.show_link(LinkState.CONNECTING)
    model.bridge.flush()
    assert spy.count() == 1
    assert spy.at(0)[0].state is LinkState.CONNECTING


def test_choosing_a_compositor_that_is_gone_falls_back_to_the_first(model: ModelDesk) -> None:
    model.bridge.choose_compositor("ghost")
    assert model.bridge.compositor_id == COMPOSITOR


def test_nothing_is_told_after_stop(model: ModelDesk) -> None:
    model.bridge.flush()
    model.bridge.stop()
    spy = QSignalSpy(model.bridge.scene_shown)
    model.session.store.touch(COMPOSITOR)
    model.bridge.flush()
    assert spy.count() == 0


def test_the_desk_without_a_session_has_none(make_model: Callable[..., ModelDesk]) -> None:
    model = make_model(is_open=False)
    model.bridge.select(["in_0"])
    assert model.bridge.selection == ()
