"""Export of the demo session: the operator's own file with the edited lines changed, and nothing of ours in it."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from PySide6.QtWidgets import QApplication

from gui.place import EmbeddedPlace
from sync.pipeline_file import read_pipeline_file
from sync.pipeline_yaml import load_pipeline
from tests.end2end.desk import DeskInTest, run_on_loop, until
from tests.support.engine_process import DEMO, EngineProcess


def _changed_lines(old: str, new: str) -> list[str]:
    rows = difflib.ndiff(old.splitlines(), new.splitlines())
    return [row[2:].strip() for row in rows if row.startswith(("+ ", "- "))]


def test_the_demo_exports_as_its_own_file(qapp: QApplication, tmp_path: Path) -> None:
    text = DEMO.read_text("utf-8")

    async def scenario() -> str:
        async with DeskInTest.on(qapp, EmbeddedPlace(DEMO, read_pipeline_file(DEMO), lambda _sentence: None)) as desk:
            assert desk.station.window.exporting.export().text == text
            desk.session.edit("compositor", {("layers", "in_2", "opacity"): 0.64}, "Opacity of guest")
            desk.session.edit("compositor", {("layers", "in_1", "rect", "x"): 99}, "Move bars")
            desk.session.hide("compositor", "lower_third")
            await until(lambda: desk.session.store.in_flight() == 0)
            return desk.station.window.exporting.export().text

    exported = run_on_loop(qapp, scenario())
    changed = _changed_lines(text, exported)
    assert not [line for line in exported.splitlines() if re.match(r"\s*['\"]?_", line)]
    assert any("0.64" in line for line in changed)
    assert any("99" in line for line in changed)
    assert any("hidden" in line for line in changed)
    comments = [line.strip() for line in text.splitlines() if line.strip().startswith("#")]
    assert [line.strip() for line in exported.splitlines() if line.strip().startswith("#")] == comments
    assert len(changed) <= 8, changed
    copy = DEMO.with_name("studio.yaml")
    again = load_pipeline(exported, copy.name).pipeline
    _same_scene_again(qapp, exported, tmp_path)
    assert list(again.nodes) == list(load_pipeline(text, copy.name).pipeline.nodes)


def _same_scene_again(qapp: QApplication, exported: str, tmp_path: Path) -> None:
    """The export loaded into a fresh engine: the scene has the edited values, the hidden layer its memory."""
    file = tmp_path / "again.yaml"
    file.write_text(exported, encoding="utf-8")

    async def scenario(url: str) -> None:
        async with DeskInTest.at(qapp, url) as desk:
            scene = desk.station.bridge.scene
            assert scene is not None
            layers = {layer.id: layer for layer in scene.layers}
            assert layers["in_2"].opacity == 0.64
            assert layers["in_1"].rect is not None
            assert layers["in_1"].rect.x == 99
            assert layers["lower_third"].is_hidden

    with EngineProcess(file) as engine:
        run_on_loop(qapp, scenario(engine.url))
