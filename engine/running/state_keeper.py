"""Writes the sessions to disk after changes: off the event loop, at most twice a second, and once more at the end.

A session that is new or gone is written at once: without its row, what its log has on disk would be nobody's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from engine.ordered.keeper import LogKeeper
from engine.running.session import Session
from engine.running.sessions import Sessions
from engine.running.state_file import SavedSession, SavedState, StateFile
from engine.serving.quiet_log import shown

WRITE_EVERY_S = 0.5
RETRY_AFTER_S = 5.0

_log = logging.getLogger(__name__)

__all__ = ["StateKeeper"]


class StateKeeper:
    """Keeps a state file like the sessions. A write that fails is logged and tried again; no edit waits for it."""

    def __init__(
        self,
        file: StateFile,
        sessions: Sessions,
        media_roots: Iterable[Path] = (),
        logs: LogKeeper | None = None,
    ) -> None:
        """``logs`` keeps the ordered logs in the same folder, from the same moment to the same end."""
        self._file = file
        self._logs = logs
        self._sessions = sessions
        self._media_roots = [str(root) for root in media_roots]
        self._changed = asyncio.Event()
        self._is_urgent = asyncio.Event()
        self._ids: set[str] = set()  # as they are being written
        self._written = b""
        self._task: asyncio.Task[None] | None = None
        self._saving: asyncio.Task[None] | None = None

    def restore(self, saved: SavedState) -> None:
        """Opens the saved sessions."""
        for session in saved.sessions:
            self._sessions.open(session.info, session.creator, session.pipeline)
            _log.info("session %s restored", shown(session.info.name or session.info.id))
        if self._logs is not None:
            self._logs.set_others_aside(session.info.id for session in saved.sessions)

    def begin(self) -> None:
        """Writes the sessions as they are, and from now on whenever they change. A start that fails writes nothing."""
        self._changed.set()
        self._sessions.on_durable_change = self._note
        self._task = asyncio.create_task(self._keep(), name="state file")
        if self._logs is not None:
            self._logs.begin()

    async def close(self) -> None:
        """Writes what is not written yet and gives the folder free."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            if self._saving is not None:
                await asyncio.gather(self._saving, return_exceptions=True)  # two writers would share one file
            await self._write()
        if self._logs is not None:
            await self._logs.close()
        self._file.close()

    async def _keep(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if await self._write():
                await self._pause()
            else:
                self._changed.set()
                await asyncio.sleep(RETRY_AFTER_S)

    def _note(self) -> None:
        self._changed.set()
        if {session.id for session in self._sessions.all()} != self._ids:
            self._is_urgent.set()

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(WRITE_EVERY_S):
                await self._is_urgent.wait()

    async def _write(self) -> bool:
        self._is_urgent.clear()
        saved = [_saved(session) for session in self._sessions.all()]
        self._ids = {session.info.id for session in saved}
        data = msgspec.json.encode(SavedState(sessions=saved, media_roots=self._media_roots if saved else []))
        if data == self._written:
            return True
        self._saving = asyncio.create_task(asyncio.to_thread(self._file.save, data), name="state file write")
        try:
            await asyncio.shield(self._saving)
        except OSError as error:
            _log.error("the sessions cannot be saved: %s; trying again", error.strerror)
            return False
        self._written = data
        return True


def _saved(session: Session) -> SavedSession:
    return SavedSession(session.info, session.model.pipeline(), session.creator)
