"""The engine dies under the hand: the desk says so, keeps the scene, comes back and sends only what is ours."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QLabel, QSlider

from gui.place import EmbeddedPlace
from sync.desk import LinkState
from sync.pipeline_file import read_pipeline_file
from tests.end2end.controls import commits_in, slider_of
from tests.end2end.desk import DeskInTest, drag, press, release, run_on_loop, until
from tests.end2end.peer import ScriptedPeer
from tests.faults.link import FaultyLink
from tests.support.engine_process import EngineProcess

PIPELINE = Path(__file__).with_name("two_bars.yaml")
OPACITY = ("layers", "in_1", "opacity")


@pytest.mark.expects_log("no link")
def test_killed_in_the_middle_of_a_drag(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(engine: EngineProcess, link: FaultyLink) -> None:
        async with DeskInTest.at(qapp, link.url) as desk:
            slider = await slider_of(desk)
            scene = desk.station.bridge.scene
            assert scene is not None
            await _begin_drag(slider)
            engine.kill()
            begun = time.monotonic()
            drag(slider, QPoint(20, slider.height() // 2))  # the engine's disk has all that came before
            await until(lambda: desk.station.desk.link.state is not LinkState.LIVE, 1.0, "the link is known to be lost")
            words = desk.widget(QLabel, "banner/words")
            await until(lambda: words.isVisible() and words.text(), 1.0, "the banner says so")
            assert time.monotonic() - begun <= 1.0
            ours = desk.session.store.value("compositor", OPACITY)
            kept = desk.station.bridge.scene
            assert kept is not None
            assert [each.id for each in kept.layers] == [each.id for each in scene.layers]
            release(slider, QPoint(slider.width() // 2, slider.height() // 2))
            link.seen_by_server.clear()
            engine.restart()
            await until(lambda: desk.station.desk.link.state is LinkState.LIVE, 20, "it comes back by itself")
            await until(lambda: desk.session.store.in_flight() == 0, what="what is ours is acknowledged")
            await _check_what_was_sent(link, engine, ours)
            await until(lambda: desk.station.follower.picture.statistics().received >= 2, 20, "the picture is back")

    with EngineProcess(PIPELINE, state_dir=tmp_path) as engine, FaultyLink(engine.url) as link:
        run_on_loop(qapp, scenario(engine, link))


async def _begin_drag(slider: QSlider) -> None:
    middle = slider.height() // 2
    press(slider, QPoint(slider.width() - 12, middle))
    for step in range(20):
        drag(slider, QPoint(slider.width() - 12 - 3 * step, middle))
        await asyncio.sleep(1 / 60)


async def _check_what_was_sent(link: FaultyLink, engine: EngineProcess, ours: float) -> None:
    """One config: the stored one with our opacity; every stamp counts from 1 on the new connection."""
    commits = commits_in(link.seen_by_server)
    assert [commit["_rev"] for commit in commits] == list(range(1, len(commits) + 1))
    assert len(commits) == 1
    assert len({commit["_sender"] for commit in commits}) == 1
    async with ScriptedPeer.at(engine.url) as peer:
        stored = await peer.params()
    assert abs(stored["layers"]["in_1"]["opacity"] - ours) < 0.006
    assert stored["text_overlays"][0]["text"] == "Hello"
    assert not [key for key in stored if key.startswith("_")]


@pytest.mark.expects_log("no link")
def test_the_embedded_engine_is_started_again(qapp: QApplication) -> None:
    async def scenario() -> None:
        place = EmbeddedPlace(PIPELINE, read_pipeline_file(PIPELINE), lambda _sentence: None)
        async with DeskInTest.on(qapp, place) as desk:
            desk.session.edit("compositor", {OPACITY: 0.4}, "Opacity")
            await until(lambda: desk.session.store.in_flight() == 0)
            await asyncio.sleep(1.0)  # the engine writes its state a moment after a change
            first = place.engine_pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            await until(lambda: desk.station.desk.link.state is not LinkState.LIVE, 1.0, "the loss is known")
            await until(lambda: desk.station.desk.link.state is LinkState.LIVE, 20, "the engine is back")
            assert place.engine_pid != first
            assert desk.session.store.value("compositor", OPACITY) == 0.4

    run_on_loop(qapp, scenario())
