"""Pipeline files that are dropped on the window."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QObject, Signal
from PySide6.QtGui import QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

ENDINGS: Final = {".yaml", ".yml"}

__all__ = ["FileDrop"]


class FileDrop(QObject):
    """Lets ``window`` take one pipeline file. Signals: ``dropped`` with its Path."""

    dropped = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        window.setAcceptDrops(True)
        for view in window.findChildren(QGraphicsView):
            # A scene takes every drag that enters it and then does nothing with it.
            view.viewport().setAcceptDrops(False)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        del watched
        # A drop is a kind of move, and an entering drag too.
        if isinstance(event, QDragMoveEvent):
            if pipeline_in(event.mimeData()) is None:
                event.ignore()
            else:
                event.acceptProposedAction()
            return True
        if isinstance(event, QDropEvent) and (file := pipeline_in(event.mimeData())) is not None:
            event.acceptProposedAction()
            self.dropped.emit(file)
            return True
        return False


def pipeline_in(data: QMimeData) -> Path | None:
    """The pipeline file in what is dragged; None for anything else and for several files."""
    urls = data.urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    file = Path(urls[0].toLocalFile())
    return file if file.suffix.lower() in ENDINGS else None
