"""The log itself, behind a small interface so that something else can carry it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Protocol

from sync.log.op import Entry

HISTORY_CAP = 10_000

__all__ = ["HISTORY_CAP", "Entries", "MemoryEntries"]


class Entries(Protocol):
    """Decided ops by dense rev. ``floor`` is the newest rev that is no longer kept, ``head`` the newest of all."""

    @property
    def floor(self) -> int:
        """The newest rev that is gone; 0 when none is."""

    @property
    def head(self) -> int:
        """The newest rev."""

    def append(self, entry: Entry) -> None:
        """Adds the entry numbered ``head + 1``. Raises ValueError for any other number."""

    def after(self, rev: int, limit: int | None = None) -> Sequence[Entry]:
        """The entries above ``rev``, oldest first. Raises LookupError below the floor, OSError when it cannot read."""


class MemoryEntries:
    """The newest entries in memory; the oldest fall off above ``cap``."""

    def __init__(self, entries: Iterable[Entry] = (), floor: int = 0, cap: int = HISTORY_CAP) -> None:
        self._entries: deque[Entry] = deque()
        self._floor = floor
        self._cap = cap
        for entry in entries:
            self.append(entry)

    @property
    def floor(self) -> int:
        return self._floor

    @property
    def head(self) -> int:
        return self._floor + len(self._entries)

    def append(self, entry: Entry) -> None:
        if entry.rev != self.head + 1:
            raise ValueError(f"rev {entry.rev} cannot follow rev {self.head}")
        self._entries.append(entry)
        if len(self._entries) > self._cap:
            self._entries.popleft()
            self._floor += 1

    def after(self, rev: int, limit: int | None = None) -> Sequence[Entry]:
        if rev < self._floor:
            raise LookupError(f"the log begins after rev {self._floor}")
        count = max(0, self.head - rev)
        newest = list(islice(reversed(self._entries), count))
        newest.reverse()
        return newest[:limit]
