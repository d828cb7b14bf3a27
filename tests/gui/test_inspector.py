"""The inspector on a session: a press is a gesture and one undo step, a peer's value waits, marks tell the truth."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy, QTest
from pytestqt.qtbot import QtBot

from gui.inspector.panel import InspectorPanel
from gui.inspector.rows.choice import ChoiceRow
from gui.inspector.rows.json_text import JsonRow
from gui.inspector.rows.mark import MarkKind
from gui.inspector.rows.number import NumberRow
from gui.inspector.rows.row import MIXED, Row
from gui.inspector.rows.slider import SliderRow
from gui.inspector.rows.text import TextRow
from sync.scene import Layer
from sync.store import FieldStatus
from sync.wire.pipeline import NodeDefinition
from tests.gui.desk import ModelDesk
from tests.gui.test_rows import drag, let_go
from tests.support.link import COMPOSITOR, DEMO_PARAMS, make_session, session_link

R = TypeVar("R", bound=Row)
OPACITY = ("layers", "in_1", "opacity")
X = ("layers", "in_1", "rect", "x")


@pytest.fixture
def panel(qtbot: QtBot, model: ModelDesk) -> InspectorPanel:
    """An inspector with ``in_1`` selected."""
    panel = InspectorPanel(model.bridge, model.tokens)
    qtbot.addWidget(panel)
    panel.resize(316, 800)
    with qtbot.waitExposed(panel):
        panel.show()
    model.bridge.select(["in_1"])
    model.settle()
    return panel


def row(panel: InspectorPanel, name: str) -> Row:
    assert panel.form is not None
    return panel.form.row(name)


def row_of(panel: InspectorPanel, kind: type[R], name: str) -> R:
    """The row, which is of that kind."""
    found = row(panel, name)
    assert isinstance(found, kind)
    return found


def shown(panel: InspectorPanel, name: str) -> str:
    return row_of(panel, NumberRow, name).number.text()


def layer(model: ModelDesk, layer_id: str) -> Layer:
    found = model.bridge.scene.layer(layer_id) if model.bridge.scene else None
    assert found is not None
    return found


def x_of(model: ModelDesk, layer_id: str) -> int:
    rect = layer(model, layer_id).rect
    assert rect is not None
    return rect.x


def undo_title(model: ModelDesk) -> str:
    """What undo would take back; empty for nothing."""
    return model.session.history.undo_title or ""


def stored(model: ModelDesk) -> dict[str, Any]:
    """The compositor's params at the server."""
    return model.server.nodes[COMPOSITOR].stored or {}


def foreign(model: ModelDesk, edits: dict[tuple[str, ...], object]) -> None:
    """A second desk on the same server edits, and the news arrives."""
    peer, _server, _clock = make_session(server=model.server, clock=model.clock)
    assert peer.edit(COMPOSITOR, edits, "Peer's edit")
    session_link(peer).settle()
    model.link.settle()
    model.bridge.flush()
    peer.close()


def test_the_selection_decides_what_is_shown(model: ModelDesk, panel: InspectorPanel) -> None:
    assert (panel.title, shown(panel, "x"), shown(panel, "opacity")) == ("CAM_B · VIDEO IN_1", "880", "90")
    model.bridge.select(["title"])
    model.bridge.flush()
    assert panel.title == "TITLE · TEXT"
    assert row_of(panel, TextRow, "text").text.toPlainText() == "Hello"
    model.bridge.select([])
    model.bridge.flush()
    assert [shown(panel, name) for name in ("width", "height", "fps")] == ["1280", "720", "30"]
    assert "1280×720 at 30 fps and has 4 layers" in panel.hint.text()


