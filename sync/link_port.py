"""The link as an open session needs it: whether it is up, who we are on it, and one way to send."""

from __future__ import annotations

from typing import Protocol

from sync.pacing import Outlet
from sync.revision import Revisions
from sync.wire.requests import Request

__all__ = ["LinkPort"]


class LinkPort(Outlet, Protocol):
    """What ``sync.desk`` gives to its session and a test replaces by a server model."""

    @property
    def revisions(self) -> Revisions:
        """The stamp counters of the present connection."""

    @property
    def round_trip_s(self) -> float:
        """The newest measured round trip, 0 when unknown."""

    def post(self, request: Request) -> None:
        """Hands a request over that gets no answer (``tunenodeasync``)."""

    def refetch(self, session_id: str, reason: str) -> None:
        """Asks for the session's pipeline; the answer comes back as a snapshot."""
