"""Ops and entries: what an author asks for, and what the authority made of it (PROTOCOL.md §2).

The document of a session is one tree of leaves, addressed by places:

- ``("nodes", id, "kind")`` a node's kind, ``("nodes", id, "params", …)`` its params, leaf by leaf;
- ``("connections", from_node, from_pin, to_node, to_pin)`` a connection, its value is the mode or null.

An op changes any number of places at once and is admitted or refused as a whole: it is the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec

from sync.wire.stamp import strip_metadata

Path: TypeAlias = tuple[str, ...]
Reason: TypeAlias = Literal["stale", "gone", "exists", "invalid", "forbidden", "lost", "forged"]

NODES: Final = "nodes"
CONNECTIONS: Final = "connections"
MAX_CHANGES = 4_096
MAX_DEPS = 10
MAX_DEPTH = 16
MAX_NAME = 512
MAX_COUNTER = 2**53
MAX_OP_BYTES = 131_072  # a text of control characters grows sixfold in JSON and must still fit a frame of 1 MiB

__all__ = [
    "CONNECTIONS",
    "MAX_COUNTER",
    "NODES",
    "Change",
    "Clash",
    "Entry",
    "MalformedOp",
    "Op",
    "OpId",
    "Path",
    "Reason",
    "Refusal",
    "Seen",
    "begins_list",
    "bytes_of",
    "check_op",
    "check_places",
    "identity_of",
    "is_metadata",
    "is_same",
    "size_of",
]


_encoder = msgspec.msgpack.Encoder()


class MalformedOp(ValueError):
    """An op that breaks a bound or a shape; the text says which. It is not numbered and not stored."""


class OpId(NamedTuple):
    """The name of an op everywhere: its author and the author's own dense count, from 1."""

    author: str
    seq: int


class Change(msgspec.Struct, frozen=True, array_like=True):
    """One place and its new value. ``seen`` guards it: the rev up to which the author knew the place."""

    path: Path
    value: Any = None
    is_removed: bool = False
    seen: int | None = None


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """A place that a decision rests on without writing it, and the rev up to which it was known."""

    path: Path
    rev: int


class Op(msgspec.Struct, frozen=True, omit_defaults=True):
    """One atomic change. ``epoch`` is the numbering that its ``seen`` revs belong to, ``lam`` the newest Lamport time
    that the author knew; ``live`` ops belong to a running gesture."""

    author: str
    seq: int
    changes: tuple[Change, ...]
    lam: int = 0
    epoch: str = ""
    verify: tuple[Seen, ...] = ()
    deps: tuple[OpId, ...] = ()
    live: bool = False
    gesture: str = ""
    signature: bytes = b""

    @property
    def id(self) -> OpId:
        """Author and sequence number."""
        return OpId(self.author, self.seq)

    @property
    def is_guarded(self) -> bool:
        """Whether the authority must compare revs before it admits this op."""
        return bool(self.verify) or any(each.seen is not None for each in self.changes)


class Clash(msgspec.Struct, frozen=True, array_like=True):
    """One place that somebody else changed: their value, who, and at which rev."""

    path: Path
    theirs: Any
    author: str
    rev: int


class Refusal(msgspec.Struct, frozen=True, array_like=True):
    """Why an op changed nothing; ``clashes`` names the places of a stale one."""

    reason: Reason
    sentence: str
    clashes: tuple[Clash, ...] = ()


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A decided op with its number. ``changes`` None is a bare acknowledgement to the author: admitted as sent.

    ``is_amended``: the changes are not those that the author sent (limited, or partly without effect).
    """

    rev: int
    lam: int
    author: str
    seq: int
    at: float
    changes: tuple[Change, ...] | None
    refusal: Refusal | None = None
    live: bool = False
    gesture: str = ""
    is_amended: bool = False

    @property
    def id(self) -> OpId:
        """Author and sequence number of the op."""
        return OpId(self.author, self.seq)


def identity_of(author: str) -> str:
    """Who an author is, whatever run of theirs: the part that the server gave (PROTOCOL.md §2.4)."""
    return author.partition("~")[0]


def is_metadata(path: Path) -> bool:
    """Whether a place is a param that begins with ``_``: such a place never enters the log (PROTOCOL.md §2.3)."""
    return len(path) > 3 and path[0] == NODES and path[2] == "params" and not strip_metadata({path[3]: None})


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of one type: 1, 1.0 and true differ."""
    return type(one) is type(other) and bool(one == other)


