"""The desk's copy of a session: what the authority has confirmed, and the own ops over it (PROTOCOL.md §8).

Shown value = confirmed ⊕ pending ⊕ held: a held place belongs to a running gesture and shows the hand's value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from sync.log.clock import Clock, Era, common_rev
from sync.log.conflict import Conflict, drop_moot, open_conflicts
from sync.log.delivery import DeliveryBoard
from sync.log.document import Document
from sync.log.leaves import build
from sync.log.live_frames import SquashFrame
from sync.log.op import (
    CONNECTIONS,
    MAX_DEPS,
    NODES,
    Change,
    Entry,
    Op,
    OpId,
    Path,
    Refusal,
    check_op,
    identity_of,
    is_same,
)
from sync.log.oplog import Snapshot
from sync.log.outbox import Outbox
from sync.log.overlay import overlaid, overlaid_value
from sync.wire.json_value import JsonObject

MAX_REVS = 4_096
OTHER_KEY = "It was made under another key of this desk, and the server takes it under the present one only."

__all__ = ["GapFound", "Replica"]


class GapFound(Exception):
    """Entries are missing; nothing was applied. Everything above ``applied`` is wanted again."""

    def __init__(self, applied: int) -> None:
        super().__init__(f"entries above rev {applied} are missing")
        self.applied = applied


class Replica:
    """One session as this desk knows it. ``author`` names this run of the program and no other."""

    def __init__(self, author: str, outbox: Outbox | None = None) -> None:
        self.author = author
        self.confirmed = Document()
        self.outbox = outbox if outbox is not None else Outbox()
        self.delivery = DeliveryBoard()
        self.is_live = False
        self.duplicates = 0
        self._next_seq = 1
        self._lineage: tuple[Era, ...] = ()
        self._authors: dict[str, int] = {}
        self._applied = 0
        self._lam = 0
        self._revs: dict[int, int] = {}
        self._changed: dict[str, set[Path]] = {}
        self._refused: list[Op] = []

    @property
    def last_seq(self) -> int:
        """The count of our newest op; 0 before the first."""
        return self._next_seq - 1

    @property
    def conflicts(self) -> list[Conflict]:
        """The refused ops that wait for the operator's answer, those of earlier runs too."""
        return open_conflicts(self.outbox)

    @property
    def applied(self) -> int:
        """The rev up to which everything is applied."""
        return self._applied

    @property
    def epoch(self) -> str:
        """The numbering that ``applied`` belongs to; empty before the first snapshot."""
        return self._lineage[-1].epoch if self._lineage else ""

    def clock(self) -> Clock:
        """This end's position."""
        return Clock(self.epoch, self._applied, 0, dict(self._authors), self._lineage, "desk", self._lam)

    def value(self, place: Path) -> Any:
        """The shown value of one place; None when it has none."""
        return overlaid_value(self.confirmed, self.outbox.changes(), place)

    def leaves(self, node: str) -> dict[Path, Any]:
        """A node's shown params as leaves."""
        return overlaid(self.confirmed.leaves(node), self.outbox.changes(), (NODES, node, "params"))

    def params(self, node: str) -> JsonObject:
        """A node's shown params."""
        return build(self.leaves(node))

    def node_ids(self) -> tuple[str, ...]:
        """The nodes that are shown."""
        names = set(self.confirmed.node_ids())
        names |= {each.path[1] for each in self.outbox.changes() if each.path[0] == NODES}
        return tuple(sorted(name for name in names if self.value((NODES, name, "kind"))))

    def take_changed(self) -> dict[str, set[Path]]:
        """The nodes whose shown values may have changed since the last call, with the places; a node's own place
        stands for all of it, "" for the connections."""
        changed, self._changed = self._changed, {}
        return changed

    def take_refused(self) -> list[Op]:
        """The own ops that were refused since the last call, also those that are no question any more."""
        refused, self._refused = self._refused, []
        return refused

    def propose(
        self,
        changes: Iterable[Change],
        *,
        guarded: bool = False,
        seen: int | None = None,
        live: bool = False,
        gesture: str = "",
        even_if_idle: bool = False,
    ) -> Op | None:
        """Makes an op of the changes that change something, shows it at once and puts it in the outbox.

        Guarded, it is refused when anybody else has changed one of its places since ``seen`` (now, when not given).
        What is made without a live link is always guarded. ``even_if_idle`` says it again although it is what we
        know: somebody else's newer value may be on its way. None when nothing changes. Raises MalformedOp, OutboxFull.
        """
        kept = list(changes) if even_if_idle else self._without_idle(changes)
        if not kept:
            return None
        if guarded or not self.is_live:
            base = self._applied if seen is None else seen
            kept = [each if each.seen is not None else msgspec.structs.replace(each, seen=base) for each in kept]
        deps, sent = self._earlier_runs(), tuple(kept)
        op = Op(self.author, self._next_seq, sent, self._lam, self.epoch, deps=deps, live=live, gesture=gesture)
        check_op(op)
        self.outbox.add(op, self._applied)
        self.delivery.queued(op.id)
        self._next_seq += 1
        self._touch(op.changes)
        return op

    def take_mine(self, conflict: Conflict) -> Op | None:
        """Answers a conflict with our value again, based on what is known now. None when that changes nothing.

        Raises MalformedOp, OutboxFull; then it goes on waiting for an answer.
        """
        mine = [Change(each.path, each.value, each.is_removed) for each in conflict.op.changes]
        op = self.propose(mine, guarded=True)
        self.outbox.answer(conflict.op.id)
        return op

    def take_theirs(self, conflict: Conflict) -> None:
        """Answers a conflict with what stands there now."""
        self.outbox.answer(conflict.op.id)

    def rev_of(self, seq: int) -> int | None:
        """The rev of an own op of this run; None while it is undecided."""
        return self._revs.get(seq)

    def turn_away(self, seq: int, sentence: str, identity: str) -> None:
        """An op of ours of this count was not numbered, for good: it is a question now.

        ``identity`` is who the server says we are: what an earlier key of this desk signed goes first.
        """
        sent = [op for op in self.outbox.pending() if op.seq == seq]
        op = min(sent, key=lambda each: identity_of(each.author) == identity, default=None)
        if op is None:
            return
        is_ours = identity_of(op.author) == identity
        why = f"The server does not accept who made it: {sentence}" if is_ours else OTHER_KEY
        drop_moot(self.outbox, op, self.author)
        self._refused.append(op)
        self.outbox.refuse(op.id, Refusal("forged", why))
        self._touch(op.changes)

    def _earlier_runs(self) -> tuple[OpId, ...]:
        """What earlier runs of this installation made and nobody has decided yet: the newest of each, known to us."""
        me = identity_of(self.author)
        left = (op for op in self.outbox.pending() if op.author != self.author and identity_of(op.author) == me)
        return tuple({op.author: op.id for op in left}.values())[-MAX_DEPS:]

    def _without_idle(self, changes: Iterable[Change]) -> list[Change]:
        asked = list(changes)
        fresh = {each.path for each in asked}
        return [
            each
            for each in asked
            if isinstance(each.value, dict | list)
            or any(each.path[:length] in fresh for length in range(1, len(each.path)))
            or not self._shows(each)
        ]

    def _shows(self, each: Change) -> bool:
        shown = overlaid_value(self.confirmed, self.outbox.changes(), each.path)
        if each.is_removed:
            return shown is None and not self.confirmed.has_below(each.path) and self.confirmed.value(each.path) is None
        return shown is not None and is_same(shown, each.value)

    def take_snapshot(self, snapshot: Snapshot) -> None:
        """Starts over from a whole state; own ops that it does not contain stay pending."""
        self._touch_all()
        self.confirmed = Document(snapshot.registers)
        self._authors = {}
        self._adopt(snapshot.clock, {each.id: each for each in snapshot.refusals})
        self._touch_all()

    def take_squash(self, frame: SquashFrame) -> bool:
        """Takes the newest values of a range; False when they are all known. Raises GapFound."""
        if frame.after > self._applied or frame.clock.epoch != self.epoch:
            raise GapFound(self._applied)
        if frame.clock.rev <= self._applied:
            self.duplicates += 1
            return False
        for register in frame.registers:
            self.confirmed.join(register)
            self._touch_place(register.path)
        self._adopt(frame.clock, {each.id: each for each in frame.refusals})
        return True

    def take_entries(self, entries: Sequence[Entry], epoch: str) -> bool:
        """Takes dense entries, ignoring known ones; False when all are. Raises GapFound, then nothing was applied."""
        if not entries:
            return False
        if epoch != self.epoch:
            raise GapFound(self._applied)
        fresh = [each for each in entries if each.rev > self._applied]
        self.duplicates += len(entries) - len(fresh)
        revs = [each.rev for each in fresh]
        if revs != list(range(self._applied + 1, self._applied + 1 + len(fresh))):
            raise GapFound(self._applied)
        if any(each.changes is None and self._own(each) is None for each in fresh):
            raise GapFound(self._applied)  # an acknowledgement of something that we no longer have
        for entry in fresh:
            self._take(entry)
        return bool(fresh)

    def adopt_epoch(self, clock: Clock) -> None:
        """Takes the authority's newer epoch over when all that we have is part of its history."""
        if self._lineage and common_rev(clock.lineage, self.epoch, self._applied) == self._applied:
            self._lineage = clock.lineage

    def acknowledge_stable(self, rev: int) -> None:
        """Everything up to ``rev`` is on the authority's disk."""
        self.outbox.stable(rev)

    def _take(self, entry: Entry) -> None:
        if entry.changes is None:
            entry = _completed(entry, self._own(entry))
        self.confirmed.apply(entry)
        self._applied = entry.rev
        self._lam = max(self._lam, entry.lam)
        self._authors[entry.author] = max(entry.seq, self._authors.get(entry.author, 0))
        self._settle(entry.id, entry.rev, entry.refusal)
        self._touch(entry.changes or ())

    def _own(self, entry: Entry) -> Op | None:
        bill = self.outbox.get(entry.id)
        return bill.op if bill is not None else None

    def _settle(self, op_id: OpId, rev: int, refusal: Refusal | None) -> None:
        if op_id.author == self.author:
            self._revs[op_id.seq] = rev
            if len(self._revs) > MAX_REVS:
                del self._revs[next(iter(self._revs))]
        op = self.outbox.decided(op_id, rev)
        if op is None:
            return
        self._touch(op.changes)
        self.delivery.on_server(op_id, rev)
        drop_moot(self.outbox, op, self.author)
        if refusal is not None:
            self._refused.append(op)
            self.outbox.refuse(op_id, refusal)

    def _adopt(self, clock: Clock, refusals: Mapping[OpId, Entry]) -> None:
        """Moves to a position that was reached without seeing every entry on the way."""
        self._lineage = clock.lineage
        self._applied = clock.rev
        self._lam = max(self._lam, clock.lam)
        self._authors.update(clock.authors)
        for bill in [each for each in self.outbox if each.op.seq <= clock.authors.get(each.op.author, 0)]:
            refused = refusals.get(bill.op.id)
            self._settle(bill.op.id, clock.rev, refused.refusal if refused is not None else None)
            bill.rev = clock.rev  # its rev may be of another numbering; this one it has certainly reached
            self.delivery.on_server(bill.op.id, bill.rev)

    def _touch(self, changes: Iterable[Change]) -> None:
        for each in changes:
            self._touch_place(each.path)

    def _touch_place(self, place: Path) -> None:
        self._changed.setdefault(place[1] if place[0] == NODES else "", set()).add(place)

    def _touch_all(self) -> None:
        for node in self.confirmed.node_ids():
            self._touch_place((NODES, node))
        self._touch_place((CONNECTIONS,))


def _completed(entry: Entry, op: Op | None) -> Entry:
    """A bare acknowledgement with the changes that we sent."""
    assert op is not None, "checked before anything is applied"
    plain = tuple(Change(each.path, each.value, each.is_removed) for each in op.changes)
    return msgspec.structs.replace(entry, changes=plain)
