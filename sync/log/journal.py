"""The journal: memory is the truth, the disk follows; losing the disk never fails an edit (PROTOCOL.md §10).

The caller runs ``Flush.write`` off the event loop and hands the outcome back: one flush at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import Enum
from typing import NamedTuple, Protocol

import msgspec

from sync.log.pending_queue import HistoryUpdate, PendingQueue

SCHEMA = 1

__all__ = [
    "SCHEMA",
    "Badge",
    "DamagedJournal",
    "Flush",
    "Journal",
    "JournalFailed",
    "Store",
    "Stored",
]


class JournalFailed(Exception):
    """The disk would not load or drop what it was asked to; nothing has changed. The text names what and why."""


class DamagedJournal(JournalFailed):
    """Rows that cannot be read; ``rows`` names them. Nothing was used and the file was not touched."""

    def __init__(self, channel: str, rows: tuple[str, ...]) -> None:
        shown = ", ".join(rows[:5]) + (" …" if len(rows) > 5 else "")
        super().__init__(f"The journal of {channel!r} is damaged: {shown}.")
        self.rows = rows


class Stored(msgspec.Struct, frozen=True):
    """What a channel left behind: its meta, and its history in key order."""

    meta: bytes
    history: tuple[tuple[int, bytes], ...]


class Store(Protocol):
    """Four calls, synchronous, on any thread but one at a time. Failures raise OSError or JournalFailed."""

    def save_meta(self, channel: str, meta: bytes) -> None:
        """Replaces a channel's meta."""

    def update_history(self, channel: str, update: HistoryUpdate) -> None:
        """Adds and takes away rows, all or none. Adding a known key replaces it; evicting an unknown one is nothing."""

    def load(self, channel: str) -> Stored | None:
        """Everything of a channel; None when there is nothing. Raises DamagedJournal, JournalFailed."""

    def drop(self, channel: str) -> None:
        """Forgets a channel."""

    def round(self) -> AbstractContextManager[None]:
        """Makes the calls inside one transaction, where the store has such a thing."""


class Badge(Enum):
    """What the operator is told."""

    SAVED = "saved"
    SAVING = "saving"
    NOT_SAVING = "not saving"


class Flush(NamedTuple):
    """One round's writes. ``meta`` None leaves it as it is."""

    channel: str
    meta: bytes | None
    update: HistoryUpdate
    generation: int
    upto: int

    def write(self, store: Store) -> None:
        """Writes history, then meta, as one transaction. Raises OSError or JournalFailed."""
        with store.round():
            if self.update:
                store.update_history(self.channel, self.update)
            if self.meta is not None:
                store.save_meta(self.channel, self.meta)


class Journal:
    """One channel's way to the disk."""

    def __init__(self, channel: str, cap: int) -> None:
        self.channel = channel
        self.stable = 0
        self.rounds = 0  # written
        self.failures = 0
        self.reason = ""
        self._queue = PendingQueue()
        self._meta: Callable[[], bytes] | None = None
        self.cap = cap
        self._upto = 0
        self._is_flushing = False
        self._is_void = False  # the round under way carries what has been replaced since

    @property
    def badge(self) -> Badge:
        """How the disk keeps up."""
        if self.failures:
            return Badge.NOT_SAVING
        return Badge.SAVING if self._is_flushing or self._meta is not None or len(self._queue) else Badge.SAVED

    def append(self, key: int, data: bytes) -> None:
        """A row for the next round."""
        self._queue.append(key, data)
        self._upto = max(self._upto, key)

    def covers(self, key: int) -> None:
        """The rows that wait stand for everything up to ``key``."""
        self._upto = max(self._upto, key)

    def start_over(self) -> None:
        """What was written so far is worth nothing any more: another state takes its place."""
        self.stable = self._upto = 0
        self._is_void = self._is_flushing

    def evict(self, key: int) -> None:
        """A row to take away in the next round."""
        self._queue.evict(key)

    def note(self, meta: Callable[[], bytes]) -> None:
        """The meta for the next round, asked for when that begins; only the newest counts."""
        self._meta = meta

    def begin(self) -> Flush | None:
        """The next round's writes; None when nothing waits or a round is under way."""
        if self._is_flushing or (self._meta is None and not len(self._queue)):
            return None
        update, generation = self._queue.take()
        meta = None if self._meta is None else self._meta()
        flush = Flush(self.channel, meta, update, generation, self._upto)
        self._meta = None
        self._is_flushing = True
        return flush

    def done(self, flush: Flush, error: Exception | None = None) -> None:
        """The outcome of a round. A failed one is tried again with the next."""
        self._is_flushing = False
        if error is None:
            self._queue.settle(flush.generation)
            self.stable = max(self.stable, 0 if self._is_void else flush.upto)
            self._is_void = False
            self.failures, self.reason = 0, ""
            self.rounds += 1
            return
        self._is_void = False
        self.failures += 1
        self.reason = str(error)
        if self._meta is None and (meta := flush.meta) is not None:
            self._meta = lambda: meta
