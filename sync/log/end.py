"""What a link needs to know of what stands behind it, and what both say about a link's life (PROTOCOL.md §6)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from sync.log.auth import Identity
from sync.log.clock import Clock
from sync.log.delta import Delta
from sync.log.frames import SUBPROTOCOL, Bulk, ControlFrame, SnapshotPart, Want, Welcome
from sync.log.live_frames import LiveFrame

BAD_DATA, NOT_ADMITTED, NOT_TRUSTED, TIMED_OUT, OVERFLOWED, UNKNOWN_VERSION = 1007, 4401, 4403, 4408, 4413, 4426

__all__ = [
    "BAD_DATA",
    "DESK_TIMING",
    "NOT_ADMITTED",
    "NOT_TRUSTED",
    "OVERFLOWED",
    "SERVER_TIMING",
    "TIMED_OUT",
    "UNKNOWN_VERSION",
    "Close",
    "End",
    "LinkState",
    "Timing",
    "is_ordered",
]


def is_ordered(chosen: str | None) -> bool:
    """Whether the server took the offered subprotocol; otherwise the connection speaks protocol 1."""
    return chosen == SUBPROTOCOL


class LinkState(Enum):
    """Where a link stands. READY: our delta is out, the other one's is not complete yet."""

    AUTH = "auth"
    CLOCK = "clock"
    BULK = "bulk"
    READY = "ready"
    LIVE = "live"
    CLOSED = "closed"


class Timing(NamedTuple):
    """Seconds: to authenticate, without progress before LIVE, between pings, without any sign of life."""

    auth_s: float = 10.0
    ready_s: float = 10.0
    ping_s: float = 5.0
    silence_s: float = 15.0


DESK_TIMING = Timing()
SERVER_TIMING = Timing(ping_s=30.0, silence_s=60.0)


class Close(NamedTuple):
    """Why a link ended: the code and sentence for the other end, and what only our log should know."""

    code: int
    reason: str
    detail: str = ""


class End:
    """What stands behind one end of a link. Frames that come back from a call are sent.

    This one does nothing with what it hears and offers nothing: ends say what they do differently.
    """

    def for_caller(self, identity: Identity) -> End:  # noqa: ARG002 - most ends serve whoever comes
        """The end that serves this caller from here on. Raises AuthRefused."""
        return self

    def admitted(self, identity: Identity) -> Welcome:
        """The caller has been let in; what to welcome it with. Ends that only ever call have no answer."""
        raise NotImplementedError

    def welcomed(self, welcome: Welcome) -> None:
        """We have been let in."""

    def clock(self) -> Clock:
        """What this end has."""
        raise NotImplementedError

    def delta(self, peer: Clock | None) -> Delta:  # noqa: ARG002 - an end that offers nothing needs no position
        """What the other end lacks, captured in one step; everything for one that has not said."""
        return Delta()

    def resync(self, want: Want) -> Delta | None:
        """What a live peer asks for again."""

    def heard_clock(self, clock: Clock) -> None:
        """The other end's position."""

    def take_bulk(self, frame: Bulk | SnapshotPart) -> Iterable[ControlFrame]:  # noqa: ARG002 - as above
        """A piece of a delta."""
        return ()

    def take_live(self, frame: LiveFrame) -> Iterable[ControlFrame]:  # noqa: ARG002 - as above
        """A live frame."""
        return ()

    def take_control(self, frame: ControlFrame) -> Iterable[ControlFrame]:  # noqa: ARG002 - as above
        """A control frame that is not the link's own."""
        return ()

    def take_malformed(self) -> Iterable[ControlFrame]:
        """A live frame could not be read."""
        return ()

    def caught_up(self, rev: int) -> None:
        """The other end has been sent everything up to ``rev``: the link is live, or a gap has been filled."""
