"""The graph at a real engine: a node is added and connected, its layer is seen in the programme, and it goes again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.graph.node_item import PinRef
from gui.graph.panel import GraphPanel
from sync.graph_edit import Stage
from sync.scene import Layer
from sync.store import Store
from sync.wire.pipeline import Connection
from tests.end2end.desk import DeskInTest, drag, press, release, run_on_loop, until
from tests.support.engine_process import EngineProcess

PIPELINE = Path(__file__).with_name("two_bars.yaml")
BARS = "video::colorbars"
NEW = f"{BARS}_1"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineProcess]:
    with EngineProcess(PIPELINE, state_dir=tmp_path) as process:
        yield process


def opened(desk: DeskInTest) -> GraphPanel:
    """The Graph tab in front."""
    desk.station.window.details.show_tab("graph")
    return desk.station.window.graph


def pin(panel: GraphPanel, node_id: str, name: str, *, is_output: bool) -> QPoint:
    """A pin's dot in the view."""
    place = panel.graph.nodes[node_id].pin_place(PinRef(node_id, name, is_output))
    assert place is not None
    return panel.view.mapFromScene(place)


def test_a_new_source_becomes_a_layer_of_the_programme_and_goes_again(
    qapp: QApplication, engine: EngineProcess
) -> None:
    async def scenario() -> None:
        async with DeskInTest.at(qapp, engine.url) as desk:
            panel, store = opened(desk), desk.session.store
            panel.add(BARS)
            await until(lambda: store.has(NEW), what="the node is built")
            await until(lambda: NEW in panel.graph.nodes and not panel.graph.nodes[NEW].face.is_draft)
            before = desk.picture()
            view = panel.view.viewport()
            press(view, pin(panel, NEW, "out", is_output=True))
            drag(view, pin(panel, "compositor", "in_2", is_output=False))
            release(view, pin(panel, "compositor", "in_2", is_output=False))
            await until(lambda: _layer(desk) is not None, what="the scene has a layer in_2")
            layer = _layer(desk)
            assert layer is not None
            assert layer.source_pin == f"{NEW}.out"
            await until(lambda: desk.picture() != before, what="the programme shows it")
            await until(lambda: "out" in panel.graph.nodes[NEW].face.rates, 15, "rates are shown")
            panel.graph.choose([NEW])
            panel.view.setFocus()
            QTest.keyClick(panel.view, Qt.Key.Key_Delete)
            assert store.has(NEW)
            QTest.keyClick(panel.view, Qt.Key.Key_Delete)
            await until(lambda: not store.has(NEW), what="the node is gone")
            await until(lambda: _layer(desk) is None, what="its layer is gone")
            await until(lambda: desk.picture() == before, what="the programme is as it was")

    run_on_loop(qapp, scenario())


def test_removing_several_is_a_batch_and_a_bad_node_says_why(qapp: QApplication, engine: EngineProcess) -> None:
    async def scenario() -> None:
        async with DeskInTest.at(qapp, engine.url) as desk:
            panel, store = opened(desk), desk.session.store
            said: list[str] = []
            desk.station.bridge.noticed.connect(lambda _severity, sentence: said.append(sentence))
            edit = panel.edit
            assert edit is not None
            panel.add("layerdesk::media")
            draft = "layerdesk::media_1"
            assert edit.drafts[draft].stage is Stage.FILLING
            edit.fill(draft, ("path",), "/nowhere/at/all.webm")
            edit.submit(draft)
            await until(lambda: edit.drafts[draft].stage is Stage.FAILED, what="the engine refuses the file")
            assert said == ["Invalid file path: '/nowhere/at/all.webm' is no file in the media folders."]
            assert not store.has(draft)
            edit.remove([draft])
            edge = store.connections()[0]
            edit.set_mode(edge, "best_effort")
            await until(lambda: _mode(store, edge) == "best_effort", what="the edge may drop packets")
            edit.remove(["cam"], [("compositor", "out", "out", "in")])
            await until(lambda: not store.has("cam"), what="the batch is applied")
            await until(lambda: [row.from_node for row in store.connections()] == ["bg"], what="both edges are gone")

    run_on_loop(qapp, scenario())


def _mode(store: Store, edge: Connection) -> str | None:
    return next((row.mode for row in store.connections() if row.ends == edge.ends), None)


def _layer(desk: DeskInTest) -> Layer | None:
    scene = desk.station.bridge.scene
    return None if scene is None else scene.layer("in_2")
