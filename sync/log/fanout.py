"""Fan-out in rounds: peers by cursor, one encoding a group, cursors moved after the hand-off (PROTOCOL.md §7).

The cursor is only what was handed to a peer's transport. What a peer has is what the peer says: it ignores what it
knows and asks for what is missing. So a failed send needs no roll-back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import msgspec

from sync.log.frames import TooLarge
from sync.log.live_frames import SquashFrame, encode_entries, encode_entry, encode_live
from sync.log.op import Entry
from sync.log.oplog import OpLog
from sync.log.pacing import FASTEST_S, Pacing
from sync.log.standbys import Standbys
from sync.log.traffic import Traffic

BATCH_CAP = 256
BATCH_BYTES = 262_144
SQUASH_CAP = 1_024
STALL_S = 10.0
UNSENT_CAP = 8 * 1_048_576
TELL_SAFE_S = 0.25
TRY_AGAIN_LATER = 1013

__all__ = ["BATCH_CAP", "SQUASH_CAP", "STALL_S", "TRY_AGAIN_LATER", "UNSENT_CAP", "Fanout", "Peer", "Round"]


_Form: TypeAlias = tuple[frozenset[str], bool, bool]  # own names in the range, reads batches, reads squashes


class Peer(Protocol):
    """One live connection as the fan-out sees it. ``authors`` are the names whose ops came over this connection."""

    authors: set[str]
    caps: frozenset[str]

    def can_take(self) -> bool:
        """Whether the transport has room: false while a send is under way."""

    def unsent_bytes(self) -> int:
        """What was handed over and has not left yet."""

    def hand_over(self, frame: bytes) -> None:
        """Gives one frame to the transport; returns at once. Raises OSError when the connection is gone."""

    def drop(self, code: int, reason: str) -> None:
        """Closes the connection; the peer comes back by delta."""


class Round(NamedTuple):
    """What one round did; ``failed`` is the reason when the log could not be read."""

    frames: int
    dropped: tuple[Peer, ...] = ()
    failed: str = ""


class _Place:
    """Where one peer stands."""

    def __init__(self, peer: Peer, cursor: int) -> None:
        self.peer = peer
        self.cursor = cursor
        self.told_safe = 0
        self.served_at = float("-inf")
        self.stalled_since: float | None = None


class _Lagging(Exception):
    """What a group misses is too much to send it live."""


class Fanout:
    """The one fan-out of a session. ``kick`` says that there is something, ``due_at`` when to call ``serve``."""

    def __init__(self, log: OpLog, wall: Callable[[], float], traffic: Traffic | None = None) -> None:
        self._log = log
        self._wall = wall
        self._places: dict[int, _Place] = {}
        self._owed: dict[int, _Place] = {}  # those who wait for the answer to an op of their own
        self._encoded: dict[int, tuple[Entry, msgspec.Raw]] = {}
        self.traffic = traffic if traffic is not None else Traffic()
        self.pacing = Pacing()
        self.standbys = Standbys()
        self._now = self._ran_at = self._looked_at = float("-inf")
        self.stable = 0  # the newest rev that the journal has on disk

    @property
    def safe(self) -> int:
        """What desks may let go of: it is on the disk here, and on that of every standby."""
        return min(self.stable, self.standbys.upto(self.stable))

    def join(self, peer: Peer, cursor: int) -> None:
        """Takes a peer in that has everything up to ``cursor``; for a known peer this only moves the cursor."""
        self._places[id(peer)] = _Place(peer, cursor)
        self._owed.pop(id(peer), None)

    def leave(self, peer: Peer) -> None:
        """Forgets a peer; unknown ones are ignored."""
        self._places.pop(id(peer), None)
        self._owed.pop(id(peer), None)

    def owes(self, peer: Peer) -> None:
        """An op that came from ``peer`` was decided: its answer does not wait for the round of all (§7.2)."""
        if (place := self._places.get(id(peer))) is not None:
            self._owed[id(peer)] = place

    def cursor(self, peer: Peer) -> int | None:
        """The newest rev that was handed to ``peer``; None for one that is not here."""
        place = self._places.get(id(peer))
        return None if place is None else place.cursor

    def due_at(self, now: float) -> float | None:
        """When the next round should run; None while every peer has everything."""
        head, safe = self._log.head, self.safe
        lagging = [place.peer for place in self._places.values() if place.cursor < head]
        if any(peer.can_take() for peer in lagging):
            answers = (place.served_at + FASTEST_S for place in self._owed.values())
            return max(now, min(self.pacing.due_at(now), *answers, float("inf")))
        if lagging:  # nobody has room: that has to be looked at, and is no round that others wait for
            return max(now, self._looked_at + self.pacing.interval_s)
        is_waiting = any(self._is_waiting(place, safe) for place in self._places.values())
        return max(now, self._ran_at + TELL_SAFE_S) if is_waiting else None

    def serve(self, now: float) -> Round:
        """Does what is due: a round, or between two of them only answers to those who wait for one."""
        answered = [place for place in self._owed.values() if place.served_at + FASTEST_S <= now]
        return self._answer(answered, now) if answered and self.pacing.due_at(now) > now else self.round(now)

    def round(self, now: float) -> Round:
        """Brings every peer that has room up to the newest rev, and drops those that lag for good."""
        self._now = self._looked_at = now
        dropped, head = self._drop_stalled(now), self._log.head
        cohorts = self._cohorts(self._places.values())
        oldest = min((cursor for cursor, _ in cohorts), default=head)  # one that takes nothing slows nobody down
        self._owed.clear()
        served = self._serve_all(cohorts)
        if cohorts:
            self.pacing.ran(now, head - oldest)
            self._ran_at = now
            self.traffic.event("rounds")
        elif now >= self._ran_at + TELL_SAFE_S:
            served, self._ran_at = Round(self._tell_safe()), now
        self._forget_encoded()
        return served._replace(dropped=(*dropped, *served.dropped))

    def _answer(self, places: list[_Place], now: float) -> Round:
        for place in places:
            del self._owed[id(place.peer)]
        self._now = self._ran_at = self._looked_at = now
        self.traffic.event("answers", len(places))
        return self._serve_all(self._cohorts(places))

    def _serve_all(self, cohorts: list[tuple[int, list[_Place]]]) -> Round:
        frames, dropped, failed = 0, list[Peer](), ""
        for cursor, group in cohorts:
            try:
                frames += self._serve(cursor, self._log.head, group)
            except _Lagging as reason:
                dropped += [self._drop(place, str(reason)) for place in group]
            except OSError as error:
                failed = str(error)
        return Round(frames, tuple(dropped), failed)

    def _is_waiting(self, place: _Place, safe: int) -> bool:
        """Whether a peer with ops of its own does not know yet how safe they are."""
        is_told = place.told_safe >= safe or not place.peer.authors
        return not is_told and place.cursor >= self._log.head and "batch" in place.peer.caps

    def _tell_safe(self) -> int:
        """When nothing else is to be said: a batch without entries."""
        safe = self.safe
        waiting = [place for place in self._places.values() if self._is_waiting(place, safe) and place.peer.can_take()]
        if not waiting:
            return 0
        word = encode_entries([], self._log.epoch, self._log.head, safe, self._wall())
        return sum(self._hand_over(place, [(place.cursor, word)]) for place in waiting)

    def _cohorts(self, places: Iterable[_Place]) -> list[tuple[int, list[_Place]]]:
        head = self._log.head
        groups: dict[int, list[_Place]] = {}
        for place in places:
            if place.cursor < head and place.peer.can_take():
                groups.setdefault(place.cursor, []).append(place)
        return list(groups.items())

    def _serve(self, cursor: int, head: int, group: list[_Place]) -> int:
        """Sends (cursor, head] to a group: members that differ in form or in what is their own share the entries'
        encodings, everybody else shares the whole frame."""
        needs_squash = head - cursor > BATCH_CAP or cursor < self._log.entries.floor
        entries = () if needs_squash else self._log.entries.after(cursor)
        authors = {entry.author for entry in entries}
        built: dict[_Form, list[tuple[int, bytes]]] = {}
        frames = 0
        for place in group:
            peer = place.peer
            form = (frozenset(peer.authors & authors), "batch" in peer.caps, "squash" in peer.caps)
            if form not in built:
                built[form] = list(self._build(cursor, head, entries, form))
            frames += self._hand_over(place, built[form])
        return frames

    def _build(self, cursor: int, head: int, entries: Sequence[Entry], form: _Form) -> Iterator[tuple[int, bytes]]:
        own, can_batch, can_squash = form
        if not entries and can_squash:
            yield head, self._squash(cursor)
            return
        if cursor < self._log.entries.floor:
            raise _Lagging("the log no longer has what it needs")
        for piece in _pieces(entries or self._log.entries.after(cursor), self._raw(own), can_batch):
            self.traffic.event("frames built")
            self.traffic.batch(len(piece))
            raws, after = [raw for _, raw in piece], piece[0][0] - 1
            yield piece[-1][0], encode_entries(raws, self._log.epoch, after, self.safe, self._wall())

    def _raw(self, own: frozenset[str]) -> Callable[[Entry], msgspec.Raw]:
        """How an entry is written for a peer: its own as a bare acknowledgement unless the value was changed."""

        def write(entry: Entry) -> msgspec.Raw:
            if entry.author in own and entry.refusal is None and not entry.is_amended:
                self.traffic.event("acknowledgements encoded")
                return encode_entry(msgspec.structs.replace(entry, changes=None))
            known = self._encoded.get(entry.rev)
            if known is None or known[0] is not entry:
                known = self._encoded[entry.rev] = (entry, encode_entry(entry))
                self.traffic.event("entries encoded")
            return known[1]

        return write

    def _squash(self, cursor: int) -> bytes:
        state = self._log.squash(cursor)
        if len(state.registers) > SQUASH_CAP:
            raise _Lagging(f"{len(state.registers)} places changed while it was away")
        self.traffic.event("frames built")
        try:
            return encode_live(
                SquashFrame(self._wall(), self.safe, cursor, state.clock, state.registers, state.refusals)
            )
        except TooLarge as error:
            raise _Lagging(str(error)) from error

    def _hand_over(self, place: _Place, frames: list[tuple[int, bytes]]) -> int:
        sent, safe = 0, self.safe
        for rev, frame in frames:
            if not place.peer.can_take():
                break
            try:
                place.peer.hand_over(frame)
            except OSError:
                self.leave(place.peer)
                break
            place.cursor, place.told_safe, place.served_at = rev, safe, self._now
            self.traffic.frame(_kind_of(frame), len(frame))
            sent += 1
        return sent

    def _drop_stalled(self, now: float) -> list[Peer]:
        dropped = []
        for place in list(self._places.values()):
            if place.cursor >= self._log.head or place.peer.can_take():
                place.stalled_since = None
            elif place.stalled_since is None:
                place.stalled_since = now
            elif now - place.stalled_since > STALL_S:
                dropped.append(self._drop(place, f"nothing could be sent for {STALL_S:.0f} s"))
                continue
            if place.peer.unsent_bytes() > UNSENT_CAP:
                dropped.append(self._drop(place, "more than 8 MiB are waiting to be sent"))
        return dropped

    def _drop(self, place: _Place, reason: str) -> Peer:
        self.leave(place.peer)
        self.traffic.event("peers dropped")
        place.peer.drop(TRY_AGAIN_LATER, f"Too far behind: {reason}.")
        return place.peer

    def _forget_encoded(self) -> None:
        oldest = min((place.cursor for place in self._places.values()), default=self._log.head)
        for rev in [rev for rev in self._encoded if rev <= oldest or rev <= self._log.head - BATCH_CAP]:
            del self._encoded[rev]


def _pieces(
    entries: Sequence[Entry], write: Callable[[Entry], msgspec.Raw], can_batch: bool
) -> Iterator[list[tuple[int, msgspec.Raw]]]:
    piece: list[tuple[int, msgspec.Raw]] = []
    size = 0
    for entry in entries:
        raw = write(entry)
        weight = len(memoryview(raw))
        if piece and (not can_batch or len(piece) == BATCH_CAP or size + weight > BATCH_BYTES):
            yield piece
            piece, size = [], 0
        piece.append((entry.rev, raw))
        size += weight
    if piece:
        yield piece


def _kind_of(frame: bytes) -> str:
    # Byte 0 is the version, byte 1 the array's length, byte 2 the tag.
    return {1: "op", 2: "batch", 3: "squash", 4: "view"}.get(frame[2], "other")
