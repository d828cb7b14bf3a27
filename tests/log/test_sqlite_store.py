"""The SQLite file itself: schema, damage, full disks, and kill -9 at any point (rows SD-08, SD-11)."""

from __future__ import annotations

import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sync.log.journal import DamagedJournal, JournalFailed
from sync.log.log_journal import restore_log
from sync.log.oplog import OpLog
from sync.log.pending_queue import HistoryUpdate
from sync.log.sqlite_store import SqliteStore
from tests.log.world import the

KILLS = 200


def filled(path: Path) -> Path:
    with SqliteStore(path) as store:
        store.save_meta("c", b"meta")
        store.update_history("c", HistoryUpdate(tuple((key, f"row {key}".encode()) for key in range(1, 6))))
    return path


def test_sd_08_a_file_of_another_schema_or_kind_is_refused_and_not_touched(tmp_path: Path) -> None:
    newer = filled(tmp_path / "newer.db")
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 7")
    db.close()
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE photos (id)")
    db.close()
    text = tmp_path / "text.db"
    text.write_text("this is no database, it is a shopping list " * 20)
    for path, reason in ((newer, "schema 7"), (foreign, "something else"), (text, "cannot be read")):
        before = path.read_bytes()
        with pytest.raises(JournalFailed, match=reason):
            SqliteStore(path)
        assert path.read_bytes() == before
    with pytest.raises(JournalFailed, match="cannot be opened"):
        SqliteStore(tmp_path / "no such folder" / "j.db")


def test_sd_08_a_damaged_row_is_named_and_its_channel_is_put_aside_whole_when_told(tmp_path: Path) -> None:
    path = filled(tmp_path / "j.db")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE history SET data = x'00' WHERE key IN (2, 4)")
    db.close()
    with SqliteStore(path) as store:
        with pytest.raises(DamagedJournal) as damage:
            store.load("c")
        assert damage.value.rows == ("row 2", "row 4")
        store.set_aside("c")
        assert store.load("c") is None
        kept = store._db.execute("SELECT name, data FROM quarantine").fetchall()
    assert {name for name, _ in kept} == {"meta", *(f"row {key}" for key in range(1, 6))}
    assert ("row 2", b"\0") in kept, "what was damaged is kept as it is"


def test_a_row_that_was_moved_to_another_key_is_damage(tmp_path: Path) -> None:
    path = filled(tmp_path / "j.db")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE history SET key = 50 WHERE key = 5")
    db.close()
    with SqliteStore(path) as store, pytest.raises(DamagedJournal):
        store.load("c")


def test_a_full_disk_is_an_os_error_and_leaves_the_last_round(tmp_path: Path) -> None:
    with SqliteStore(filled(tmp_path / "j.db")) as store:
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(OSError, match="full"):
            store.update_history("c", HistoryUpdate(((9, b"x" * 1_000_000),)))
        assert len(the(store.load("c")).history) == 5
        store._db.execute("PRAGMA max_page_count = 100000")
        store.update_history("c", HistoryUpdate(((9, b"x" * 1_000_000),)))
        assert len(the(store.load("c")).history) == 6


def test_a_locked_file_is_an_os_error(tmp_path: Path) -> None:
    path = filled(tmp_path / "j.db")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with SqliteStore(path) as store:
        store._db.execute("PRAGMA busy_timeout = 1")
        with pytest.raises(OSError, match="locked"):
            store.save_meta("c", b"new")
        other.execute("ROLLBACK")
        other.close()
        store.save_meta("c", b"new")
        assert the(store.load("c")).meta == b"new"


class Nursery:
    """A process that forks writers on one file, one after the other, and what they report."""

    def __init__(self, path: Path) -> None:
        root = Path(__file__).resolve().parents[2]
        command = [sys.executable, "-m", "tests.log.writer", str(path)]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, bufsize=0)
        self._text = b""
        self._pid = 0

    def start_writer(self, seed: int, rounds: int = 0) -> None:
        """Starts a writer; with ``rounds`` it dies by itself in that round, between history and meta."""
        assert self._child.stdin is not None
        self._child.stdin.write(f"{seed} {rounds}\n".encode())
        self._pid = int(self.next_line().split()[1])

    def next_line(self) -> str:
        assert self._child.stdout is not None
        while b"\n" not in self._text:
            ready, _, _ = select.select([self._child.stdout], [], [], 30.0)
            assert ready, "a writer has stopped reporting"
            self._text += self._child.stdout.read(65_536)
        line, self._text = self._text.split(b"\n", 1)
        return line.decode()

    def kill_writer(self) -> list[str]:
        """Kills the writer where it stands; what it had said before."""
        os.kill(self._pid, signal.SIGKILL)
        return self.await_death()

    def await_death(self) -> list[str]:
        """What the writer says until it is gone."""
        said = []
        while (line := self.next_line()) != "gone":
            said.append(line)
        return said

    def close(self) -> int:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        code = self._child.wait(10)
        self._child.stdout.close()
        return code


def check_log(log: OpLog) -> None:
    """Dense revs, every op once, and exactly the document that so many writes make."""
    entries = log.entries.after(log.entries.floor)
    assert [entry.rev for entry in entries] == list(range(log.entries.floor + 1, log.head + 1))
    assert len({entry.id for entry in entries}) == len(entries)
    count = log.authors.get("w", 0)
    assert count == log.head - 1
    assert log.document.params("n") == {f"k{seq % 5}": seq for seq in range(max(1, count - 4), count + 1)}


def test_sd_11_two_hundred_kills_leave_a_consistent_file(tmp_path: Path) -> None:
    """Writers die by SIGKILL, half between history and meta, half anywhere; every time the file is read back whole."""
    path, chance = tmp_path / "j.db", random.Random(20)
    nursery, stable, head = Nursery(path), 0, 0
    for kill in range(KILLS):
        if kill % 2:
            nursery.start_writer(kill, rounds=chance.randint(1, 4))
            said = nursery.await_death()
        else:
            nursery.start_writer(kill)
            said = [nursery.next_line() for _ in range(chance.randint(0, 4))]
            time.sleep(chance.uniform(0.0, 0.003))  # anywhere in a round: there is nothing to await
            said += nursery.kill_writer()
        stable = max([stable, *(int(line.split()[1]) for line in said)])
        with SqliteStore(path) as store:
            log = restore_log(store, "log", f"check{kill}")
        if log is None:
            assert stable == 0
            continue
        assert log.head >= stable, "what was called stable is there"
        assert log.head >= head, "what was once on disk stays there"
        check_log(log)
        head = log.head
    assert nursery.close() == 0
    assert head > KILLS, "the writers did write"
    assert log is not None
    assert log.entries.floor > 0, "and the oldest entries were let go on the way"
