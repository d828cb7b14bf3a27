"""What is under way at the server: tasks that end with the desk, and a card for those that take long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer

from gui.server.failure import RestFailed
from gui.server.work_card import WorkCard
from sync.tasks import Tasks

PATIENCE_MS: Final = 400
TICK_MS: Final = 100

__all__ = ["Errand", "Errands"]


class Errand:
    """One thing under way; whoever does it tells the ``share`` that is done, 0 to 1, where it is known."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.share: float | None = None
        self.task: asyncio.Task[None] | None = None

    def tell(self, share: float) -> None:
        """Sets the share; from any thread."""
        self.share = share


class Errands(QObject):
    """Runs errands. The card shows the oldest one after a moment; ``say`` gets a severity and a sentence."""

    def __init__(self, card: WorkCard, say: Callable[[str, str], None]) -> None:
        super().__init__(card)
        self.card = card
        self.tasks = Tasks()
        self._say = say
        self._running: list[Errand] = []
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._show)
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._show)
        card.cancel_asked.connect(self.cancel)

    def start(self, title: str, failure: str, work: Callable[[Errand], Coroutine[Any, Any, None]]) -> None:
        """Does ``work``; when it raises RestFailed, ``failure`` and the reason are said."""
        errand = Errand(title)
        self._running.append(errand)
        errand.task = self.tasks.start(self._do(errand, failure, work), title)
        if not self._tick.isActive():
            self._patience.start()

    def cancel(self) -> None:
        """Gives up the errand that the card shows."""
        if self._running and (task := self._running[0].task) is not None:
            task.cancel()
            self._say("info", f"{self._running[0].title}: given up.")

    async def close(self) -> None:
        """Gives everything up."""
        await self.tasks.close()
        self._stop()

    async def _do(self, errand: Errand, failure: str, work: Callable[[Errand], Coroutine[Any, Any, None]]) -> None:
        try:
            await work(errand)
        except RestFailed as failed:
            self._say("error", f"{failure} {failed}")
        finally:
            self._running.remove(errand)
            if not self._running:
                self._stop()

    def _show(self) -> None:
        if self._running:
            self.card.show_work(self._running[0].title, self._running[0].share, len(self._running) - 1)
            self._tick.start()

    def _stop(self) -> None:
        self._patience.stop()
        self._tick.stop()
        self.card.hide()
