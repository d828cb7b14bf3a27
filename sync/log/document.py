"""The document: a tree of last-writer-wins registers that any two holders can join in any order (PROTOCOL.md §3)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from sync.log.leaves import build
from sync.log.op import CONNECTIONS, NODES, Entry, Path
from sync.wire.json_value import JsonObject

__all__ = ["Document", "Register", "Stamp", "prefixes"]

_canonical = msgspec.msgpack.Encoder(order="deterministic")


class Stamp(NamedTuple):
    """The order of two writes to one place: Lamport time, then author, then the author's count."""

    lam: int
    author: str
    seq: int


class Register(msgspec.Struct, frozen=True, array_like=True):
    """One place's newest write. ``rev`` numbers it; ``foreign_rev`` numbers the newest write there by somebody else."""

    path: Path
    value: Any
    is_removed: bool
    lam: int
    author: str
    seq: int
    rev: int
    foreign_rev: int = 0
    foreign_author: str = ""

    @property
    def stamp(self) -> Stamp:
        """What decides which of two writes stays."""
        return Stamp(self.lam, self.author, self.seq)

    def rev_not_by(self, *authors: str) -> int:
        """The rev of the newest write here that is known of anybody but ``authors``; 0 when there is none."""
        if self.author not in authors:
            return self.rev
        return 0 if self.foreign_author in authors else self.foreign_rev

    def author_not(self, *authors: str) -> str:
        """Who made the write that ``rev_not_by`` numbers."""
        return self.foreign_author if self.author in authors else self.author


def prefixes(path: Path) -> Iterator[Path]:
    """All places above ``path``, outermost first, without the root and without itself."""
    return (path[:length] for length in range(1, len(path)))


class Document:
    """Registers by place, kept free of writes that a newer write above them has swept away.

    A newer write above a place hides what is older below it; what is newer below stays. That rule does not depend on
    the order of arrival, so joining is commutative, associative and idempotent.
    """

    def __init__(self, registers: Iterable[Register] = ()) -> None:
        self._registers: dict[Path, Register] = {}  # in order of rev: a write moves its place to the end
        self._below: dict[Path, set[str]] = {}
        for register in sorted(registers, key=lambda each: each.rev):
            self.join(register)

    def __len__(self) -> int:
        return len(self._registers)

    def registers(self, after_rev: int = -1) -> list[Register]:
        """The registers whose rev is above ``after_rev``, newest first."""
        newest: list[Register] = []
        for register in reversed(self._registers.values()):
            if register.rev <= after_rev:
                break
            newest.append(register)
        return newest

    def register(self, path: Path) -> Register | None:
        """The register at exactly this place."""
        return self._registers.get(path)

    def apply(self, entry: Entry) -> None:
        """Joins an entry's changes; a refused or empty one changes nothing."""
        for each in entry.changes or ():
            self.join(Register(each.path, each.value, each.is_removed, entry.lam, entry.author, entry.seq, entry.rev))

    def join(self, new: Register) -> bool:
        """Takes one write unless a newer one is known at the place or above it; whether it was taken."""
        stamp = new.stamp
        old = self._registers.get(new.path)
        if (old is not None and old.stamp >= stamp) or self._is_swept(new.path, stamp):
            return False
        swept = self._sweep(new.path, stamp)
        foreign = max(swept, key=lambda each: each.rev_not_by(new.author), default=new)
        if (rev := foreign.rev_not_by(new.author)) > new.foreign_rev:
            new = msgspec.structs.replace(new, foreign_rev=rev, foreign_author=foreign.author_not(new.author))
        self._put(new)
        return True

    def newest_foreign(self, path: Path, *authors: str) -> Register | None:
        """The register at, above or below ``path`` that anybody but ``authors`` wrote last; None when there is none.

        Its ``rev_not_by(*authors)`` is the rev to compare with.
        """
        near = [self._registers[each] for each in prefixes(path) if each in self._registers]
        near += [self._registers[each] for each in self._subtree(path)]
        newest = max(near, key=lambda each: each.rev_not_by(*authors), default=None)
        return newest if newest is not None and newest.rev_not_by(*authors) else None

    def is_live(self, path: Path) -> bool:
        """Whether the place has a value (a node: whether it has a kind)."""
        register = self._registers.get((*path, "kind") if path[0] == NODES and len(path) == 2 else path)
        return register is not None and not register.is_removed

    def has_below(self, path: Path) -> bool:
        """Whether anything is known below the place."""
        return bool(self._below.get(path))

    def value(self, path: Path) -> Any:
        """The value at exactly this place; None when it has none."""
        register = self._registers.get(path)
        return None if register is None else register.value

    def below(self, path: Path) -> list[Register]:
        """The registers at the place and below it."""
        return [self._registers[each] for each in self._subtree(path)]

    def node_ids(self) -> tuple[str, ...]:
        """The nodes that exist, by name."""
        return tuple(sorted(name for name in self._below.get((NODES,), ()) if self.is_live((NODES, name))))

    def kind(self, node: str) -> str:
        """A node's kind; empty when there is no such node."""
        return str(self.value((NODES, node, "kind")) or "")

    def leaves(self, node: str) -> dict[Path, Any]:
        """A node's params as leaves, paths relative to the params."""
        root = (NODES, node, "params")
        places = [self._registers[each] for each in self._subtree(root)]
        return {each.path[3:]: each.value for each in places if not each.is_removed}

    def params(self, node: str) -> JsonObject:
        """A node's params as an object."""
        return build(self.leaves(node))

    def connections(self) -> tuple[tuple[str, str, str, str, str | None], ...]:
        """The connections between nodes that exist: from node, from pin, to node, to pin, mode."""
        rows = [self._registers[each] for each in self._subtree((CONNECTIONS,)) if self.is_live(each)]
        kept = [row for row in rows if self.is_live((NODES, row.path[1])) and self.is_live((NODES, row.path[3]))]
        return tuple(sorted((row.path[1], row.path[2], row.path[3], row.path[4], row.value) for row in kept))

    def digest(self) -> str:
        """64 bits over every place, value and stamp, as hex: equal exactly when two holders will stay equal."""
        total = 0
        for each in self._registers.values():
            body = _canonical.encode((each.path, each.value, each.is_removed, each.lam, each.author, each.seq))
            total ^= int.from_bytes(hashlib.blake2b(body, digest_size=8).digest())
        return f"{total:016x}"

    def _is_swept(self, path: Path, stamp: Stamp) -> bool:
        above = (self._registers.get(each) for each in prefixes(path))
        return any(each is not None and each.stamp > stamp for each in above)

    def _sweep(self, path: Path, stamp: Stamp) -> list[Register]:
        """Takes out the older registers at and below ``path``."""
        older = [self._registers[each] for each in self._subtree(path) if self._registers[each].stamp < stamp]
        for each in older:
            self._take(each.path)
        return older

    def _subtree(self, path: Path) -> Iterator[Path]:
        if path in self._registers:
            yield path
        for name in sorted(self._below.get(path, ())):
            yield from self._subtree((*path, name))

    def _put(self, register: Register) -> None:
        self._registers[register.path] = register
        for above in prefixes(register.path):
            self._below.setdefault(above, set()).add(register.path[len(above)])

    def _take(self, path: Path) -> None:
        del self._registers[path]
        while path and path not in self._registers and not self._below.get(path):
            self._below.pop(path, None)
            path, name = path[:-1], path[-1]
            self._below.get(path, set()).discard(name)
