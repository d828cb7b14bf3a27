"""This engine as a standby: it has the leader's sessions, refuses to change them, and leads them once it is told to."""

from __future__ import annotations

import asyncio
import logging
import random

import msgspec

from engine.running.core import Core
from engine.running.permissions import Role
from engine.running.refused import Refused
from engine.running.session import Session
from engine.running.state_file import SavedSession
from engine.serving.quiet_log import shown
from engine.standby.copy import SessionCopy
from engine.standby.duty import CopyFacts, RightsChanged, StandbyFacts
from engine.standby.leader import Leader, LeaderFailed
from engine.standby.media import MediaCopy
from engine.standby.pairing import Pairing
from engine.standby.plan import Plan, reachable
from sync.log.backoff import Backoff
from sync.log.journal import JournalFailed

LOOK_EVERY_S = 2.0
CHANGING = frozenset({"create_sessions", "destroy_sessions", "modify_sessions", "tune_nodes"})

_log = logging.getLogger(__name__)

__all__ = ["Standby"]


class Standby:
    """The duty of an engine that follows another. Make it inside the loop that it runs in."""

    def __init__(self, core: Core, plan: Plan) -> None:
        self.is_leading = plan.is_leading
        self._core = core
        self._plan = plan
        self._leader = Leader(plan.options.leader, plan.token)
        self._address = ""
        self._rights_changed: RightsChanged = _nothing
        self._media = MediaCopy(core, self._leader)
        self._copies: dict[str, SessionCopy] = {}
        self._trouble = ""
        self._hindrance = ""
        self._seen_at = 0.0
        self._backoff = Backoff(random.random)
        core.sessions.on_ended = self._let_go
        self._tasks: list[asyncio.Task[None]] = []
        self._pairing: Pairing | None = None  # once it leads

    # ---- its part

    @property
    def facts(self) -> StandbyFacts:
        copies = tuple(_facts_of(copy) for copy in self._copies.values())
        return StandbyFacts("leader" if self.is_leading else "standby", self._leader.url, self._trouble, copies)

    def narrowed(self, role: Role) -> Role:
        """While it copies, nobody may change anything."""
        if self.is_leading:
            return role
        sentence = f"This engine is a standby of {self._leader.url}; take over first."
        withheld = dict.fromkeys(role.rights & CHANGING, sentence)
        return msgspec.structs.replace(role, rights=role.rights - CHANGING, withheld=withheld)

    async def take_over(self) -> None:
        """Numbers from now on, in one step for all sessions. Raises Refused when that cannot be written down."""
        if self.is_leading:
            return
        try:
            self._plan.part.save(self._leader.url, is_leading=True)
        except OSError as error:
            sentence = f"The take-over cannot be written down ({error.strerror}); nothing was changed"
            raise Refused(sentence, 507) from error
        self.is_leading = True
        self._trouble = self._hindrance = ""
        self._core.logs.standby_of = ""
        for session in self._core.sessions.all():
            self._lead(session)
        revs = ", ".join(f"{each.name} at rev {each.rev}" for each in self.facts.copies)
        _log.warning("took over from %s: %s", self._leader.url, revs or "it had no sessions")
        await asyncio.gather(*(copy.close() for copy in self._copies.values()))
        for copy in self._copies.values():
            copy.begin(is_leading=True)
        self._begin_pairing()
        await self._rights_changed()

    def _lead(self, session: Session) -> None:
        try:
            session.log.lead()
        except Exception:  # noqa: BLE001  (one session's defect must not keep the others from being led)
            _log.exception("session %s is not led: a defect", session.log.name())

    # ---- its life

    def begin(self, address: str, rights_changed: RightsChanged) -> None:
        """Begins to call. Sessions that were restored are copied on, or met again."""
        self._address, self._rights_changed = address, rights_changed
        for session in self._core.sessions.all():
            self._copy(session).begin(is_leading=self.is_leading)
        if self.is_leading:
            _log.warning("took over from %s in an earlier run and goes on leading", self._leader.url)
            self._begin_pairing()
        else:
            self._tasks.append(asyncio.create_task(self._look_for_ever(), name="standby"))

    def _begin_pairing(self) -> None:
        self._pairing = Pairing(self._core, self._leader, self._plan.part, self._is_wanted, self._call)
        self._tasks.append(asyncio.create_task(self._pairing.run(), name="pairing"))

    def _call(self, session: Session) -> None:
        copy = self._copies.get(session.id) or self._copy(session)
        if not copy.is_calling:
            copy.begin(is_leading=True)

    async def close(self) -> None:
        """Hangs up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(copy.close() for copy in self._copies.values()))
        await self._leader.close()

    async def _look_for_ever(self) -> None:
        self._seen_at = self._core.logs.now()
        while not self.is_leading:
            wait_s = await self._look_once()
            await asyncio.sleep(wait_s)

    async def _look_once(self) -> float:
        """Whatever fails is said and tried again; the seconds until then."""
        now = self._core.logs.now
        try:
            failed = await self._look()
            self._seen_at, self._backoff, self._hindrance = now(), Backoff(random.random), ""
            await self._media.look()
        except LeaderFailed as failure:
            wait_s = await self._consider(now(), self._backoff.failed(now()))
            if self.is_leading:
                return 0.0
            self._trouble = "; ".join(filter(None, (str(failure), self._hindrance)))
            level = logging.ERROR if failure.status is not None else self._backoff.level
            _log.log(level, "%s; asking again in %.0f s", failure, wait_s)
            return wait_s
        except Exception as error:  # noqa: BLE001  (a standby that no longer looks would be found out too late)
            failed = f"copying from {self._leader.url} has failed: {_reason(error)}"
        self._trouble = self._told(failed, self._trouble)
        return LOOK_EVERY_S

    def _told(self, sentence: str, before: str) -> str:
        """The sentence, which is in the program's log once and not every time."""
        if sentence and sentence not in before:
            _log.error("%s; trying again", sentence)
        return sentence

    async def _look(self) -> str:
        """Begins to copy what is new at the leader. What it no longer has is kept: it may have lost it.

        What cannot be copied, as one sentence. Raises LeaderFailed.
        """
        there = {saved.info.id: saved for saved in await self._leader.sessions() if self._is_wanted(saved)}
        if self.is_leading:
            return ""
        failed = [sentence for saved in there.values() if (sentence := self._begin_copy(saved))]
        for session_id, copy in list(self._copies.items()):
            if session_id not in there and copy.is_calling and not copy.is_live:
                await self._keep(copy)
        return "; ".join(failed)

    def _begin_copy(self, saved: SavedSession) -> str:
        """Begins to copy one session unless it is copied; why it cannot be, or nothing."""
        try:
            copy = self._copies.get(saved.info.id) or self._copy(self._opened(saved))
        except (Refused, JournalFailed) as error:
            return f"session {shown(saved.info.name or saved.info.id)} cannot be copied: {_reason(error)}"
        if not copy.is_calling:
            copy.session.is_kept = False
            copy.begin(is_leading=False)
        return ""

    async def _keep(self, copy: SessionCopy) -> None:
        await copy.close()
        if not self.is_leading:
            copy.session.is_kept = True
            copy.trouble = f"{self._leader.url} no longer has this session; its copy is kept until it is ended here"
            _log.warning("session %s: %s", copy.name, copy.trouble)

    def _is_wanted(self, saved: SavedSession) -> bool:
        wanted = self._plan.options.sessions
        return not wanted or saved.info.id in wanted or saved.info.name in wanted

    def _opened(self, saved: SavedSession) -> Session:
        sessions = self._core.sessions
        older = next((each for each in sessions.all() if each.info.name == saved.info.name), None)
        if older is not None:
            kept = f"{older.info.name} (kept {older.id[:8]})"
            _log.warning("session %s is another one at the leader now; the copy is called %r", older.info.name, kept)
            older.info = msgspec.structs.replace(older.info, name=kept)
        return sessions.open(saved.info, saved.creator, saved.pipeline)

    def _copy(self, session: Session) -> SessionCopy:
        copy = SessionCopy(session, self._leader, self._plan.caller, self._url_for, self._ended)
        self._copies[session.id] = copy
        return copy

    def _url_for(self, own_host: str) -> str:
        return reachable(self._address, own_host, self._plan.options.url)

    def _ended(self, session: Session) -> None:
        """The leader's operators have ended a session: so does its copy, unless it has gone its own way since."""
        copy = self._copies.pop(session.id, None)
        if copy is None:
            return
        if self.is_leading:
            _log.warning("session %s was ended at %s; it goes on here", copy.name, self._leader.url)
            if self._pairing is not None:
                self._pairing.ended_there(session.id)
        else:
            self._core.sessions.destroy(session)

    def _let_go(self, session: Session) -> None:
        """A session was ended here."""
        copy = self._copies.pop(session.id, None)
        if copy is not None:
            copy.let_go()
        if self._pairing is not None:
            self._pairing.ended_here(session.id)

    # ---- the leader is gone

    def _gone_s(self, now: float) -> float:
        """Seconds since anything was heard of the leader."""
        heard = [copy.heard_at for copy in self._copies.values() if copy.heard_at is not None]
        return now - max([self._seen_at, *heard])

    async def _consider(self, now: float, wait_s: float) -> float:
        """Takes over where the operator has asked for that in advance; the seconds until it is to be considered again.

        What keeps it from that is in ``_hindrance`` afterwards, and in the program's log once.
        """
        after_s = self._plan.options.take_over_after_s
        if after_s is None:
            return wait_s
        left_s = after_s - self._gone_s(now)
        hindrance = self._incomplete()
        if not hindrance and left_s <= 0:
            try:
                await self.take_over()
            except Refused as refusal:
                hindrance, wait_s = str(refusal), min(wait_s, LOOK_EVERY_S)
        self._hindrance = self._told(hindrance, self._hindrance)
        return wait_s if hindrance else min(wait_s, max(left_s, 0.0))

    def _incomplete(self) -> str:
        """Why there is nothing to lead with: a copy that was never complete in this run. One that is kept because the
        leader no longer has it does not count."""
        calling = [copy for copy in self._copies.values() if copy.is_calling]
        if not calling:
            return "no take-over by itself: there is no session to lead"
        missing = next((copy for copy in calling if copy.heard_at is None), None)
        if missing is None:
            return ""
        return f"no take-over by itself: session {missing.name} was not complete since this standby started"


async def _nothing() -> None:
    """Nobody wants to know."""


def _reason(error: Exception) -> str:
    reason = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
    return shown(reason.rstrip("."))


def _facts_of(copy: SessionCopy) -> CopyFacts:
    log = copy.session.log
    return CopyFacts(copy.session.id, copy.name, copy.state.value, log.log.head, log.fanout.stable, copy.trouble)
