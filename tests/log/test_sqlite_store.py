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
from sync.log.pending_queue import HistoryUpdate
from sync.log.sqlite_store import SqliteStore

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


def test_sd_08_a_damaged_row_is_named_then_quarantined_on_request(tmp_path: Path) -> None:
    path = filled(tmp_path / "j.db")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE history SET data = x'00' WHERE key IN (2, 4)")
    db.close()
    with SqliteStore(path) as store:
        with pytest.raises(DamagedJournal) as damage:
            store.load("c")
        assert damage.value.rows == ("row 2", "row 4")
        assert store.quarantine("c") == ("row 2", "row 4")
        assert [key for key, _ in store.load("c").history] == [1, 3, 5]
        assert store.quarantine("c") == ()
        kept = store._db.execute("SELECT name FROM quarantine").fetchall()
    assert kept == [("row 2",), ("row 4",)]


def test_a_damaged_meta_is_quarantined_too(tmp_path: Path) -> None:
    path = filled(tmp_path / "j.db")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET data = x'00'")
    db.close()
    with SqliteStore(path) as store:
        assert store.quarantine("c") == ("meta",)
        assert store.load("c").meta == b""


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
        assert len(store.load("c").history) == 5
        store._db.execute("PRAGMA max_page_count = 100000")
        store.update_history("c", HistoryUpdate(((9, b"x" * 1_000_000),)))
        assert len(store.load("c").history) == 6


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
        assert store.load("c").meta == b"new"


def spawn(path: Path, seed: int) -> subprocess.Popen[bytes]:
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "tests.log.writer", str(path), str(seed)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env={**os.environ, "PYTHONPATH": str(root)})


def read_reports(child: subprocess.Popen[bytes]) -> bytes:
    """What the child still had to say when it died."""
    assert child.stdout is not None
    return child.stdout.read()


def test_sd_11_two_hundred_kills_leave_a_consistent_file(tmp_path: Path) -> None:
    """A child writes rounds and is killed with SIGKILL at a random moment; every time the file is read back whole.

    One child serves several kill points: it forks a writer, and the writer dies.
    """
    path, chance = tmp_path / "j.db", random.Random(20)
    stable = head = 0
    with subprocess.Popen(
        [sys.executable, "-m", "tests.log.writer", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
    ) as nursery:
        for kill in range(KILLS):
            nursery.stdin.write(f"{kill}\n".encode())
            nursery.stdin.flush()
            pid = int(nursery.stdout.readline().split()[1])
            said = _listen(nursery.stdout.fileno(), chance.uniform(0.0, 0.012))
            os.kill(pid, signal.SIGKILL)
            said += _until_gone(nursery.stdout)
            stable = max([stable, *(int(line.split()[1]) for line in said if line.startswith("stable"))])
            with SqliteStore(path) as store:
                log = restore_log(store, "log", f"check{kill}")
            if log is None:
                assert stable == 0
                continue
            entries = log.entries.after(log.entries.floor)
            assert log.head >= stable, "what was called stable is there"
            assert log.head >= head, "what was once on disk stays there"
            assert [entry.rev for entry in entries] == list(range(log.entries.floor + 1, log.head + 1))
            assert len({entry.id for entry in entries}) == len(entries)
            replayed = type(log.document)()
            for entry in entries:
                replayed.apply(entry)
            assert replayed.digest() == log.document.digest()
            assert log.authors.get("w", 0) == sum(1 for entry in entries if entry.author == "w")
            head = log.head
        nursery.stdin.close()
        assert nursery.wait(10) == 0
    assert head > KILLS, "the writers did write"


def _listen(fd: int, seconds: float) -> list[str]:
    """The whole lines that come within so many seconds."""
    lines, until, text = [], time.monotonic() + seconds, b""
    while (left := until - time.monotonic()) > 0 and select.select([fd], [], [], left)[0]:
        text += os.read(fd, 65_536)
    lines = text.decode().split("\n")
    return [line for line in lines if line]


def _until_gone(stream: object) -> list[str]:
    lines: list[str] = []
    while not (line := stream.readline().decode().strip()).endswith("gone"):
        lines.append(line)
    return lines
