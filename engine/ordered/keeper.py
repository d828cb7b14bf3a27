"""The journal of all logs: one file, written off the event loop, one round at a time (sync/log/PROTOCOL.md §10)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from engine.serving.quiet_log import shown
from sync.log.entries import HISTORY_CAP
from sync.log.journal import DamagedJournal, Flush, Journal, JournalFailed
from sync.log.log_journal import LogJournal, restore_log
from sync.log.oplog import OpLog
from sync.log.sqlite_store import SqliteStore

FILE_NAME = "logs.sqlite"
WRITE_EVERY_S = 0.033
RETRY_AFTER_S = 1.0

_log = logging.getLogger(__name__)

__all__ = ["FILE_NAME", "LogKeeper"]


class _Kept(NamedTuple):
    journal: LogJournal
    on_written: Callable[[], None]


class LogKeeper:
    """Keeps the logs. A write that fails is told once and tried again; no edit waits for it or fails by it."""

    def __init__(self, folder: Path) -> None:
        """Opens or makes the file. Raises JournalFailed for anything that is no journal of this schema."""
        self.path = folder / FILE_NAME
        try:
            self.path.touch(mode=0o600)  # what is beside it gets the same rights
        except OSError as error:
            raise JournalFailed(f"The journal {self.path} cannot be made: {error.strerror}.") from error
        self._store = SqliteStore(self.path)
        self._kept: dict[str, _Kept] = {}
        self._gone: set[str] = set()
        self._has_news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._writing: asyncio.Task[bool] | None = None
        self._is_failing = False

    def restored(self, session_id: str, epoch: str | None) -> OpLog | None:
        """A session's log as it was written, under a new epoch; None when there is none, or none that can be read.

        Damaged rows are named in the program's log and put aside. Raises JournalFailed when nothing can be read.
        """
        try:
            return restore_log(self._store, session_id, epoch)
        except DamagedJournal as damage:
            _log.error("%s They are put aside; the session starts from its saved graph.", damage)
        self._set_aside(session_id)
        return None

    def set_others_aside(self, session_ids: Iterable[str]) -> None:
        """Puts the logs of sessions aside that are no more. Raises JournalFailed."""
        for session_id in self._store.channels().difference(session_ids):
            self._set_aside(session_id)

    def keep(self, session_id: str, log: OpLog, on_written: Callable[[], None], *, is_restored: bool) -> LogJournal:
        """Writes a log from now on; ``on_written`` is called when ``stable`` may have moved."""
        journal = LogJournal(log, Journal(session_id, HISTORY_CAP))
        journal.journal.stable = log.head if is_restored else 0
        self._kept[session_id] = _Kept(journal, on_written)
        journal.begin()
        self.wake()
        return journal

    def forget(self, session_id: str) -> None:
        """The session has been destroyed: nothing of its log is kept."""
        if self._kept.pop(session_id, None) is not None:
            self._gone.add(session_id)
            self.wake()

    def wake(self) -> None:
        """There is something to write."""
        self._has_news.set()

    def begin(self) -> None:
        """Writes from now on. A start that fails writes nothing."""
        self._task = asyncio.create_task(self._keep(), name="log journal")

    async def close(self) -> None:
        """Writes what is not written yet and closes the file."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            if self._writing is not None:
                await asyncio.gather(self._writing, return_exceptions=True)  # one round at a time
            await self._write()
        self._store.close()

    def _set_aside(self, session_id: str) -> None:
        try:
            self._store.set_aside(session_id)
        except OSError as error:
            raise JournalFailed(str(error)) from error

    async def _keep(self) -> None:
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            if await self._write():
                await asyncio.sleep(WRITE_EVERY_S)
            else:
                self._has_news.set()
                await asyncio.sleep(RETRY_AFTER_S)

    async def _write(self) -> bool:
        self._writing = asyncio.create_task(self._round(), name="log journal round")
        return await asyncio.shield(self._writing)

    async def _round(self) -> bool:
        flushes = [flush for kept in self._kept.values() if (flush := kept.journal.journal.begin()) is not None]
        gone = tuple(self._gone)
        failed = await asyncio.to_thread(self._write_all, flushes, gone)
        self._gone.difference_update(session_id for session_id in gone if session_id not in failed)
        for flush in flushes:
            if (kept := self._kept.get(flush.channel)) is not None:
                kept.journal.journal.done(flush, failed.get(flush.channel))
                kept.on_written()
        self._tell(failed)
        return not failed

    def _write_all(self, flushes: list[Flush], gone: tuple[str, ...]) -> dict[str, Exception]:
        """Runs in a thread. What failed, by session."""
        failed: dict[str, Exception] = {}
        for flush in flushes:
            try:
                flush.write(self._store)
            except (OSError, JournalFailed) as error:
                failed[flush.channel] = error
        for session_id in gone:
            try:
                self._store.drop(session_id)
            except (OSError, JournalFailed) as error:
                failed[session_id] = error
        return failed

    def _tell(self, failed: dict[str, Exception]) -> None:
        """Says when writing begins to fail and when it works again, not every time between."""
        if failed and not self._is_failing:
            reason = shown(str(next(iter(failed.values()))))
            _log.error("the ordered logs cannot be saved: %s; edits go on, trying again", reason)
        elif self._is_failing and not failed:
            _log.info("the ordered logs are saved again")
        self._is_failing = bool(failed)
