"""The link as an open session needs it: whether it is up, who we are on it, and one way to send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sync.connection import Connection
from sync.pacing import Outlet
from sync.revision import Revisions
from sync.wire.requests import Request

__all__ = ["DeskLink", "LinkPort"]


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


class DeskLink:
    """The port of a desk: open while there is a connection and the session was fetched on it."""

    def __init__(self, refetch: Callable[[str, str], None]) -> None:
        self.revisions = Revisions()
        self.connection: Connection | None = None
        self.round_trip_s = 0.0
        self._is_fetched = False
        self._refetch = refetch

    @property
    def is_open(self) -> bool:
        """True while commits may be sent."""
        return self._is_fetched and self.connection is not None

    @is_open.setter
    def is_open(self, is_fetched: bool) -> None:
        self._is_fetched = is_fetched

    def unsent_bytes(self) -> int:
        """What was posted and has not left this machine."""
        return 0 if self.connection is None else self.connection.unsent_bytes()

    def post(self, request: Request) -> None:
        """Sends a request that is never answered; there is no queue for a link that is gone."""
        if self.connection is not None:
            self.connection.post(request)

    def refetch(self, session_id: str, reason: str) -> None:
        """Asks for the pipeline again."""
        self._refetch(session_id, reason)
