"""Going on at another server, and letting the one that the desk is at take over: asked step by step, each told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from gui.connecting.connector import Connector
from gui.server.answers import StandbyPart
from gui.server.errands import Errand, Errands
from gui.server.failure import RestFailed
from gui.server.rest import RestClient
from gui.standby.candidate import STANDBY, Candidate, answered, place_name
from gui.window import MainWindow
from sync.wire.pipeline import SessionInfo

NO_TOKEN: Final = 401
NOT_THERE: Final = 404

__all__ = ["Continuing"]


class Continuing:
    """``move`` takes the desk to a server by its URL, with the open session and all that waits."""

    def __init__(
        self,
        window: MainWindow,
        connector: Connector,
        errands: Errands,
        here: Callable[[], RestClient],
        move: Callable[[str], Awaitable[None]],
    ) -> None:
        self._window, self._connector, self._errands = window, connector, errands
        self._here, self._move = here, move

    def go_on_at(self, server: Candidate, *, is_confirmed: bool = False) -> None:
        """The desk goes on at ``server``, with the open session if there is one; it takes over first if it only stands
        by."""
        session = self._window.bridge.session
        info = None if session is None else session.info

        async def go(_errand: Errand) -> None:
            try:
                is_ready = await self._prepare(server, info, is_confirmed=is_confirmed)
            except RestFailed as failed:
                if failed.status == NO_TOKEN:
                    self._connector.ask(self._window, server.url, lambda _url: self.go_on_at(server))
                raise
            if is_ready:
                # Nobody gives up half of it.
                self._errands.tasks.start(self._arrive(server), "going on")

        what = "desk" if info is None else "session"
        self._errands.start(f"Going on at {server.name}", f"The {what} does not go on at {server.name}.", go)

    def take_over_here(self, *, is_confirmed: bool = False) -> None:
        """The server that the desk is at leads from now on."""
        session = self._window.bridge.session
        if session is None:
            return
        here = Candidate("", "this server")
        info = session.info

        async def take_over(_errand: Errand) -> None:
            client = self._here()
            now = answered(here, await client.standby(), info.id)
            if now.hears and not is_confirmed:
                self._ask(now, lambda: self.take_over_here(is_confirmed=True))
                return
            self._told(await client.take_over())

        self._errands.start("Letting this server take over", "This server did not take over.", take_over)

    async def _prepare(self, server: Candidate, info: SessionInfo | None, *, is_confirmed: bool) -> bool:
        """Whether ``server`` leads the session now; False when the operator is asked first. Raises RestFailed."""
        client = RestClient(await self._connector.access(server.url))
        if info is not None:
            await self._find(client, info)
        now = answered(server, await client.standby(), None if info is None else info.id)
        if now.part != STANDBY:
            return True
        if now.hears and not is_confirmed:
            self._ask(now, lambda: self.go_on_at(server, is_confirmed=True))
            return False
        await client.take_over()
        return True

    async def _find(self, client: RestClient, info: SessionInfo) -> None:
        """Raises RestFailed when the server does not have the session."""
        try:
            await client.session_pipeline(info.id)
        except RestFailed as failed:
            if failed.status != NOT_THERE or not info.name:
                raise
            await client.session_pipeline(info.name)

    async def _arrive(self, server: Candidate) -> None:
        await self._move(server.url)
        what = "desk" if self._window.bridge.session is None else "session"
        self._window.bridge.noticed.emit("info", f"The {what} goes on at {server.name}. What waited goes along.")

    def _told(self, part: StandbyPart) -> None:
        self._window.bridge.noticed.emit("info", f"This server leads now, in place of {part.leader}.")

    def _ask(self, server: Candidate, go: Callable[[], None]) -> None:
        """The leader is heard of still: taking over makes two, and that is for the operator to know."""
        box = QMessageBox(self._window)
        box.setObjectName("standby/ask")
        box.setWindowTitle("Take over")
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(f"{place_name(server.hears)} still leads, and {server.name} hears it. Take over all the same?")
        box.setInformativeText(
            "Desks that stay there go on editing there. Both servers put together what each has; where both changed "
            "the same value, the later change stands."
        )
        take_over = box.addButton("Take over", QMessageBox.ButtonRole.DestructiveRole)
        leave = box.addButton("Leave it", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(leave)
        box.setEscapeButton(leave)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        take_over.clicked.connect(go)
        box.open()
