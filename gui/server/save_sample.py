"""Saving the open session among the server's samples: a name, a description, and one question before replacing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLineEdit, QWidget

from gui.server.answers import SampleDraft
from gui.server.dialog import ServerDialog
from gui.server.failure import RestFailed
from gui.server.rest import RestClient
from gui.theme.tokens import Tokens
from sync.tasks import Tasks

MAX_NAME: Final = 80
MAX_DESCRIPTION: Final = 500

__all__ = ["SaveSampleDialog"]


class SaveSampleDialog(ServerDialog):
    """Saves ``yaml`` as it was when the dialog opened. Signals: ``saved`` with the name."""

    saved = Signal(str)

    def __init__(
        self, yaml: str, name: str, tokens: Tokens, tasks: Tasks, client: Callable[[], RestClient], parent: QWidget
    ) -> None:
        super().__init__("save_sample", "Save as a sample", tokens, tasks, parent)
        self._yaml, self._client = yaml, client
        self._taken = ""
        self.at_rest = "The open session as it is now, for everybody who uses this server."
        self.summary.setText(self.at_rest)
        self.name = self._line("name", "Name of the sample", name[:MAX_NAME], MAX_NAME)
        self.description = self._line("description", "What it is for, in one line", "", MAX_DESCRIPTION)
        self.save = self.button("Save", "save", "Save the sample on the server", self._save)
        self.save.setProperty("role", "first")
        self.save.setDefault(True)
        form = QWidget()
        rows = QFormLayout(form)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setVerticalSpacing(tokens.gap)
        rows.addRow("Name", self.name)
        rows.addRow("Description", self.description)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.button("Cancel", "cancel", "Close without saving", self.reject))
        buttons.addWidget(self.save)
        self.arrange(form, buttons, stretched=form)
        self.setMinimumWidth(460)
        self.name.selectAll()
        self.allow()

    def allow(self) -> None:
        name = self.name.text().strip()
        self.save.setEnabled(bool(name) and not self.is_busy)
        self.save.setText("Replace it" if name and name == self._taken else "Save")

    def _save(self) -> None:
        name = self.name.text().strip()
        draft = SampleDraft(name, self.description.text().strip(), self._yaml, overwrite=name == self._taken)
        self.work(f"Saving {name}…", self._send(draft))

    async def _send(self, draft: SampleDraft) -> None:
        try:
            await self._client().save_sample(draft)
        except RestFailed as failed:
            if failed.status != 409 or draft.overwrite:
                raise
            self._taken = draft.name
            raise RestFailed("The server has a sample of that name: replace it, or choose another name.") from failed
        self.saved.emit(draft.name)
        self.accept()

    def _line(self, name: str, title: str, text: str, longest: int) -> QLineEdit:
        line = QLineEdit(text)
        line.setObjectName(f"save_sample/{name}")
        line.setAccessibleName(title)
        line.setToolTip(title)
        line.setMaxLength(longest)
        line.setMinimumHeight(self.tokens.row_height)
        line.textChanged.connect(lambda _text: self.allow())
        return line
