"""What still has to reach the disk: the accumulator of one step and the retry buffer of all failed ones at once.

Latest wins: an append cancels a waiting evict of the same key and the other way round. A flush clears only what it
carried and what was not queued again meanwhile.
"""

from __future__ import annotations

import msgspec

__all__ = ["HistoryUpdate", "PendingQueue"]


class HistoryUpdate(msgspec.Struct, frozen=True):
    """Rows to add, in key order, and keys to take away."""

    append: tuple[tuple[int, bytes], ...] = ()
    evict: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.append or self.evict)


class _Item:
    def __init__(self, generation: int, data: bytes | None) -> None:
        self.generation = generation
        self.data = data  # None: evict
        self.was_tried = False


class PendingQueue:
    """Queued rows by key, each with the generation in which it was queued last."""

    def __init__(self) -> None:
        self._items: dict[int, _Item] = {}
        self._generation = 0

    def __len__(self) -> int:
        return len(self._items)

    def append(self, key: int, data: bytes) -> None:
        """The row must be on disk."""
        self._put(key, data)

    def evict(self, key: int) -> None:
        """The row must not be on disk."""
        waiting = self._items.get(key)
        if waiting is not None and waiting.data is not None and not waiting.was_tried:
            del self._items[key]  # it never got near the disk
        else:
            self._put(key, None)

    def take(self) -> tuple[HistoryUpdate, int]:
        """Everything that waits, and the generation to settle it with. It stays queued until it is settled."""
        for item in self._items.values():
            item.was_tried = True
        appends = tuple(sorted((key, item.data) for key, item in self._items.items() if item.data is not None))
        evicts = tuple(sorted(key for key, item in self._items.items() if item.data is None))
        return HistoryUpdate(appends, evicts), self._generation

    def settle(self, generation: int) -> None:
        """What was taken at ``generation`` is on disk."""
        for key in [key for key, item in self._items.items() if item.generation <= generation]:
            del self._items[key]

    def _put(self, key: int, data: bytes | None) -> None:
        self._generation += 1
        # Whatever waits to be taken away may be on disk already, just like what was tried.
        waiting = self._items.get(key)
        was_tried = waiting is not None and (waiting.was_tried or waiting.data is None)
        item = self._items[key] = _Item(self._generation, data)
        item.was_tried = was_tried
