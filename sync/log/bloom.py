"""A Bloom filter of op ids, the same on every machine: 1 875 bytes for 1 000 ids at 0.1 % (PROTOCOL.md §11.1)."""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from collections.abc import Iterable, Iterator

from sync.log.op import OpId

CAPACITY = 1_000
BITS_PER_ID = 15
HASHES = 10
FLEX = 0.2
MAX_BYTES = 32_768

__all__ = ["BITS_PER_ID", "CAPACITY", "FLEX", "Bloom", "may_contain"]

_log = logging.getLogger(__name__)


class Bloom:
    """The newest ids. At 1.2 × capacity it is rebuilt from the newest 0.8 × capacity."""

    def __init__(self, capacity: int = CAPACITY, history: int = 0) -> None:
        """``history``: how many ids the log keeps; more than fit here is worth a warning."""
        if history > capacity:
            _log.warning("The Bloom filter covers %d of the %d ops that the log keeps.", capacity, history)
        self._capacity = capacity
        self._bits = bytearray(-(-capacity * BITS_PER_ID // 8))
        self._size = len(self._bits) * 8
        self._ids: deque[OpId] = deque()
        self._known: set[OpId] = set()

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, op_id: OpId) -> None:
        """Takes an id in; known ones change nothing."""
        if op_id in self._known:
            return
        if len(self._ids) >= self._capacity * (1 + FLEX):
            self._rebuild()
        self._known.add(op_id)
        self._ids.append(op_id)
        self._mark(op_id)

    def extend(self, op_ids: Iterable[OpId]) -> None:
        """Takes ids in, oldest first."""
        for op_id in op_ids:
            self.add(op_id)

    def to_bytes(self) -> bytes:
        """The filter as it travels."""
        return bytes(self._bits)

    def _rebuild(self) -> None:
        keep = round(self._capacity * (1 - FLEX))
        while len(self._ids) > keep:
            self._known.discard(self._ids.popleft())
        self._bits = bytearray(len(self._bits))
        for op_id in self._ids:
            self._mark(op_id)

    def _mark(self, op_id: OpId) -> None:
        for bit in _bits_of(op_id, self._size):
            self._bits[bit >> 3] |= 1 << (bit & 7)


def may_contain(filter_bytes: bytes, op_id: OpId) -> bool:
    """Whether a peer's filter has the id: False is certain, True is probable. An empty or huge one has nothing."""
    size = len(filter_bytes) * 8
    if not 0 < len(filter_bytes) <= MAX_BYTES:
        return False
    return all(filter_bytes[bit >> 3] >> (bit & 7) & 1 for bit in _bits_of(op_id, size))


def _bits_of(op_id: OpId, size: int) -> Iterator[int]:
    digest = hashlib.blake2b(f"{op_id.author}\0{op_id.seq}".encode(), digest_size=16).digest()
    first, second = int.from_bytes(digest[:8]), int.from_bytes(digest[8:]) | 1
    return ((first + index * second) % size for index in range(HASHES))
