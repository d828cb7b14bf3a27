"""The composition root of the desk's side: one link that always comes back, and the open session on it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import msgspec

from sync.channel import Channel
from sync.clock import Clock
from sync.connection import Connection
from sync.errors import LinkLost, LinkProblem, LinkRefused, RequestProblem
from sync.link_state import Link, LinkState
from sync.open_session import OpenSession
from sync.ordered.logs import Logs
from sync.pacing import Pace
from sync.permissions import CHANGING, why_not
from sync.protocol import Counters
from sync.reconnect import Backoff
from sync.round_trip import RoundTrip
from sync.session import DeskSession
from sync.signals import Signal
from sync.tasks import Tasks
from sync.wire.events import Event, NodeTelemetry
from sync.wire.packets import KNOWN
from sync.wire.pipeline import NodeDefinition, SessionInfo
from sync.wire.requests import ApplyBatch, GetPermissions, ListNodes, ListSessions, Request
from sync.wire.responses import NodesListed, Permissions, Response, SessionsListed

__all__ = ["Desk", "Link", "LinkState"]

_log = logging.getLogger(__name__)
FAULT = "this desk could not work with what the server sent; its log has the details"


class Desk:
    """One server, one open session.

    ``noticed`` carries a severity ("info", "warning", "error") and a sentence for the operator.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        opener: Callable[[], Awaitable[Channel]],
        *,
        draw: Callable[[], float] = random.random,
        pace: Pace | None = None,
        logs: Logs | None = None,
    ) -> None:
        self.link = Link(LinkState.IDLE, url)
        self.permissions: dict[str, bool] = {}
        self.role: str | None = None
        self._withheld = ""
        self.definitions: dict[str, NodeDefinition] = {}
        self.packets = KNOWN
        self.link_changed: Signal[Link] = Signal()
        self.telemetry: Signal[NodeTelemetry] = Signal()
        self._clock, self._opener = clock, opener
        self._draw = draw
        self._backoff = Backoff(draw)
        self._tasks = Tasks(self._fail)
        self._open = OpenSession(clock, pace, self._spawn, logs)
        self._logs = logs
        self.sessions_changed: Signal[()] = self._open.list.changed
        self.session_opened: Signal[DeskSession] = self._open.opened
        self.session_closed: Signal[str] = self._open.closed
        self.noticed: Signal[str, str] = self._open.noticed
        self._open.missing_changed.connect(lambda: self.link_changed.emit(self.link))
        self._connection: Connection | None = None
        self._opening: asyncio.Future[Channel] | None = None
        self._wake = asyncio.Event()
        self._is_closed = False
        self._fault = ""
        self._round_trip = RoundTrip(clock, self._show_round_trip)

    def __repr__(self) -> str:
        return f"<desk on {self.link.url}, {self.link.state.value}>"

    @property
    def sessions(self) -> tuple[SessionInfo, ...]:
        """The sessions that the server lets this desk see."""
        return self._open.list.rows

    @property
    def session(self) -> DeskSession | None:
        """The open session; it stays while the link is gone."""
        return self._open.session

    @property
    def missing(self) -> str:
        """Why this server does not give out the open session, empty when it does; it stays, and takes no edits."""
        return self._open.missing

    def may(self, action: str) -> bool:
        """False when the role is known not to have the right; see ``sync.permissions.RIGHTS``."""
        return self.why_not(action) is None

    def why_not(self, action: str) -> str | None:
        """The sentence for a control that is disabled; None when the action is allowed."""
        if self.link.state is not LinkState.LIVE:
            return "Not connected to the server."
        return self.why_forbidden(action)

    def why_forbidden(self, action: str) -> str | None:
        """Why the server would refuse an action, with or without a link; None when it would not."""
        if self.missing and action in ("tune", "edit_graph"):
            return self.missing
        sentence = why_not(action, self.permissions, self.role)
        return self._withheld if sentence and self._withheld and action in CHANGING else sentence

    def withhold(self, sentence: str) -> None:
        """Changes are forbidden for this reason, whatever the role; empty: for the role's."""
        if sentence != self._withheld:
            self._withheld = sentence
            self._open.forbid_tuning(self.why_forbidden("tune"))
            self.link_changed.emit(self.link)

    @property
    def counters(self) -> Counters:
        """The frames of the present connection that were skipped."""
        return Counters() if self._connection is None else self._connection.counters

    async def run(self) -> None:
        """Connects and keeps reconnecting until ``close`` or cancellation."""
        try:
            while not self._is_closed:
                await self._try_safely()
        finally:
            self._end()

    def open_session(self, id_or_name: str) -> None:
        """Opens a session now or as soon as the link is live; it is opened again after every reconnect."""
        self._open.want(id_or_name)

    def open_made(self, info: SessionInfo) -> None:
        """Opens a session that was made beside the link; its event may still be on its way, or never come."""
        self._open.list.add(info)
        self._open.want(info.id)

    async def request(self, request: Request) -> Response:
        """Asks the server; after a batch of ours the pipeline is fetched again.

        Raises RequestRefused, RequestTimedOut, LinkLost.
        """
        if self._connection is None:
            raise LinkLost("There is no connection to the server.")
        response = await self._connection.request(request)
        if isinstance(request, ApplyBatch) and self.session is not None:
            self._open.refetch(self.session.info.id, "a batch was applied")
        return response

    def retry_now(self) -> None:
        """Cuts a wait between two tries short."""
        self._wake.set()

    async def move(self, url: str) -> None:
        """Goes on at another server, where the opener leads from now on. The open session stays as it is: what waits
        in its log, undo, and what is selected; without a log it is fetched there as after any loss of the link."""
        self.link, self._backoff = msgspec.structs.replace(self.link, url=url), Backoff(self._draw)
        await self._hang_up()
        if self._logs is not None:
            await self._logs.move(url)

    async def close(self) -> None:
        """Ends the link for good; ``run`` returns."""
        self._is_closed = True
        await self._hang_up()
        if self._logs is not None:
            self._open.leave()
            await self._logs.close()

    async def _hang_up(self) -> None:
        """Ends what is under way, be it a wait, a call or a connection."""
        self._wake.set()
        if self._opening is not None:
            self._opening.cancel()
        if self._connection is not None:
            await self._connection.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.start(work, "a task of the link")

    # one life of the link

    async def _try_safely(self) -> None:
        """Whatever fails here, the operator reads it and the link comes back."""
        url = self.link.url
        try:
            await self._try_once()
        except Exception:  # noqa: BLE001  (a desk without a link, and without a word, is worse than any of them)
            _log.exception("the link failed")
            if not self._is_closed:
                await self._pause(LinkProblem(FAULT), url)

    async def _try_once(self) -> None:
        url = self.link.url
        self._show(LinkState.CONNECTING, reason=self.link.reason)
        self._opening = asyncio.ensure_future(self._opener())
        try:
            channel = await self._opening
        except LinkProblem as problem:
            await self._pause(problem, url)
            return
        except asyncio.CancelledError:
            if (self._is_closed or self.link.url != url) and not _is_cancelled():
                return
            raise
        finally:
            self._opening = None
        reason = await self._live_on(channel)
        if not self._is_closed:
            await self._pause(LinkProblem(reason), url)

    async def _live_on(self, channel: Channel) -> str:
        self._backoff.opened(self._clock.now())
        self._open.port.revisions.reopen()
        self._fault = ""
        self._connection = Connection(channel, self._clock, self._accept, self._open.stumbled)
        self._show(LinkState.SYNCING)
        self._spawn(self._synchronise(self._connection))
        try:
            reason = await self._connection.run()
        finally:
            self._lose_connection()
        return self._fault or reason

    async def _synchronise(self, connection: Connection) -> None:
        requests: tuple[Request, ...] = (GetPermissions(), ListSessions(), ListNodes())
        await asyncio.gather(*(self._ask(connection, request) for request in requests))
        if self._connection is not connection:
            return
        self._open.port.connection = connection
        await self._open.open_wanted()
        if self._connection is connection:
            self._show(LinkState.LIVE)
            self._round_trip.follow(connection)
            self._open.list.follow(connection)

    async def _ask(self, connection: Connection, request: Request) -> None:
        """Takes the answer in its place among the events."""
        try:
            answer = await connection.request(request)
        except RequestProblem as problem:
            _log.info("the server refused part of the start: %s", problem)
        except LinkLost:
            return
        else:
            if self._connection is connection:
                self._take_answer(answer)

    def _take_answer(self, answer: Response) -> None:
        match answer:
            case Permissions():
                self.role, self.permissions = answer.role, dict(answer.permissions)
                self._open.forbid_tuning(self.why_forbidden("tune"))
            case SessionsListed():
                self._open.take_rows(answer.sessions)
            case NodesListed():
                self.definitions = {row.kind: row for row in sorted(answer.nodes, key=lambda row: row.kind)}
            case _:
                return

    def _lose_connection(self) -> None:
        self._connection = None
        self._round_trip.stop()
        self._open.link_lost()

    async def _pause(self, problem: LinkProblem, url: str) -> None:
        """Waits for the next try; after a move it comes at once."""
        if self.link.url != url:
            return
        self._wake.clear()
        is_refused = isinstance(problem, LinkRefused)
        now = self._clock.now()
        delay_s = self._backoff.refused(now) if is_refused else self._backoff.failed(now)
        level = logging.ERROR if self._backoff.is_loud else logging.WARNING
        _log.log(level, "no link (try %d): %s", self._backoff.attempt, problem)
        self._show(
            LinkState.REFUSED if is_refused else LinkState.WAITING,
            retry_at=now + delay_s,
            reason=str(problem),
        )
        if self._is_closed:
            return
        cancel = self._clock.call_later(delay_s, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            cancel()

    def _accept(self, event: Event) -> None:
        if isinstance(event, NodeTelemetry):
            self.telemetry.emit(event)
        else:
            self._open.accept(event)

    # showing and ending

    def _show_round_trip(self, measured_s: float | None) -> None:
        self._open.port.round_trip_s = measured_s or 0.0
        if measured_s is not None and round(measured_s * 1000, 1) != self.link.round_trip_ms:
            self.link = msgspec.structs.replace(self.link, round_trip_ms=round(measured_s * 1000, 1))
            self.link_changed.emit(self.link)

    def _show(self, state: LinkState, *, retry_at: float | None = None, reason: str = "") -> None:
        round_trip_ms = self.link.round_trip_ms if state is LinkState.LIVE else None
        since = self._clock.now()
        self.link = Link(state, self.link.url, round_trip_ms, self._backoff.attempt, retry_at, reason, since)
        self.link_changed.emit(self.link)

    def _fail(self) -> None:
        """What a task did not do (the session read, for one) is done by the next connection, and the operator told."""
        if self._connection is not None and not self._fault:
            self._fault = FAULT
            self._spawn(self._connection.close())

    def _end(self) -> None:
        self._tasks.cancel()
        self._open.leave()
        if self.link.state is not LinkState.CLOSED:
            self._show(LinkState.CLOSED)


def _is_cancelled() -> bool:
    """True when it is the running task itself that somebody cancelled, not what it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