def test_a_form_has_the_room_that_its_rows_need(qtbot: QtBot, model: ModelDesk, panel: InspectorPanel) -> None:
    model.desk.definitions["audio::gain"] = TABLE
    for node in ("", "gain", ""):
        model.bridge.inspect(node) if node else model.bridge.select(["in_1"])
        model.settle()
        assert panel.form is not None
        last = list(panel.form.bindings.values())[-1].row.widget
        assert panel.form.isVisible()
        assert last.geometry().bottom() <= panel.stack.height()
        assert last.height() >= last.sizeHint().height()
    model.bridge.inspect("gain")
    model.settle()
    before = panel.stack.height()
    urls = row_of(panel, JsonRow, "urls")
    write_into(urls, "[1, 2", leaves=False)
    qtbot.waitUntil(lambda: panel.stack.height() >= before + urls.complaint.sizeHint().height())
    urls.cancel()
    qtbot.waitUntil(lambda: panel.stack.height() == before)


def test_canvas_size_rate_and_format_are_changed_live_in_one_whole_config(
    model: ModelDesk, panel: InspectorPanel
) -> None:
    """The server's schema marks nothing of a compositor as live, and has nothing to say in it (PROTOCOL.md §8)."""
    kind = "video::compositor"
    schema = {"properties": {"width": {"type": "integer"}, "blend": {"type": "string", "enum": ["a", "b"]}}}
    model.desk.definitions[kind] = NodeDefinition(kind, param_schema=schema)
    model.bridge.select([])
    model.settle()
    type_in(panel, "width", "1920")
    type_in(panel, "fps", "50")
    choice = row_of(panel, ChoiceRow, "output_format")
    choice.change("nv12")
    choice.release()
    model.settle()
    assert stored(model) == {**DEMO_PARAMS, "width": 1920, "fps": 50, "output_format": "nv12"} | {"image_overlays": []}
    assert model.bridge.scene is not None
    assert model.bridge.scene.canvas == (1920, 720)
    assert undo_title(model) == "Output format of mix"
    fixed = row_of(panel, NumberRow, "num_inputs").number
    assert (fixed.text(), fixed.isEnabled()) == ("3", False)
    assert "does not mark it as live" in fixed.toolTip()
    assert not row_of(panel, ChoiceRow, "blend").editors()[0].isEnabled()


@pytest.mark.parametrize("typed", ["0", "9999"])
def test_a_canvas_that_the_server_would_refuse_is_never_sent(
    model: ModelDesk, panel: InspectorPanel, typed: str
) -> None:
    model.bridge.select([])
    model.settle()
    type_in(panel, "height", typed)
    model.settle()
    assert 1 <= stored(model)["height"] <= 7680


def test_a_slider_drag_streams_and_is_one_undo_step(model: ModelDesk, panel: InspectorPanel) -> None:
    slider = row_of(panel, SliderRow, "opacity").slider
    start = slider.handle_x()
    drag(slider, start, *(start - step for step in range(1, 30)))
    assert model.session.store.is_held(COMPOSITOR, OPACITY)
    model.settle()
    assert stored(model)["layers"]["in_1"]["opacity"] < 0.9
    let_go(slider, start - 29)
    model.settle()
    assert not model.session.store.is_held(COMPOSITOR, OPACITY)
    assert model.session.history.undo_title == "Opacity of cam_b"
    model.session.history.undo()
    model.settle()
    assert not undo_title(model)
    assert shown(panel, "opacity") == "90"
    assert stored(model)["layers"]["in_1"]["opacity"] == 0.9


def test_a_peers_value_of_the_held_field_waits_with_a_mark(model: ModelDesk, panel: InspectorPanel) -> None:
    slider = row_of(panel, SliderRow, "opacity").slider
    start = slider.handle_x()
    drag(slider, start)
    foreign(model, {OPACITY: 0.3, X: 500})
    assert shown(panel, "x") == "500"
    assert shown(panel, "opacity") == "90"
    assert row(panel, "opacity").mark.kind is MarkKind.PARKED
    assert "30 %" in row(panel, "opacity").mark.toolTip()
    let_go(slider, start)
    model.settle()
    assert shown(panel, "opacity") == "30"
    assert row(panel, "opacity").mark.kind is MarkKind.SETTLED


