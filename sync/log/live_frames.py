"""Live frames, in versioned MessagePack (PROTOCOL.md §5.2)."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import msgspec

from sync.log.clock import Clock
from sync.log.document import Register
from sync.log.frames import bounded
from sync.log.op import Entry, Op
from sync.wire.codec import MAX_MESSAGE_BYTES, MalformedFrame

VERSION: Final = 1

__all__ = [
    "VERSION",
    "BatchFrame",
    "LiveFrame",
    "OpFrame",
    "SquashFrame",
    "SubmitFrame",
    "UnknownVersion",
    "ViewFrame",
    "decode_live",
    "encode_entries",
    "encode_entry",
    "encode_live",
]


class UnknownVersion(ValueError):
    """A live frame of another version: the link must close."""


class OpFrame(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """One decided op. ``stable``: the authority has written everything up to this rev to disk."""

    t: float
    stable: int
    epoch: str
    entry: Entry


class BatchFrame(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Decided ops with dense revs, beginning at ``after + 1``."""

    t: float
    stable: int
    epoch: str
    after: int
    entries: tuple[Entry, ...]


class SquashFrame(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """The newest value of every place that changed in (after, clock.rev], instead of the ops."""

    t: float
    stable: int
    after: int
    clock: Clock
    registers: tuple[Register, ...]
    refusals: tuple[Entry, ...]


class ViewFrame(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """A node's newest view data, and the newest op of every active author that it was computed from."""

    t: float
    node: str
    view_seq: int
    seen: dict[str, int]
    data: Any


class SubmitFrame(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """A desk's ops in their order."""

    t: float
    ops: tuple[Op, ...]


class _RawOpFrame(msgspec.Struct, frozen=True, array_like=True, tag=1):
    t: float
    stable: int
    epoch: str
    entry: msgspec.Raw


class _RawBatchFrame(msgspec.Struct, frozen=True, array_like=True, tag=2):
    t: float
    stable: int
    epoch: str
    after: int
    entries: list[msgspec.Raw]


LiveFrame: TypeAlias = OpFrame | BatchFrame | SquashFrame | ViewFrame | SubmitFrame

_pack_encoder = msgspec.msgpack.Encoder()
_live_decoder: msgspec.msgpack.Decoder[LiveFrame] = msgspec.msgpack.Decoder(LiveFrame)
_VERSION_BYTE = bytes([VERSION])


def encode_entry(entry: Entry) -> msgspec.Raw:
    """An entry in its wire form, for ``encode_entries``."""
    return msgspec.Raw(_pack_encoder.encode(entry))


def encode_entries(entries: list[msgspec.Raw], epoch: str, after: int, stable: int, t: float) -> bytes:
    """One entry as an op frame, several as a batch. Raises TooLarge."""
    if len(entries) == 1:
        return bounded(_VERSION_BYTE + _pack_encoder.encode(_RawOpFrame(t, stable, epoch, entries[0])))
    return bounded(_VERSION_BYTE + _pack_encoder.encode(_RawBatchFrame(t, stable, epoch, after, entries)))


def encode_live(frame: LiveFrame) -> bytes:
    """The bytes of a live frame. Raises TooLarge."""
    return bounded(_VERSION_BYTE + _pack_encoder.encode(frame))


def decode_live(data: bytes) -> LiveFrame:
    """A live frame.

    Raises UnknownVersion, after which the link closes, or MalformedFrame.
    """
    if not data or data[0] != VERSION:
        raise UnknownVersion(f"live frames of version {data[0] if data else 'none'} are not understood")
    if len(data) > MAX_MESSAGE_BYTES:
        raise MalformedFrame("a live frame is larger than 1 MiB")
    try:
        return _live_decoder.decode(memoryview(data)[1:])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MalformedFrame(str(error)) from error
