"""Journal stores for tests: in memory, counting, failing on demand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sync.log.journal import Stored
from sync.log.pending_queue import HistoryUpdate


class NullStore:
    """Keeps nothing, as a session without a journal does."""

    def save_meta(self, channel: str, meta: bytes) -> None:
        pass

    def update_history(self, channel: str, update: HistoryUpdate) -> None:
        pass

    def load(self, _channel: str) -> Stored | None:
        return None

    def drop(self, channel: str) -> None:
        pass

    @contextmanager
    def round(self) -> Iterator[None]:
        yield


class MemoryStore:
    """Channels in dicts; ``is_down`` makes every call fail, ``failures`` the next so many, ``calls`` counts."""

    def __init__(self) -> None:
        self.meta: dict[str, bytes] = {}
        self.history: dict[str, dict[int, bytes]] = {}
        self.is_down = False
        self.failures: dict[str, int] = {}
        self.calls: list[str] = []
        self.updates: list[HistoryUpdate] = []

    def save_meta(self, channel: str, meta: bytes) -> None:
        self._enter("save_meta")
        self.meta[channel] = meta

    def update_history(self, channel: str, update: HistoryUpdate) -> None:
        self._enter("update_history")
        self.updates.append(update)
        rows = self.history.setdefault(channel, {})
        rows.update(update.append)
        for key in update.evict:
            rows.pop(key, None)

    def load(self, channel: str) -> Stored | None:
        self._enter("load")
        if channel not in self.meta and channel not in self.history:
            return None
        return Stored(self.meta.get(channel, b""), tuple(sorted(self.history.get(channel, {}).items())))

    def drop(self, channel: str) -> None:
        self._enter("drop")
        self.meta.pop(channel, None)
        self.history.pop(channel, None)

    @contextmanager
    def round(self) -> Iterator[None]:
        saved = dict(self.meta), {channel: dict(rows) for channel, rows in self.history.items()}
        try:
            yield
        except OSError:
            self.meta, self.history = saved
            raise

    def _enter(self, call: str) -> None:
        self.calls.append(call)
        if self.is_down:
            raise OSError("the disk is full")
        if self.failures.get(call, 0):
            self.failures[call] -= 1
            raise OSError(f"{call} failed")
