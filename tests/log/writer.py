"""A process that forks writers on one journal file, for the kill tests: a line with seed and rounds in, reports out."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from sync.log.edits import add_node, set_params
from sync.log.entries import MemoryEntries
from sync.log.journal import Journal
from sync.log.log_journal import LogJournal, restore_log
from sync.log.op import Op
from sync.log.oplog import OpLog
from sync.log.pending_queue import HistoryUpdate
from sync.log.sqlite_store import SqliteStore


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


class Doomed(SqliteStore):
    """Dies by SIGKILL in a given round, with the history written and the meta not."""

    rounds = 0

    def update_history(self, channel: str, update: HistoryUpdate) -> None:
        super().update_history(channel, update)
        self.rounds -= 1
        if self.rounds == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def write_for_ever(path: Path, seed: str, rounds: int) -> None:
    """Edits and flushes round by round; says what is stable after each. Dies by itself in round ``rounds``, if any."""
    doomed = Doomed(path)
    doomed.rounds = rounds
    with doomed as store:
        log = restore_log(store, "log", f"run{seed}") or OpLog(f"run{seed}", entries=MemoryEntries())
        journal = Journal("log", 40)
        writer = LogJournal(log, journal, compact_every=10)
        writer.begin()
        if log.head == 0:
            writer.record(log.submit(Op("s", 1, add_node("n", "k")), 1.0).entries)
        while True:
            for _ in range(3):
                seq = log.authors.get("w", 0) + 1
                writer.record(log.submit(Op("w", seq, set_params("n", {(f"k{seq % 5}",): seq})), 1.0).entries)
            flush = journal.begin()
            assert flush is not None
            flush.write(store)
            journal.done(flush)
            say(f"stable {journal.stable}")


def main() -> None:
    path = Path(sys.argv[1])
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            seed, rounds = line.split()
            write_for_ever(path, seed, int(rounds))
        say(f"pid {pid}")
        os.waitpid(pid, 0)
        say("gone")


if __name__ == "__main__":
    main()
