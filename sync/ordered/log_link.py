"""The link to one session's log: opened, driven, lost and opened again for as long as the session is open."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from sync.clock import Clock
from sync.errors import LinkProblem, NotOrdered
from sync.log.auth import Credentials
from sync.log.backoff import Backoff
from sync.log.desk_end import DeskEnd
from sync.log.driver import LinkDriver
from sync.log.end import DESK_TIMING, NOT_ADMITTED, NOT_TRUSTED, Close, LinkState, Timing
from sync.log.link import Link
from sync.log.op import Op
from sync.log.outbox import Lateness
from sync.log.presence import HEARTBEAT_S
from sync.log.transport import Transport
from sync.ordered.faults import FaultyTransport
from sync.ordered.outbox_file import OutboxFile
from sync.ordered.reading import Reading
from sync.ordered.session_log import SessionLog
from sync.ordered.status import LogState, LogStatus
from sync.signals import Signal

LOOK_EVERY_S = 0.25
SOON_S = 0.05
NOT_KNOWN = "The server does not know this desk's key."

_log = logging.getLogger(__name__)

__all__ = ["LogLink"]


class LogLink:
    """Runs one session log's links, one after the other.

    ``opener`` raises NotOrdered, or LinkProblem when there is no connection; ``outbox`` None keeps nothing on disk.
    ``not_ordered``: this server keeps no log, with its sentence; ``untrusted``: our key is not used at
    this server, with the sentence; ``not_admitted``: it does not know our key, each time
    that it says so.
    ``jitter`` gives numbers in [0, 1).
    """

    def __init__(
        self,
        log: SessionLog,
        clock: Clock,
        opener: Callable[[], Awaitable[Transport]],
        credentials: Credentials,
        outbox: OutboxFile | None,
        jitter: Callable[[], float],
        name: str = "",
        timing: Timing = DESK_TIMING,
    ) -> None:
        self._log_of = log
        self._clock, self._opener, self._credentials = clock, opener, credentials
        self._outbox, self._name, self._timing = outbox, name, timing
        self._backoff = Backoff(jitter)
        self._driver: LinkDriver | None = None
        self._link: Link | None = None
        self._end: DeskEnd | None = None
        self._wake = asyncio.Event()
        self.not_ordered: Signal[str] = Signal()
        self.not_admitted: Signal[()] = Signal()
        self.untrusted: Signal[str] = Signal()
        self._reading = Reading(log, outbox)
        self._was_live = False
        self._names: tuple[str, ...] = ()
        log.wire = self

    # the log's side

    def record(self) -> None:
        if self._outbox is not None:
            self._outbox.record()

    def submit(self, op: Op) -> None:
        self.record()
        if self._link is None or self._driver is None or self._end is None or not self._end.decides:
            return
        if self._link.is_live:
            self._end.submitted(op)
        self._link.submit([op])
        self._driver.kick()

    def unsent_bytes(self) -> int:
        return 0 if self._driver is None or self._link is None else self._link.unsent_bytes()

    def status(self) -> LogStatus:
        return self._reading.status(self._link, self._end, self._clock.now())

    def retry_now(self) -> None:
        self._wake.set()

    # the desk's side

    async def run(self) -> None:
        """Links and links again until it is cancelled, or the server turns out to keep no log (``not_ordered``)."""
        keeping = None if self._outbox is None else asyncio.create_task(self._outbox.run(), name="outbox")
        try:
            while True:
                await self._wait(await self._one_life())
        except NotOrdered as problem:
            self.not_ordered.emit(str(problem))
        finally:
            self._say(LogState.CLOSED, "")
            if keeping is not None and self._outbox is not None:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)
                await self._outbox.close()

    async def _one_life(self) -> str:
        """One try and the link that came of it; why there is none any more."""
        self._say(LogState.CONNECTING, self._reading.reason)
        self._wake.clear()
        try:
            transport = await self._opener()
        except NotOrdered:
            raise
        except LinkProblem as problem:
            return str(problem)
        close = await self._drive(FaultyTransport(transport, self._log_of.faults))
        if close.code == NOT_TRUSTED:
            self.untrusted.emit(close.detail)
            return close.detail
        if close.code == NOT_ADMITTED:
            self.not_admitted.emit()
            return NOT_KNOWN
        return _sentence(close)

    async def _drive(self, transport: Transport) -> Close:
        log = self._log_of
        self._driver = LinkDriver(transport)
        self._end = DeskEnd(
            log.replica, self._clock.now, self._wall, log.view_came.emit, log.take_control, self._settled
        )
        self._link = Link(
            self._end,
            self._credentials,
            self._clock.now,
            self._wall,
            self._timing,
            self._driver.has_room,
            self._driver.unsent_bytes,
        )
        looking = asyncio.create_task(self._look(self._link, self._end, self._driver), name="log watch")
        try:
            return await self._driver.run(self._link)
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            self._left(self._end, _sentence(self._link.close))

    def _left(self, end: DeskEnd, reason: str) -> None:
        end.left()
        self._driver = self._link = self._end = None
        if self._was_live:
            self._was_live = False
            self._log_of.went_dark(reason)

    def _settled(self) -> None:
        self._note_live()
        self._log_of.took()
        self.record()

    def _note_live(self) -> None:
        if self._link is not None and self._link.is_live and not self._was_live:
            self._was_live = True
            self._backoff.live(self._clock.now())
            welcome = None if self._end is None else self._end.welcome
            self._log_of.went_live("" if welcome is None else welcome.rights)
            self._beat(self._link)

    async def _look(self, link: Link, end: DeskEnd, driver: LinkDriver) -> None:
        """What only time tells: a link that became live without a word, late answers, heart-beats."""
        beat_at = self._clock.now()
        while link.state is not LinkState.CLOSED:
            await asyncio.sleep(LOOK_EVERY_S if self._was_live else SOON_S)
            self._note_live()
            if not link.is_live:
                continue
            link.submit(end.due())
            now = self._clock.now()
            if now >= beat_at + HEARTBEAT_S:
                beat_at = now
                self._beat(link)
                self._notice_departures()
            if self._log_of.replica.outbox.lateness(now) is Lateness.DEAD:
                link.lost("The server has not answered an edit for 5 s.")
            driver.kick()

    def _beat(self, link: Link) -> None:
        link.send(self._log_of.heart_beat(self._name, self._wall()))

    def _notice_departures(self) -> None:
        names = tuple(each.author for each in self._log_of.present())
        if names != self._names:
            self._names = names
            self._log_of.presence_changed.emit()

    async def _wait(self, reason: str) -> None:
        delay_s = self._backoff.failed(self._clock.now())
        _log.log(self._backoff.level, "no link to the log (try %d): %s", self._backoff.failures, reason)
        self._say(LogState.WAITING, reason, self._clock.now() + delay_s)
        cancel = self._clock.call_later(delay_s, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            cancel()

    def _say(self, state: LogState, reason: str, retry_at: float | None = None) -> None:
        self._reading.say(state, reason, retry_at, self._backoff.failures)

    def _wall(self) -> float:
        return time.time() + self._log_of.faults.skew_s


def _sentence(close: Close | None) -> str:
    return "" if close is None else close.reason
