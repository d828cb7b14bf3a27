"""What an operator does at the server over HTTP: start files, check them, look through samples, upload fonts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from gui.actions.table import Action
from gui.preview.access import HttpAccess
from gui.server.errands import Errands
from gui.server.failure import RestFailed
from gui.server.file_drop import FileDrop
from gui.server.fonts import FontShelf
from gui.server.packet_shelf import PacketShelf
from gui.server.rest import RestClient
from gui.server.starting import SessionStarter
from gui.server.work_card import WorkCard
from gui.window import MainWindow

if TYPE_CHECKING:
    from gui.server.check_dialog import CheckDialog

PIPELINES = "Pipelines (*.yaml *.yml)"
FONTS = "Fonts (*.ttf *.otf)"

__all__ = ["ServerActions"]


class ServerActions:
    """``actions`` for the table; ``close`` gives up what is under way."""

    def __init__(self, window: MainWindow, access: Callable[[], HttpAccess | None]) -> None:
        self._window, self._access = window, access
        self.bridge = window.bridge
        self.errands = Errands(WorkCard(window.centre, window.tokens), self.bridge.noticed.emit)
        self.starter = SessionStarter(self.bridge, self.errands, self.client)
        self.fonts = FontShelf(self.bridge, window.inspector, self.errands, self.client)
        self._packets = PacketShelf(self.bridge, window.graph, self.errands.tasks, self.client)
        window.inspector.font_upload_asked.connect(self.ask_for_font)
        self._drop = FileDrop(window)
        self._drop.dropped.connect(self.starter.start_file)

    @property
    def actions(self) -> tuple[Action, ...]:
        """Start, check, samples, save."""
        return (
            Action("session.from_file", "Start a session from a file…",
                   self.ask_for_session_file,
                   "Run a YAML pipeline on the connected server; a file dropped on the window does the same",
                   shortcut="Ctrl+Shift+O", menu="Session", why_not=lambda now: now.desk.why_not("create_session")),
            Action("session.samples", "Samples of this server…", self.open_samples,
                   "Look through the server's sample pipelines and open one as a new session", menu="Session",
                   why_not=lambda now: now.desk.why_not("list_samples")),
            Action("session.save_sample", "Save this session as a sample…", self.save_sample,
                   "Keep the open session among the server's samples", menu="Session",
                   is_enabled=lambda now: now.session is not None,
                   why_not=lambda now: now.desk.why_not("write_samples")),
            Action("file.check", "Check a file against this server…",
                   self.ask_for_file_to_check,
                   "Ask the server whether it would run a pipeline file, without running it", menu="File",
                   why_not=lambda now: now.desk.why_not("create_session")),
            Action("layer.upload_font", "Upload a font…", self.ask_for_font,
                   "Send a font file to the server and use it for the selected texts", menu="Layer",
                   why_not=lambda now: now.desk.why_not("upload_assets")),
        )  # fmt: skip

    def client(self) -> RestClient:
        """Asks the server that the desk is at; raises RestFailed before it is known where that is."""
        access = self._access()
        if access is None:
            raise RestFailed("Not connected to the server.")
        return RestClient(access)

    def ask_for_session_file(self) -> None:
        """Lets the operator choose a pipeline to start on the server."""
        self._ask_for_file("start", "Start a session from a file", PIPELINES, self.starter.start_file)

    def ask_for_file_to_check(self) -> None:
        """Lets the operator choose a pipeline to check."""
        self._ask_for_file("check/file", "Check a file against this server", PIPELINES, self.check)

    def ask_for_font(self) -> None:
        """Lets the operator choose a font file."""
        self._ask_for_file("font", "Upload a font", FONTS, self.fonts.upload)

    def check(self, file: Path) -> CheckDialog:
        """Opens the check of ``file``."""
        from gui.server.check_dialog import CheckDialog  # a start needs none of the dialogs

        dialog = CheckDialog(self._window.tokens, self.errands.tasks, self.client, self._window)
        dialog.start_asked.connect(self.starter.start_file)
        dialog.start_text_asked.connect(self.starter.start_text)
        dialog.check(file)
        return dialog

    def open_samples(self) -> None:
        """Opens the samples, or brings them to the front."""
        from gui.server.samples_dialog import SamplesDialog

        window = self._window
        dialog = window.findChild(SamplesDialog)
        if not isinstance(dialog, SamplesDialog):
            dialog = SamplesDialog(self.bridge, window.tokens, self.errands.tasks, self.client, window)
            dialog.open_asked.connect(self.starter.start_text)
            dialog.save_asked.connect(self.save_sample)
        dialog.refresh()
        dialog.show()
        dialog.activateWindow()

    def save_sample(self) -> None:
        """Opens the dialog that saves the open session."""
        from gui.server.save_sample import SaveSampleDialog

        window, session = self._window, self.bridge.session
        if session is None:
            return
        text, name = window.exporting.export().text, session.info.name or session.info.id
        dialog = SaveSampleDialog(text, name, window.tokens, self.errands.tasks, self.client, window)
        dialog.saved.connect(self._saved)
        dialog.show()
        dialog.activateWindow()

    async def close(self) -> None:
        """Nothing runs any more when it returns."""
        await self.errands.close()

    def _saved(self, name: str) -> None:
        from gui.server.samples_dialog import SamplesDialog

        self.bridge.noticed.emit("info", f"{name} is among the server's samples.")
        if isinstance(dialog := self._window.findChild(SamplesDialog), SamplesDialog):
            dialog.refresh()

    def _ask_for_file(self, name: str, title: str, kinds: str, then: Callable[[Path], object]) -> None:
        dialog = QFileDialog(self._window, title, "", kinds)
        dialog.setObjectName(f"{name}/dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
