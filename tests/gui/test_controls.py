"""The author's control panel: what is read, what is refused, and that every kind tunes its node as one undo step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gui.controls.panel import ControlsPanel
from gui.inspector.binding import Binding
from gui.inspector.rows.number import NumberRow
from sync.client_controls import MAX_CONTROLS, ControlKind, field_of, offered_controls, read_controls
from sync.field import FieldKind
from sync.wire.events import RuntimeSchemasUpdated
from sync.wire.requests import TuneNodeAsync
from tests.gui.conftest import shown
from tests.gui.desk import ModelDesk
from tests.support.link import COMPOSITOR

CONTROLS: list[dict[str, Any]] = [
    {"label": "Gain", "type": "number", "node": "gain", "property": "gain", "min": 0, "max": 2, "group": "Sound"},
    {"label": "Title", "type": "text", "node": COMPOSITOR, "property": "text_overlays.title.text", "group": "Picture"},
    {"label": "Mute", "type": "toggle", "node": "gain", "property": "fade.mute", "default": False, "group": "Sound"},
    {"label": "Half", "type": "button", "node": COMPOSITOR, "property": "layers.in_1.opacity", "value": 0.5},
    {
        "label": "Curve",
        "type": "select",
        "node": "gain",
        "property": "fade.curve",
        "options": [{"label": "Linear", "value": "lin"}, {"label": "Cubic", "value": "cub"}],
    },
    {"label": "Ghost", "type": "toggle", "node": "nobody", "property": "on"},
]


@pytest.fixture
def panel(qtbot: QtBot, model: ModelDesk) -> ControlsPanel:
    give(model, CONTROLS)
    panel = ControlsPanel(model.bridge, model.tokens)
    qtbot.addWidget(panel)
    panel.resize(1100, 400)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def give(model: ModelDesk, controls: Any) -> None:
    """The pipeline's author wrote these controls."""
    model.server.header = msgspec.structs.replace(model.server.header, client={"controls": controls})
    model.session.take_snapshot(model.server.pipeline(), 0)


def binding(panel: ControlsPanel, label: str) -> Binding:
    return next(row for control, row in panel.bindings if control.label == label)


def tunes(model: ModelDesk) -> list[TuneNodeAsync]:
    return [request for request in model.link.posted if isinstance(request, TuneNodeAsync)]


def test_groups_stand_together_in_the_authors_order(panel: ControlsPanel) -> None:
    assert [control.label for control, _row in panel.bindings] == ["Gain", "Mute", "Title", "Curve", "Ghost"]
    names = {widget.objectName() for widget in panel.findChildren(QWidget)}
    assert {"controls/0/slider", "controls/1/text", "controls/2", "controls/3/button"} <= names
    assert not any(name.startswith("inspector/") for name in names)


def test_a_number_is_a_slider_whose_drag_is_one_patch_and_one_step(model: ModelDesk, panel: ControlsPanel) -> None:
    row = binding(panel, "Gain").row
    row.press()
    for step in range(1, 6):
        row.change(1.0 + step / 10)
        model.clock.advance(0.04)
    row.release()
    model.settle()
    assert tunes(model)[-1].message == {"UpdateParams": {"gain": 1.5}}
    assert len(tunes(model)) <= 7
    assert model.session.store.confirmed("gain")["gain"] == 1.5
    model.session.history.undo()
    model.settle()
    assert model.session.store.confirmed("gain")["gain"] == 1.0
    assert model.session.history.undo_title is None


def test_a_control_of_a_compositor_sends_the_whole_config(model: ModelDesk, panel: ControlsPanel) -> None:
    half = panel.findChild(QPushButton, "controls/3/button")
    assert isinstance(half, QPushButton)
    QTest.mouseClick(half, Qt.MouseButton.LeftButton)
    model.settle()
    message = tunes(model)[-1].message
    assert isinstance(message, dict)
    sent = message["UpdateParams"]
    assert sent["layers"]["in_1"]["opacity"] == 0.5
    assert sent["width"] == 1280
    assert sent["_sender"] == model.link.revisions.nonce
    assert model.session.history.undo_title is not None


def test_a_typed_text_goes_out_after_a_pause(qtbot: QtBot, model: ModelDesk, panel: ControlsPanel) -> None:
    editor = binding(panel, "Title").row.editors()[0]
    QTest.keyClicks(editor, "Oh ")
    assert tunes(model) == []
    qtbot.waitUntil(lambda: bool(tunes(model)), timeout=3000)
    assert "Oh" in model.session.store.value(COMPOSITOR, ("text_overlays", "title", "text"))
    binding(panel, "Title").row.release()


def test_a_toggle_and_a_choice_write_nested_patches(model: ModelDesk, panel: ControlsPanel) -> None:
    for label, value, patch in (("Mute", True, {"fade": {"mute": True}}), ("Curve", "cub", {"fade": {"curve": "cub"}})):
        row = binding(panel, label).row
        row.change(value)
        row.release()
        model.settle()
        assert tunes(model)[-1].message == {"UpdateParams": patch}


def test_a_peers_value_is_shown(model: ModelDesk, panel: ControlsPanel) -> None:
    model.server.tune("gain", {"gain": 0.25})
    model.settle()
    row = binding(panel, "Gain").row
    assert isinstance(row, NumberRow)
    assert row.number.text() == "0.25"


def test_a_control_of_a_missing_node_says_so(panel: ControlsPanel) -> None:
    editor = binding(panel, "Ghost").row.editors()[0]
    assert (editor.isEnabled(), editor.toolTip()) == (False, "nobody is not in the pipeline.")
    assert binding(panel, "Gain").row.editors()[0].isEnabled()


