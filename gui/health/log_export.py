"""Writing a log to a file: asked where, written atomically, and said what became of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from gui.settings.atomic import write_atomically

__all__ = ["ask_where", "write_log"]


def ask_where(parent: QWidget, name: str, text: str, say: Callable[[str, str], None]) -> QFileDialog:
    """Opens a file dialog beside ``parent``; the chosen file gets ``text``, ``say`` a severity and a sentence."""
    dialog = QFileDialog(parent, f"Export {name}", f"{name}.txt", "Text (*.txt)")
    dialog.setObjectName(f"{name}/export_dialog")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("txt")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda path: write_log(Path(path), text, say))
    dialog.open()
    return dialog


def write_log(path: Path, text: str, say: Callable[[str, str], None]) -> None:
    """Writes ``text``; a failure is a warning, not an end."""
    try:
        write_atomically(path, text)
    except OSError as error:
        say("warning", f"{path.name} could not be written: {error.strerror or error}.")
    else:
        say("info", f"Written to {path}.")