def test_escape_puts_it_back_everywhere(model: ModelDesk, panel: InspectorPanel) -> None:
    slider = row_of(panel, SliderRow, "opacity").slider
    slider.setFocus()
    start = slider.handle_x()
    drag(slider, start, start - 30)
    model.settle()
    QTest.keyClick(slider, Qt.Key.Key_Escape)
    let_go(slider, start - 30)
    model.settle()
    assert shown(panel, "opacity") == "90"
    assert stored(model)["layers"]["in_1"]["opacity"] == 0.9
    assert model.session.history.undo_title is None


def test_a_value_in_flight_has_a_mark_that_turns_amber(model: ModelDesk, panel: InspectorPanel) -> None:
    model.link.delay_s = None
    row_of(panel, NumberRow, "x").number.setFocus()
    type_in(panel, "x", "700")
    model.bridge.flush()
    assert row(panel, "x").mark.kind is MarkKind.IN_FLIGHT
    model.clock.advance(1.5)
    assert model.session.store.status(COMPOSITOR, X) is FieldStatus.LATE
    assert panel.form is not None
    panel.form.show_marks()
    assert row(panel, "x").mark.kind is MarkKind.LATE
    model.link.settle()
    model.bridge.flush()
    assert row(panel, "x").mark.kind is MarkKind.SETTLED


def type_in(panel: InspectorPanel, name: str, text: str) -> None:
    number = row_of(panel, NumberRow, name).number
    number.setFocus()
    number.selectAll()
    QTest.keyClicks(number, text)
    QTest.keyClick(number, Qt.Key.Key_Return)


@pytest.mark.parametrize(("typed", "x"), [("640", 640), ("+20", 900), ("50%", 640), ("1280/4", 320)])
def test_a_typed_number_is_one_step(model: ModelDesk, panel: InspectorPanel, typed: str, x: int) -> None:
    type_in(panel, "x", typed)
    model.settle()
    assert stored(model)["layers"]["in_1"]["rect"]["x"] == x
    assert model.session.history.undo_title == "X of cam_b"


def test_what_is_refused_is_said_and_does_not_stay(model: ModelDesk, panel: InspectorPanel) -> None:
    said = QSignalSpy(panel.refused)
    type_in(panel, "x", "12 apples")
    assert "apples" in said.at(0)[0]
    assert shown(panel, "x") == "880"


def test_the_default_comes_back_by_a_double_click(model: ModelDesk, panel: InspectorPanel) -> None:
    QTest.mouseDClick(row(panel, "opacity").label, Qt.MouseButton.LeftButton)
    model.settle()
    assert shown(panel, "opacity") == "100"
    assert model.session.history.undo_title == "Reset opacity of cam_b"


def test_several_layers_show_what_they_share_and_change_together(model: ModelDesk, panel: InspectorPanel) -> None:
    model.bridge.select(["in_1", "title"])
    model.bridge.flush()
    assert panel.title == "2 LAYERS"
    assert panel.form is not None
    assert "crop_zoom" not in panel.form.bindings
    assert panel.form.bindings["x"].row._shown is MIXED
    type_in(panel, "x", "100")
    model.settle()
    assert [x_of(model, name) for name in ("in_1", "title")] == [100, 100]
    assert model.session.history.undo_title == "X of 2 layers"
    model.session.history.undo()
    model.settle()
    assert [x_of(model, name) for name in ("in_1", "title")] == [880, 20]


def test_a_stretched_layer_gets_its_whole_place_written(model: ModelDesk, panel: InspectorPanel) -> None:
    model.bridge.select(["in_0"])
    model.bridge.flush()
    assert layer(model, "in_0").rect is None
    assert (shown(panel, "x"), shown(panel, "width")) == ("0", "1280")
    type_in(panel, "x", "40")
    model.settle()
    written = stored(model)["layers"]["in_0"]
    assert written["rect"] == {"x": 40, "y": 0, "width": 1280, "height": 720}
    assert written["aspect_fit"] is False


