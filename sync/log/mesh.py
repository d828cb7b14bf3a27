"""Engines that number one session side by side: what one of them misses is asked of the others by name, and answered
by one of them (PROTOCOL.md §11.2, §11.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

import msgspec

from sync.log.bloom import newest_filter
from sync.log.fanout import Peer
from sync.log.frames import Bulk, ControlFrame, DigestFrame, FilterFrame, Want
from sync.log.op import Entry, OpId
from sync.log.oplog import OpLog
from sync.log.repair import REQUESTS_A_FRAME, Answers, Requests

MAX_BY_NAME = 64  # whoever misses more asks for a whole state

__all__ = ["MAX_BY_NAME", "Mesh", "MeshPeer"]


class MeshPeer(Peer, Protocol):
    """A live link to another authority."""

    def send(self, frame: ControlFrame, /) -> None:
        """Sends a control frame."""


class Mesh:
    """The other authorities of a session, what is missing among them, and the filters that they told of."""

    def __init__(self, log: OpLog, requests: Requests, now: Callable[[], float], wall: Callable[[], float]) -> None:
        self._log = log
        self._requests = requests
        self._now = now
        self._wall = wall
        self._me = log.epoch
        self._answers = Answers(self._me)
        self._peers: list[MeshPeer] = []
        self._askers: dict[OpId, list[MeshPeer]] = {}
        self._early: dict[OpId, Entry] = {}  # they came before one of their author's
        self._asked_whole: set[OpId] = set()
        self._filters: dict[str, bytes] = {}

    def join(self, peer: MeshPeer) -> None:
        """A link is live."""
        self._peers.append(peer)

    def leave(self, peer: MeshPeer) -> None:
        """A link has closed; unknown ones are ignored."""
        self._peers = [each for each in self._peers if each is not peer]

    def __contains__(self, peer: object) -> bool:
        return any(each is peer for each in self._peers)

    # ---- what we miss

    def take(self, entries: Iterable[Entry]) -> tuple[list[Entry], bool]:
        """Numbers what comes next of its author, with what waited for it, and asks for what is missing before others.

        The new entries, and whether so much is missing that only a whole state helps.
        """
        fresh: list[Entry] = []
        missing: dict[OpId, None] = {}
        for entry in entries:
            self.seen(entry.id)
            known = self._log.authors.get(entry.author, 0)
            if entry.seq > known + 1:
                missing |= dict.fromkeys(self._before(entry, known))
                self._early[entry.id] = entry
            elif (merged := self._log.merge(entry)) is not None:
                fresh += [merged, *self._following(entry.author)]
        is_too_much = not self.miss(op_id for op_id in missing if not self._has_come(op_id))
        return fresh, is_too_much

    def catch_up(self) -> list[Entry]:
        """Numbers what waited for ops that came by another way; the new entries."""
        authors = dict.fromkeys(op_id.author for op_id in self._early)
        self._early = {op_id: entry for op_id, entry in self._early.items() if not self._is_decided(op_id)}
        return [entry for author in authors for entry in self._following(author)]

    def behind(self, promised: Mapping[str, int]) -> Iterator[OpId]:
        """What is missing here of these counts."""
        authors = self._log.authors
        for author, seq in promised.items():
            yield from (OpId(author, each) for each in range(authors.get(author, 0) + 1, seq + 1))

    def miss(self, op_ids: Iterable[OpId]) -> bool:
        """Asks for these by name; False, and asks for none, when there are too many. One that is alone is asked at
        once."""
        missing = list(islice((each for each in op_ids if each not in self._early), MAX_BY_NAME + 1))
        if len(missing) > MAX_BY_NAME or len(self._early) > MAX_BY_NAME:
            self._early.clear()
            return False
        fresh = [op_id for op_id in missing if op_id not in self._requests]
        self._requests.need(fresh, self._now())
        if len(self._peers) == 1:
            for start in range(0, len(fresh), REQUESTS_A_FRAME):
                self._ask(tuple(fresh[start : start + REQUESTS_A_FRAME]))
        return True

    def unanswered(self, lost: Sequence[OpId]) -> tuple[OpId, ...]:
        """Nobody has sent these until T_max: a whole state is asked for, once. Those that it did not bring either."""
        hopeful = [op_id for op_id in lost if self._peers and op_id not in self._asked_whole]
        self._asked_whole.difference_update(lost)
        if hopeful:
            self._asked_whole.update(hopeful)
            self._requests.need(hopeful, self._now())
            for peer in self._peers:
                peer.send(Want(whole=True, t=self._wall()))
        return tuple(op_id for op_id in lost if op_id not in self._asked_whole)

    # ---- what others miss

    def asked(self, want: Want, peer: MeshPeer) -> bool:
        """Another engine misses ops: what we have of them is sent in its time, unless it comes by before.

        False when one was decided here and is no longer kept by itself: only a whole state helps.
        """
        now = self._now()
        for op_id in want.ids:
            self._requests.asked_elsewhere(op_id, now)
            if self._entry(op_id) is not None:
                self._askers.setdefault(op_id, []).append(peer)
                author = self._me if op_id.author.endswith(f"~{self._me}") else op_id.author
                self._answers.asked(op_id, author, now, is_alone=want.is_alone)
            elif self._is_decided(op_id):
                return False
        self._answer(now)
        return True

    def seen(self, op_id: OpId) -> None:
        """An op was decided here or came by: it need not be asked for, and somebody else has answered."""
        self._requests.arrived(op_id)
        self._asked_whole.discard(op_id)
        self._answers.seen(op_id)
        self._askers.pop(op_id, None)

    # ---- time

    def next_at(self) -> float:
        """When ``tick`` has something to do."""
        due = (self._requests.next_at(), self._answers.next_at()) if self._peers else ()
        return min((at for at in due if at is not None), default=float("inf"))

    def tick(self) -> None:
        """Asks and answers what is due."""
        now = self._now()
        if self._peers:
            self._ask(self._requests.due(now))
        self._answer(now)

    # ---- digests

    def digest(self, plain: DigestFrame) -> DigestFrame:
        """What other authorities are told every 30 s: with the filter of the newest ops."""
        return msgspec.structs.replace(plain, bloom=newest_filter(self._log.entries))

    def heard(self, digest: DigestFrame) -> None:
        """Another authority has told what it has."""
        if digest.bloom:
            self._filters[digest.clock.epoch] = digest.bloom

    def filters(self) -> tuple[FilterFrame, ...]:
        """The filters that were heard since the last call, for the desks."""
        told, self._filters = self._filters, {}
        return tuple(FilterFrame(of, bloom, self._wall()) for of, bloom in told.items())

    # ---- inside

    def _ask(self, op_ids: tuple[OpId, ...]) -> None:
        if op_ids:
            for peer in self._peers:
                peer.send(Want(ids=op_ids, is_alone=len(self._peers) == 1, t=self._wall()))

    def _answer(self, now: float) -> None:
        for op_id in self._answers.due(now):
            entry = self._entry(op_id)
            for peer in self._askers.pop(op_id, ()):
                if entry is not None and peer in self:
                    peer.send(Bulk(entries=(entry,), t=self._wall()))

    def _before(self, entry: Entry, known: int) -> Iterator[OpId]:
        return (OpId(entry.author, seq) for seq in range(known + 1, min(entry.seq, known + MAX_BY_NAME + 2)))

    def _following(self, author: str) -> Iterator[Entry]:
        """What waited and comes next, as it is numbered."""
        while (early := self._early.pop(OpId(author, self._log.authors.get(author, 0) + 1), None)) is not None:
            if (merged := self._log.merge(early)) is not None:
                yield merged

    def _has_come(self, op_id: OpId) -> bool:
        return op_id in self._early or self._is_decided(op_id)

    def _is_decided(self, op_id: OpId) -> bool:
        return op_id.seq <= self._log.authors.get(op_id.author, 0)

    def _entry(self, op_id: OpId) -> Entry | None:
        """A decided op that is still kept by itself; one that is only held is not ours to pass on."""
        if not self._is_decided(op_id):
            return None
        entries = self._log.entries
        return next((entry for entry in entries.after(entries.floor) if entry.id == op_id), None)
