"""The server's actions on a window: what they say without a link, fonts that are not to be had, what can be dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtWidgets import QApplication

from gui.garbage import GarbageCollector
from gui.inspector.rows.font import FontRow
from gui.preview.access import HttpAccess
from gui.server.actions import ServerActions
from gui.server.failure import RestFailed
from gui.server.file_drop import pipeline_in
from gui.window import MainWindow
from sync.desk import LinkState
from sync.wire.pipeline import InputPin, NodeDefinition, OutputPin
from tests.end2end.desk import run_on_loop, until
from tests.gui.desk import ModelDesk
from tests.support.http_server import ScriptedHttp, raw_answer, scripted_http

FONTS = "GET /api/v1/assets/fonts"
PACKETS = "GET /api/v1/schema/packets"
SESSIONS = "POST /api/v1/sessions"


@pytest.fixture
def model(qapp: QApplication) -> Iterator[ModelDesk]:
    qapp.setQuitOnLastWindowClosed(False)
    garbage = GarbageCollector()
    desk = ModelDesk()
    yield desk
    desk.close()
    garbage.stop()
    qapp.setQuitOnLastWindowClosed(True)


def on_window(
    qapp: QApplication, model: ModelDesk, scenario: Callable[[MainWindow, ServerActions, ScriptedHttp], Any]
) -> None:
    """Runs a scenario on a window whose server answers HTTP as scripted."""

    async def run() -> None:
        async with scripted_http() as server:
            window = model.window()
            actions = ServerActions(window, lambda: HttpAccess(server.url))
            window.show()
            try:
                await scenario(window, actions, server)
            finally:
                await actions.close()
                model.bridge.stop()
                window.hide()
                window.deleteLater()
                await asyncio.sleep(0.01)

    run_on_loop(qapp, run())


def font_row(model: ModelDesk, window: MainWindow) -> FontRow:
    model.bridge.select(["title"])
    model.bridge.flush()
    assert window.inspector.form is not None
    row = window.inspector.form.row("font_name")
    assert isinstance(row, FontRow)
    return row


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (raw_answer(b"<html>", kind="text/html"), "This server does not offer that."),
        (raw_answer(b"Permission denied", 403, "text/plain"), "The server does not allow it: Permission denied."),
        (raw_answer({"a": 1}), "The server's answer cannot be read."),
    ],
)
def test_a_server_without_a_list_of_fonts_leaves_typing(
    qapp: QApplication, model: ModelDesk, reply: bytes, words: str
) -> None:
    async def scenario(window: MainWindow, _actions: ServerActions, server: ScriptedHttp) -> None:
        server.answers[FONTS] = reply
        row = font_row(model, window)
        await until(lambda: words in row.list.toolTip())
        assert row.sign.isHidden()
        row.show("Anything.ttf")
        assert (row.text.text(), row.sign.isHidden()) == ("Anything.ttf", True)

    on_window(qapp, model, scenario)


def test_fonts_are_asked_for_when_they_are_seen_and_again_after_a_reconnect(
    qapp: QApplication, model: ModelDesk
) -> None:
    async def scenario(window: MainWindow, _actions: ServerActions, server: ScriptedHttp) -> None:
        server.answers[FONTS] = raw_answer([{"path": "samples/fonts/user/A.ttf", "name": "A"}, {"path": 5}])
        model.bridge.select(["in_0"])
        model.bridge.flush()
        assert server.asked == []
        row = font_row(model, window)
        await until(lambda: row.list.findText("A (uploaded)") > 0)
        row.list_wanted.emit()
        assert len(server.asked) == 1
        model.show_link(LinkState.WAITING)
        model.bridge.flush()
        model.show_link(LinkState.LIVE)
        model.bridge.flush()
        await until(lambda: len(server.asked) == 2)

    on_window(qapp, model, scenario)


def test_packet_types_are_asked_for_when_the_graph_is_seen_and_those_that_every_desk_knows_stay_without_an_answer(
    qapp: QApplication, model: ModelDesk
) -> None:
    opus = {"id": "OpusAudio", "label": "Opus Audio", "color": "#ff6b6b", "compatibility": {"kind": "exact"}}
    model.desk.definitions = {
        "audio::gain": NodeDefinition(
            "audio::gain", inputs=[InputPin("in", ["OpusAudio"])], outputs=[OutputPin("out", "OpusAudio")]
        )
    }

    async def scenario(window: MainWindow, _actions: ServerActions, server: ScriptedHttp) -> None:
        def pin_words() -> str:
            return next(node.face.outputs[0].words for name, node in panel.graph.nodes.items() if name == "gain")

        panel = window.graph
        server.answers[PACKETS] = raw_answer(b"no", 404, "text/plain")
        assert server.asked == []
        window.details.show_tab("graph")
        await until(lambda: len(server.asked) == 1)
        assert pin_words() == "OpusAudio"
        server.answers[PACKETS] = raw_answer([{"id": 5}, opus, "broken"])
        model.show_link(LinkState.WAITING)
        model.bridge.flush()
        model.show_link(LinkState.LIVE)
        model.bridge.flush()
        await until(lambda: pin_words() == "Opus Audio")
        assert model.desk.packets.row("RawVideo") is not None
        window.details.show_tab("sync")
        window.details.show_tab("graph")
        assert len(server.asked) == 2

    on_window(qapp, model, scenario)


def test_without_a_link_everything_says_so(qapp: QApplication, model: ModelDesk) -> None:
    async def scenario(_window: MainWindow, actions: ServerActions, server: ScriptedHttp) -> None:
        said: list[str] = []
        model.bridge.noticed.connect(lambda _severity, sentence: said.append(sentence))
        model.show_link(LinkState.WAITING)
        assert {action.obstacle(model.bridge) for action in actions.actions} == {"Not connected to the server."}
        actions.starter.start_file(Path("show.yaml"))
        assert said == ["show.yaml was not started. Not connected to the server."]
        assert server.asked == []

    on_window(qapp, model, scenario)


def test_names_that_nobody_here_can_see_are_gone_around(qapp: QApplication, model: ModelDesk, tmp_path: Path) -> None:
    file = tmp_path / "show.yaml"
    file.write_text("nodes:\n  a:\n    kind: core::sink\n")

    async def scenario(_window: MainWindow, actions: ServerActions, server: ScriptedHttp) -> None:
        server.answers[SESSIONS] = lambda asked: (
            raw_answer({"session_id": "s9", "name": asked.json["name"]})
            if asked.json.get("name") == "show_3"
            else raw_answer(b"exists", 409, "text/plain")
        )
        actions.starter.start_file(file)
        await until(lambda: any(row.id == "s9" for row in model.desk.sessions))
        assert [asked.json["name"] for asked in server.asked] == ["show", "show_2", "show_3"]
        origin = actions.starter.origin_of("s9")
        assert origin is not None
        assert origin.text == file.read_text("utf-8")

    on_window(qapp, model, scenario)


def test_before_a_server_is_known_there_is_a_sentence(window: MainWindow) -> None:
    actions = ServerActions(window, lambda: None)
    with pytest.raises(RestFailed, match="Not connected"):
        actions.client()


@pytest.mark.parametrize(
    ("urls", "is_taken"),
    [
        (["file:///shows/a.yaml"], True),
        (["file:///shows/a.YML"], True),
        (["file:///shows/a.png"], False),
        (["file:///shows/a.yaml", "file:///shows/b.yaml"], False),
        (["https://host/a.yaml"], False),
        ([], False),
    ],
)
def test_one_pipeline_file_of_this_machine_can_be_dropped(urls: list[str], is_taken: bool) -> None:
    data = QMimeData()
    data.setUrls([QUrl(url) for url in urls])
    assert (pipeline_in(data) is not None) is is_taken


def test_our_own_engine_is_sent_no_file_that_it_would_refuse_and_others_are(
    qapp: QApplication, model: ModelDesk, tmp_path: Path
) -> None:
    file = tmp_path / "show.yaml"
    file.write_text("nodes:\n  m:\n    kind: video::compositor\n    params: {blend: soft}\n")

    async def scenario(_window: MainWindow, actions: ServerActions, server: ScriptedHttp) -> None:
        said: list[str] = []
        model.bridge.noticed.connect(lambda _severity, sentence: said.append(sentence))
        server.answers[SESSIONS] = lambda _asked: raw_answer({"session_id": "s9", "name": "show"})
        model.desk.definitions = {"layerdesk::media": NodeDefinition("layerdesk::media")}
        actions.starter.start_file(file)
        await until(lambda: said)
        refused = "this engine's compositor knows no such parameter; a newer server may"
        assert said == [f"show.yaml was not started. Line 4, m.blend: {refused}."]
        assert server.asked == []
        model.desk.definitions = {}
        actions.starter.start_file(file)
        await until(lambda: len(said) > 1)
        doubt = "m.blend (line 4) is a parameter that this Layerdesk does not know; it travels unchanged"
        assert said[1:] == [f"show.yaml runs, but {doubt}."]
        assert server.asked[0].json["yaml"] == file.read_text("utf-8")

    on_window(qapp, model, scenario)