def begins_list(change: Change, changes: Iterable[Change]) -> bool:
    """Whether a change only says that the children are items, which ``changes`` bring: over a list it changes nothing.

    So of two that begin the same list at once both are kept (PROTOCOL.md §2.2).
    """
    if change.is_removed or change.value != []:
        return False
    return any(each.path[:-2] == change.path and each.path[-1] == "id" for each in changes)


def size_of(change: Change) -> int | None:
    """How much of an op's bytes a change takes; None for one that no op can carry, such as a place too deep."""
    try:
        _check_value(change.value)
        check_places([change.path])
        return len(_encoder.encode(change))
    except (MalformedOp, UnicodeError, OverflowError, RecursionError):
        return None


def bytes_of(op: Op) -> int:
    """How large an op is as MessagePack."""
    return len(_encoder.encode(op))


def check_op(op: Op) -> None:
    """Holds an op against the bounds of the protocol, before anything looks at its meaning.

    Raises MalformedOp.
    """
    if not 0 < len(op.author) <= MAX_NAME or not 0 < op.seq < MAX_COUNTER or not 0 <= op.lam < MAX_COUNTER:
        raise MalformedOp("author, seq or lam is out of range")
    if not 0 < len(op.changes) <= MAX_CHANGES or len(op.verify) > MAX_CHANGES:
        raise MalformedOp(f"an op has 1 to {MAX_CHANGES} changes")
    if len(op.deps) > MAX_DEPS:
        raise MalformedOp(f"an op names at most {MAX_DEPS} others")
    if any(not 0 < len(dep.author) <= MAX_NAME or not 0 < dep.seq < MAX_COUNTER for dep in op.deps):
        raise MalformedOp("an op that is named is out of range")
    if any(isinstance(each.value, dict) and each.value for each in op.changes):
        raise MalformedOp("an object travels as its leaves")
    for each in op.changes:
        _check_value(each.value)
    check_places([each.path for each in op.changes] + [each.path for each in op.verify])
    if bytes_of(op) > MAX_OP_BYTES:
        raise MalformedOp(f"an op has at most {MAX_OP_BYTES} bytes")


def _check_value(value: Any) -> None:
    if isinstance(value, list):
        for each in value:
            _check_value(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            _check_value(key)
            _check_value(each)
    elif isinstance(value, float) and not isfinite(value):
        raise MalformedOp("a number must be finite")
    elif isinstance(value, int) and abs(value) > MAX_COUNTER:
        raise MalformedOp("a whole number must fit 53 bits")
    elif isinstance(value, str) and not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise MalformedOp("a text must be valid Unicode")


def check_places(places: Iterable[Path]) -> None:
    """Raises MalformedOp for what is no place of a document (PROTOCOL.md §2.1)."""
    for place in places:
        if not 2 <= len(place) <= MAX_DEPTH or any(not 0 < len(name) <= MAX_NAME for name in place):
            raise MalformedOp(f"no such place: {'.'.join(place)[:80]}")
        if not _is_known(place):
            raise MalformedOp(f"no such place: {'.'.join(place)[:80]}")


def _is_known(place: Path) -> bool:
    if place[0] == NODES:
        return len(place) == 2 or (place[2] == "kind" and len(place) == 3) or (place[2] == "params" and len(place) > 3)
    return place[0] == CONNECTIONS and len(place) == 5
