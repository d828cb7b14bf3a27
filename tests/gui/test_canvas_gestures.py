"""gui/canvas/gestures: real mouse events on a view, a session on a model server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.canvas.handles import Handle, handle_points
from gui.canvas.shape import frame_shape
from sync.paths import REMOVED, Path
from sync.scene import LayerKind
from tests.gui.canvas_stand import NODE, PARAMS, Stand

SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.fixture
def stand(qtbot: QtBot) -> Iterator[Stand]:
    stand = Stand()
    yield stand
    stand.close()


def handle(stand: Stand, layer_id: str, which: Handle) -> tuple[float, float]:
    """Where a handle of the layer is, in canvas pixels."""
    points = handle_points(frame_shape(stand.layer(layer_id)), stand.view.coordinates, stand.view.viewport_box())
    place = stand.view.coordinates.to_canvas(points[which])
    return place.x, place.y


class TestMove:
    def test_the_layer_follows_the_pointer_while_it_moves(self, stand: Stand) -> None:
        stand.press(1000, 500)
        for x in (1010, 1040, 1090):
            stand.move(x, 520, CTRL)
            assert stand.rect("in_1") == (800 + x - 1000, 360, 400, 300)
        stand.release(1090, 520, CTRL)
        stand.settle()
        assert stand.rect("in_1") == (890, 360, 400, 300)
        assert stand.server.nodes[NODE].stored["layers"]["in_1"]["rect"]["x"] == 890
        assert stand.steps() == "Move cam_b"

    def test_it_streams_before_the_button_is_released(self, stand: Stand) -> None:
        stand.press(1000, 500)
        stand.move(1050, 500, CTRL)
        stand.settle()
        assert stand.server.nodes[NODE].stored["layers"]["in_1"]["rect"]["x"] == 850
        stand.release(1050, 500, CTRL)

    def test_a_click_selects_and_commits_nothing(self, stand: Stand) -> None:
        stand.click(1000, 500)
        stand.settle()
        assert stand.selection() == ("in_1",)
        assert stand.link.posted == []
        assert stand.steps() is None

    def test_a_movement_below_the_threshold_is_a_click(self, stand: Stand) -> None:
        stand.press(1000, 500)
        stand.move(1002, 501, CTRL)
        stand.release(1002, 501, CTRL)
        stand.settle()
        assert stand.link.posted == []

    def test_back_to_the_start_is_no_undo_step(self, stand: Stand) -> None:
        stand.drag((1000, 500), (1100, 600), (1000, 500))
        stand.settle()
        assert stand.rect("in_1") == (800, 340, 400, 300)
        assert stand.steps() is None

    def test_escape_puts_it_back_everywhere(self, stand: Stand) -> None:
        stand.press(1000, 500)
        stand.move(1100, 600, CTRL)
        stand.settle()
        stand.key(Qt.Key.Key_Escape)
        stand.move(1200, 700, CTRL)
        stand.release(1200, 700, CTRL)
        stand.settle()
        assert stand.rect("in_1") == (800, 340, 400, 300)
        assert stand.server.nodes[NODE].stored["layers"]["in_1"]["rect"]["x"] == 800
        assert stand.steps() is None
        assert stand.selection() == ("in_1",)

    def test_losing_the_focus_takes_it_back(self, stand: Stand) -> None:
        stand.press(1000, 500)
        stand.move(1100, 600, CTRL)
        stand.view.clearFocus()
        assert not stand.session.open_gestures
        stand.settle()
        assert stand.rect("in_1") == (800, 340, 400, 300)

    def test_a_cut_link_ends_it_and_the_pointer_does_nothing_more(self, stand: Stand) -> None:
        stand.press(1000, 500)
        stand.move(1100, 500, CTRL)
        stand.link.cut()
        shown = stand.rect("in_1")
        stand.move(1200, 500, CTRL)
        stand.release(1200, 500, CTRL)
        assert not stand.session.open_gestures
        assert stand.rect("in_1") == shown == (900, 340, 400, 300)

    def test_a_layer_deleted_by_a_peer_ends_it(self, stand: Stand) -> None:
        stand.press(200, 620)
        stand.move(220, 620, CTRL)
        assert stand.session.open_gestures
        stand.server.tune(NODE, {"text_overlays": []})
        stand.settle()
        assert not stand.session.open_gestures
        stand.move(300, 620, CTRL)
        stand.release(300, 620, CTRL)
        assert stand.bridge.scene is not None
        assert stand.bridge.scene.layer("title") is None

    def test_alt_drags_the_selected_layer_under_another_one(self, stand: Stand) -> None:
        stand.select("in_0")
        stand.press(1000, 500, ALT)
        stand.move(1010, 505, ALT | CTRL)
        stand.release(1010, 505, ALT | CTRL)
        assert (stand.rect("in_0"), stand.rect("in_1")) == ((10, 5, 1280, 720), (800, 340, 400, 300))

    def test_a_hidden_layer_moves_when_it_is_selected_and_cannot_be_hit_otherwise(self, stand: Stand) -> None:
        stand.session.hide(NODE, "in_2")
        stand.bridge.flush()
        stand.click(550, 150)
        assert stand.selection() == ("in_0",)
        stand.select("in_2")
        stand.drag((550, 150), (560, 160))
        assert stand.rect("in_2") == (510, 110, 160, 90)
        assert stand.layer("in_2").is_hidden

    def test_another_compositor_shown_meanwhile_ends_it(self, stand: Stand) -> None:
        stand.server.add_node("other", "video::compositor", {"width": 640, "height": 360})
        stand.settle()
        stand.press(1000, 500)
        stand.move(1100, 500, CTRL)
        stand.bridge.choose_compositor("other")
        stand.bridge.flush()
        assert not stand.session.open_gestures
        stand.move(1200, 500, CTRL)
        stand.release(1200, 500, CTRL)
        stand.settle()
        assert stand.server.nodes[NODE].stored["layers"]["in_1"]["rect"]["x"] == 800

    def test_an_arrow_key_under_a_pressed_button_is_not_a_second_gesture(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.press(1000, 500)
        stand.key(Qt.Key.Key_Right)
        stand.move(1100, 500, CTRL)
        assert len(stand.session.open_gestures) == 1
        stand.release(1100, 500, CTRL)
        assert stand.rect("in_1") == (900, 340, 400, 300)

    def test_a_peer_edit_of_another_field_survives(self, stand: Stand) -> None:
        stand.press(1000, 500)
        stand.move(1050, 500, CTRL)
        stand.server.tune(NODE, {"layers": {"in_1": {"opacity": 0.5}}})
        stand.settle()
        stand.move(1100, 500, CTRL)
        stand.release(1100, 500, CTRL)
        stand.settle()
        stored = stand.server.nodes[NODE].stored["layers"]["in_1"]
        assert (stored["opacity"], stored["rect"]["x"]) == (0.5, 900)

    def test_a_peer_who_moves_the_same_layer_does_not_pull_the_hand(self, stand: Stand) -> None:
        stand.press(1000, 500)
        stand.move(1050, 500, CTRL)
        stand.server.tune(NODE, {"layers": {"in_1": {"rect": {"x": 5}}}})
        stand.settle()
        assert stand.rect("in_1") == (850, 340, 400, 300)
        stand.release(1050, 500, CTRL)
        stand.settle()
        assert stand.rect("in_1") == (850, 340, 400, 300)

    def test_shift_keeps_to_the_longer_axis(self, stand: Stand) -> None:
        stand.press(1000, 500)
        stand.move(1060, 520, SHIFT | CTRL)
        assert stand.rect("in_1") == (860, 340, 400, 300)
        stand.move(1010, 440, SHIFT | CTRL)
        assert stand.rect("in_1") == (800, 280, 400, 300)
        stand.release(1010, 440, SHIFT | CTRL)

    def test_a_modifier_counts_at_once_under_a_resting_pointer(self, stand: Stand) -> None:
        def key(kind: QEvent.Type, which: Qt.Key, before: Qt.KeyboardModifier) -> None:
            QGuiApplication.sendEvent(stand.view, QKeyEvent(kind, which, before))

        stand.press(1000, 500)
        stand.move(1077, 520)
        assert stand.rect("in_1") == (880, 360, 400, 300)
        key(QEvent.Type.KeyPress, Qt.Key.Key_Control, Qt.KeyboardModifier.NoModifier)
        assert stand.rect("in_1") == (877, 360, 400, 300)
        key(QEvent.Type.KeyPress, Qt.Key.Key_Shift, CTRL)
        assert stand.rect("in_1") == (877, 340, 400, 300)
        key(QEvent.Type.KeyRelease, Qt.Key.Key_Shift, SHIFT | CTRL)
        assert stand.rect("in_1") == (877, 360, 400, 300)
        stand.release(1077, 520)

    def test_it_snaps_to_the_canvas_edge_and_ctrl_does_not(self, stand: Stand) -> None:
        stand.press(1000, 500)
        stand.move(1077, 500)
        assert stand.rect("in_1") == (880, 340, 400, 300)
        assert stand.view.chrome_state().feedback.guides
        stand.move(1077, 500, CTRL)
        assert stand.rect("in_1") == (877, 340, 400, 300)
        assert stand.view.chrome_state().feedback.guides == ()
        stand.release(1077, 500, CTRL)
        assert stand.view.chrome_state().feedback.guides == ()

    def test_it_never_snaps_to_a_hidden_layer(self, stand: Stand) -> None:
        stand.session.hide(NODE, "in_2")
        stand.bridge.flush()
        stand.press(1000, 500)
        stand.move(1000 - 297, 500 - 97)  # 3 px beside the hidden one's left edge
        assert stand.rect("in_1") == (503, 243, 400, 300)
        stand.release(703, 403)

    def test_several_move_together_and_are_one_step(self, stand: Stand) -> None:
        stand.select("in_1", "logo", "title")
        stand.drag((1000, 500), (1010, 510), (1030, 470))
        stand.settle()
        assert stand.rect("in_1") == (830, 310, 400, 300)
        assert stand.rect("logo") == (90, 30, 160, 90)
        assert stand.rect("title") == (90, 570, 300, 60)
        assert stand.steps() == "Move 3 layers"
        stand.session.history.undo()
        stand.settle()
        assert (stand.rect("in_1"), stand.rect("logo")) == ((800, 340, 400, 300), (60, 60, 160, 90))

    def test_a_locked_layer_cannot_be_dragged(self, stand: Stand) -> None:
        stand.session.set_locked("in_1", True)
        stand.drag((1000, 500), (1100, 600))
        stand.settle()
        assert stand.rect("in_1") == (800, 340, 400, 300)
        assert stand.link.posted == []

    def test_of_several_the_locked_one_stays(self, stand: Stand) -> None:
        stand.session.set_locked("logo", True)
        stand.select("in_1", "logo")
        stand.drag((1000, 500), (1050, 500))
        assert stand.rect("in_1") == (850, 340, 400, 300)
        assert stand.rect("logo") == (60, 60, 160, 90)
        assert "locked" in stand.said[-1]

    def test_an_unselected_background_is_not_dragged_by_accident(self, stand: Stand) -> None:
        stand.drag((300, 300), (500, 450))
        stand.settle()
        assert stand.rect("in_0") == (0, 0, 1280, 720)
        assert stand.link.posted == []


class TestServerChosenRects:
    def test_a_null_rect_becomes_four_leaves_without_a_jump(self) -> None:
        params = {**PARAMS, "layers": {**PARAMS["layers"], "in_0": {"opacity": 1.0}}}
        stand = Stand(params)
        try:
            before = stand.layer("in_0").drawn
            assert stand.layer("in_0").rect is None
            stand.select("in_0")
            stand.drag((300, 300), (310, 320))
            stand.settle()
            after = stand.layer("in_0")
            assert stand.rect("in_0") == (10, 20, 1280, 720)
            assert after.aspect_fit is False
            assert (after.drawn.width, after.drawn.height) == (before.width, before.height)
        finally:
            stand.close()

    def test_an_automatic_layer_keeps_its_size_fit_and_place_in_the_stack(self) -> None:
        layers = {name: entry for name, entry in PARAMS["layers"].items() if name != "in_2"}
        stand = Stand({**PARAMS, "layers": layers})
        try:
            before = stand.layer("in_2")
            assert before.is_automatic
            stand.select("in_2")
            x, y = before.drawn.x + 20, before.drawn.y + 20
            stand.drag((x, y), (x - 50, y - 60))
            stand.settle()
            after = stand.layer("in_2")
            assert (after.drawn.x, after.drawn.y) == (before.drawn.x - 50, before.drawn.y - 60)
            assert (after.drawn.width, after.drawn.height) == (before.drawn.width, before.drawn.height)
            assert (after.z_index, after.aspect_fit, after.is_automatic) == (before.z_index, before.aspect_fit, False)
        finally:
            stand.close()

    def test_the_configured_rect_moves_not_the_fitted_one(self) -> None:
        box = {"rect": {"x": 700, "y": 100, "width": 300, "height": 300}, "z_index": 3}
        stand = Stand({**PARAMS, "layers": {**PARAMS["layers"], "in_1": box}})
        try:
            assert stand.layer("in_1").drawn.height == 225
            stand.drag((850, 250), (860, 255))
            stand.settle()
            assert stand.rect("in_1") == (710, 105, 300, 300)
            assert (stand.layer("in_1").drawn.y, stand.layer("in_1").drawn.height) == (142, 225)
        finally:
            stand.close()


class TestResize:
    def test_a_video_keeps_its_aspect(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.drag(handle(stand, "in_1", Handle.RIGHT_BOTTOM), (1100, 565))
        stand.settle()
        x, y, width, height = stand.rect("in_1") or (0, 0, 0, 0)
        assert (x, y) == (800, 340)
        assert width == 300
        assert height == pytest.approx(225, abs=1)
        assert stand.steps() == "Resize cam_b"

    def test_shift_frees_it_and_the_picture_follows_the_hand(self, stand: Stand) -> None:
        stand.select("in_1")
        start = handle(stand, "in_1", Handle.RIGHT_BOTTOM)
        stand.press(*start)
        stand.move(start[0] - 100, start[1] - 200, SHIFT | CTRL)
        assert stand.rect("in_1") == (800, 340, 300, 100)
        assert stand.layer("in_1").aspect_fit is False
        stand.move(start[0] - 100, start[1] - 75, CTRL)
        assert stand.layer("in_1").aspect_fit is True
        stand.release(start[0] - 100, start[1] - 75, CTRL)
        stand.settle()
        assert stand.rect("in_1") == (800, 340, 300, 225)

    def test_alt_resizes_about_the_centre(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.drag(handle(stand, "in_1", Handle.RIGHT), (1150, 490), keys=ALT | CTRL)
        x, y, width, height = stand.rect("in_1") or (0, 0, 0, 0)
        assert (x, y, width) == (850, 378, 300)
        assert height == pytest.approx(225, abs=1)

    def test_the_opposite_corner_stays_on_every_handle(self, stand: Stand) -> None:
        opposite = {
            Handle.LEFT_TOP: (1200, 640),
            Handle.RIGHT_TOP: (800, 640),
            Handle.LEFT_BOTTOM: (1200, 340),
            Handle.RIGHT_BOTTOM: (800, 340),
        }
        for which, (x, y) in opposite.items():
            stand.select("in_1")
            start = handle(stand, "in_1", which)
            stand.press(*start)
            stand.move(start[0] + 37, start[1] + 11, CTRL)
            rect = stand.layer("in_1").rect
            assert rect is not None
            assert x in (rect.x, rect.x + rect.width)
            assert y in (rect.y, rect.y + rect.height)
            stand.view.cancel_gesture()
            stand.release(*start)
            stand.settle()

    def test_a_text_resizes_freely(self, stand: Stand) -> None:
        stand.select("title")
        stand.drag(handle(stand, "title", Handle.RIGHT), (460, 630))
        stand.settle()
        assert stand.rect("title") == (60, 600, 400, 60)

    def test_an_unbounded_side_of_a_text_stays_unbounded(self) -> None:
        text = {"id": "title", "text": "Live", "rect": {"x": 60, "y": 500, "width": 0, "height": 0}, "z_index": 5}
        stand = Stand({**PARAMS, "text_overlays": [text]})
        try:
            stand.select("title")
            start = handle(stand, "title", Handle.RIGHT)
            stand.drag(start, (start[0] + 50, start[1]))
            rect = stand.rect("title")
            assert rect is not None
            assert rect[2] > 0
            assert rect[3] == 0
        finally:
            stand.close()

    def test_it_never_shrinks_below_twenty_pixels(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.drag(handle(stand, "in_1", Handle.RIGHT_BOTTOM), (100, 100))
        rect = stand.rect("in_1")
        assert rect is not None
        assert min(rect[2:]) == 20

    def test_a_turned_layer_keeps_its_opposite_corner_on_the_canvas(self, stand: Stand) -> None:
        stand.session.edit(NODE, {("layers", "in_1", "rotation_degrees"): 30.0}, "Rotate")
        stand.settle()
        stand.select("in_1")
        before = frame_shape(stand.layer("in_1")).corners()[0]
        start = handle(stand, "in_1", Handle.RIGHT_BOTTOM)
        stand.drag(start, (start[0] - 60, start[1] + 30), (start[0] - 120, start[1] - 40))
        stand.settle()
        after = frame_shape(stand.layer("in_1")).corners()[0]
        assert after == pytest.approx(before, abs=1.5)
        rect = stand.rect("in_1")
        assert rect is not None
        assert rect[2] / rect[3] == pytest.approx(4 / 3, abs=0.02)

    def test_an_edge_snaps_to_another_layer(self, stand: Stand) -> None:
        stand.select("in_2")
        start = handle(stand, "in_2", Handle.RIGHT)
        stand.press(*start)
        stand.move(start[0] + 137, start[1])
        rect = stand.rect("in_2")
        assert rect is not None
        assert rect[0] + rect[2] == 800
        stand.release(start[0] + 137, start[1])


class TestRotate:
    def test_the_handle_turns_the_layer(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.drag(handle(stand, "in_1", Handle.ROTATE), (1000 + 150, 490))
        stand.settle()
        assert stand.layer("in_1").rotation_degrees == pytest.approx(90, abs=0.6)
        assert stand.rect("in_1") == (800, 340, 400, 300)
        assert stand.steps() == "Rotate cam_b"

    def test_shift_turns_in_steps_of_fifteen(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.press(*handle(stand, "in_1", Handle.ROTATE))
        stand.move(1060, 320, SHIFT)
        assert stand.layer("in_1").rotation_degrees % 15 == 0
        assert stand.layer("in_1").rotation_degrees == 15
        stand.release(1060, 320, SHIFT)

    def test_it_clicks_in_upright_unless_ctrl_is_down(self, stand: Stand) -> None:
        stand.select("in_1")
        start = handle(stand, "in_1", Handle.ROTATE)
        stand.press(*start)
        stand.move(start[0] + 100, start[1])
        stand.move(start[0] + 4, start[1])
        assert stand.layer("in_1").rotation_degrees == 0
        stand.move(start[0] + 4, start[1], CTRL)
        assert stand.layer("in_1").rotation_degrees > 0
        stand.release(start[0] + 4, start[1], CTRL)


class TestCrop:
    def test_dragging_pans_the_picture_under_the_pointer(self, stand: Stand) -> None:
        stand.session.edit(NODE, {("layers", "in_1", "crop_zoom"): 2.0}, "Zoom")
        stand.select("in_1")
        stand.view.set_cropping(on=True)
        stand.drag((1000, 500), (960, 500), (900, 500))
        stand.settle()
        layer = stand.layer("in_1")
        assert layer.crop_x == pytest.approx(0.5 + 100 / 400, abs=0.01)
        assert layer.crop_y == 0.5
        assert stand.rect("in_1") == (800, 340, 400, 300)

    def test_a_mirrored_picture_pans_with_the_hand_too(self, stand: Stand) -> None:
        edits: dict[Path, Any] = {("layers", "in_1", "crop_zoom"): 2.0, ("layers", "in_1", "mirror_horizontal"): True}
        stand.session.edit(NODE, edits, "Zoom")
        stand.select("in_1")
        stand.view.set_cropping(on=True)
        stand.drag((1000, 500), (960, 500), (900, 500))
        assert stand.layer("in_1").crop_x == pytest.approx(0.5 - 100 / 400, abs=0.01)

    def test_the_wheel_zooms_and_a_burst_is_one_step(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.view.set_cropping(on=True)
        for _ in range(4):
            stand.wheel(1000, 500, 1)
        assert stand.layer("in_1").crop_zoom == pytest.approx(1.08**4, abs=0.01)
        stand.view.settle()
        stand.bridge.flush()
        assert stand.steps() == "Zoom the crop of cam_b"
        stand.session.history.undo()
        stand.settle()
        assert stand.layer("in_1").crop_zoom == 1.0

    def test_crop_mode_is_for_one_video_and_ends_with_its_selection(self, stand: Stand) -> None:
        stand.select("title")
        stand.view.set_cropping(on=True)
        assert not stand.crops()
        assert "video" in stand.said[-1]
        stand.select("in_1")
        stand.view.set_cropping(on=True)
        assert stand.crops()
        stand.select("logo")
        assert not stand.crops()

    def test_the_wheel_outside_crop_mode_edits_nothing(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.wheel(1000, 500, 3)
        stand.settle()
        assert stand.link.posted == []


class TestMarquee:
    def test_it_selects_what_it_meets_and_not_the_background(self, stand: Stand) -> None:
        stand.drag((300, 50), (500, 120), (900, 400))
        assert set(stand.selection()) == {"in_1", "in_2"}

    def test_shift_adds(self, stand: Stand) -> None:
        stand.select("title")
        stand.press(300, 50, SHIFT)
        stand.move(400, 80, SHIFT)
        stand.move(700, 250, SHIFT)
        stand.release(700, 250, SHIFT)
        assert set(stand.selection()) == {"title", "in_2"}

    def test_escape_brings_the_old_selection_back(self, stand: Stand) -> None:
        stand.select("title")
        stand.press(300, 50)
        stand.move(700, 250)
        stand.key(Qt.Key.Key_Escape)
        stand.release(700, 250)
        assert stand.selection() == ("title",)

    def test_a_hidden_layer_is_not_met(self, stand: Stand) -> None:
        stand.session.hide(NODE, "in_2")
        stand.bridge.flush()
        stand.drag((300, 50), (700, 250))
        assert stand.selection() == ()


class TestClicks:
    def test_the_topmost_is_selected_and_empty_space_deselects(self, stand: Stand) -> None:
        stand.click(100, 100)
        assert stand.selection() == ("logo",)
        stand.click(-10, -10)
        assert stand.selection() == ()

    def test_shift_and_ctrl_add_and_take_away(self, stand: Stand) -> None:
        stand.click(100, 100)
        stand.click(1000, 500, SHIFT)
        assert stand.selection() == ("logo", "in_1")
        stand.click(100, 100, CTRL)
        assert stand.selection() == ("in_1",)

    def test_alt_goes_to_the_layer_below(self, stand: Stand) -> None:
        stand.click(1000, 500)
        stand.click(1000, 500, ALT)
        assert stand.selection() == ("in_0",)

    def test_a_double_click_on_a_text_asks_for_its_editor(self, stand: Stand, qtbot: QtBot) -> None:
        assert stand.layer("title").kind is LayerKind.TEXT
        place = stand.view_point(80, 610).toPoint()
        with qtbot.waitSignal(stand.view.text_edit_wanted) as wanted:
            QTest.mouseDClick(stand.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert wanted.args == ["title"]

    def test_deleting_the_selected_overlay_is_one_step(self, stand: Stand) -> None:
        stand.select("title", "logo")
        stand.key(Qt.Key.Key_Delete)
        stand.settle()
        assert stand.bridge.scene is not None
        assert stand.bridge.scene.layer("title") is None
        assert stand.steps() == "Delete 2 layers"
        stand.session.history.undo()
        stand.settle()
        assert stand.rect("title") == (60, 600, 300, 60)

    def test_deleting_a_video_is_answered_with_a_sentence(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.key(Qt.Key.Key_Delete)
        stand.settle()
        assert "disconnected" in stand.said[-1]
        assert stand.link.posted == []
        assert REMOVED not in stand.session.store.params(NODE)["layers"].values()
