"""The YAML tab: what an export would write now, read only and live."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QToolButton, QVBoxLayout, QWidget

from gui.bridge import Bridge
from gui.icons import set_icon
from gui.theme.fonts import mono_font
from gui.theme.tokens import Tokens
from gui.yaml.highlighter import YamlHighlighter
from gui.yaml.source import ExportSource

__all__ = ["YamlPanel"]

REST_MS: Final = 300


class YamlPanel(QWidget):
    """Written again a moment after the last change, and only while it is seen. Signals: ``export_asked``."""

    export_asked = Signal()

    def __init__(self, bridge: Bridge, source: ExportSource, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("yaml")
        self._source = source
        self._is_stale = True
        self.text = read_only_text("yaml/text", "The pipeline as YAML", tokens)
        self._highlighter = YamlHighlighter(self.text.document(), tokens)
        self.note = QLabel()
        self.note.setObjectName("yaml/note")
        self.note.setProperty("role", "small")
        self._lay_out(tokens)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.write)
        bridge.node_shown.connect(lambda _node_id: self._soon())
        bridge.structure_shown.connect(self._soon)
        bridge.session_shown.connect(lambda _session: self._soon())
        untie = source.origin_changed.connect(self._soon)
        self.destroyed.connect(lambda _gone: untie())

    def write(self) -> None:
        """Brings the text up to date, keeping the place that is being read."""
        if not self.isVisible():
            return
        self._is_stale = False
        text = self._source.export().text
        origin = self._source.origin
        self.note.setText("as it would be exported" if origin is None else f"changes over {origin.path.name}")
        if text == self.text.toPlainText():
            return
        place = self.text.verticalScrollBar().value()
        self.text.setPlainText(text)
        self.text.verticalScrollBar().setValue(place)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self.write()

    def _soon(self) -> None:
        self._is_stale = True
        if self.isVisible():
            self._rest.start()

    def _lay_out(self, tokens: Tokens) -> None:
        copy = QToolButton()
        copy.setObjectName("yaml/copy")
        copy.setAccessibleName("Copy the YAML")
        copy.setToolTip("Copy the YAML")
        copy.setProperty("role", "quiet")
        set_icon(copy, "copy", tokens)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        export = QPushButton("Export YAML…")
        export.setObjectName("yaml/export")
        export.setAccessibleName("Export YAML")
        export.setToolTip("Look at the changes and write the pipeline to a file")
        export.clicked.connect(self.export_asked.emit)
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 4, 8, 2)
        bar.addWidget(self.note)
        bar.addStretch()
        bar.addWidget(copy)
        bar.addWidget(export)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(bar)
        layout.addWidget(self.text, 1)


def read_only_text(name: str, title: str, tokens: Tokens) -> QPlainTextEdit:
    """A text that can be read, selected and copied."""
    text = QPlainTextEdit()
    text.setObjectName(name)
    text.setAccessibleName(title)
    text.setToolTip(title)
    text.setProperty("role", "log")
    text.setReadOnly(True)
    text.setFont(mono_font(tokens))
    text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    text.document().setDocumentMargin(10)
    return text
