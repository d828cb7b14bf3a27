"""A Bloom filter of op ids, the same on every machine: 1 875 bytes for 1 000 ids at 0.1 % (PROTOCOL.md §11.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from sync.log.entries import Entries
from sync.log.op import OpId

CAPACITY = 1_000
BITS_PER_ID = 15
HASHES = 10
MAX_BYTES = 32_768

__all__ = ["CAPACITY", "filter_of", "may_contain", "newest_filter"]


def newest_filter(entries: Entries) -> bytes:
    """The filter of the newest ``CAPACITY`` decided ops, made anew each time: never more than it is made for."""
    return filter_of(entry.id for entry in entries.after(max(entries.floor, entries.head - CAPACITY)))


def filter_of(op_ids: Iterable[OpId]) -> bytes:
    """The filter of these ids; more than ``CAPACITY`` cost it its error rate."""
    bits = bytearray(CAPACITY * BITS_PER_ID // 8)
    for op_id in op_ids:
        for bit in _bits_of(op_id, len(bits) * 8):
            bits[bit >> 3] |= 1 << (bit & 7)
    return bytes(bits)


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