def test_a_layer_without_an_entry_keeps_its_place_when_only_its_opacity_changes(
    model: ModelDesk, panel: InspectorPanel
) -> None:
    before = layer(model, "in_2")
    assert before.is_automatic
    model.bridge.select(["in_2"])
    model.bridge.flush()
    type_in(panel, "opacity", "50")
    model.settle()
    after = layer(model, "in_2")
    assert (after.drawn, after.opacity, after.is_automatic) == (before.drawn, 0.5, False)


def test_typing_a_text_streams_and_is_one_step(qtbot: QtBot, model: ModelDesk, panel: InspectorPanel) -> None:
    model.bridge.select(["title"])
    model.bridge.flush()
    editor = row_of(panel, TextRow, "text").text
    editor.setFocus()
    editor.selectAll()
    with qtbot.waitSignal(row(panel, "text").changing, timeout=3000):
        QTest.keyClicks(editor, "Live from Porto")
    model.settle()
    assert stored(model)["text_overlays"][0]["text"] == "Live from Porto"
    QTest.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    model.settle()
    assert model.session.history.undo_title == "Text of title"


def test_a_lost_link_ends_the_gesture_and_keeps_the_value(model: ModelDesk, panel: InspectorPanel) -> None:
    opacity = row_of(panel, SliderRow, "opacity")
    start = opacity.slider.handle_x()
    drag(opacity.slider, start, start - 30)
    model.link.cut()
    assert not opacity.is_held
    model.bridge.flush()
    value = layer(model, "in_1").opacity
    assert value < 0.9
    model.link.reopen()
    model.settle()
    assert stored(model)["layers"]["in_1"]["opacity"] == pytest.approx(value)


def test_a_deleted_layer_ends_the_gesture(model: ModelDesk, panel: InspectorPanel) -> None:
    model.bridge.select(["title"])
    model.bridge.flush()
    opacity = row_of(panel, SliderRow, "opacity")
    drag(opacity.slider, opacity.slider.handle_x(), 20)
    foreign(model, {("text_overlays",): []})
    assert not opacity.is_held
    assert model.bridge.selection == ()
    assert panel.form is not None
    assert "opacity" not in panel.form.bindings


def test_another_selection_ends_a_running_gesture(model: ModelDesk, panel: InspectorPanel) -> None:
    opacity = row_of(panel, SliderRow, "opacity")
    start = opacity.slider.handle_x()
    drag(opacity.slider, start, start - 30)
    model.bridge.select(["in_0"])
    model.bridge.flush()
    assert model.session.open_gestures == ()
    assert model.session.history.undo_title == "Opacity of cam_b"
    assert layer(model, "in_0").opacity == 1.0


def test_a_locked_layer_takes_typed_numbers_after_asking_once(model: ModelDesk, panel: InspectorPanel) -> None:
    said = QSignalSpy(panel.refused)
    model.session.set_locked("in_1", True)
    model.bridge.flush()
    assert not row_of(panel, SliderRow, "opacity").slider.isEnabled()
    assert "locked" in row_of(panel, SliderRow, "opacity").slider.toolTip()
    type_in(panel, "x", "100")
    assert "cam_b is locked" in said.at(0)[0]
    assert shown(panel, "x") == "880"
    type_in(panel, "x", "100")
    model.settle()
    assert shown(panel, "x") == "100"
    model.session.set_locked("in_1", False)
    model.bridge.flush()
    assert row_of(panel, SliderRow, "opacity").slider.isEnabled()


def test_a_role_that_may_not_tune_is_told_so(model: ModelDesk, panel: InspectorPanel) -> None:
    model.desk.permissions = {"tune_nodes": False}
    model.desk.role = "viewer"
    model.show_link(model.desk.link.state)
    model.bridge.flush()
    number = row_of(panel, NumberRow, "x").number
    assert not number.isEnabled()
    assert "viewer may not change parameters" in number.toolTip()


