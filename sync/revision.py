"""The stamp counters of one connection: a nonce, and one revision per session and node (PROTOCOL.md §14)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from sync.wire.stamp import Stamp

__all__ = ["Revisions"]


def _new_nonce() -> str:
    return str(uuid4())


class Revisions:
    """Who we are on this connection and how often we changed which node."""

    def __init__(self, make_nonce: Callable[[], str] = _new_nonce) -> None:
        self._make_nonce = make_nonce
        self._revs: dict[tuple[str, str], int] = {}
        self.nonce = make_nonce()

    def reopen(self) -> None:
        """A new connection: new nonce, all counters cleared; to be called before anything is sent on it."""
        self.nonce = self._make_nonce()
        self._revs.clear()

    def next_stamp(self, session_id: str, node_id: str) -> Stamp:
        """The stamp of the next commit; the first is 1."""
        rev = self.local(session_id, node_id) + 1
        self._revs[session_id, node_id] = rev
        return Stamp(self.nonce, rev)

    def local(self, session_id: str, node_id: str) -> int:
        """The revision of our newest commit on this connection, 0 before the first."""
        return self._revs.get((session_id, node_id), 0)
