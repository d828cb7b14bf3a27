"""Which sessions a server has: what it listed last, what its events say since, and listed anew every ten seconds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from sync.clock import Clock
from sync.connection import Connection
from sync.errors import LinkLost, RequestProblem
from sync.signals import Signal
from sync.wire.pipeline import SessionInfo
from sync.wire.requests import ListSessions
from sync.wire.responses import SessionsListed

__all__ = ["LIST_EVERY_S", "SessionList"]

LIST_EVERY_S = 10.0
_log = logging.getLogger(__name__)


class SessionList:
    """``changed``: the rows are others than before; ``listed``: the server was asked again and has answered."""

    def __init__(self, clock: Clock, spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self.rows: tuple[SessionInfo, ...] = ()
        self.changed: Signal[()] = Signal()
        self.listed: Signal[()] = Signal()
        self._clock, self._spawn = clock, spawn
        self._connection: Connection | None = None
        self._cancel: Callable[[], None] | None = None

    def take(self, rows: Iterable[SessionInfo]) -> None:
        """These are the sessions."""
        before, self.rows = self.rows, tuple(rows)
        if self.rows != before:
            self.changed.emit()

    def add(self, info: SessionInfo) -> None:
        """There is one more."""
        self.take((*(row for row in self.rows if row.id != info.id), info))

    def remove(self, session_id: str) -> None:
        """One is gone."""
        self.take(row for row in self.rows if row.id != session_id)

    def find(self, id_or_name: str | None) -> SessionInfo | None:
        """The session of that id, else of that name."""
        by_id = next((row for row in self.rows if row.id == id_or_name), None)
        return by_id or next((row for row in self.rows if id_or_name is not None and row.name == id_or_name), None)

    def follow(self, connection: Connection) -> None:
        """An event may be lost, and an answer may be older than one: the server is asked again from now on."""
        self.stop()
        self._connection = connection
        self._cancel = self._clock.call_later(LIST_EVERY_S, lambda: self._spawn(self._list_again(connection)))

    def stop(self) -> None:
        """There is no connection."""
        self._connection = None
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    async def _list_again(self, connection: Connection) -> None:
        try:
            answer = await connection.request(ListSessions())
        except (RequestProblem, LinkLost) as problem:
            _log.info("the sessions could not be listed: %s", problem)
            answer = None
        if self._connection is not connection:
            return
        if isinstance(answer, SessionsListed):
            self.take(answer.sessions)
            self.listed.emit()
        self.follow(connection)
