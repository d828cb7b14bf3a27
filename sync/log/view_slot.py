"""View data on an ordered link: latest wins, stamped with every active author's newest op (PROTOCOL.md §9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.log.fanout import Peer
from sync.log.live_frames import ViewFrame, encode_live

ACTIVE_S = 60.0
REMEMBER_S = 120.0

__all__ = ["ACTIVE_S", "REMEMBER_S", "ViewGate", "ViewRounds", "ViewSlots"]


class ViewSlots:
    """The authority's side: one slot a node. ``applied`` notes whose ops a node's geometry was computed from."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, tuple[int, float]]] = {}
        self._seq: dict[str, int] = {}
        self._newest: dict[str, ViewFrame] = {}

    def applied(self, node: str, author: str, seq: int, now: float) -> None:
        """An op of ``author`` has reached the node."""
        self._seen.setdefault(node, {})[author] = (seq, now)

    def publish(self, node: str, data: Any, now: float, t: float) -> ViewFrame:
        """Puts new view data in the node's slot. What the server changed by itself only moves ``view_seq`` on."""
        # Kept for longer than a desk reckons with, so that the two clocks need not agree on the minute.
        active = {who: at for who, at in self._seen.get(node, {}).items() if now - at[1] <= REMEMBER_S}
        self._seen[node] = active
        self._seq[node] = self._seq.get(node, 0) + 1
        frame = ViewFrame(t, node, self._seq[node], {who: at[0] for who, at in active.items()}, data)
        self._newest[node] = frame
        return frame

    def newest(self) -> tuple[ViewFrame, ...]:
        """Every node's slot, for a link that becomes live."""
        return tuple(self._newest.values())

    def forget(self, node: str) -> None:
        """The node is gone."""
        for table in (self._seen, self._seq, self._newest):
            table.pop(node, None)


class ViewRounds:
    """Brings every peer the newest frame of each node. What a peer had no room for is replaced, never queued."""

    def __init__(self, slots: ViewSlots) -> None:
        self._slots = slots
        self._sent: dict[int, tuple[Peer, dict[str, int]]] = {}

    def join(self, peer: Peer) -> None:
        """A link has become live: it gets every slot."""
        self._sent[id(peer)] = (peer, {})

    def leave(self, peer: Peer) -> None:
        """The link has closed; unknown ones are ignored."""
        self._sent.pop(id(peer), None)

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

    def take(self, frame: ViewFrame, now: float) -> ViewFrame | None:
        """The frame when it may be shown; None when it is stale or has to wait."""
        if frame.view_seq <= self._view_seq.get(frame.node, 0):
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
