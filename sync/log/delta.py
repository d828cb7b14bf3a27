"""What one end must send so that the other has everything, cut into pieces that fit (PROTOCOL.md §6.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

from sync.log.frames import Bulk, ControlFrame, SnapshotPart
from sync.log.op import Entry, Op
from sync.log.oplog import Snapshot

CHUNK_ITEMS = 512
CHUNK_BYTES = 262_144

T = TypeVar("T")
_encoder = msgspec.json.Encoder()

__all__ = ["CHUNK_BYTES", "CHUNK_ITEMS", "Delta", "frames_of"]


class Delta(msgspec.Struct, frozen=True):
    """A whole state, or decided entries above ``after``, or a desk's undecided ops; ``upto`` is where it leads."""

    epoch: str = ""
    after: int = 0
    upto: int = 0
    snapshot: Snapshot | None = None
    entries: Sequence[Entry] = ()
    ops: Sequence[Op] = ()


def frames_of(delta: Delta, wall: Callable[[], float]) -> Iterator[ControlFrame]:
    """The delta as frames, made one by one as they are asked for. There is always a last one."""
    if delta.snapshot is not None:
        yield from _snapshot_parts(delta.snapshot, wall)
    after = delta.after
    for piece in _pieces(delta.entries):
        yield Bulk(epoch=delta.epoch, after=after, upto=piece[-1].rev, entries=tuple(piece), t=wall())
        after = piece[-1].rev
    for ops in _pieces(delta.ops):
        yield Bulk(ops=tuple(ops), t=wall())
    yield Bulk(epoch=delta.epoch, after=after, upto=delta.upto, is_last=True, t=wall())


def _snapshot_parts(snapshot: Snapshot, wall: Callable[[], float]) -> Iterator[SnapshotPart]:
    for registers in _pieces(snapshot.registers):
        yield SnapshotPart(snapshot.clock, tuple(registers), after=snapshot.after, t=wall())
    for refusals in _pieces(snapshot.refusals):
        yield SnapshotPart(snapshot.clock, (), tuple(refusals), after=snapshot.after, t=wall())
    yield SnapshotPart(snapshot.clock, (), after=snapshot.after, is_last=True, t=wall())


def _pieces(items: Sequence[T]) -> Iterator[list[T]]:
    piece: list[T] = []
    size = 0
    for item in items:
        weight = len(_encoder.encode(item))
        if piece and (len(piece) == CHUNK_ITEMS or size + weight > CHUNK_BYTES):
            yield piece
            piece, size = [], 0
        piece.append(item)
        size += weight
    if piece:
        yield piece
