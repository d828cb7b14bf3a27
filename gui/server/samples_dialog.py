"""The sample pipelines of the connected server: look for one, read it, open it as a session, delete one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from gui.bridge import Bridge
from gui.health.speech import counted
from gui.server.answers import Listed, Sample
from gui.server.dialog import ServerDialog
from gui.server.failure import one_line
from gui.server.rest import RestClient
from gui.theme.tokens import Tokens
from gui.yaml.highlighter import YamlHighlighter
from gui.yaml.panel import read_only_text
from sync.tasks import Tasks

SAMPLE_ROLE: Final = int(Qt.ItemDataRole.UserRole)
MAX_SHOWN: Final = 200_000
LEAST_WIDTH: Final = 240

__all__ = ["SamplesDialog"]


class SamplesDialog(ServerDialog):
    """Signals: ``open_asked`` with a text and a title, ``save_asked``."""

    open_asked = Signal(str, str)
    save_asked = Signal()

    def __init__(
        self, bridge: Bridge, tokens: Tokens, tasks: Tasks, client: Callable[[], RestClient], parent: QWidget
    ) -> None:
        super().__init__("samples", "Samples of this server", tokens, tasks, parent)
        self._bridge, self._client = bridge, client
        self._listed: Listed[Sample] = Listed()
        self.search = QLineEdit()
        self.search.setObjectName("samples/search")
        self.search.setAccessibleName("Search the samples")
        self.search.setToolTip("A few letters of a name or a description")
        self.search.setPlaceholderText("Search…")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumHeight(tokens.row_height)
        self.search.textChanged.connect(lambda _text: self._fill())
        self.list = QListWidget()
        self.list.setObjectName("samples/list")
        self.list.setAccessibleName("Samples")
        self.list.setProperty("role", "rows")
        self.list.setToolTip("Double-click opens a sample as a new session")
        self.list.currentItemChanged.connect(lambda _item, _before: self._show_chosen())
        self.list.itemActivated.connect(lambda _item: self.open_button.click())
        self.about = self.words("about", "")
        self.text = read_only_text("samples/text", "The chosen sample", tokens)
        self._colours = YamlHighlighter(self.text.document(), tokens)
        self._make_buttons()
        halves = self._halves()
        self.arrange(halves, self._button_line(), stretched=halves)
        self.resize(860, 560)
        bridge.link_shown.connect(self._link_shown)
        self.search.setFocus()

    @property
    def chosen(self) -> Sample | None:
        """The sample that is marked."""
        item = self.list.currentItem()
        sample = None if item is None else item.data(SAMPLE_ROLE)
        return sample if isinstance(sample, Sample) else None

    def refresh(self) -> None:
        """Asks the server for its samples."""
        self.work("Asking the server for its samples…", self._load())

    def allow(self) -> None:
        desk, chosen = self._bridge.desk, self.chosen
        self._permit(self.open_button, chosen is not None, desk.why_not("create_session"))
        shipped = "A sample that came with the server cannot be deleted." if chosen and chosen.is_system else None
        self._permit(self.delete_button, chosen is not None, desk.why_not("delete_samples") or shipped)
        nothing = None if self._bridge.session is not None else "No session is open."
        self._permit(self.save_button, True, desk.why_not("write_samples") or nothing)
        self.reload_button.setEnabled(not self.is_busy)

    def _link_shown(self, _link: object) -> None:
        # A method, not a lambda: Qt forgets it together with the dialog.
        self.allow()

    def _make_buttons(self) -> None:
        make = self.button
        self.open_button = make("Open as a new session", "open", "Start a session from this sample", self._open)
        self.open_button.setProperty("role", "first")
        self.delete_button = make("Delete…", "delete", "Remove this sample from the server", self._ask_to_delete)
        saving = "Keep the open session as a sample on the server"
        self.save_button = make("Save the open session…", "save", saving, self.save_asked.emit)
        self.reload_button = make("Refresh", "refresh", "Ask the server again", self.refresh)
        self._tips = {button: button.toolTip() for button in (self.open_button, self.delete_button, self.save_button)}

    def _button_line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        for part in (self.save_button, self.delete_button):
            line.addWidget(part)
        line.addStretch()
        for part in (
            self.reload_button,
            self.button("Close", "close", "Close the samples", self.reject),
            self.open_button,
        ):
            line.addWidget(part)
        return line

    def _halves(self) -> QSplitter:
        halves = QSplitter(Qt.Orientation.Horizontal)
        left, right = QWidget(), QWidget()
        for side, parts in ((left, (self.search, self.list)), (right, (self.about, self.text))):
            column = QVBoxLayout(side)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(self.tokens.gap)
            side.setMinimumWidth(LEAST_WIDTH)
            for part in parts:
                column.addWidget(part, 1 if part in (self.list, self.text) else 0)
            halves.addWidget(side)
        halves.setStretchFactor(0, 2)
        halves.setStretchFactor(1, 3)
        halves.setChildrenCollapsible(False)
        halves.setHandleWidth(2 * self.tokens.gap)
        return halves

    async def _load(self) -> None:
        self._listed = await self._client().samples()
        self._fill()

    def _fill(self) -> None:
        """Shows the samples that match, keeping the mark."""
        before = self.chosen
        wanted = self.search.text().casefold().split()
        self.list.clear()
        for sample in self._listed.rows:
            if not sample.is_fragment and all(word in _searched(sample) for word in wanted):
                self._add(sample)
                if before is not None and sample.id == before.id:
                    self.list.setCurrentRow(self.list.count() - 1)
        if self.list.currentRow() < 0 and self.list.count():
            self.list.setCurrentRow(0)
        self._summarise()
        self._show_chosen()

    def _add(self, sample: Sample) -> None:
        whose = "" if sample.is_system else "  · saved here"
        item = QListWidgetItem(f"{one_line(sample.title, 80)}{whose}")
        item.setToolTip(one_line(sample.id))
        item.setSizeHint(QSize(0, self.tokens.row_height))
        item.setData(SAMPLE_ROLE, sample)
        self.list.addItem(item)

    def _summarise(self) -> None:
        total, shown = len(self._listed.rows), self.list.count()
        words = "The server has no samples." if not total else f"{counted(total, 'sample')}."
        if total and self.search.text().strip():
            words = f"{shown} of {counted(total, 'sample')} match." if shown else "No sample is called that."
        if self._listed.left_out:
            words += f" {self._listed.left_out} of the server's list cannot be shown."
        self.summary.setText(words)

    def _show_chosen(self) -> None:
        sample = self.chosen
        self.about.setText("" if sample is None else one_line(sample.description or "No description.", 400))
        self.text.setPlainText("" if sample is None else sample.yaml[:MAX_SHOWN])
        self.allow()

    def _open(self) -> None:
        if (sample := self.chosen) is None:
            return
        if sample.yaml:
            self._hand_over(sample)
        else:
            self.work("Fetching the sample…", self._fetch(sample))

    async def _fetch(self, sample: Sample) -> None:
        self._hand_over(await self._client().sample(sample.id))

    def _hand_over(self, sample: Sample) -> None:
        self.open_asked.emit(sample.yaml, one_line(sample.title, 80))
        self.accept()

    def _ask_to_delete(self) -> None:
        if (sample := self.chosen) is None:
            return
        box = QMessageBox(self)
        box.setObjectName("samples/delete_question")
        box.setWindowTitle("Delete a sample")
        box.setIcon(QMessageBox.Icon.Warning)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"Delete the sample {one_line(sample.title, 80)}?")
        box.setInformativeText("It is gone for everybody who uses this server. Running sessions go on.")
        delete = box.addButton("Delete it", QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton("Keep it", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        delete.clicked.connect(lambda: self.work(f"Deleting {one_line(sample.title, 80)}…", self._delete(sample)))
        box.open()

    async def _delete(self, sample: Sample) -> None:
        await self._client().delete_sample(sample.id)
        await self._load()

    def _permit(self, button: QPushButton, is_possible: bool, why_not: str | None) -> None:
        button.setEnabled(is_possible and why_not is None and not self.is_busy)
        button.setToolTip(why_not or self._tips[button])


def _searched(sample: Sample) -> str:
    return f"{sample.title} {sample.id} {sample.description}".casefold()
