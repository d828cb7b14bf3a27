"""A process that forks writers on one journal file, for the kill tests: a line with a seed in, reports out."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sync.log.entries import MemoryEntries
from sync.log.journal import Journal
from sync.log.log_journal import LogJournal, restore_log
from sync.log.op import Op, add_node, set_params
from sync.log.oplog import OpLog
from sync.log.sqlite_store import SqliteStore


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def write_for_ever(path: Path, seed: str) -> None:
    """Edits and flushes round by round; says what is stable after each."""
    with SqliteStore(path) as store:
        log = restore_log(store, "log", f"run{seed}") or OpLog(f"run{seed}", entries=MemoryEntries())
        journal = Journal("log", 100_000)
        writer = LogJournal(log, journal)
        writer.begin()
        if log.head == 0:
            writer.record(log.submit(Op("s", 1, add_node("n", "k")), 1.0).entries)
        while True:
            for _ in range(3):
                seq = log.authors.get("w", 0) + 1
                writer.record(log.submit(Op("w", seq, set_params("n", {(f"k{seq % 5}",): seq})), 1.0).entries)
            flush = journal.begin()
            flush.write(store)
            journal.done(flush)
            say(f"stable {journal.stable}")


def main() -> None:
    path = Path(sys.argv[1])
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            write_for_ever(path, line.strip())
        say(f"pid {pid}")
        os.waitpid(pid, 0)
        say("gone")


if __name__ == "__main__":
    main()
