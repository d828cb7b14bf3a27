"""gui/canvas/view.py: keys, zoom and pan, what is shown, and what a scene change costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QGuiApplication, QImage, QNativeGestureEvent, QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.canvas.arranging import Edge, Spacing
from gui.canvas.keyboard import KEYS
from gui.canvas.picture_item import PictureItem
from gui.canvas.plane import Point
from gui.canvas.tally import Tally
from gui.theme.contrast import contrast_ratio
from gui.theme.tokens import THEME_NAMES, load_tokens
from sync.desk import LinkState
from sync.paths import Path
from tests.gui.canvas_stand import NODE, PARAMS, Stand, picture

SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
MIDDLE = Qt.MouseButton.MiddleButton


@pytest.fixture
def stand(qtbot: QtBot) -> Iterator[Stand]:
    stand = Stand()
    yield stand
    stand.close()


class TestKeys:
    @pytest.mark.parametrize(
        ("key", "modifiers", "expected"),
        [
            (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, (799, 340)),
            (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier, (800, 341)),
            (Qt.Key.Key_Right, SHIFT, (810, 340)),
            (Qt.Key.Key_Up, SHIFT, (800, 330)),
            (Qt.Key.Key_Right, ALT, (801, 340)),
        ],
    )
    def test_arrows_nudge(
        self,
        stand: Stand,
        key: Qt.Key,
        modifiers: Qt.KeyboardModifier,
        expected: tuple[int, int],
    ) -> None:
        stand.select("in_1")
        stand.key(key, modifiers)
        rect = stand.rect("in_1")
        assert rect is not None
        assert rect[:2] == expected

    def test_a_tenth_of_a_percent_of_a_large_canvas_is_several_pixels(self) -> None:
        stand = Stand({**PARAMS, "width": 3840, "height": 2160})
        stand.select("in_1")
        stand.key(Qt.Key.Key_Right, ALT)
        assert stand.rect("in_1") == (804, 340, 400, 300)
        stand.close()

    def test_nudges_that_follow_each_other_are_one_step(self, stand: Stand) -> None:
        stand.select("in_1")
        for _ in range(5):
            stand.key(Qt.Key.Key_Right)
        assert stand.steps() is None
        stand.view._nudging._timer.timeout.emit()
        stand.settle()
        assert stand.steps() == "Nudge cam_b"
        stand.session.history.undo()
        stand.settle()
        assert stand.rect("in_1") == (800, 340, 400, 300)
        assert stand.steps() is None

    def test_a_pause_of_a_second_begins_another_step(self, stand: Stand) -> None:
        assert stand.view._nudging._timer.interval() == 1000
        stand.select("in_1")
        for _ in range(2):
            stand.key(Qt.Key.Key_Right)
            stand.view._nudging._timer.timeout.emit()
        stand.session.history.undo()
        stand.settle()
        assert stand.rect("in_1") == (801, 340, 400, 300)

    def test_another_selection_begins_another_step(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.key(Qt.Key.Key_Right)
        stand.select("logo")
        stand.key(Qt.Key.Key_Right)
        stand.view._nudging.settle()
        stand.session.history.undo()
        stand.settle()
        assert (stand.rect("in_1"), stand.rect("logo")) == ((801, 340, 400, 300), (60, 60, 160, 90))

    def test_escape_takes_a_series_of_nudges_back(self, stand: Stand) -> None:
        stand.select("in_1")
        for _ in range(3):
            stand.key(Qt.Key.Key_Right)
        stand.key(Qt.Key.Key_Escape)
        stand.settle()
        assert stand.rect("in_1") == (800, 340, 400, 300)
        assert stand.selection() == ("in_1",)

    def test_losing_the_focus_keeps_a_nudge(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.key(Qt.Key.Key_Right)
        stand.view.clearFocus()
        stand.settle()
        assert stand.rect("in_1") == (801, 340, 400, 300)
        assert stand.steps() == "Nudge cam_b"

    def test_a_locked_layer_is_not_nudged_and_says_so(self, stand: Stand) -> None:
        stand.session.set_locked("in_1", True)
        stand.select("in_1")
        stand.key(Qt.Key.Key_Right)
        assert stand.rect("in_1") == (800, 340, 400, 300)
        assert "locked" in stand.said[-1]

    def test_tab_goes_down_the_list_and_round(self, stand: Stand) -> None:
        seen: list[str] = []
        for _ in range(6):
            stand.key(Qt.Key.Key_Tab)
            seen += stand.selection()
        assert seen == ["title", "logo", "in_2", "in_1", "in_0", "title"]
        stand.key(Qt.Key.Key_Backtab, SHIFT)
        assert stand.selection() == ("in_0",)
        assert stand.view.hasFocus()

    def test_ctrl_tab_leaves_and_a_ring_shows_where_the_keyboard_is(self, stand: Stand, qtbot: QtBot) -> None:
        window = QWidget()
        qtbot.addWidget(window)
        column = QVBoxLayout(window)
        beside = QPushButton("beside")
        column.addWidget(stand.view)
        column.addWidget(beside)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        beside.setFocus()
        stand.view.setFocus(Qt.FocusReason.TabFocusReason)
        assert stand.view.chrome_state().has_focus_ring
        stand.key(Qt.Key.Key_Tab, CTRL)
        assert beside.hasFocus()
        assert not stand.view.chrome_state().has_focus_ring
        stand.view.setFocus(Qt.FocusReason.MouseFocusReason)
        assert not stand.view.chrome_state().has_focus_ring
        stand.view.setParent(None)

    def test_ctrl_a_selects_what_is_visible(self, stand: Stand) -> None:
        stand.session.hide(NODE, "logo")
        stand.key(Qt.Key.Key_A, CTRL)
        assert set(stand.selection()) == {"in_0", "in_1", "in_2", "title"}

    def test_escape_goes_back_one_step_at_a_time(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.key(Qt.Key.Key_C)
        assert stand.crops()
        stand.key(Qt.Key.Key_Escape)
        assert not stand.crops()
        assert stand.selection() == ("in_1",)
        stand.key(Qt.Key.Key_Escape)
        assert stand.selection() == ()

    def test_a_key_without_a_meaning_goes_on_to_the_window(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.key(Qt.Key.Key_Q)
        stand.settle()
        assert stand.link.posted == []

    def test_every_key_has_a_title_and_one_meaning(self) -> None:
        codes = [(row.key, row.modifiers) for row in KEYS]
        assert len(set(codes)) == len(codes)
        assert all(row.title for row in KEYS)


class TestZoomAndPan:
    def test_ctrl_and_the_wheel_zoom_at_the_pointer(self, stand: Stand) -> None:
        before = stand.view_point(1000, 500)
        with_signal: list[float] = []
        stand.view.zoom_changed.connect(with_signal.append)
        stand.wheel(1000, 500, 3, CTRL)
        assert stand.view_point(1000, 500).toTuple() == pytest.approx(before.toTuple(), abs=0.01)
        assert with_signal == [pytest.approx(stand.view.coordinates.zoom)]
        assert stand.view.coordinates.zoom == pytest.approx(0.68125 * 1.25**3)

    def test_two_fingers_zoom_where_they_are(self, stand: Stand) -> None:
        before, zoom = stand.view_point(1000, 500), stand.view.coordinates.zoom
        event = QNativeGestureEvent(
            Qt.NativeGestureType.ZoomNativeGesture,
            QPointingDevice.primaryPointingDevice(),
            2,
            before,
            before,
            before,
            0.1,
            QPointF(),
        )
        QGuiApplication.sendEvent(stand.view.viewport(), event)
        assert stand.view.coordinates.zoom == pytest.approx(zoom * 1.1)
        assert stand.view_point(1000, 500).toTuple() == pytest.approx(before.toTuple(), abs=0.01)

    def test_the_middle_button_pans_and_edits_nothing(self, stand: Stand) -> None:
        before = stand.view_point(0, 0)
        stand.press(640, 360, button=MIDDLE)
        stand.move(700, 400, button=MIDDLE)
        stand.release(640, 360, button=MIDDLE)
        after = stand.view_point(0, 0)
        assert (after.x() - before.x(), after.y() - before.y()) == pytest.approx((41, 27), abs=1)
        assert stand.link.posted == []

    def test_space_and_a_drag_pan(self, stand: Stand) -> None:
        stand.select("in_1")
        before = stand.view_point(0, 0)
        QTest.keyPress(stand.view, Qt.Key.Key_Space)
        stand.press(1000, 500)
        stand.move(1100, 500)
        stand.release(1000, 500)
        QTest.keyRelease(stand.view, Qt.Key.Key_Space)
        assert stand.view_point(0, 0).x() > before.x() + 50
        assert stand.rect("in_1") == (800, 340, 400, 300)

    def test_zero_fits_and_one_shows_every_pixel(self, stand: Stand) -> None:
        fitted = stand.view.coordinates
        stand.key(Qt.Key.Key_1)
        assert stand.view.coordinates.zoom == pytest.approx(1.0)
        stand.key(Qt.Key.Key_0)
        assert stand.view.coordinates == fitted

    def test_the_transform_of_qt_is_the_coordinate_map_at_any_zoom(self, stand: Stand) -> None:
        for notches in (0, 4, 6, -20):
            stand.wheel(900, 300, notches, CTRL)
            shown = stand.view.viewportTransform().map(QPointF(800, 340))
            expected = stand.view.coordinates.to_view(Point(800, 340))
            assert shown.toTuple() == pytest.approx(expected, abs=1e-3)

    def test_a_drag_hits_what_it_sees_when_zoomed_in(self, stand: Stand) -> None:
        stand.wheel(1000, 500, 6, CTRL)
        stand.drag((1000, 500), (1010, 500), (1013, 507))
        assert stand.rect("in_1") == (813, 347, 400, 300)

    def test_a_canvas_of_another_size_is_fitted_again(self, stand: Stand) -> None:
        before = stand.view.coordinates.zoom
        stand.server.tune(NODE, {"width": 1920, "height": 1080})
        stand.settle()
        assert stand.view.coordinates.zoom < before

    def test_a_screen_of_another_scale_keeps_the_size_of_the_picture(
        self, stand: Stand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = stand.view.coordinates
        monkeypatch.setattr(QWidget, "devicePixelRatioF", lambda _widget: 2.0)
        QGuiApplication.sendEvent(stand.view, QEvent(QEvent.Type.DevicePixelRatioChange))
        assert stand.view.coordinates.device_ratio == 2.0
        assert stand.view.coordinates.scale == pytest.approx(before.scale)
        assert stand.view.coordinates.zoom == pytest.approx(2 * before.zoom)

    def test_the_plain_wheel_moves_only_what_does_not_fit(self, stand: Stand) -> None:
        fitted = stand.view.coordinates
        stand.wheel(640, 360, 2)
        assert stand.view.coordinates == fitted
        stand.view.zoom_to(2.0)
        stand.wheel(640, 360, 1)
        assert stand.view.coordinates.zoom == pytest.approx(2.0)


class TestItems:
    def test_moving_a_layer_makes_no_items(self, stand: Stand) -> None:
        made = stand.view.stage.made
        assert made == 5
        stand.drag((1000, 500), (1010, 500), (1050, 520), (1090, 560))
        stand.settle()
        assert stand.view.stage.made == made

    def test_only_layers_that_come_or_go_make_or_remove_one(self, stand: Stand) -> None:
        stand.server.tune(NODE, {"text_overlays": []})
        stand.settle()
        assert len(stand.view._stage._items) == 4
        stand.session.history.undo()

    def test_hidden_layers_are_drawn_only_while_selected(self, stand: Stand) -> None:
        stand.session.hide(NODE, "in_1")
        stand.bridge.flush()
        item = stand.view._stage._items["in_1"]
        assert not item.isVisible()
        stand.select("in_1")
        assert item.isVisible()


class TestPicture:
    def test_the_newest_frame_is_painted_where_it_lies(self, stand: Stand) -> None:
        image = picture("white")
        stand.view.show_frame(image)
        assert stand.view._stage.picture._image is image
        shot = stand.view.viewport().grab().toImage()
        assert shot.pixelColor(450, 300).lightness() > 250
        assert stand.view.stage.picture.painted >= 1

    def test_a_canvas_pixel_is_seen_where_the_map_says(self, stand: Stand) -> None:
        image = picture("black")
        for x in range(300, 340):
            for y in range(200, 240):
                image.setPixelColor(x, y, QColor("#ff0000"))
        stand.view.set_outlines(on=False)
        stand.view.show_frame(image)
        shot = stand.view.viewport().grab().toImage()
        inside, outside = stand.view_point(320, 220).toPoint(), stand.view_point(290, 220).toPoint()
        assert shot.pixelColor(inside).name() == "#ff0000"
        assert shot.pixelColor(outside).name() == "#000000"

    def test_a_frame_that_was_overwritten_is_painted_again(self, stand: Stand) -> None:
        torn, whole = picture("black"), picture("white")
        answers = [None, whole, None, None]
        item = stand.view._stage.picture
        stand.view.show_frame(torn, lambda _image: answers.pop(0) if answers else None)
        stand.view.viewport().grab()
        assert item.torn == 1
        assert item._image is whole
        shot = stand.view.viewport().grab().toImage()
        assert shot.pixelColor(450, 300).lightness() > 250

    def test_a_null_frame_is_no_picture(self) -> None:
        item = PictureItem(load_tokens("dark"))
        item.show_frame(QImage())
        assert not item.has_picture

    def test_the_shown_frame_can_be_had_in_its_own_memory(self, stand: Stand) -> None:
        assert stand.view.picture() is None
        image = picture("white")
        stand.view.show_frame(image)
        copy = stand.view.picture()
        image.fill(QColor("#000000"))
        assert copy is not None
        assert copy.pixelColor(1, 1).name() == "#ffffff"

    def test_without_a_picture_layers_are_boxes_and_a_sentence_says_why(self, stand: Stand) -> None:
        stand.view.show_picture_state("This server offers no picture.")
        assert stand.view.chrome_state().sentence == "This server offers no picture."
        box = stand.view.viewport().grab().toImage().pixelColor(stand.view_point(900, 400).toPoint())
        ground = stand.view.viewport().grab().toImage().pixelColor(2, 300)
        assert box != ground
        stand.view.show_frame(picture("black"))
        assert stand.view.chrome_state().has_picture
        stand.view.clear_picture()
        assert not stand.view.chrome_state().has_picture


class TestTally:
    def test_it_is_on_air_while_the_link_is_live(self, stand: Stand) -> None:
        assert stand.view.chrome_state().tally is Tally.PROGRAMME
        stand.desk.link = msgspec.structs.replace(stand.desk.link, state=LinkState.WAITING)
        assert stand.view.chrome_state().tally is Tally.LAST_KNOWN
        stand.view.show_tally(Tally.PREVIEW)
        assert stand.view.chrome_state().tally is Tally.PREVIEW

    @pytest.mark.parametrize("theme", THEME_NAMES)
    def test_handles_read_on_any_picture_in_every_theme(self, stand: Stand, theme: str) -> None:
        """The brightest and the darkest colour of a handle stand out from black, white and grey: 3:1 or more."""
        stand.view.show_tokens(load_tokens(theme))
        stand.select("in_1")
        corner = stand.view_point(800, 340).toPoint()
        for ground in ("black", "white"):
            stand.view.show_frame(picture(ground))
            shot = stand.view.viewport().grab().toImage()
            around = [shot.pixelColor(corner + QPoint(x, y)).name() for x in range(-7, 7) for y in range(-7, 7)]
            behind = "#000000" if ground == "black" else "#ffffff"
            assert max(contrast_ratio(colour, behind) for colour in around) >= 3

    def test_the_label_shows_name_and_numbers_only_while_it_moves(self, stand: Stand) -> None:
        stand.press(1000, 500)
        stand.move(1030, 520, CTRL)
        assert stand.view.chrome_state().feedback.label == "cam_b · 830, 360"
        stand.release(1030, 520, CTRL)
        assert stand.view.chrome_state().feedback.label == ""


class TestPointing:
    def test_hovering_outlines_and_a_handle_changes_the_cursor(self, stand: Stand) -> None:
        stand.hover(1000, 500)
        assert stand.view._hand.hovered == "in_1"
        stand.select("in_1")
        stand.hover(1200, 640)
        assert stand.view.viewport().cursor().shape() == Qt.CursorShape.SizeFDiagCursor
        stand.hover(600, 700)
        assert stand.view.viewport().cursor().shape() == Qt.CursorShape.ArrowCursor

    def test_a_handle_can_be_missed_by_ten_pixels(self, stand: Stand) -> None:
        stand.select("in_1")
        corner = stand.view.coordinates.length_on_canvas(10)
        stand.hover(1200 + corner, 640 + corner)
        assert stand.view._hand.hot is not None
        stand.hover(1200 + 1.3 * corner, 640)
        assert stand.view._hand.hot is None

    def test_a_locked_layer_shows_no_handles(self, stand: Stand) -> None:
        stand.session.set_locked("in_1", True)
        stand.select("in_1")
        assert stand.view.chrome_state().framed is None

    def test_the_menu_speaks_of_what_is_under_the_pointer(self, stand: Stand, qtbot: QtBot) -> None:
        stand.select("in_1")
        with qtbot.waitSignal(stand.view.menu_wanted):
            _menu(stand, 100, 100)
        assert stand.selection() == ("logo",)
        stand.select("logo", "in_1")
        with qtbot.waitSignal(stand.view.menu_wanted):
            _menu(stand, 100, 100)
        assert stand.selection() == ("logo", "in_1")

    def test_names_for_tests_and_screen_readers(self, stand: Stand) -> None:
        assert stand.view.objectName() == "canvas/view"
        assert stand.view.accessibleName()
        assert stand.view.toolTip()


class TestActions:
    def test_one_layer_aligns_with_the_canvas_and_several_with_each_other(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.view.layer_actions.align(Edge.RIGHT)
        stand.settle()
        assert stand.rect("in_1") == (880, 340, 400, 300)
        stand.select("logo", "in_2")
        stand.view.layer_actions.align(Edge.TOP)
        stand.settle()
        assert (stand.rect("logo"), stand.rect("in_2")) == ((60, 60, 160, 90), (500, 60, 160, 90))

    def test_distributing_evens_out_gaps(self, stand: Stand) -> None:
        stand.select("logo", "in_2", "in_1")
        stand.view.layer_actions.distribute(Spacing.GAPS_ACROSS)
        stand.settle()
        assert stand.rect("in_2") == (430, 100, 160, 90)
        stand.select("logo")
        stand.view.layer_actions.distribute(Spacing.GAPS_DOWN)
        assert "three" in stand.said[-1]

    def test_fit_and_fill(self, stand: Stand) -> None:
        stand.select("in_1")
        stand.view.layer_actions.fit_to_canvas()
        stand.settle()
        assert stand.rect("in_1") == (0, 0, 1280, 720)
        assert stand.layer("in_1").drawn.width == 960
        stand.view.layer_actions.fill_canvas()
        stand.settle()
        assert stand.rect("in_1") == (0, -120, 1280, 960)

    def test_reset_keeps_the_place(self, stand: Stand) -> None:
        edits: dict[Path, Any] = {("layers", "in_1", "opacity"): 0.4, ("layers", "in_1", "rotation_degrees"): 30.0}
        stand.session.edit(NODE, edits, "Change")
        stand.select("in_1")
        stand.view.layer_actions.reset()
        stand.settle()
        layer = stand.layer("in_1")
        assert (layer.opacity, layer.rotation_degrees) == (1.0, 0.0)
        assert stand.rect("in_1") == (800, 340, 400, 300)

    def test_locked_layers_are_left_alone(self, stand: Stand) -> None:
        stand.session.set_locked("logo", True)
        stand.select("logo")
        stand.view.layer_actions.fit_to_canvas()
        stand.view.layer_actions.delete()
        stand.settle()
        assert stand.link.posted == []
        assert "locked" in stand.said[-1]


def _menu(stand: Stand, x: float, y: float) -> None:
    at = stand.view_point(x, y).toPoint()
    place = stand.view.viewport().mapToGlobal(at)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, place)
    QGuiApplication.sendEvent(stand.view.viewport(), event)
