"""After a take-over both engines go on having the same sessions, whichever of them a new one is made at (log §6.7)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec

from engine.running.core import Core
from engine.running.refused import Refused
from engine.running.session import Session
from engine.running.state_file import SavedSession
from engine.serving.quiet_log import shown
from engine.standby.leader import Leader, LeaderFailed
from engine.standby.part_file import PartFile
from sync.log.journal import JournalFailed

LOOK_EVERY_S, AFTER_DEFECT_S = 2.0, 30.0
MAX_REMEMBERED = 1_000

_log = logging.getLogger(__name__)

__all__ = ["Pairing"]


class Pairing:
    """Takes over what is new at the other engine, and offers it what is new here.

    Neither ends a session of the other's: what was ended here is not brought back, what was ended there not offered.
    """

    def __init__(
        self,
        core: Core,
        other: Leader,
        part: PartFile,
        is_wanted: Callable[[SavedSession], bool],
        call: Callable[[Session], None],
    ) -> None:
        """``call`` begins to exchange a session's log with the other engine. Raises PrivateFileRefused."""
        self._core = core
        self._other = other
        self._part = part
        self._is_wanted = is_wanted
        self._call = call
        self._ended = dict.fromkeys(part.ended(other.url))
        self._only_here: set[str] = set()
        self._told: set[str] = set()
        self._there: set[str] = set()  # as long as the other engine answers without a break

    async def run(self) -> None:
        """Looks again and again, also while the other engine is away."""
        while True:
            wait_s = LOOK_EVERY_S
            try:
                await self._look()
            except LeaderFailed as failure:
                _log.debug("no sessions are exchanged: %s", failure)
                self._there.clear()
            except Exception:  # noqa: BLE001  (a pair that is no longer one would be found out too late)
                _log.exception("sessions are not exchanged with %s: a defect", self._other.url)
                wait_s = AFTER_DEFECT_S
            await asyncio.sleep(wait_s)

    def ended_here(self, session_id: str) -> None:
        """A session was ended by somebody here: it does not come back from the other engine."""
        self._ended[session_id] = None
        kept = tuple(self._ended)[-MAX_REMEMBERED:]
        try:
            self._part.save(self._other.url, is_leading=True, ended=kept)
        except OSError as error:
            _log.error("that a session was ended is not written down: %s", error.strerror)

    def ended_there(self, session_id: str) -> None:
        """A session was ended by somebody at the other engine: it is not offered again."""
        self._only_here.add(session_id)

    async def _look(self) -> None:
        there = {saved.info.id: saved for saved in await self._other.sessions() if self._is_wanted(saved)}
        for session_id, saved in there.items():
            if self._core.sessions.by_id(session_id) is None:
                self._take(saved)
        for gone in self._there.difference(there):
            self.ended_there(gone)
        self._there = set(there)
        for session in self._core.sessions.all():
            saved = SavedSession(session.info, session.model.header(), session.creator)
            is_ours = session.id not in self._only_here and not session.is_kept
            if session.id not in there and is_ours and self._is_wanted(saved):
                await self._offer(session, saved)

    def _take(self, saved: SavedSession) -> None:
        if saved.info.id in self._ended:
            self._tell(saved, "was ended here and still runs at")
            return
        info = saved.info
        if any(each.info.name == info.name for each in self._core.sessions.all()):
            info = msgspec.structs.replace(info, name=f"{info.name} (at {urlsplit(self._other.url).netloc})")
        try:
            session = self._core.sessions.open(info, saved.creator, saved.pipeline)
        except (Refused, JournalFailed) as error:
            self._tell(saved, f"cannot be taken over ({shown(str(error))}) from")
            return
        self._told.discard(saved.info.id)
        _log.info("session %s was made at %s: it is here too", session.log.name(), self._other.url)
        self._call(session)

    async def _offer(self, session: Session, saved: SavedSession) -> None:
        try:
            await self._other.offer(saved)
        except LeaderFailed as failure:
            if failure.status is None:
                raise
            self._only_here.add(session.id)
            _log.warning("session %s is here only: %s", session.log.name(), failure)
            return
        self._there.add(session.id)
        _log.info("session %s is at %s too", session.log.name(), self._other.url)
        self._call(session)

    def _tell(self, saved: SavedSession, words: str) -> None:
        if saved.info.id not in self._told:
            self._told.add(saved.info.id)
            _log.warning("session %s %s %s", shown(saved.info.name or saved.info.id), words, self._other.url)
