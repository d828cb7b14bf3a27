"""The session that is open on the desk: fetched, fetched again, missed, left and found again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from sync.clock import Clock
from sync.errors import NOT_HERE, LinkLost, RequestProblem, RequestTimedOut
from sync.link_port import DeskLink
from sync.ordered.changes import unsent_edits
from sync.ordered.logs import Logs
from sync.ordered.session_log import SessionLog
from sync.pacing import Pace
from sync.session import DeskSession
from sync.session_list import SessionList
from sync.signals import Signal
from sync.wire.events import Event, SessionCreated, SessionDestroyed
from sync.wire.pipeline import SessionInfo
from sync.wire.requests import GetPipeline
from sync.wire.responses import PipelineReply

__all__ = ["OpenSession"]

_log = logging.getLogger(__name__)


class OpenSession:
    """The session list and the open session. ``spawn`` starts work that ends with the desk.

    ``missing``: why the server does not give out the open session, empty when it does; ``missing_changed``: so.
    """

    def __init__(
        self,
        clock: Clock,
        pace: Pace | None,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        logs: Logs | None = None,
    ) -> None:
        """``logs``: where the ordered log of a session is to be had; without it every session is of protocol 1."""
        self.port = DeskLink(self.refetch)
        self.list = SessionList(clock, spawn)
        self.session: DeskSession | None = None
        self.wanted: str | None = None
        self.missing = ""
        self.missing_changed: Signal[()] = Signal()
        self.opened: Signal[DeskSession] = Signal()
        self.closed: Signal[str] = Signal()
        self.noticed: Signal[str, str] = Signal()
        self._clock, self._pace, self._spawn, self._logs = clock, pace, spawn, logs
        if logs is not None:
            logs.noticed.connect(self.noticed.emit)
            logs.not_ordered.connect(lambda: spawn(self._go_without_log()))
        self.list.listed.connect(self._compare)
        self._stale: set[str] = set()
        self._entering = asyncio.Lock()
        self._why_not_tune: str | None = None

    def want(self, id_or_name: str) -> None:
        """This session is to be open, now and after every reconnect."""
        self.wanted = id_or_name
        if self.session is not None and id_or_name not in (self.session.info.id, self.session.info.name):
            self.leave()
        if self.session is None and self.port.connection is not None:
            self._spawn(self.open_wanted())

    def take_rows(self, rows: Iterable[SessionInfo]) -> None:
        """The server listed its sessions."""
        self.list.take(rows)

    def forbid_tuning(self, sentence: str | None) -> None:
        """Why the role may not change params; None when it may."""
        self._why_not_tune = sentence
        self._forbid()

    def accept(self, event: Event) -> None:
        """Takes any event; those of other sessions only touch the list."""
        match event:
            case SessionCreated():
                self._add(SessionInfo(event.session_id, event.name, event.created_at))
            case SessionDestroyed():
                self._remove(event.session_id)
            case _:
                if self.session is not None and event.session_id == self.session.info.id:
                    self.session.accept(event)

    def stumbled(self, event: Event) -> None:
        """An event could not be taken."""
        if self.session is not None and event.session_id == self.session.info.id:
            self.session.stumbled(getattr(event, "node_id", ""))

    async def open_wanted(self) -> None:
        """Fetches the open session on a new connection, or the wanted one for the first time."""
        known = self.session.info if self.session is not None else None
        # One that is not listed is asked for all the same: the list may be older, or not tell everything.
        info = self.list.find(self.wanted) if known is None else self._listed(known) or known
        if info is not None:
            await self._fetch(info)
        elif self.wanted is not None:
            self.noticed.emit("warning", f"The server has no session {self.wanted}; it opens when it appears.")

    def refetch(self, session_id: str, reason: str) -> None:
        """Fetches the open session's pipeline again; several reasons in one burst of events are one request."""
        _log.debug("fetching %s again: %s", session_id, reason)
        is_open = self.port.is_open and self.session is not None and self.session.info.id == session_id
        if is_open and session_id not in self._stale:
            self._stale.add(session_id)
            self._spawn(self._fetch_again(session_id))

    def link_lost(self) -> None:
        """The connection is gone; the session stays as it was."""
        self.list.stop()
        self.port.is_open = False
        self.port.connection = None
        self._stale.clear()
        if self.session is not None:
            self.session.link_lost()

    def leave(self) -> None:
        """Closes the open session on this desk; the server keeps it."""
        session, self.session = self.session, None
        self.port.is_open = False
        self._miss("")
        if session is not None:
            session.close()
            self.closed.emit(session.info.id)
        if self._logs is not None:
            self._logs.detach()

    async def _fetch(self, info: SessionInfo) -> None:
        if self.session is not None:
            await self._fetch_pipeline(info, None)
            return
        async with self._entering:
            await self._come_in(info)

    async def _come_in(self, info: SessionInfo) -> None:
        if self._logs is None or self.session is not None:
            await self._fetch_pipeline(info, None)
            return
        # The log first: what the server says between its pipeline and our being there would be lost.
        log = await self._logs.attach(info, self._clock)
        if self.wanted in (info.id, info.name):
            await self._fetch_pipeline(info, log)
        session = self._now_open()
        if log is not None and (session is None or session.log is not log):
            self._logs.detach()

    def _now_open(self) -> DeskSession | None:
        """The open session, which may be another one after a wait."""
        return self.session

    async def _fetch_pipeline(self, info: SessionInfo, log: SessionLog | None) -> None:
        connection, session = self.port.connection, self.session
        if connection is None:
            return
        # Taken together with the request's place in the order of sending: the answer holds all commits up to here.
        order = None if session is None else session.last_order
        try:
            reply = await connection.request(GetPipeline(info.id))
        except RequestTimedOut as problem:
            # A server that leaves this unanswered is as good as gone: a new connection starts from a clean slate.
            self.noticed.emit("warning", f"{info.name or info.id}: {problem}")
            await connection.close()
            return
        except RequestProblem as problem:
            self._refused(info, problem)
            return
        except LinkLost:
            return
        if isinstance(reply, PipelineReply) and self.port.connection is connection and self.session is session:
            self._take(info, reply, order, log)

    def _take(self, info: SessionInfo, reply: PipelineReply, order: int | None, log: SessionLog | None) -> None:
        if self.session is None:
            self._enter(info, reply, log)
            return
        is_first = not self.port.is_open
        self.port.is_open = True
        self._miss("")
        self.session.rebind(info)
        if is_first and self._logs is not None and self.session.log is not None:
            self._logs.rebind(info)
            self.session.log.retry_now()
        self.session.take_snapshot(reply.pipeline, None if is_first else order)

    def _enter(self, info: SessionInfo, reply: PipelineReply, log: SessionLog | None) -> None:
        self.port.is_open = True
        self.session = DeskSession(info, self._clock, self.port, self._pace, log)
        if log is not None:
            log.opened.connect(self._compare)
        self.session.no_log = None if self._logs is None or log is not None else self._logs.no_log
        self._forbid()
        self.session.take_snapshot(reply.pipeline)
        self.opened.emit(self.session)

    def _refused(self, info: SessionInfo, problem: RequestProblem) -> None:
        """The server gives no pipeline: the open session stays with what waits in it, and takes no edits."""
        session, name = self.session, info.name or info.id
        if session is None or (session.log is not None and session.log.is_live):
            self.noticed.emit("error", f"{name}: {problem}")
            return
        is_listed = self._listed(session.info) is not None
        self.port.is_open = False
        session.link_lost()
        self._miss(f"The server does not give out the session {name}: {problem}" if is_listed else NOT_HERE)

    def _miss(self, sentence: str) -> None:
        """Why the open session is not to be had from this server; empty when it is."""
        if sentence != self.missing:
            self.missing = sentence
            self._forbid()
            self.missing_changed.emit()

    def _forbid(self) -> None:
        if self.session is not None:
            self.session.forbid(self.missing or self._why_not_tune)

    def _compare(self) -> None:
        """The server has listed its sessions anew: the open one may be gone, or back."""
        if self.session is None:
            is_due = self.list.find(self.wanted) is not None
        else:
            is_due = bool(self.missing) or self._listed(self.session.info) is None
        if is_due:
            self._spawn(self.open_wanted())

    def _listed(self, info: SessionInfo) -> SessionInfo | None:
        """A session in the list: by its id, or by its name, as a server that restarts gives new ids."""
        return self.list.find(info.id) or self.list.find(info.name)

    async def _go_without_log(self) -> None:
        """The server behind this address is another one now: the session goes on without a log, no edit is lost."""
        session = self.session
        if session is None or session.log is None:
            return
        edits = unsent_edits(session.log.replica)
        self.noticed.emit("warning", "This server keeps no ordered log: working without it from now on.")
        self.leave()
        await self.open_wanted()
        if self.session is not None:
            for node_id, values in edits.items():
                self.session.edit(node_id, values, "Changes that waited for the server")

    async def _fetch_again(self, session_id: str) -> None:
        await asyncio.sleep(0)
        self._stale.discard(session_id)
        if self.session is not None and self.session.info.id == session_id:
            await self._fetch(self.session.info)

    def _add(self, info: SessionInfo) -> None:
        self.list.add(info)
        names = (self.wanted,) if self.session is None else (self.session.info.id, self.session.info.name)
        is_awaited = not self.port.is_open and any(name in (info.id, info.name) for name in names if name)
        if is_awaited and self.port.connection is not None:
            self._spawn(self.open_wanted())

    def _remove(self, session_id: str) -> None:
        self.list.remove(session_id)
        if self.session is not None and self.session.info.id == session_id:
            self.noticed.emit("warning", f"The session {self.session.info.name or session_id} was ended.")
            self.leave()
