"""The dialogs about the server on a scripted one: what they show, and what faults look like in them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QCheckBox, QDialog, QLabel, QWidget

from gui.connecting.dialog import ConnectDialog
from gui.connecting.tokens import ServerTokens
from gui.garbage import GarbageCollector
from gui.preview.access import HttpAccess
from gui.server.check_dialog import CheckDialog
from gui.server.dialog import ServerDialog
from gui.server.errands import Errand, Errands
from gui.server.failure import RestFailed
from gui.server.rest import RestClient
from gui.server.samples_dialog import SamplesDialog
from gui.server.save_sample import SaveSampleDialog
from gui.server.work_card import WorkCard
from gui.settings.state import StateFile
from gui.theme.tokens import load_tokens
from sync.tasks import Tasks
from tests.end2end.desk import run_on_loop, until
from tests.gui.desk import ModelDesk
from tests.gui.test_window import own_controls
from tests.support.http_server import ScriptedHttp, raw_answer, scripted_http

LIST = "GET /api/v1/samples/dynamic"
CHECK = "POST /api/v1/validate"
SAVE = "POST /api/v1/samples/oneshot"
TOKENS = load_tokens("dark")


@pytest.fixture(autouse=True)
def stays_open(qapp: QApplication) -> Iterator[None]:
    """As in the program: the last dialog that closes does not end the loop."""
    qapp.setQuitOnLastWindowClosed(False)
    garbage = GarbageCollector()
    yield
    garbage.stop()
    qapp.setQuitOnLastWindowClosed(True)


class Stand:
    """What every dialog is made from, on one scripted server."""

    def __init__(self, model: ModelDesk, server: ScriptedHttp) -> None:
        self.model, self.server, self.tasks, self.parent = model, server, Tasks(), QWidget()

    def client(self) -> RestClient:
        return RestClient(HttpAccess(self.server.url), limit_s=5.0)

    def samples(self) -> SamplesDialog:
        dialog = SamplesDialog(self.model.bridge, TOKENS, self.tasks, self.client, self.parent)
        dialog.refresh()
        dialog.show()
        return dialog

    def check(self, file: Path) -> CheckDialog:
        dialog = CheckDialog(TOKENS, self.tasks, self.client, self.parent)
        dialog.check(file)
        return dialog

    def saving(self, name: str) -> SaveSampleDialog:
        dialog = SaveSampleDialog("nodes: {}\n", name, TOKENS, self.tasks, self.client, self.parent)
        dialog.show()
        return dialog


@pytest.fixture
def model(qapp: QApplication) -> Iterator[ModelDesk]:
    del qapp
    desk = ModelDesk()
    yield desk
    desk.close()


async def put_away(parent: QWidget) -> None:
    """Closes and deletes a window and its dialogs while the loop still runs."""
    for window in (*parent.findChildren(QDialog), parent):
        window.hide()
    parent.deleteLater()
    await asyncio.sleep(0.01)


def on_server(qapp: QApplication, model: ModelDesk, scenario: Callable[[Stand], Any]) -> None:
    """Runs a scenario on a scripted server, then puts everything away."""

    async def run() -> None:
        async with scripted_http() as server:
            stand = Stand(model, server)
            try:
                await scenario(stand)
            finally:
                await stand.tasks.close()
                await put_away(stand.parent)

    run_on_loop(qapp, run())


def row(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": f"system/{name}", "name": name, "yaml": f"# {name}\n", "is_system": True, **fields}


def test_samples_are_searched_by_name_and_description(qapp: QApplication, model: ModelDesk) -> None:
    async def scenario(stand: Stand) -> None:
        rows = [
            row("Studio"),
            row("Circle", description="a speaker"),
            row("part", is_fragment=True),
            {"name": "broken"},
        ]
        stand.server.answers[LIST] = raw_answer(rows)
        dialog = stand.samples()
        assert dialog.summary.text() == "Asking the server for its samples…"
        assert not dialog.open_button.isEnabled()
        await until(lambda: not dialog.is_busy)
        assert dialog.summary.text() == "3 samples. 1 of the server's list cannot be shown."
        assert [dialog.list.item(at).text() for at in range(dialog.list.count())] == ["Studio", "Circle"]
        dialog.search.setText("SPEAK circ")
        assert [dialog.list.item(at).text() for at in range(dialog.list.count())] == ["Circle"]
        assert (dialog.about.text(), dialog.text.toPlainText()) == ("a speaker", "# Circle\n")
        asked: list[tuple[str, str]] = []
        dialog.open_asked.connect(lambda text, title: asked.append((text, title)))
        dialog.open_button.click()
        assert asked == [("# Circle\n", "Circle")]

    on_server(qapp, model, scenario)


def test_a_sample_that_is_listed_without_its_text_is_fetched(qapp: QApplication, model: ModelDesk) -> None:
    async def scenario(stand: Stand) -> None:
        stand.server.answers[LIST] = raw_answer([{"id": "user/a", "name": "A"}])
        stand.server.answers["GET /api/v1/samples/oneshot/user/a"] = raw_answer(row("A", id="user/a"))
        dialog = stand.samples()
        await until(lambda: not dialog.is_busy)
        asked: list[str] = []
        dialog.open_asked.connect(lambda text, _title: asked.append(text))
        dialog.open_button.click()
        await until(lambda: asked == ["# A\n"])

    on_server(qapp, model, scenario)


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (raw_answer(b"", 403, "text/plain"), "The server does not allow it."),
        (raw_answer(b"<html>", kind="text/html"), "This server does not offer that."),
        (raw_answer({"not": "a list"}), "The server's answer cannot be read."),
        (raw_answer(b"[", length=100), "The server broke off its answer."),
    ],
)
def test_a_list_that_does_not_come_is_explained_and_asked_for_again(
    qapp: QApplication, model: ModelDesk, reply: bytes, sentence: str
) -> None:
    async def scenario(stand: Stand) -> None:
        stand.server.answers[LIST] = reply
        dialog = stand.samples()
        await until(lambda: not dialog.is_busy)
        assert dialog.complaint.text() == sentence
        assert dialog.complaint.isVisible()
        assert not dialog.busy.isVisible()
        stand.server.answers[LIST] = raw_answer([row("Studio")])
        dialog.reload_button.click()
        await until(lambda: not dialog.is_busy)
        assert (dialog.list.count(), dialog.complaint.isVisible()) == (1, False)

    on_server(qapp, model, scenario)


def test_every_control_of_the_dialogs_has_its_names_and_a_tip(
    qapp: QApplication, model: ModelDesk, tmp_path: Path
) -> None:
    async def scenario(stand: Stand) -> None:
        stand.server.answers[LIST] = raw_answer([row("Studio")])
        server_tokens = ServerTokens(StateFile())
        dialogs = (
            stand.samples(),
            stand.check(tmp_path / "gone.yaml"),
            stand.saving("a"),
            ConnectDialog("ws://host:4545", server_tokens, stand.tasks, TOKENS, stand.parent),
            WorkCard(stand.parent, TOKENS),
        )
        await until(lambda: not any(dialog.is_busy for dialog in dialogs[:3] if isinstance(dialog, ServerDialog)))
        await until(lambda: bool(dialogs[3].findChildren(QCheckBox)[0].toolTip()))
        controls = [control for dialog in dialogs for control in own_controls(dialog)]
        assert len(controls) > 20
        for control in controls:
            assert "/" in control.objectName(), control
            assert control.accessibleName(), control.objectName()
            assert control.toolTip(), control.objectName()

    on_server(qapp, model, scenario)


def test_a_dialog_that_is_closed_waits_for_nothing(qapp: QApplication, model: ModelDesk) -> None:
    async def scenario(stand: Stand) -> None:
        stand.server.answers[LIST] = None
        dialog = stand.samples()
        await until(lambda: stand.server.asked, what="the server was asked")
        assert dialog.busy.isVisible()
        dialog.reject()
        await until(lambda: not stand.tasks._running, what="nothing waits any more")

    on_server(qapp, model, scenario)


def test_hostile_names_are_shown_as_text_on_one_line(qapp: QApplication, model: ModelDesk) -> None:
    async def scenario(stand: Stand) -> None:
        name = "<b>bold</b>\n\u202eevil" + "x" * 5000
        stand.server.answers[LIST] = raw_answer([row(name, description="<img src=x>" * 400)])
        dialog = stand.samples()
        await until(lambda: not dialog.is_busy)
        shown = dialog.list.item(0).text()
        assert shown.startswith("<b>bold</b> evil")
        assert len(shown) < 100
        assert all(label.textFormat().name == "PlainText" for label in dialog.findChildren(QLabel) if label.text())
        assert dialog.width() < 1280

    on_server(qapp, model, scenario)


def test_saving_asks_before_it_replaces(qapp: QApplication, model: ModelDesk) -> None:
    async def scenario(stand: Stand) -> None:
        stand.server.answers[SAVE] = lambda asked: (
            raw_answer(row("x")) if asked.json["overwrite"] else raw_answer(b"exists", 409, "text/plain")
        )
        dialog = stand.saving("Friday")
        said: list[str] = []
        dialog.saved.connect(said.append)
        dialog.name.setText("  ")
        assert not dialog.save.isEnabled()
        dialog.name.setText(" Friday ")
        dialog.save.click()
        await until(lambda: not dialog.is_busy)
        assert (dialog.save.text(), said) == ("Replace it", [])
        dialog.name.setText("Friday 2")
        assert dialog.save.text() == "Save"
        dialog.name.setText("Friday")
        dialog.save.click()
        await until(lambda: said == ["Friday"])
        assert [asked.json["overwrite"] for asked in stand.server.asked] == [False, True]

    on_server(qapp, model, scenario)


def test_a_check_shows_what_this_desk_finds_also_when_the_server_cannot(
    qapp: QApplication, model: ModelDesk, tmp_path: Path
) -> None:
    file = tmp_path / "show.yaml"
    file.write_text("nodes:\n  a:\n    kind: core::sink\n    needs: nobody\n")

    async def scenario(stand: Stand) -> None:
        stand.server.answers[CHECK] = raw_answer(b"", 500)
        dialog = stand.check(file)
        await until(lambda: not dialog.is_busy)
        assert dialog.complaint.text() == "The server failed (HTTP 500)."
        assert [issue.line for issue in dialog.issues] == [4]
        assert not dialog.start.isEnabled()
        dialog.copy.click()
        assert QApplication.clipboard().text().startswith("show.yaml:4: error: nodes.a.needs: ")

    on_server(qapp, model, scenario)


def test_the_server_has_the_last_word_on_what_it_runs(qapp: QApplication, model: ModelDesk, tmp_path: Path) -> None:
    file = tmp_path / "show.yaml"
    file.write_text("nodes:\n  a:\n    kind: core::sink\n    needs: { from: nowhere }\n")

    async def scenario(stand: Stand) -> None:
        stand.server.answers[CHECK] = raw_answer({"valid": True})
        dialog = stand.check(file)
        await until(lambda: not dialog.is_busy)
        assert [issue.is_error for issue in dialog.issues] == [True]
        assert dialog.summary.text() == "This server would run show.yaml; this desk cannot read all of it."
        started: list[tuple[str, str]] = []
        dialog.start_text_asked.connect(lambda text, title: started.append((text, title)))
        dialog.start.click()
        assert started == [(file.read_text("utf-8"), "show")]

    on_server(qapp, model, scenario)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "line 1, column 1: byte 0xff is not UTF-8 text"),
        (b"a" * 1_100_000, "is longer than 1048576 bytes"),
    ],
)
def test_a_file_that_is_none_is_not_sent(
    qapp: QApplication, model: ModelDesk, tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "show.yaml"
    file.write_bytes(content)

    async def scenario(stand: Stand) -> None:
        dialog = stand.check(file)
        await until(lambda: not dialog.is_busy)
        assert words in dialog.complaint.text()
        file.unlink()
        dialog.again.click()
        await until(lambda: not dialog.is_busy)
        assert dialog.complaint.text() == "show.yaml cannot be read: No such file or directory."
        assert stand.server.asked == []

    on_server(qapp, model, scenario)


def test_long_work_has_a_card_after_a_moment_and_can_be_given_up(qapp: QApplication) -> None:
    async def scenario() -> None:
        parent, said, begun = QWidget(), list[str](), asyncio.Event()
        parent.resize(900, 500)
        parent.show()
        errands = Errands(WorkCard(parent, TOKENS), lambda severity, words: said.append(f"{severity}: {words}"))

        async def slow(errand: Errand) -> None:
            errand.tell(0.25)
            begun.set()
            await asyncio.Event().wait()

        async def quick(_errand: Errand) -> None:
            raise RestFailed("The server failed (HTTP 500).")

        errands.start("Sending a.png", "a.png was not added.", slow)
        errands.start("Sending b.png", "b.png was not added.", quick)
        await until(lambda: said == ["error: b.png was not added. The server failed (HTTP 500)."])
        assert errands.card.isHidden()
        await until(errands.card.isVisible)
        assert errands.card.words.text() == "Sending a.png… 25%"
        assert (errands.card.bar.maximum(), errands.card.bar.value()) == (1000, 250)
        errands.card.cancel_asked.emit()
        await until(errands.card.isHidden)
        assert said[1:] == ["info: Sending a.png: given up."]
        errands.start("Sending c.png", "", slow)
        await errands.close()
        assert not errands.tasks._running
        await put_away(parent)

    run_on_loop(qapp, scenario())
