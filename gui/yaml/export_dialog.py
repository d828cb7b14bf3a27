"""The export dialog: the changes first, then where to write them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui.health.speech import counted
from gui.settings.atomic import write_atomically
from gui.theme.tokens import Tokens
from gui.wheel_guard import guard_wheel
from gui.yaml.highlighter import DiffHighlighter, YamlHighlighter
from gui.yaml.panel import read_only_text
from gui.yaml.source import ExportSource
from sync.pipeline_yaml import ExportStyle
from sync.yaml_diff import diff_text

__all__ = ["ExportDialog"]

_STYLES: Final = (
    (ExportStyle.FAITHFUL, "Everything, as it is"),
    (ExportStyle.COMPATIBLE, "As StreamKit writes it"),
)


class ExportDialog(QDialog):
    """Opened with ``open_dialog``; not modal, the show goes on. Signals: ``exported`` with the written path."""

    exported = Signal(str)

    def __init__(self, source: ExportSource, tokens: Tokens, parent: QWidget, folder: Path) -> None:
        super().__init__(parent)
        self.setObjectName("export/dialog")
        self.setWindowTitle("Export YAML")
        self._source = source
        self._text = ""
        self._shown = ""  # the file that the changes are shown against
        self._is_agreed = False  # the operator has seen what another program made of it
        self.diff = read_only_text("export/diff", "Changes against the file", tokens)
        self.whole = read_only_text("export/text", "The whole file", tokens)
        self._diff_colours = DiffHighlighter(self.diff.document(), tokens)
        self._yaml_colours = YamlHighlighter(self.whole.document(), tokens)
        self.summary = self._words("export/summary")
        self.summary.setProperty("role", "dim")
        self.complaint = self._words("export/complaint")
        self.complaint.setProperty("tone", "bad")
        self.tabs = self._make_tabs()
        self.style_choice = self._make_style_choice()
        self.path = QLineEdit(str(folder / source.name()))
        self.path.setObjectName("export/path")
        self.path.setAccessibleName("File to write")
        self.path.setToolTip("File to write")
        self.path.textChanged.connect(lambda _text: self._choose())
        self.save = self._button("Save", "save", "Write the file", self.write)
        self.save.setProperty("role", "first")
        self.save.setDefault(True)
        self._lay_out(tokens)
        self.resize(860, 620)

    def open_dialog(self) -> None:
        """Shows the dialog with the text of this moment."""
        self._choose()
        self.show()
        self.activateWindow()
        self.path.setFocus()

    def refresh(self) -> None:
        """Makes the text again and compares it with the file that the path names."""
        style = self.style_choice.currentData()
        export = self._source.export(style)
        self._text = export.text
        name = Path(self.path.text()).name
        old, problem = self._old_text()
        self._shown = old
        self.whole.setPlainText(export.text)
        changes = diff_text(old, export.text, name, name)
        self.diff.setPlainText(changes or "Nothing differs from the file.\n")
        self._summarise(changes, is_new=not old, warnings=export.warnings)
        self._complain(problem)
        self.save.setEnabled(bool(export.text) and bool(name) and not problem)

    def write(self) -> None:
        """Writes the file atomically; a failure is said in the dialog and nothing is lost.

        What another program made of the file since it was read is shown first, and is written over when asked again.
        """
        path = self._path()
        if not self._is_as_known(path):
            return
        try:
            write_atomically(path, self._text)
        except OSError as error:
            self._complain(f"{path} could not be written: {error.strerror or error}. The old file is untouched.")
            return
        self._source.set_origin(path, self._text)
        self.exported.emit(str(path))
        self.accept()

    def _choose(self) -> None:
        """Another file, or the dialog anew: nothing was agreed to."""
        self._is_agreed = False
        self._name_save("Save", "Write the file")
        self.refresh()

    def _is_as_known(self, path: Path) -> bool:
        """Whether the file is what this session was read from, or what the operator agreed to write over."""
        there, problem = self._old_text()
        if problem:
            self._complain(problem)
            return False
        known = self._shown if self._is_agreed or not self._is_origin(path) else self._origin_text()
        if there.splitlines() == known.splitlines():
            return True
        self._is_agreed = True
        self.refresh()
        self.tabs.setCurrentWidget(self.diff)
        self._name_save("Write anyway", "Write over what the other program made of the file")
        self._complain(
            f"{path.name} was changed by another program since this desk read it. The changes above are against what "
            "is there now: lines with a minus would be lost."
        )
        return False

    def _name_save(self, title: str, tip: str) -> None:
        self.save.setText(title)
        self.save.setToolTip(tip)
        self.save.setAccessibleName(tip)

    def _is_origin(self, path: Path) -> bool:
        origin = self._source.origin
        return origin is not None and path.is_file() and origin.path.resolve() == path.resolve()

    def _origin_text(self) -> str:
        return "" if self._source.origin is None else self._source.origin.text

    def _path(self) -> Path:
        return Path(self.path.text().strip()).expanduser()

    def _old_text(self) -> tuple[str, str]:
        path = self._path()
        try:
            if path.is_file():
                return path.read_text("utf-8"), ""
        except (OSError, UnicodeError) as error:
            return "", f"{path.name} cannot be read: {error}. Choose another name."
        if path.is_dir():
            return "", f"{path} is a folder. Add a file name."
        return self._origin_text(), ""

    def _summarise(self, changes: str, *, is_new: bool, warnings: tuple[str, ...]) -> None:
        lines = changes.splitlines()
        added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
        gone = sum(line.startswith("-") and not line.startswith("---") for line in lines)
        what = (
            f"A new file of {counted(added, 'line')}." if is_new else f"{counted(added, 'line')} added, {gone} removed."
        )
        self.summary.setText(" ".join([what if changes else "Nothing to change.", *warnings]))

    def _complain(self, sentence: str) -> None:
        self.complaint.setText(sentence)
        self.complaint.setVisible(bool(sentence))

    def _make_tabs(self) -> QTabWidget:
        tabs = QTabWidget()
        tabs.setObjectName("export/tabs")
        tabs.setAccessibleName("What is written")
        tabs.setDocumentMode(True)
        tabs.addTab(self.diff, "Changes")
        tabs.addTab(self.whole, "Whole file")
        return tabs

    def _make_style_choice(self) -> QComboBox:
        choice = QComboBox()
        choice.setObjectName("export/style")
        choice.setAccessibleName("Form of the file")
        choice.setToolTip("Keep everything, or write only what StreamKit's own tools know")
        for style, title in _STYLES:
            choice.addItem(title, style)
        guard_wheel(choice)
        choice.currentIndexChanged.connect(lambda _index: self.refresh())
        return choice

    def _lay_out(self, tokens: Tokens) -> None:
        file_line = QHBoxLayout()
        file_line.addWidget(QLabel("File"))
        file_line.addWidget(self.path, 1)
        file_line.addWidget(self._button("Browse…", "browse", "Choose the file", self._browse))
        buttons = QHBoxLayout()
        buttons.addWidget(self.style_choice)
        buttons.addStretch()
        buttons.addWidget(self._button("Copy", "copy", "Copy the whole file", self._copy))
        buttons.addWidget(self._button("Close", "close", "Close without writing", self.reject))
        buttons.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(tokens.gap)
        layout.addWidget(self.summary)
        layout.addWidget(self.tabs, 1)
        layout.addLayout(file_line)
        layout.addWidget(self.complaint)
        layout.addLayout(buttons)

    def _browse(self) -> None:
        chooser = QFileDialog(self, "Export YAML", self.path.text(), "Pipelines (*.yaml *.yml)")
        chooser.setObjectName("export/chooser")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setDefaultSuffix("yaml")
        chooser.setOption(QFileDialog.Option.DontConfirmOverwrite)
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.fileSelected.connect(self.path.setText)
        chooser.open()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)

    @staticmethod
    def _words(name: str) -> QLabel:
        label = QLabel()
        label.setObjectName(name)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    @staticmethod
    def _button(title: str, name: str, tip: str, run: object) -> QPushButton:
        button = QPushButton(title)
        button.setObjectName(f"export/{name}")
        button.setAccessibleName(tip)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(run)
        return button
