"""Writes the sessions to disk after changes: off the event loop, at most twice a second, and once more at the end."""

from __future__ import annotations

import asyncio
import logging

from engine.session import Session
from engine.sessions import Sessions
from engine.state_file import SavedSession, StateFile

WRITE_EVERY_S = 0.5
RETRY_AFTER_S = 5.0

_log = logging.getLogger(__name__)

__all__ = ["StateKeeper"]


class StateKeeper:
    """Keeps a state file like the sessions. A write that fails is logged and tried again; no edit waits for it."""

    def __init__(self, file: StateFile, sessions: Sessions) -> None:
        self._file = file
        self._sessions = sessions
        self._changed = asyncio.Event()
        self._written = b""
        self._task: asyncio.Task[None] | None = None

    def restore(self) -> None:
        """Opens the saved sessions and watches for changes from now on. Raises StateRefused."""
        saved, damaged = self._file.load()
        if damaged is not None:
            _log.error("the state file was damaged (%s); it is kept as %s", damaged.reason, damaged.kept_as)
        for session in saved:
            self._sessions.open(session.info, session.creator, session.pipeline)
            _log.info("session %s restored", session.info.name)
        self._sessions.on_durable_change = self._changed.set
        self._task = asyncio.create_task(self._keep(), name="state file")

    async def close(self) -> None:
        """Writes what is not written yet and gives the folder free."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self._write()
        self._file.close()

    async def _keep(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if await self._write():
                await asyncio.sleep(WRITE_EVERY_S)
            else:
                self._changed.set()
                await asyncio.sleep(RETRY_AFTER_S)

    async def _write(self) -> bool:
        data = StateFile.encode([_saved(session) for session in self._sessions.all()])
        if data == self._written:
            return True
        try:
            await asyncio.to_thread(self._file.save, data)
        except OSError as error:
            _log.error("the sessions cannot be saved: %s; trying again", error.strerror)
            return False
        self._written = data
        return True


def _saved(session: Session) -> SavedSession:
    return SavedSession(session.info, session.model.pipeline(), session.creator)
