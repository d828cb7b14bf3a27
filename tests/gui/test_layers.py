"""The layers list: order, selection both ways, eye and lock, reordering by drop and by verbs."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QSignalSpy, QTest
from pytestqt.qtbot import QtBot

from gui.layers.delegate import eye_rect, lock_rect
from gui.layers.model import TROUBLE_ROLE
from gui.layers.verbs import LayerVerbs
from gui.layers.view import LayerList
from sync.scene import Scene
from tests.gui.desk import ModelDesk
from tests.support.link import COMPOSITOR


@pytest.fixture
def view(qtbot: QtBot, model: ModelDesk) -> LayerList:
    view = LayerList(model.bridge, LayerVerbs(model.bridge), model.tokens)
    qtbot.addWidget(view)
    view.resize(232, 400)
    with qtbot.waitExposed(view):
        view.show()
    return view


def order(view: LayerList) -> list[str]:
    rows = range(view.layer_model.rowCount())
    return [layer.id for row in rows if (layer := view.layer_model.layer(row)) is not None]


def click(view: LayerList, layer_id: str, at: QPoint | None = None, keys: Qt.KeyboardModifier | None = None) -> None:
    row = view.visualRect(view.layer_model.index(view.layer_model.row_of(layer_id)))
    place = at or row.center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, keys or Qt.KeyboardModifier.NoModifier, place)


def drop(view: LayerList, layer_ids: list[str], row: int) -> bool:
    """What Qt does when the rows are let go between two others."""
    model = view.layer_model
    data = model.mimeData([model.index(model.row_of(layer_id)) for layer_id in layer_ids])
    return model.dropMimeData(data, Qt.DropAction.MoveAction, row, 0, QModelIndex())


def test_the_front_layer_is_on_top(view: LayerList) -> None:
    assert order(view) == ["title", "in_2", "in_1", "in_0"]


def test_every_row_is_named_for_a_screen_reader(model: ModelDesk, view: LayerList) -> None:
    model.session.hide(COMPOSITOR, "in_1")
    model.session.set_locked("in_1", True)
    model.bridge.flush()
    spoken = view.layer_model.index(2).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "cam_b, video in_1, hidden, locked"


def test_a_row_says_that_its_source_is_not_well(model: ModelDesk, view: LayerList) -> None:
    row = view.layer_model.index(view.layer_model.row_of("in_1"))
    well = view.grab().toImage()
    told = QSignalSpy(view.layer_model.dataChanged)
    model.server.set_state("cam_b", {"Failed": {"reason": "gone.mp4 does not exist"}})
    model.settle()
    assert told.count() == 1
    assert row.data(Qt.ItemDataRole.ToolTipRole).endswith("failed: gone.mp4 does not exist")
    assert view.grab().toImage() != well
    model.server.set_state("cam_b", "Running")
    model.settle()
    assert row.data(TROUBLE_ROLE) is None
    assert "failed" not in row.data(Qt.ItemDataRole.ToolTipRole)


def test_selection_goes_both_ways(model: ModelDesk, view: LayerList) -> None:
    click(view, "in_1")
    assert model.bridge.selection == ("in_1",)
    click(view, "title", keys=Qt.KeyboardModifier.ControlModifier)
    assert set(model.bridge.selection) == {"in_1", "title"}
    model.bridge.select(["in_0"])
    model.bridge.flush()
    assert view.selected_ids() == ("in_0",)
    spy = QSignalSpy(model.bridge.selection_shown)
    model.bridge.flush()
    assert spy.count() == 0


def test_the_selection_survives_a_new_order(model: ModelDesk, view: LayerList) -> None:
    model.bridge.select(["in_1"])
    model.settle()
    LayerVerbs(model.bridge).to_front()
    model.settle()
    assert order(view)[0] == "in_1"
    assert view.selected_ids() == ("in_1",)


def scene_of(model: ModelDesk) -> Scene:
    assert model.bridge.scene is not None
    return model.bridge.scene


def test_the_eye_hides_and_shows_with_the_opacity_it_had(model: ModelDesk, view: LayerList) -> None:
    row = view.visualRect(view.layer_model.index(2))
    click(view, "in_1", eye_rect(row).center())
    model.settle()
    assert (model.server.nodes[COMPOSITOR].stored or {})["layers"]["in_1"]["opacity"] == 0
    hidden = view.layer_model.layer(2)
    assert hidden is not None
    assert hidden.is_hidden
    click(view, "in_1", eye_rect(row).center())
    model.settle()
    assert (model.server.nodes[COMPOSITOR].stored or {})["layers"]["in_1"]["opacity"] == 0.9


def test_eye_and_lock_do_not_change_the_selection(model: ModelDesk, view: LayerList) -> None:
    model.bridge.select(["title"])
    model.bridge.flush()
    row = view.visualRect(view.layer_model.index(2))
    click(view, "in_1", lock_rect(row).center())
    model.bridge.flush()
    assert model.session.is_locked("in_1")
    assert model.bridge.selection == ("title",)


def test_a_drop_reorders_in_one_step_and_with_one_number(model: ModelDesk, view: LayerList) -> None:
    before = {layer.id: layer.z_index for layer in scene_of(model).layers}
    assert not drop(view, ["in_1"], 0)
    model.settle()
    assert order(view) == ["in_1", "title", "in_2", "in_0"]
    after = {layer.id: layer.z_index for layer in scene_of(model).layers}
    assert [layer_id for layer_id in before if before[layer_id] != after[layer_id]] == ["in_1"]
    assert model.session.history.undo_title == "Move cam_b in the stack"
    model.session.history.undo()
    model.settle()
    assert order(view) == ["title", "in_2", "in_1", "in_0"]


@pytest.mark.parametrize(
    ("moved", "row", "wanted"),
    [
        (["title"], 4, ["in_2", "in_1", "in_0", "title"]),
        (["title"], 2, ["in_2", "title", "in_1", "in_0"]),
        (["in_0"], 0, ["in_0", "title", "in_2", "in_1"]),
        (["title", "in_1"], 4, ["in_2", "in_0", "title", "in_1"]),
        (["in_2"], 1, ["title", "in_2", "in_1", "in_0"]),
        (["in_2"], 2, ["title", "in_2", "in_1", "in_0"]),
    ],
)
def test_where_a_drop_lands(model: ModelDesk, view: LayerList, moved: list[str], row: int, wanted: list[str]) -> None:
    drop(view, moved, row)
    model.settle()
    assert order(view) == wanted


def test_a_drop_of_something_else_is_refused(view: LayerList) -> None:
    model = view.layer_model
    data = model.mimeData([])
    data.removeFormat(model.mimeTypes()[0])
    assert not model.dropMimeData(data, Qt.DropAction.MoveAction, 0, 0, QModelIndex())


def test_stack_verbs(model: ModelDesk, view: LayerList) -> None:
    verbs = LayerVerbs(model.bridge)
    model.bridge.select(["in_1"])
    model.bridge.flush()
    for verb, wanted in (
        (verbs.forward, ["title", "in_1", "in_2", "in_0"]),
        (verbs.to_back, ["title", "in_2", "in_0", "in_1"]),
        (verbs.backward, ["title", "in_2", "in_0", "in_1"]),
        (verbs.to_front, ["in_1", "title", "in_2", "in_0"]),
    ):
        verb()
        model.settle()
        assert order(view) == wanted
    steps = model.session.history.undo_title
    verbs.to_front()
    assert model.session.history.undo_title == steps == "Bring cam_b to front"


def test_a_locked_layer_stays_in_the_stack(model: ModelDesk, view: LayerList) -> None:
    said = QSignalSpy(model.bridge.noticed)
    model.session.set_locked("in_1", True)
    drop(view, ["in_1"], 0)
    model.settle()
    assert order(view) == ["title", "in_2", "in_1", "in_0"]
    assert "cam_b is locked" in said.at(0)[1]


def test_hiding_several_hides_all_then_shows_all(model: ModelDesk, view: LayerList) -> None:
    del view
    verbs = LayerVerbs(model.bridge)
    model.session.hide(COMPOSITOR, "in_1")
    model.bridge.select(["in_1", "title"])
    model.settle()
    verbs.toggle_hidden()
    model.settle()
    assert verbs.are_hidden()
    verbs.toggle_hidden()
    model.settle()
    assert not any(layer.is_hidden for layer in verbs.selected())


def test_an_update_of_one_layer_repaints_one_row(model: ModelDesk, view: LayerList) -> None:
    changed, reset = QSignalSpy(view.layer_model.dataChanged), QSignalSpy(view.layer_model.modelReset)
    model.session.hide(COMPOSITOR, "title")
    model.bridge.flush()
    assert (changed.count(), reset.count()) == (1, 0)
    assert changed.at(0)[0].row() == 0


def test_the_list_paints_every_kind_and_state(model: ModelDesk, view: LayerList) -> None:
    model.session.hide(COMPOSITOR, "in_1")
    model.session.set_locked("title", True)
    model.bridge.select(["in_0"])
    model.bridge.flush()
    image = view.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(232) for y in range(180)}
    for name in ("kind_text", "kind_video", "sel", "sel_fill"):
        assert getattr(model.tokens, name).lower() in colours, name


def test_only_rows_that_look_different_are_painted_again(model: ModelDesk, view: LayerList) -> None:
    changed = QSignalSpy(view.layer_model.dataChanged)
    assert model.session.edit(COMPOSITOR, {("layers", "in_0", "rotation_degrees"): 5.0}, "Turn")
    model.bridge.flush()
    assert changed.count() == 0
    layer = view.layer_model.layer(view.layer_model.row_of("in_0"))
    assert layer is not None
    assert layer.rotation_degrees == 5.0
    model.session.hide(COMPOSITOR, "in_0")
    model.bridge.flush()
    assert changed.count() == 1
