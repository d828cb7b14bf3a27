"""Pictures of what an operator does at the server: ``python -m tests.end2end.server_shots FOLDER``."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication, QLabel, QWidget

from gui.connecting.dialog import ConnectDialog
from gui.options import DeskOptions
from gui.program import DeskProgram, prepare_application
from gui.server.samples_dialog import SamplesDialog
from gui.server.save_sample import SaveSampleDialog
from gui.theme.apply import apply
from gui.theme.tokens import THEME_NAMES, load_tokens
from sync.desk import LinkState
from tests.end2end.desk import DeskInTest, run_on_loop, until
from tests.support.engine_process import DEMO, EngineProcess
from tests.support.keyring_backend import MemoryKeyring

BROKEN = """\
# Saturday, not ready yet
name: saturday
mode: dynamic
client:
  input: { type: file_upload }
nodes:
  camera:
    kind: acme::camera
  stage:
    kind: video::compositor
    params: { width: 1280, height: 720, fps: 30 }
    needs: [camera]
  out:
    kind: core::sink
    needs: stage
"""


def main(folder: Path) -> None:
    """Writes the pictures into ``folder``, each in every theme."""
    folder.mkdir(parents=True, exist_ok=True)
    application, loop = prepare_application(["layerdesk"])
    loop.close()
    with (
        tempfile.TemporaryDirectory() as shelf,
        EngineProcess(DEMO, options=["--samples-dir", shelf]) as engine,
    ):
        for theme in THEME_NAMES:
            apply(application, load_tokens(theme))
            run_on_loop(application, _all(application, engine, folder, theme))
            run_on_loop(application, _refused(application, folder, theme))


async def _all(application: QApplication, engine: EngineProcess, folder: Path, theme: str) -> None:
    async with DeskInTest.at(application, engine.url) as desk:
        window, server = desk.station.window, desk.station.server
        window.resize(1280, 720)
        window.actions_table.run(f"theme.{theme}")

        async def shoot(name: str, what: QWidget) -> None:
            await asyncio.sleep(0.4)
            what.grab().save(str(folder / f"{name}-{theme}.png"))

        await _samples(desk, shoot)
        file = folder / "saturday.yaml"
        file.write_text(BROKEN, encoding="utf-8")
        check = server.check(file)
        await until(lambda: not check.is_busy)
        await shoot("check", check)
        check.reject()
        desk.program.ask_for_server()
        connect = desk.widget(QWidget, "connect/dialog")
        await until(lambda: "Looking" not in desk.widget(QLabel, "connect/why_not").text())
        await shoot("connect", connect)
        connect.close()
        desk.station.bridge.select(["title"])
        server.errands.card.show_work("Sending backdrop.png", 0.4, 1)
        await asyncio.sleep(1.0)
        form = window.inspector.form
        if form is not None and form.font_rows():
            row = form.font_rows()[0]
            await until(lambda: row.list.count() > 6)
            row.text.selectAll()
            row.text.insert("samples/fonts/user/Gone.ttf")
            row.text.returnPressed.emit()
            window.inspector.ensureWidgetVisible(row.list)
        await shoot("work-and-font", window)
        if form is not None and form.font_rows():
            form.font_rows()[0].list.showPopup()
            await shoot("font-list", form.font_rows()[0].list.view())
            form.font_rows()[0].list.hidePopup()
        desk.session.history.undo()


async def _refused(application: QApplication, folder: Path, theme: str) -> None:
    """A server that wants a token, and the dialog that asks for one, with a keyring at hand."""
    tokens = folder / "tokens"
    tokens.write_text("admin secret # nobody\n", encoding="utf-8")
    tokens.chmod(0o600)
    with EngineProcess(DEMO, options=["--tokens", tokens]) as engine, MemoryKeyring.in_use():
        program = DeskProgram(application, DeskOptions(), keeps_state=False)
        await program.open(program.connector.place(engine.url))
        desk = DeskInTest(application, program)
        window = desk.station.window
        window.resize(1280, 720)
        window.actions_table.run(f"theme.{theme}")
        await until(lambda: desk.station.desk.link.state is LinkState.REFUSED)
        await asyncio.sleep(0.5)
        window.grab().save(str(folder / f"refused-{theme}.png"))
        program.ask_for_server()
        dialog = desk.widget(ConnectDialog, "connect/dialog")
        await until(dialog.remember.isEnabled)
        dialog.remember.setChecked(True)
        dialog.token.setText("two words")
        dialog.go.click()
        await asyncio.sleep(0.3)
        dialog.grab().save(str(folder / f"connect-keyring-{theme}.png"))
        dialog.reject()
        await program.close()


async def _samples(desk: DeskInTest, shoot: object) -> None:
    window = desk.station.window
    window.actions_table.run("session.samples")
    samples = desk.widget(SamplesDialog, "samples/dialog")
    await until(lambda: samples.list.count() > 2)
    window.actions_table.run("session.save_sample")
    saving = desk.widget(SaveSampleDialog, "save_sample/dialog")
    saving.name.setText("Friday night")
    saving.description.setText("Two presenters and a guest")
    saving.save.click()
    await until(lambda: not saving.is_busy)
    await until(lambda: not samples.is_busy)
    await shoot("samples", samples)  # type: ignore[operator]
    window.actions_table.run("session.save_sample")
    again = window.findChildren(SaveSampleDialog)[-1]
    again.name.setText("Friday night")
    again.save.click()
    await until(lambda: not again.is_busy)
    await shoot("save", again)  # type: ignore[operator]
    again.reject()
    samples.reject()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "artifacts"))
