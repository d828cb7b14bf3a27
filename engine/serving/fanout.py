"""Events to connections: encoded once, kept in a ring of 128 for each, so that nobody waits for a slow reader."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from engine.running.permissions import Role
from engine.serving.quiet_log import QuietLog
from sync.wire.codec import encode_event
from sync.wire.events import (
    ConnectionAdded,
    ConnectionRemoved,
    Event,
    NodeAdded,
    NodeParamsChanged,
    NodeRemoved,
    NodeViewDataUpdated,
    SessionCreated,
    SessionDestroyed,
)

RING_EVENTS = 128
LOGGED = (NodeParamsChanged, NodeViewDataUpdated, NodeAdded, NodeRemoved, ConnectionAdded, ConnectionRemoved)

_log = logging.getLogger(__name__)

__all__ = ["RING_EVENTS", "EventRing", "Fanout"]


class EventRing:
    """The events that one connection has still to send; the oldest go when it is full."""

    def __init__(self, role: Role, visible: set[str], name: str, desk: str = "") -> None:
        """``desk`` is the name that a desk gives both of its connections."""
        self.name = name
        self.desk = desk
        self._role = role
        self._visible = visible
        self._frames: deque[bytes] = deque(maxlen=RING_EVENTS)
        self._filled = asyncio.Event()
        self._losses = QuietLog(_log)

    def put(self, frame: bytes) -> None:
        """Adds a frame and never waits."""
        if len(self._frames) == RING_EVENTS:
            self._losses.warn("connection %s reads too slowly: events are lost", self.name)
        self._frames.append(frame)
        self._filled.set()

    async def take(self) -> bytes:
        """The oldest frame, as soon as there is one."""
        while not self._frames:
            self._filled.clear()
            await self._filled.wait()
        return self._frames.popleft()

    @property
    def lost(self) -> int:
        """Events that never left."""
        return self._losses.count

    def shows(self, event: Event, creator: str | None) -> bool:
        """True when the connection's role may see ``event``; follows sessions as they come and go."""
        if self._role.may("access_all_sessions"):
            return True
        if isinstance(event, SessionCreated) and self._role.owns(creator):
            self._visible.add(event.session_id)
        is_shown = event.session_id in self._visible
        if isinstance(event, SessionDestroyed):
            self._visible.discard(event.session_id)
        return is_shown


class Fanout:
    """All rings; an event is encoded once, whatever their number.

    ``follows`` says whether a desk hears of a session's changes by its ordered log: then not by events too
    (sync/log/PROTOCOL.md §1).
    """

    def __init__(self, follows: Callable[[str, str], bool] = lambda _desk, _session: False) -> None:
        self._follows = follows
        self._rings: list[EventRing] = []
        self.lost_by_gone = 0

    def join(self, ring: EventRing) -> Callable[[], None]:
        """Adds a ring; returns the function that takes it away."""
        self._rings.append(ring)

        def leave() -> None:
            self._rings.remove(ring)
            self.lost_by_gone += ring.lost

        return leave

    @property
    def lost(self) -> int:
        """Events that slow connections never got."""
        return self.lost_by_gone + sum(ring.lost for ring in self._rings)

    def send(self, event: Event, creator: str | None = None) -> None:
        """Gives ``event`` to every ring that may see it; ``creator`` is the owner of its session."""
        wanting = [ring for ring in self._rings if ring.shows(event, creator)]
        if isinstance(event, LOGGED):
            wanting = [ring for ring in wanting if not (ring.desk and self._follows(ring.desk, event.session_id))]
        if wanting:
            frame = encode_event(event).encode()
            for ring in wanting:
                ring.put(frame)
