"""Making and ending sessions on the server; ending asks once, because the show ends for everybody."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from gui.actions.table import Action
from gui.bridge import Bridge
from sync.errors import LinkLost, RequestProblem
from sync.wire.requests import CreateSession, DestroySession, Request
from sync.wire.responses import SessionCreatedReply

__all__ = ["SessionActions"]


class SessionActions:
    """``actions`` for the table; ``close`` gives up what waits for an answer."""

    def __init__(self, bridge: Bridge, window: QWidget) -> None:
        self._bridge, self._window = bridge, window
        self._asked: set[asyncio.Task[None]] = set()

    @property
    def actions(self) -> tuple[Action, ...]:
        """Make a session, end the open one."""
        return (
            Action("session.new", "Make an empty session", self.make, "A new session on this server, without nodes",
                   menu="Session", why_not=lambda now: now.desk.why_not("create_session")),
            Action("session.end", "End this session…", self.ask_to_end, "Stop the open session for everybody",
                   menu="Session", is_enabled=lambda now: now.session is not None,
                   why_not=lambda now: now.desk.why_not("destroy_session")),
        )  # fmt: skip

    def make(self) -> None:
        """Makes a session with a generated name and opens it."""
        self._ask(CreateSession())

    def ask_to_end(self) -> None:
        """Asks once, then ends the session that was open when it was asked."""
        session = self._bridge.session
        if session is None:
            return
        info = session.info
        box = QMessageBox(self._window)
        box.setObjectName("session/end")
        box.setWindowTitle("End the session")
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(f"End the session {info.name or info.id}?")
        box.setInformativeText("The programme stops for everybody. What was not exported is lost.")
        end = box.addButton("End it", QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton("Keep it running", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        end.clicked.connect(lambda: self._ask(DestroySession(info.id)))
        box.open()

    async def close(self) -> None:
        """Nothing runs any more when it returns."""
        for task in tuple(self._asked):
            task.cancel()
        await asyncio.gather(*self._asked, return_exceptions=True)

    def _ask(self, request: Request) -> None:
        task = asyncio.get_running_loop().create_task(self._request(request), name="session request")
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def _request(self, request: Request) -> None:
        try:
            answer = await self._bridge.desk.request(request)
        except (RequestProblem, LinkLost) as problem:
            self._bridge.noticed.emit("error", str(problem))
            return
        if isinstance(answer, SessionCreatedReply):
            self._bridge.desk.open_session(answer.session_id)
