"""One desk at one place: link, bridge, canvas, picture and window, made together and ended together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QTimer

from gui.actions.overlay_actions import OverlayActions
from gui.actions.session_actions import SessionActions
from gui.actions.table import Action, ActionTable
from gui.bridge import Bridge
from gui.canvas.view import CanvasView
from gui.place import Place
from gui.preview.following import PictureFollower
from gui.preview.programme import load_ways
from gui.server.actions import ServerActions
from gui.settings.settings import Settings
from gui.settings.state import StateFile
from gui.syncing.server_side import ServerSide
from gui.theme.tokens import Tokens
from gui.window import MainWindow
from sync.channel import Channel
from sync.clock import LoopClock
from sync.desk import Desk
from sync.log.transport import Transport
from sync.ordered.logs import Logs
from sync.pacing import Pace
from sync.pipeline_yaml import LoadedPipeline
from sync.session import DeskSession

PICTURE_TICK_MS = 500

_log = logging.getLogger(__name__)

__all__ = ["Station"]


class Station:
    """Opens by itself the session that is wanted, else the first that the server has."""

    def __init__(
        self,
        place: Place,
        wanted_session: str | None,
        tokens: Tokens,
        settings: Settings,
        state: StateFile,
        name: str = "",
    ) -> None:
        """``name`` is what other operators read."""
        self.place, self._state = place, state
        self._wanted = wanted_session
        pace = Pace(settings.number("link.shortest_ms") / 1000, settings.number("link.longest_ms") / 1000)
        folder = state.folder if place.outlives_desk else None
        logs = Logs(self._open_log, None if folder is None else folder / "desk", name, place.title)
        self.desk = Desk(place.title, LoopClock(), self._open, pace=pace, logs=logs)
        self.bridge = Bridge(self.desk)
        self.canvas = CanvasView(self.bridge, tokens)
        self.actions = ActionTable(self.bridge, settings.shortcuts)
        self.window = MainWindow(self.bridge, self.canvas, self.actions, tokens, settings, state)
        self.server = ServerActions(self.window, lambda: self.place.access)
        self._log_side = ServerSide(
            self.bridge, self.window.syncing.panel, self.server.client, self.server.errands.tasks
        )
        self._overlays = OverlayActions(self.bridge, self.window, self.server)
        self._sessions = SessionActions(self.bridge, self.window)
        self.follower = PictureFollower(self.bridge, self.canvas, lambda: self.place.access)
        self._picture_tick = QTimer(self.window)
        self._picture_tick.setInterval(PICTURE_TICK_MS)
        self._picture_tick.timeout.connect(self._show_picture_rate)
        self._picture_tick.start()
        self._ties = [
            self.desk.sessions_changed.connect(self._open_first),
            self.desk.session_opened.connect(self._session_opened),
        ]
        self._run: asyncio.Task[None] | None = None
        self._loading = ThreadPoolExecutor(1, "picture libraries")
        self._load_soon: asyncio.Handle | None = None

    def start(self, extra_actions: tuple[Action, ...], on_closed: Callable[[], None]) -> None:
        """Shows the window and begins to connect."""
        self.actions.add(*self._overlays.actions, *self._sessions.actions, *self.server.actions, *extra_actions)
        self.window.finish()
        self.window.closed.connect(on_closed)
        self.window.show()
        if self._wanted is not None:
            self.desk.open_session(self._wanted)
        self._run = asyncio.create_task(self.desk.run(), name="desk link")
        self._load_soon = asyncio.get_running_loop().call_soon(self._loading.submit, load_ways)

    async def move(self, place: Place) -> None:
        """Goes on at another place: the window, the open session, its undo and what waits for a server stay."""
        left, self.place = self.place, place
        await place.prepare()
        await self.desk.move(place.title)
        await left.close()

    async def close(self) -> None:
        """Ends everything in the order in which it depends on each other; the window goes last."""
        self._remember()
        if self._load_soon is not None:
            self._load_soon.cancel()
        self._loading.shutdown()
        await self.server.close()
        await self._sessions.close()
        await self.follower.close()
        await self.desk.close()
        if self._run is not None:
            self._run.cancel()
            with suppress(asyncio.CancelledError):
                await self._run
        await self.place.close()
        for untie in self._ties:
            untie()
        self.bridge.stop()
        self.window.hide()
        self.window.deleteLater()
        self.bridge.deleteLater()

    async def _open(self) -> Channel:
        """Where the desk is now, which a move changes."""
        return await self.place.open()

    async def _open_log(self, session_id: str) -> Transport:
        return await self.place.open_log(session_id)

    def _open_first(self) -> None:
        if self.desk.session is None and self._wanted is None and self.desk.sessions:
            self._wanted = self.desk.sessions[0].id
            self.desk.open_session(self._wanted)

    def _session_opened(self, session: DeskSession) -> None:
        memory = self._state.state.memories.get(self._memory_key(session))
        if memory is not None:
            session.restore_memory(memory)
        loaded = self.server.starter.origin_of(session.info.id) or self._first_file(session)
        if loaded is None:
            self.window.exporting.set_origin(None)
            return
        self.window.exporting.set_origin(Path(loaded.name), loaded.text)
        for (node_id, layer_id), opacity in loaded.hidden.items():
            session.layers.remember_opacity(node_id, layer_id, opacity)

    def _first_file(self, session: DeskSession) -> LoadedPipeline | None:
        return self.place.loaded if session.info.id == self.desk.sessions[0].id else None

    def _show_picture_rate(self) -> None:
        seen = self.follower.picture.statistics()
        latency = "" if seen.latency_ms is None else f", {seen.latency_ms:.1f} ms from composed to here"
        detail = f"{seen.source}: {seen.received} frames received{latency}"
        self.window.status.show_picture(seen.fps or None, seen.dropped, detail)

    def _remember(self) -> None:
        session = self.desk.session
        if session is not None:
            self._state.remember(self._memory_key(session), session.memory())
        try:
            self._state.save()
        except OSError as error:
            _log.warning("what the desk remembers could not be written: %s", error)

    def _memory_key(self, session: DeskSession) -> str:
        return f"{self.place.title}/{session.info.name or session.info.id}"
