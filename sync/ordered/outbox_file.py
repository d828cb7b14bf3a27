"""The outbox on disk: written off the event loop, one round at a time, at once while nobody else has the edits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgspec

from sync.log.journal import Badge, DamagedJournal, Flush, Journal, JournalFailed, Store
from sync.log.log_journal import OutboxJournal, restore_outbox
from sync.log.op import Op
from sync.log.outbox import CAP, Outbox

LIVE_ROUND_S = 0.1
RETRY_S = 1.0

_log = logging.getLogger(__name__)

__all__ = ["LIVE_ROUND_S", "RETRY_S", "OutboxFile", "guard_all", "load_outbox"]


def load_outbox(store: Store, channel: str) -> tuple[Outbox, str]:
    """What earlier runs left, and a sentence when it could not be read: then the file is not touched any more."""
    try:
        outbox = restore_outbox(store, channel)
    except DamagedJournal as damage:
        return Outbox(), f"Edits of an earlier run cannot be read and stay where they are: {damage}"
    except (JournalFailed, OSError) as failure:
        return Outbox(), f"Edits of an earlier run cannot be read: {failure}"
    guard_all(outbox)
    return outbox, ""


def guard_all(outbox: Outbox) -> None:
    """Nobody knows how long ago an earlier run was: what it sent unguarded, as the last hand, is guarded from now on by
    what it knew then."""
    for bill in outbox:
        bill.op = _guarded(bill.op, bill.base)


def _guarded(op: Op, base: int) -> Op:
    changes = tuple(each if each.seen is not None else msgspec.structs.replace(each, seen=base) for each in op.changes)
    return msgspec.structs.replace(op, changes=changes)


class OutboxFile:
    """Writes one outbox to a store. A failed write never fails an edit: the badge says so, and it is tried again."""

    def __init__(self, outbox: Outbox, store: Store, channel: str, is_live: Callable[[], bool]) -> None:
        self._journal = Journal(channel, cap=CAP)
        self._own = outbox
        self._outbox = OutboxJournal(outbox, self._journal)
        self._store = store
        self._is_live = is_live
        self._changed = asyncio.Event()
        self._left: tuple[str, ...] = ()

    @property
    def channel(self) -> str:
        """Where in the store it writes."""
        return self._journal.channel

    def moves_from(self, channel: str, replaced: Outbox) -> None:
        """The edits move here from ``channel``, which is dropped once they are written, never before.

        ``replaced`` is what an earlier run left here; its rows make room, its edits were adopted already.
        """
        for bill in replaced:
            self._journal.evict(bill.slot)
        self._own.write_again()
        self._left = () if channel == self.channel else (channel,)
        self.record()

    @property
    def badge(self) -> Badge:
        """How the disk keeps up."""
        return self._journal.badge

    @property
    def reason(self) -> str:
        """Why it does not."""
        return self._journal.reason

    def record(self) -> None:
        """The outbox has changed: for the next round."""
        self._outbox.record()
        if self._journal.badge is not Badge.SAVED:
            self._changed.set()

    async def run(self) -> None:
        """Writes rounds until it is cancelled; what waits then is written by ``close``."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            if not await self._round():
                self._changed.set()
                await asyncio.sleep(RETRY_S)
            elif self._is_live():
                # Most of what is made now will be safe at the server before it would be on this disk.
                await asyncio.sleep(LIVE_ROUND_S)

    async def close(self) -> None:
        """One last round."""
        self._outbox.record()
        await self._round()

    async def _round(self) -> bool:
        flush = self._journal.begin()
        if flush is None:
            return True
        writing = asyncio.create_task(asyncio.to_thread(self._write, flush), name="outbox write")
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # The disk is not interrupted in a transaction: two rounds at once would mix.
            await asyncio.gather(writing, return_exceptions=True)
            error = writing.exception()
            self._journal.done(flush, error if isinstance(error, Exception) else None)
            raise
        except (OSError, JournalFailed) as error:
            if not self._journal.failures:
                _log.warning("edits that wait for the server are not saved: %s", error)
            self._journal.done(flush, error)
            return False
        self._journal.done(flush)
        return True

    def _write(self, flush: Flush) -> None:
        flush.write(self._store)
        for channel in self._left:
            self._store.drop(channel)
        self._left = ()
