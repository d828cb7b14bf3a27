"""What every source of pictures is: it hands on the newest frame and says in one sentence why there is none."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from gui.preview.meter import FrameMeter, PictureStatistics

MAX_SIDE = 7680  # the compositor's own limit (PROTOCOL.md §13.3)

__all__ = ["MAX_SIDE", "PictureSource"]


class PictureSource(QObject):
    """One way to a live picture. Started once, it ends once: ``ended`` says why; who started it tries again.

    Signals: ``frame_arrived`` carries the newest frame as a QImage (RGB32), which is borrowed: ask ``renew`` before
    and after painting it; ``state_shown`` a sentence, empty while all is well; ``ended`` a sentence.
    """

    frame_arrived = Signal(object)
    state_shown = Signal(str)
    ended = Signal(str)

    def __init__(self, title: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.meter = FrameMeter(title)

    def start(self) -> None:
        """Begins to fetch pictures; returns at once."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ends it without ``ended``; what runs in tasks and threads is gone when ``closed`` returns."""
        raise NotImplementedError

    async def closed(self) -> None:
        """Returns when nothing of a stopped source runs any more."""

    def renew(self, image: QImage) -> QImage | None:  # noqa: ARG002  (only borrowed frames need it)
        """Another frame when ``image`` was overwritten meanwhile; None while it is whole."""
        return None

    def statistics(self) -> PictureStatistics:
        """How it flows."""
        return self.meter.read()
