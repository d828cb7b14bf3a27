"""New texts, images and copies: above everything, selected, one undo step."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from gui.layers.adding import OverlayMaker, free_name
from gui.server.answers import Asset
from sync.scene import LayerKind, Scene
from tests.gui.desk import ModelDesk
from tests.support.link import COMPOSITOR


@pytest.fixture
def model(qapp: QApplication) -> Iterator[ModelDesk]:
    del qapp
    desk = ModelDesk()
    yield desk
    desk.close()


def _scene(model: ModelDesk) -> Scene:
    scene = model.bridge.scene
    assert scene is not None
    return scene


def test_a_text_is_added_on_top_selected_and_taken_back_in_one_step(model: ModelDesk) -> None:
    before = _scene(model)
    OverlayMaker(model.bridge).add_text()
    model.settle()
    added = _scene(model).layers[-1]
    assert (added.kind, added.text) == (LayerKind.TEXT, "Text")
    assert is_marked(added.id, "text")
    assert added.z_index > max(layer.z_index for layer in before.layers)
    assert model.bridge.selection == (added.id,)
    stored = model.server.nodes[COMPOSITOR].stored["text_overlays"][-1]
    assert (stored["id"], stored["rect"]) == (added.id, {"x": 40, "y": 100, "width": 0, "height": 0})
    model.session.history.undo()
    model.settle()
    assert [layer.id for layer in _scene(model).layers] == [layer.id for layer in before.layers]


def test_a_second_text_has_a_name_and_a_place_of_its_own(model: ModelDesk) -> None:
    maker = OverlayMaker(model.bridge)
    maker.add_text()
    model.settle()
    maker.add_text()
    model.settle()
    texts = [layer for layer in _scene(model).layers if layer.id.startswith("text")]
    assert len({layer.id for layer in texts}) == 2
    assert texts[0].drawn.y != texts[1].drawn.y


def test_an_image_keeps_its_shape_and_is_never_enlarged(model: ModelDesk) -> None:
    maker = OverlayMaker(model.bridge)
    maker.add_image(Asset("samples/images/user/logo.png", width=800, height=400))
    maker.add_image(Asset("samples/images/user/dot.png", width=20, height=10))
    model.settle()
    images = {
        item["id"].partition("_")[0]: item["rect"] for item in model.server.nodes[COMPOSITOR].stored["image_overlays"]
    }
    assert (images["logo"]["width"], images["logo"]["height"]) == (200, 100)
    assert (images["dot"]["width"], images["dot"]["height"]) == (20, 10)


def test_copies_stand_beside_their_originals_and_a_video_stays_one(model: ModelDesk) -> None:
    said: list[str] = []
    model.bridge.noticed.connect(lambda _severity, sentence: said.append(sentence))
    model.bridge.select(["title", "in_0"])
    OverlayMaker(model.bridge).duplicate()
    model.settle()
    items = {item["id"]: item for item in model.server.nodes[COMPOSITOR].stored["text_overlays"]}
    (copy,) = model.bridge.selection
    assert is_marked(copy, "title")
    assert items[copy]["text"] == items["title"]["text"]
    assert items[copy]["rect"]["x"] == items["title"]["rect"]["x"] + 24
    assert "video" in said[0]


def is_marked(name: str, stem: str) -> bool:
    return re.fullmatch(rf"{stem}_[2-9][2-9a-z]{{3}}", name) is not None


def test_a_name_that_another_operator_cannot_choose_at_the_same_moment() -> None:
    assert is_marked(free_name("logo", []), "logo")
    assert is_marked(free_name("lower_third", []), "lower_third")
    assert is_marked(free_name(free_name("logo", []), []), "logo"), "a copy of a copy has one mark"
    assert len({free_name("logo", []) for _ in range(50)}) > 45
