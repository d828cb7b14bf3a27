"""What an op log and an outbox write to the journal, and how they are read back (PROTOCOL.md §10.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar, cast

import msgspec

from sync.log.clock import Era, extended
from sync.log.journal import SCHEMA, DamagedJournal, Journal, JournalFailed, Store, Stored
from sync.log.op import Entry, Op, OpId, Refusal
from sync.log.oplog import Limits, OpLog, Snapshot, within_json
from sync.log.outbox import Outbox, Waybill

BASE_KEY = 0  # entries are keyed by rev, from 1
COMPACT_EVERY = 2_500

T = TypeVar("T")
_pack = msgspec.msgpack.Encoder()

__all__ = ["BASE_KEY", "COMPACT_EVERY", "LogJournal", "OutboxJournal", "restore_log", "restore_outbox"]


class _Meta(msgspec.Struct, frozen=True):
    schema: int
    held: tuple[Op, ...] = ()
    waived: tuple[OpId, ...] = ()


class _Row(msgspec.Struct, frozen=True, array_like=True):
    """An entry with the epoch that numbered it, so that the lineage cannot part from the entries."""

    epoch: str
    entry: Entry


class _OutboxRow(NamedTuple):
    """An own op, the rev that its author knew, and a refusal that waits for an answer with its number."""

    op: Op
    base: int = 0
    rev: int = 0
    refusal: Refusal | None = None


class LogJournal:
    """Writes one op log: its entries as they come, and a base state each time the oldest are let go."""

    def __init__(self, log: OpLog, journal: Journal, compact_every: int = COMPACT_EVERY) -> None:
        self.journal = journal
        self._log = log
        self._cap = journal.cap
        self._compact_every = compact_every
        self._first = log.entries.floor + 1
        self._last = log.head
        self._noted = -1  # the version of what waits that is in the meta

    def begin(self) -> None:
        """Writes the base state: for a log that is new, or was restored under a new epoch."""
        self.journal.append(BASE_KEY, _pack.encode(self._log.snapshot()))
        self.journal.covers(self._log.head)
        self._noted = -1
        self._note()

    def replaced(self) -> None:
        """The log has become another: what was written of the old one goes in the same round."""
        self.journal.start_over()
        for rev in range(self._first, self._last + 1):
            self.journal.evict(rev)
        self._first, self._last = self._log.entries.floor + 1, self._log.head
        self.begin()

    def record(self, entries: Iterable[Entry]) -> None:
        """Takes new entries for the next round; call it in the step that made them."""
        for entry in entries:
            self.journal.append(entry.rev, _pack.encode(_Row(self._log.epoch, entry)))
        self._last = self._log.head
        self._note()
        if self._log.head - self._first + 1 >= self._cap + self._compact_every:
            self._compact()

    def _compact(self) -> None:
        self.journal.append(BASE_KEY, _pack.encode(self._log.snapshot()))
        keep_from = self._log.head - self._cap + 1
        for rev in range(self._first, keep_from):
            self.journal.evict(rev)
        self._first = keep_from

    def _note(self) -> None:
        if self._noted != self._log.waiting_version:
            self._noted = self._log.waiting_version
            self.journal.note(self._meta)

    def _meta(self) -> bytes:
        return _pack.encode(_Meta(SCHEMA, self._log.held, self._log.waived))


class OutboxJournal:
    """Writes a desk's outbox: every op until it is safe elsewhere."""

    def __init__(self, outbox: Outbox, journal: Journal) -> None:
        self.journal = journal
        self._outbox = outbox

    def record(self) -> None:
        """Takes what was added and let go since the last call for the next round."""
        added, gone = self._outbox.take_history()
        for bill in added:
            rev = bill.rev if bill.refusal is not None else 0
            self.journal.append(bill.slot, _pack.encode(_OutboxRow(bill.op, bill.base, rev, bill.refusal)))
        for slot in gone:
            self.journal.evict(slot)
        if added or gone:
            self.journal.note(_plain_meta)


def restore_log(store: Store, channel: str, epoch: str | None, limits: Limits = within_json) -> OpLog | None:
    """The log as it was written, going on under a new ``epoch``; None when there is none.

    Without an ``epoch`` it goes on under the one that it had: what a follower does, which does not number.

    What was numbered but not written is gone: a desk that has seen it finds out by the lineage and starts from a
    snapshot. Raises JournalFailed, DamagedJournal; the file is not touched.
    """
    stored = store.load(channel)
    if stored is None:
        return None
    meta = _meta_of(channel, stored)
    rows = [_read(channel, f"row {key}", data, _Row) for key, data in stored.history if key != BASE_KEY]
    base = next((_read(channel, "base", data, Snapshot) for key, data in stored.history if key == BASE_KEY), None)
    if base is None:
        raise DamagedJournal(channel, ("base",))
    log = OpLog(base.clock.epoch, limits)
    try:
        log.restore(base, [row.entry for row in rows])
    except ValueError as error:
        raise DamagedJournal(channel, (str(error),)) from error
    log.lineage = _lineage_of(base, rows)
    if epoch is not None:
        log.begin_epoch(epoch)
    log.resume_waiting(meta.held, meta.waived)
    return log


def restore_outbox(store: Store, channel: str) -> Outbox:
    """The outbox of earlier runs: ops that are undecided, and refusals that nobody has answered.

    Raises JournalFailed, DamagedJournal; the file is not touched.
    """
    stored = store.load(channel)
    if stored is None:
        return Outbox()
    _meta_of(channel, stored)
    return Outbox.carried_on(_waybill(channel, key, data) for key, data in stored.history)


def _waybill(channel: str, slot: int, data: bytes) -> Waybill:
    row = _read(channel, f"row {slot}", data, cast("type[Op | _OutboxRow]", Op | _OutboxRow))
    if isinstance(row, Op):
        return Waybill(slot, row)  # a row of a program that kept the op alone
    return Waybill(slot, row.op, row.base, row.rev, row.refusal)


def _plain_meta() -> bytes:
    return _pack.encode(_Meta(SCHEMA))


def _meta_of(channel: str, stored: Stored) -> _Meta:
    if not stored.meta:
        return _Meta(SCHEMA)
    meta = _read(channel, "meta", stored.meta, _Meta)
    if meta.schema != SCHEMA:
        raise JournalFailed(f"The journal of {channel!r} has schema {meta.schema}; this program knows {SCHEMA}.")
    return meta


def _lineage_of(base: Snapshot, rows: Sequence[_Row]) -> tuple[Era, ...]:
    lineage = base.clock.lineage
    for row in rows:
        if row.entry.rev > base.clock.rev and row.epoch != lineage[-1].epoch:
            lineage = extended(lineage, row.epoch, row.entry.rev - 1)
    return lineage


def _read(channel: str, name: str, data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise DamagedJournal(channel, (f"{name}: {error}",)) from error
