"""Looks at the open session's server and its standbys: who can go on, whether that is offered, what this one is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from gui.bridge import Bridge
from gui.server.answers import StandbyPart
from gui.server.failure import RestFailed
from gui.standby.candidate import STANDBY, Candidate, answered, best, place_name, root_of
from gui.standby.memory import StandbyMemory
from sync.desk import LinkState
from sync.ordered.session_log import SessionLog
from sync.tasks import Tasks

TICK_MS: Final = 500
OFFER_AFTER_S: Final = 3.0
ASK_EVERY_S: Final = 5.0

__all__ = ["ASK_EVERY_S", "OFFER_AFTER_S", "StandbyWatch"]

Ask = Callable[[str], Awaitable[StandbyPart]]


class StandbyWatch(QObject):
    """``changed``: something of it is to be shown anew. Only the operator decides; this looks and asks, calmly.

    ``ask`` gives the part that a server plays, by its URL; an empty one is the server that the desk is at. It raises
    RestFailed.
    """

    changed = Signal()

    def __init__(
        self,
        bridge: Bridge,
        ask: Ask,
        tasks: Tasks,
        memory: StandbyMemory,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(bridge)
        self._bridge, self._ask, self._tasks, self._memory, self._now = bridge, ask, tasks, memory, now
        self.here: StandbyPart | None = None
        self._log: SessionLog | None = None
        self._known: dict[str, Candidate] = {}
        self._visited: list[str] = []
        self._away_since: float | None = None
        self._asked_at: float | None = None
        self._asking: asyncio.Task[None] | None = None
        self._declined: tuple[str, str] | None = None
        self._shown: tuple[object, ...] = ()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    @property
    def log(self) -> SessionLog | None:
        """The open session's ordered log."""
        session = self._bridge.session
        return None if session is None else session.log

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Where the session can go on: what copies it, and the servers that it was at before."""
        return tuple(self._known.values())

    @property
    def best(self) -> Candidate | None:
        """The one to be offered."""
        return best(self.candidates)

    @property
    def away_s(self) -> float:
        """How long the session has had no link that takes edits."""
        return 0.0 if self._away_since is None else self._now() - self._away_since

    @property
    def is_offered(self) -> bool:
        """Whether the operator is to be asked now."""
        there = self.best
        return there is not None and self.away_s >= OFFER_AFTER_S and self._declined != (there.url, there.part)

    @property
    def waiting(self) -> int:
        """Own edits that no server has decided."""
        return 0 if self.log is None else len(self.log.replica.outbox.pending())

    def decline(self) -> None:
        """The operator waits; asked again only when there is news of who leads, or at the next loss."""
        there = self.best
        self._declined = None if there is None else (there.url, there.part)
        self.look()

    def stop(self) -> None:
        """Looks no more."""
        self._timer.stop()

    def moved(self, left: str) -> None:
        """The desk has gone to another server; the one it left may lead again one day."""
        self._follow()
        self._visited = [url for url in (*self._visited, root_of(left)) if url]
        self._away_since = self._asked_at = self.here = None
        self._known = {}
        self.look()

    def look(self) -> None:
        """Brings everything up to date and asks what is due; runs by itself twice a second."""
        self._follow()
        self._know()
        is_due = self._asked_at is None or self._now() - self._asked_at >= ASK_EVERY_S
        if is_due and (self._asking is None or self._asking.done()) and (urls := self._to_ask()):
            self._asked_at = self._now()
            self._asking = self._tasks.start(self._ask_all(urls), "standbys")
        self._tell()

    def _follow(self) -> None:
        """Which log it is, and whether it has a link."""
        log, now = self.log, self._now()
        if log is not self._log:
            self._log, self._visited, self._known = log, [], {}
            self._away_since = self.here = self._asked_at = self._declined = None
        is_linked = self._bridge.desk.link.state is LinkState.LIVE or (log is None and self._is_refused)
        if is_linked if log is None else is_linked and log.is_live:
            if self._away_since is not None:
                self._asked_at = None
            self._away_since = self._declined = None
        elif self._away_since is None:
            self._away_since, self.here = now, None
        if log is None or log.why_not is None:
            self.here = None

    @property
    def _is_refused(self) -> bool:
        """Whether the server answers, and wants a token: then it is there."""
        return self._bridge.desk.link.state is LinkState.REFUSED

    def _know(self) -> None:
        here = root_of(self._bridge.desk.link.url)
        rows = () if self._log is None else self._log.standbys
        rows = tuple(row for row in rows if root_of(row.url))
        if rows and self._away_since is None:
            self._memory.keep(here, rows)
        rows = rows or tuple(row for row in self._memory.of(here) if root_of(row.url))
        told = {row.url: Candidate(row.url, row.name or place_name(row.url), row.rev) for row in rows}
        told |= {url: Candidate(url, place_name(url)) for url in self._visited if url not in told}
        if self.here is not None and (leader := root_of(self.here.leader)) and leader not in told:
            told[leader] = Candidate(leader, place_name(leader))
        told.pop(here, None)
        for url, fresh in told.items():
            known = self._known.get(url)
            is_kept = known is not None and self._away_since is not None
            told[url] = msgspec.structs.replace(known, rev=max(known.rev, fresh.rev)) if known and is_kept else fresh
        self._known = told

    def _to_ask(self) -> tuple[str, ...]:
        if self._away_since is not None:
            return tuple(self._known) if self.away_s >= OFFER_AFTER_S else ()
        return ("",) if self._log is not None and self._log.why_not is not None else ()

    async def _ask_all(self, urls: tuple[str, ...]) -> None:
        await asyncio.gather(*(self._ask_one(url) for url in urls))
        self._tell()

    async def _ask_one(self, url: str) -> None:
        log, session = self._log, self._bridge.session
        try:
            part, trouble = await self._ask(url), ""
        except RestFailed as failed:
            part, trouble = None, str(failed)
        if self._log is not log or self._bridge.session is not session:
            return
        if not url:
            self.here = part if part is not None and part.part == STANDBY else None
        elif (known := self._known.get(url)) is not None:
            self._known[url] = _told(known, part, trouble, None if session is None else session.info.id)

    def _tell(self) -> None:
        # How far standbys are and what waits changes all the time, and is only looked at while it is offered.
        offer = (self.candidates, self.waiting) if self.is_offered else tuple(self._known)
        waiting = 0 if self.here is None else self.waiting
        now = (offer, self.best and self.best.name, self.here, waiting, self._bridge.desk.link.url)
        if now != self._shown:
            self._shown = now
            self.changed.emit()


def _told(known: Candidate, part: StandbyPart | None, trouble: str, session_id: str | None) -> Candidate:
    if part is not None:
        return answered(known, part, session_id)
    words = trouble.rstrip(".")
    return msgspec.structs.replace(known, hears="", trouble=f"{words[:1].lower()}{words[1:]}")
