"""The journal's four calls on one SQLite file in WAL mode (PROTOCOL.md §10.2)."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from sync.log.journal import SCHEMA, DamagedJournal, JournalFailed, Stored
from sync.log.pending_queue import HistoryUpdate

_TABLES = (
    "CREATE TABLE meta (channel TEXT PRIMARY KEY, data BLOB NOT NULL, sum BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE history (channel TEXT NOT NULL, key INTEGER NOT NULL, data BLOB NOT NULL, sum BLOB NOT NULL,"
    " PRIMARY KEY (channel, key)) WITHOUT ROWID",
    "CREATE TABLE quarantine (channel TEXT NOT NULL, name TEXT NOT NULL, data BLOB, sum BLOB)",
)

__all__ = ["SqliteStore"]


class SqliteStore:
    """One file for all channels. Every row carries a checksum; damage is named and never silently passed over."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file. Raises JournalFailed for anything that is no journal of this schema."""
        self._path = path
        self._is_in_round = False
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=2.0)
        except sqlite3.Error as error:
            raise JournalFailed(f"The journal {path.name} cannot be opened: {error}.") from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._db.close()
            raise JournalFailed(f"The journal {path.name} cannot be read: {error}.") from error
        except JournalFailed:
            self._db.close()
            raise

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; what was written stays."""
        self._db.close()

    def save_meta(self, channel: str, meta: bytes) -> None:
        self._write([("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", (channel, meta, _sum(channel, 0, meta)))])

    def update_history(self, channel: str, update: HistoryUpdate) -> None:
        rows = [(channel, key, data, _sum(channel, key, data)) for key, data in update.append]
        statements: list[tuple[str, tuple[Any, ...]]] = [
            ("INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?)", row) for row in rows
        ]
        statements += [("DELETE FROM history WHERE channel = ? AND key = ?", (channel, key)) for key in update.evict]
        self._write(statements)

    def load(self, channel: str) -> Stored | None:
        try:
            meta = self._db.execute("SELECT data, sum FROM meta WHERE channel = ?", (channel,)).fetchone()
            rows = self._db.execute(
                "SELECT key, data, sum FROM history WHERE channel = ? ORDER BY key", (channel,)
            ).fetchall()
        except sqlite3.Error as error:
            raise JournalFailed(f"The journal of {channel!r} cannot be read: {error}.") from error
        damaged = [] if meta is None or meta[1] == _sum(channel, 0, meta[0]) else ["meta"]
        damaged += [f"row {key}" for key, data, check in rows if check != _sum(channel, key, data)]
        if damaged:
            raise DamagedJournal(channel, tuple(damaged))
        if meta is None and not rows:
            return None
        return Stored(meta[0] if meta is not None else b"", tuple((key, data) for key, data, _ in rows))

    def drop(self, channel: str) -> None:
        self._write([(f"DELETE FROM {table} WHERE channel = ?", (channel,)) for table in ("meta", "history")])

    @contextmanager
    def round(self) -> Iterator[None]:
        """One transaction around all calls inside. Raises OSError; then none of them happened."""
        self._execute("BEGIN IMMEDIATE")
        self._is_in_round = True
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._execute("ROLLBACK")
            raise
        finally:
            self._is_in_round = False

    def channels(self) -> frozenset[str]:
        """The channels that have something. Raises JournalFailed."""
        try:
            rows = self._db.execute("SELECT channel FROM meta UNION SELECT DISTINCT channel FROM history").fetchall()
        except sqlite3.Error as error:
            raise JournalFailed(f"The journal {self._path.name} cannot be read: {error}.") from error
        return frozenset(str(channel) for (channel,) in rows)

    def set_aside(self, channel: str) -> None:
        """Moves everything of a channel into ``quarantine``, readable or not: what is left there is its owner's to
        look at. Raises OSError."""
        with self.round():
            for name, table in (("'meta'", "meta"), ("'row ' || key", "history")):
                self._execute(
                    f"INSERT INTO quarantine SELECT channel, {name}, data, sum FROM {table} WHERE channel = ?",
                    (channel,),
                )
                self._execute(f"DELETE FROM {table} WHERE channel = ?", (channel,))

    def _prepare(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA):
            raise JournalFailed(f"The journal {self._path.name} has schema {version}; this program knows {SCHEMA}.")
        if version == 0 and self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise JournalFailed(f"{self._path.name} is a database of something else.")
        if version == 0:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("BEGIN IMMEDIATE")
            for table in _TABLES:
                self._db.execute(table)
            self._db.execute(f"PRAGMA user_version = {SCHEMA}")
            self._db.execute("COMMIT")
        self._db.execute("PRAGMA synchronous = NORMAL")

    def _write(self, statements: list[tuple[str, tuple[Any, ...]]]) -> None:
        if self._is_in_round:
            for statement, values in statements:
                self._execute(statement, values)
            return
        with self.round():
            self._write(statements)

    def _execute(self, statement: str, values: tuple[Any, ...] = ()) -> None:
        try:
            self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise OSError(f"{self._path.name}: {error}") from error


def _sum(channel: str, key: int, data: Any) -> bytes:
    body = data if isinstance(data, bytes) else str(data).encode()
    return hashlib.blake2b(f"{channel}\0{key}\0".encode() + body, digest_size=8).digest()