def test_a_role_that_may_not_tune_is_told(model: ModelDesk, panel: ControlsPanel) -> None:
    model.desk.permissions, model.desk.role = {"tune_nodes": False}, "viewer"
    panel.refresh()
    sentence = "The role viewer may not change parameters on this server."
    assert {row.row.editors()[0].toolTip() for _control, row in panel.bindings} == {sentence}
    assert not panel.buttons[0][1].isEnabled()


def test_the_tab_is_there_only_while_the_pipeline_has_controls(
    qtbot: QtBot, make_model: Callable[..., ModelDesk]
) -> None:
    model = make_model()
    window = shown(qtbot, model.window())
    at = window.details.keys().index("controls")
    assert not window.details.bar.isTabVisible(at)
    give(model, CONTROLS)
    model.settle()
    assert window.details.bar.isTabVisible(at)
    window.details.show_tab("controls")
    model.settle()
    assert window.details.bar.width() > window.details.bar.tabRect(at).right()
    give(model, [])
    model.settle()
    assert not window.details.bar.isTabVisible(at)


OFFERED: dict[str, Any] = {
    "properties": {
        "speed": {"type": "number", "minimum": 0, "maximum": 4, "tunable": True},
        "shown": {"type": "boolean", "tunable": True, "path": "properties.show"},
        "gain": {"type": "number", "minimum": 0, "maximum": 9, "tunable": True},
        "seed": {"type": "integer"},
        "urls": {"type": "array", "tunable": True},
    }
}


def test_what_a_node_publishes_at_run_time_becomes_controls_and_the_authors_win(
    model: ModelDesk, panel: ControlsPanel
) -> None:
    model.session.accept(RuntimeSchemasUpdated(model.session.info.id, "gain", OFFERED))
    model.bridge.flush()
    offered = [(control.label, control.group) for control in panel.controls[len(CONTROLS) :]]
    assert offered == [("Speed", "gain"), ("Shown", "gain")]
    assert [control.label for control in panel.controls].count("Gain") == 1
    shown_row = binding(panel, "Shown").row
    shown_row.change(True)
    shown_row.release()
    speed = binding(panel, "Speed").row
    assert isinstance(speed, NumberRow)
    speed.move_to(1.5)
    speed.release()
    model.settle()
    patches = [request.message for request in tunes(model) if request.node_id == "gain"]
    assert patches == [{"UpdateParams": {"properties": {"show": True}}}, {"UpdateParams": {"speed": 1.5}}]
    assert model.session.history.undo_title == "Speed of gain"


def test_controls_of_a_node_come_with_the_snapshot_and_go_with_the_node(
    qtbot: QtBot, make_model: Callable[..., ModelDesk]
) -> None:
    model = make_model()
    window = shown(qtbot, model.window())
    at = window.details.keys().index("controls")
    pipeline = msgspec.structs.replace(
        model.server.pipeline(), runtime_schemas={"gain": OFFERED, "_preview_1_x": OFFERED}
    )
    model.session.take_snapshot(pipeline, 0)
    model.settle()
    assert window.details.bar.isTabVisible(at)
    model.server.remove_node("gain")
    model.settle()
    assert not window.details.bar.isTabVisible(at)


@pytest.mark.parametrize("schema", [None, [], {}, {"properties": 5}, {"properties": {"a": 1}}])
def test_a_node_that_publishes_no_schema_offers_nothing(schema: Any) -> None:
    assert offered_controls({"gain": schema}, ()) == ()


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (3, "client.controls[0] is no mapping."),
        ({"label": "x", "type": "text"}, "client.controls[0] has no node and no property."),
        ({**CONTROLS[0], "type": "knob"}, "client.controls[0] has the unknown type knob."),
        ({**CONTROLS[0], "max": 0}, "client.controls[0] has a min that is not below its max."),
        ({**CONTROLS[4], "options": []}, "client.controls[0] is a select without options."),
        ({**CONTROLS[2], "type": "button"}, "client.controls[0] is a button without a value."),
        ({**CONTROLS[2], "property": "a..b"}, "client.controls[0] has the property a..b, which is no path."),
    ],
)
def test_a_control_that_cannot_be_used_is_named(entry: Any, sentence: str) -> None:
    controls, refused = read_controls({"controls": [entry, CONTROLS[0]]})
    assert refused == (sentence,)
    assert [control.label for control in controls] == ["Gain"]


def test_sections_without_controls() -> None:
    assert read_controls(None) == ((), ())
    assert read_controls({"watch": {}}) == ((), ())
    assert read_controls({"controls": {}})[1] == ("client.controls is no list.",)
    controls, refused = read_controls({"controls": CONTROLS[:1] * (MAX_CONTROLS + 1)})
    assert (len(controls), len(refused)) == (MAX_CONTROLS, 1)


def test_fields_of_controls() -> None:
    controls, _refused = read_controls({"controls": CONTROLS})
    fields = [field_of(control, "x") for control in controls if control.kind is not ControlKind.BUTTON]
    kinds = [FieldKind.SLIDER, FieldKind.TEXT, FieldKind.TOGGLE, FieldKind.CHOICE, FieldKind.TOGGLE]
    assert [field.kind for field in fields] == kinds
    assert (fields[0].step, fields[0].decimals, fields[2].path) == (0.02, 2, ("fade", "mute"))


def test_cards_take_as_many_columns_as_there_is_room_for(panel: ControlsPanel) -> None:
    """Groups ``Sound``, ``Picture`` and the one without a name."""
    rows: list[set[int]] = []
    for width in (1100, 720, 360):
        panel.resize(width, 400)
        QTest.qWait(0)
        rows.append({card.y() for card in panel._cards})
        assert panel.horizontalScrollBar().maximum() == 0
    assert [len(tops) for tops in rows] == [1, 2, 3]