def test_facts_about_the_source(model: ModelDesk, panel: InspectorPanel) -> None:
    model.server.deliver_frame(COMPOSITOR, "in_1", (640, 480))
    model.settle()
    words = [words.text() for _name, words in panel.facts._lines if not words.isHidden()]
    assert "640×480" in words
    assert "cam_b.out → in_1" in words


def test_a_thousand_view_data_updates_do_not_touch_the_form(
    model: ModelDesk, panel: InspectorPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    opacity = row(panel, "opacity")
    displayed: list[object] = []
    monkeypatch.setattr(opacity, "display", displayed.append)
    for _round in range(1000):
        model.session.store.touch(COMPOSITOR)
        model.bridge.flush()
    assert displayed == []


GAIN = NodeDefinition(
    "audio::gain",
    param_schema={
        "type": "object",
        "properties": {
            "gain": {"type": "number", "minimum": 0, "maximum": 4, "multipleOf": 0.01, "tunable": True},
            "buffer": {"type": "integer", "description": "Packets"},
            "fade": {
                "type": "object",
                "properties": {"in": {"type": "number", "minimum": 0, "maximum": 2, "tunable": True}},
            },
        },
    },
)


def test_any_nodes_params_are_rows_of_its_schema(model: ModelDesk, panel: InspectorPanel) -> None:
    model.desk.definitions["audio::gain"] = GAIN
    model.bridge.inspect("gain")
    model.settle()
    assert panel.title == "GAIN · AUDIO::GAIN"
    assert model.bridge.selection == ()
    assert shown(panel, "gain") == "1.00"
    type_in(panel, "in", "0.75")
    model.settle()
    assert model.server.nodes["gain"].stored == {"gain": 1.0, "fade": {"in": 0.75, "out": 0.5}}
    assert model.session.history.undo_title == "In of gain"


def test_what_is_not_tunable_says_so(model: ModelDesk, panel: InspectorPanel) -> None:
    model.desk.definitions["audio::gain"] = GAIN
    model.bridge.inspect("gain")
    model.settle()
    number = row_of(panel, NumberRow, "buffer").number
    assert not number.isEnabled()
    assert number.placeholderText() == "not set"
    assert "the server does not mark it as live" in number.toolTip()
    assert row_of(panel, NumberRow, "gain").number.isEnabled()


TABLE = NodeDefinition(
    "audio::gain",
    param_schema={
        "$ref": "#/$defs/Table",
        "$defs": {
            "Table": {
                "properties": {
                    "fade": {"type": "object", "tunable": True},
                    "urls": {"type": "array", "tunable": True},
                    "delay": {"type": ["integer", "string"], "tunable": True},
                    "anything": True,
                }
            }
        },
    },
)


def test_lists_objects_and_unions_are_edited_as_json(model: ModelDesk, panel: InspectorPanel) -> None:
    model.desk.definitions["audio::gain"] = TABLE
    model.bridge.inspect("gain")
    model.settle()
    assert panel.form is not None
    assert list(panel.form.bindings) == ["fade", "urls", "delay", "anything"]
    assert row_of(panel, JsonRow, "fade").text.toPlainText() == '{"in": 0.5, "out": 0.5}'
    for name, text in (("urls", '["a", "b"]'), ("delay", '"auto"'), ("fade", '{"in": 0.75}')):
        write_into(row_of(panel, JsonRow, name), text)
        model.settle()
    gone = {"in": 0.75, "out": None}  # a server that merges cannot forget a member; it is told that there is nothing
    assert model.server.nodes["gain"].stored == {"gain": 1.0, "urls": ["a", "b"], "delay": "auto", "fade": gone}
    assert undo_title(model) == "Fade of gain"
    fixed = row_of(panel, JsonRow, "anything").text
    assert not fixed.isEnabled()
    assert "the server does not mark it as live" in fixed.toolTip()


def test_what_is_no_json_is_said_at_its_row_and_reaches_nobody(model: ModelDesk, panel: InspectorPanel) -> None:
    model.desk.definitions["audio::gain"] = TABLE
    said: list[str] = []
    panel.refused.connect(said.append)
    model.bridge.inspect("gain")
    model.settle()
    urls = row_of(panel, JsonRow, "urls")
    write_into(urls, "[1, 2", leaves=False)
    assert urls.complaint.isVisible()
    urls.release()
    model.settle()
    assert said == ["Urls: This is no JSON yet: it ends too early. "
                    "Ctrl+Z in the field brings your text back."]  # fmt: skip
    assert "urls" not in (model.server.nodes["gain"].stored or {})
    assert (urls.text.toPlainText(), urls.complaint.isVisible()) == ("", False)
    assert not urls.is_held


def write_into(row: JsonRow, text: str, *, leaves: bool = True) -> None:
    """Types into a row in place of what is there; the hand leaves it, or stays."""
    row.text.setFocus()
    row.text.selectAll()
    QTest.keyClicks(row.text, text)
    if leaves:
        QTest.keyClick(row.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_a_peers_change_of_the_looked_at_node_is_shown(model: ModelDesk, panel: InspectorPanel) -> None:
    model.desk.definitions["audio::gain"] = GAIN
    model.bridge.inspect("gain")
    model.settle()
    model.server.tune("gain", {"gain": 2.5})
    model.settle()
    assert shown(panel, "gain") == "2.50"


def test_a_node_of_an_unknown_kind_says_so(model: ModelDesk, panel: InspectorPanel) -> None:
    model.bridge.inspect("gain")
    model.settle()
    assert panel.form is None
    assert "does not describe" in panel.hint.text()


def test_selecting_a_layer_ends_looking_at_a_node(model: ModelDesk, panel: InspectorPanel) -> None:
    model.bridge.inspect("gain")
    model.settle()
    assert model.bridge.inspected == "gain"
    model.bridge.select(["in_1"])
    model.settle()
    assert [model.bridge.inspected, panel.title] == [None, "CAM_B · VIDEO IN_1"]


def test_a_node_that_goes_away_is_no_longer_looked_at(model: ModelDesk, panel: InspectorPanel) -> None:
    model.desk.definitions["audio::gain"] = GAIN
    model.bridge.inspect("gain")
    model.settle()
    model.server.remove_node("gain")
    model.settle()
    assert model.bridge.inspected is None
    assert panel.title == "NOTHING SELECTED"


def test_nested_params_of_a_node_with_one_name_have_a_row_each(qtbot: QtBot, model: ModelDesk) -> None:
    """``fade.in.gain`` and ``gain`` are two params; sliders never share a line."""
    slider = {"type": "number", "minimum": 0, "maximum": 4096, "tunable": True}
    fade = {"type": "object", "properties": {"gain": slider, "in": {**slider, "path": "fade.in"}}}
    schema = {"properties": {"gain": slider, "fade": fade, "width": slider, "height": slider}}
    model.desk.definitions = {"audio::gain": NodeDefinition("audio::gain", param_schema=schema)}
    panel = InspectorPanel(model.bridge, model.tokens)
    qtbot.addWidget(panel)
    panel.resize(316, 800)
    with qtbot.waitExposed(panel):
        panel.show()
    model.bridge.inspect("gain")
    model.settle()
    assert panel.form is not None
    assert list(panel.form.bindings) == ["gain", "fade.gain", "in", "width", "height"]
    inner = row(panel, "fade.gain")
    inner.change(0.25)
    inner.release()
    model.settle()
    assert model.session.store.confirmed("gain")["fade"]["gain"] == 0.25
    assert model.session.store.confirmed("gain")["gain"] == 1.0
    assert panel.form.minimumSizeHint().width() <= panel.viewport().width()
