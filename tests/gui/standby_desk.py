"""A window at an ordered log with its standbys: scripted servers answer for them, time is moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from PySide6.QtWidgets import QApplication

from gui.actions.table import ActionTable
from gui.canvas.view import CanvasView
from gui.connecting.connector import Connector
from gui.connecting.tokens import ServerTokens
from gui.preview.access import HttpAccess
from gui.server.actions import ServerActions
from gui.settings.settings import Settings
from gui.settings.state import StateFile
from gui.standby.placing import Standbys
from gui.standby.strip import StandbyStrip
from gui.theme.apply import apply
from gui.window import MainWindow
from sync.log.frames import Standby, StandbysFrame
from tests.gui.log_desk import LogDesk
from tests.support.http_server import Reply, ScriptedHttp, raw_answer, scripted_http

LEADER = "http://main:4545"
FACTS, TAKE_OVER = "GET /api/v1/standby", "POST /api/v1/standby/take-over"
PIPELINE = "GET /api/v1/sessions/s1/pipeline"

__all__ = ["FACTS", "LEADER", "PIPELINE", "TAKE_OVER", "StandbyDesk", "part", "standby_server"]


def part(playing: str = "standby", *, rev: int = 812, state: str = "waiting", trouble: str = "") -> bytes:
    """What a server says of itself."""
    copy = {"id": "s1", "name": "studio", "state": state, "rev": rev, "trouble": trouble}
    return raw_answer({"part": playing, "leader": LEADER, "trouble": "", "copies": [copy], "standbys": []})


@asynccontextmanager
async def standby_server() -> AsyncIterator[ScriptedHttp]:
    """A standby that has the session and takes over when it is told to."""
    async with scripted_http() as server:

        def take_over(_asked: object) -> bytes:
            server.answers[FACTS] = part("leader")
            return part("leader")

        replies: dict[str, Reply] = {
            FACTS: part(),
            TAKE_OVER: take_over,
            PIPELINE: raw_answer({"nodes": {}, "connections": []}),
        }
        server.answers.update(replies)
        yield server


class StandbyDesk(LogDesk):
    """``moves`` are the servers that the desk was taken to; ``said`` what the operator was told."""

    def __init__(self) -> None:
        super().__init__()
        self.moves: list[str] = []
        self.said: list[tuple[str, str]] = []
        self.here: HttpAccess | None = None
        self.bridge.noticed.connect(lambda severity, sentence: self.said.append((severity, sentence)))
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        apply(app, self.tokens)
        settings = Settings()
        table = ActionTable(self.bridge, settings.shortcuts)
        self.main = MainWindow(self.bridge, CanvasView(self.bridge, self.tokens), table, self.tokens, settings)
        self.at_server = ServerActions(self.main, lambda: self.here)
        self.state = StateFile()
        connector = Connector(ServerTokens(self.state), self.bridge.noticed.emit)
        self.standbys = Standbys(self.main, self.at_server, connector, self._move, self.state, now=self.clock.now)
        self.main.finish()
        self.connector = connector

    @property
    def strip(self) -> StandbyStrip:
        """The strip under the banner."""
        return self.standbys.strip

    def told(self, url: str, name: str = "edit-2", rev: int = 812) -> None:
        """The leader names its standby."""
        self.log.take_control(StandbysFrame((Standby(url, name, rev),)))
        self.standbys.watch.look()

    def later(self, seconds: float) -> None:
        """Time passes."""
        self.clock.advance(seconds)
        self.standbys.watch.look()
        self.show()

    async def asked(self) -> None:
        """Until what was asked is answered and shown."""
        asking = self.standbys.watch._asking
        if asking is not None:
            await asking
        self.show()

    async def until(self, condition: Callable[[], Any]) -> None:
        """Lets the requests go their way."""
        async with asyncio.timeout(5):
            while not condition():
                QApplication.processEvents()
                await asyncio.sleep(0.005)

    async def end(self) -> None:
        """Nothing runs any more."""
        self.standbys.stop()
        await self.at_server.close()
        await self.connector.close()
        self.close()
        self.main.hide()
        self.main.deleteLater()

    async def _move(self, url: str) -> None:
        self.moves.append(url)
