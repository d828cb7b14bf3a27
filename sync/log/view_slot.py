"""View data on an ordered link: latest wins, stamped with every active author's newest op (PROTOCOL.md §9)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, TypeAlias

from sync.log.fanout import Peer
from sync.log.live_frames import ViewFrame, encode_live
from sync.log.traffic import Traffic

ACTIVE_S = 60.0
REMEMBER_S = 120.0
SETTLE_S = 0.15
MARKS = 256

_Seen: TypeAlias = dict[str, tuple[int, float]]  # author → newest op, and when it came

__all__ = ["ACTIVE_S", "REMEMBER_S", "SETTLE_S", "ViewGate", "ViewRounds", "ViewSlots"]


class ViewSlots:
    """The authority's side: one slot a node. ``applied`` notes whose ops a node's geometry was computed from.

    A node may lag behind what was handed to it: ``stamp`` is a mark that it hands back with its view data.
    """

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._marks: dict[str, deque[tuple[object, _Seen]]] = {}
        self._moved_at: dict[str, float] = {}
        self._seq: dict[str, int] = {}
        self._newest: dict[str, ViewFrame] = {}

    def applied(self, node: str, author: str, seq: int, now: float, stamp: object = None) -> None:
        """An op of ``author`` has reached the node."""
        seen = self._seen[node] = {**self._seen.get(node, {}), author: (seq, now)}
        self._moved_at[node] = now
        if stamp is not None:
            self._marks.setdefault(node, deque(maxlen=MARKS)).append((stamp, seen))

    def publish(self, node: str, data: Any, now: float, t: float, stamp: object = None) -> ViewFrame:
        """Puts new view data in the node's slot. What the server changed by itself only moves ``view_seq`` on."""
        newest = self._seen.get(node, {})
        seen = self._seen_at(node, stamp) or newest
        if seen is newest:
            self._moved_at.pop(node, None)
        # Kept for longer than a desk reckons with, so that the two clocks need not agree on the minute.
        active = {who: at for who, at in seen.items() if now - at[1] <= REMEMBER_S}
        if seen is newest and len(active) < len(newest):
            self._seen[node] = active
        self._seq[node] = self._seq.get(node, 0) + 1
        frame = ViewFrame(t, node, self._seq[node], {who: at[0] for who, at in active.items()}, data)
        self._newest[node] = frame
        return frame

    def settle_at(self) -> float | None:
        """When ``settle`` has something to do; None when it has not."""
        moved = [at for node, at in self._moved_at.items() if node in self._newest]
        return min(moved) + SETTLE_S if moved else None

    def settle(self, now: float, t: float) -> None:
        """Says again what a node has not said anew since an op reached it: the op has left its geometry alone, and
        the author, who lets older frames fall, must not wait for another one for ever."""
        for node, at in list(self._moved_at.items()):
            if node in self._newest and now - at >= SETTLE_S:
                self.publish(node, self._newest[node].data, now, t)

    def _seen_at(self, node: str, stamp: object) -> _Seen | None:
        if stamp is None:
            return None
        return next((seen for mark, seen in reversed(self._marks.get(node, ())) if mark == stamp), None)

    def newest(self) -> tuple[ViewFrame, ...]:
        """Every node's slot, for a link that becomes live."""
        return tuple(self._newest.values())

    def forget(self, node: str) -> None:
        """The node is gone."""
        tables: tuple[dict[str, Any], ...] = (self._seen, self._marks, self._moved_at, self._seq, self._newest)
        for table in tables:
            table.pop(node, None)


class ViewRounds:
    """Brings every peer the newest frame of each node. What a peer had no room for is replaced, never queued."""

    def __init__(self, slots: ViewSlots, traffic: Traffic | None = None) -> None:
        self._slots = slots
        self._traffic = traffic if traffic is not None else Traffic(is_on=False)
        self._sent: dict[int, tuple[Peer, dict[str, int]]] = {}

    def join(self, peer: Peer) -> None:
        """A link has become live: it gets every slot."""
        self._sent[id(peer)] = (peer, {})

    def leave(self, peer: Peer) -> None:
        """The link has closed; unknown ones are ignored."""
        self._sent.pop(id(peer), None)

    @property
    def is_behind(self) -> bool:
        """Whether some peer lacks the newest frame of some node."""
        newest = {frame.node: frame.view_seq for frame in self._slots.newest()}
        return any(sent.get(node) != seq for _, sent in self._sent.values() for node, seq in newest.items())

    def round(self) -> int:
        """Hands every peer that has room what it lacks, one encoding for all; how many frames that were."""
        frames = 0
        for frame in self._slots.newest():
            encoded: bytes | None = None
            for peer, sent in list(self._sent.values()):
                if sent.get(frame.node) == frame.view_seq or not peer.can_take():
                    continue
                encoded = encoded if encoded is not None else encode_live(frame)
                frames += self._hand_over(peer, sent, frame, encoded)
        return frames

    def _hand_over(self, peer: Peer, sent: dict[str, int], frame: ViewFrame, encoded: bytes) -> int:
        try:
            peer.hand_over(encoded)
        except OSError:
            self.leave(peer)
            return 0
        sent[frame.node] = frame.view_seq
        self._traffic.frame("view", len(encoded))
        return 1


class ViewGate:
    """The desk's side: takes what is newer and was computed from our own newest op on the node, whoever else edits."""

    def __init__(self, author: str) -> None:
        self._author = author
        self._view_seq: dict[str, int] = {}
        self._mine: dict[str, tuple[int, float]] = {}
        self._waiting: dict[str, ViewFrame] = {}
        self._held: set[str] = set()

    def reset(self) -> None:
        """A new link: the server may count from the start."""
        self._view_seq.clear()
        self._waiting.clear()

    def sent(self, node: str, seq: int, now: float) -> None:
        """We made an op on the node."""
        self._mine[node] = (seq, now)

    def refused(self, node: str, seq: int) -> None:
        """Our op changed nothing: there is no view data of it to wait for."""
        if self._mine.get(node, (0, 0.0))[0] == seq:
            del self._mine[node]

    def hold(self, node: str) -> None:
        """A gesture runs on the node: the newest view data waits for its end."""
        self._held.add(node)

    def release(self, node: str, now: float) -> ViewFrame | None:
        """The gesture has ended: the newest view data that waited, when it passes."""
        self._held.discard(node)
        waiting = self._waiting.pop(node, None)
        return self.take(waiting, now) if waiting is not None else None

    def is_news(self, frame: ViewFrame) -> bool:
        """Whether the frame is newer than the one that was taken last; it may still be computed from an older op."""
        return frame.view_seq > self._view_seq.get(frame.node, 0)

    def take(self, frame: ViewFrame, now: float) -> ViewFrame | None:
        """The frame when it may be shown; None when it is stale or has to wait."""
        if not self.is_news(frame):
            return None
        if frame.node in self._held:
            waiting = self._waiting.get(frame.node)
            if waiting is None or waiting.view_seq < frame.view_seq:
                self._waiting[frame.node] = frame
            return None
        if not self._knows_mine(frame.node, frame.seen, now):
            return None
        self._view_seq[frame.node] = frame.view_seq
        return frame

    def _knows_mine(self, node: str, seen: Mapping[str, int], now: float) -> bool:
        mine = self._mine.get(node)
        if mine is None:
            return True
        if self._author in seen:
            return seen[self._author] >= mine[0]
        return now - mine[1] > ACTIVE_S
