"""One session of the leader's, copied: it calls, follows, and calls again, and after a take-over it merges instead."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from enum import Enum
from functools import partial

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.ordered.session_log import SESSION_ENDED
from engine.running.session import Session
from engine.serving.quiet_log import shown
from engine.standby.leader import Leader, LeaderFailed
from sync.log.auth import Credentials, public_hex
from sync.log.backoff import Backoff
from sync.log.driver import LinkDriver
from sync.log.end import NOT_ADMITTED, NOT_TRUSTED, SERVER_TIMING, Close
from sync.log.frames import Standby, StandbysFrame
from sync.log.known_servers import KnownServers, hosts_of
from sync.log.link import Link
from sync.log.server_ends import FollowerEnd, MeshEnd

TELL_EVERY_S = 0.1

_log = logging.getLogger(__name__)

__all__ = ["Caller", "CopyState", "SessionCopy"]


class Caller(msgspec.Struct, frozen=True):
    """Who this engine is to the one that it calls; ``token`` is a one-time one."""

    name: str
    key: Ed25519PrivateKey | None = None
    token: str = ""
    known: KnownServers = KnownServers(None)

    def credentials(self, role: str, hosts: frozenset[str]) -> Credentials:
        """The answer to a challenge, as ``follower`` or ``authority``, from the server at ``hosts``."""
        vouch = partial(self.known.meet, hosts=hosts)
        return Credentials(self.name, self.key, self.token, role, self.name, vouch)

    @property
    def advice(self) -> str:
        """What to do when the other engine does not let this one in."""
        if self.key is None:
            return "it wants a key: give --key FILE"
        return f"its --keys file must hold the line: authority {public_hex(self.key)}"


class CopyState(Enum):
    """How far a copy is."""

    WAITING = "waiting"
    CALLING = "calling"
    LIVE = "live"


class SessionCopy:
    """One session's link to the engine that it came from."""

    def __init__(
        self,
        session: Session,
        leader: Leader,
        caller: Caller,
        url_for: Callable[[str], str],
        ended: Callable[[Session], None],
    ) -> None:
        """``url_for`` gives the URL where desks reach this engine, from its address on the way to the leader;
        ``ended`` is called when the session was ended there on purpose."""
        self.session = session
        self.state = CopyState.WAITING
        self.trouble = ""
        self.heard_at: float | None = None
        self._leader = leader
        self._caller = caller
        self._url_for = url_for
        self._ended = ended
        self._is_leading = False
        self._is_over = False  # the session was ended at the other engine
        self._task: asyncio.Task[None] | None = None

    def begin(self, *, is_leading: bool) -> None:
        """Begins to call: to copy, or as an equal."""
        self._is_leading = is_leading
        self._task = asyncio.create_task(self._call_for_ever(), name=f"copy of {self.name}")

    async def close(self) -> None:
        """Hangs up."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self.state = CopyState.WAITING

    def let_go(self) -> None:
        """Hangs up without waiting for it: the session was ended here."""
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    @property
    def name(self) -> str:
        """The session's name, for a line in a log."""
        return shown(self.session.info.name or self.session.id)

    @property
    def is_live(self) -> bool:
        """Whether everything that happens there arrives."""
        return self.state is CopyState.LIVE

    @property
    def is_calling(self) -> bool:
        """Whether it keeps calling."""
        return self._task is not None and not self._task.done()

    async def _call_for_ever(self) -> None:
        now = self.session.log.shared.now
        backoff = Backoff(random.random)
        while self._task is asyncio.current_task():
            self.state = CopyState.CALLING
            is_refused = await self._call_once(backoff)
            self.state = CopyState.WAITING
            if self._is_over:
                self._ended(self.session)
                return
            wait_s = backoff.failed(now())
            self._say(logging.ERROR if is_refused and backoff.failures == 1 else backoff.level, wait_s)
            await asyncio.sleep(wait_s)

    async def _call_once(self, backoff: Backoff) -> bool:
        """One link from the call to its end; whether the other engine has refused it."""
        try:
            close = await self._call(backoff)
        except LeaderFailed as failure:
            self.trouble = str(failure)
            return failure.status is not None
        except Exception:  # noqa: BLE001  (whatever the other engine sends, this one goes on)
            _log.exception("the link of session %s failed by a defect", self.name)
            self.trouble = f"the link to {self._leader.url} has failed by a defect; the log of this engine has more"
            return True
        self._is_over = close.code == SESSION_ENDED
        self.trouble = self._sentence(close)
        return close.code in (NOT_ADMITTED, NOT_TRUSTED)

    async def _call(self, backoff: Backoff) -> Close:
        """One link from the call to its end. Raises LeaderFailed."""
        socket = await self._leader.call(self.session.id)
        hosts = await hosts_of(self._leader.url)
        driver = LinkDriver(socket)
        log = self.session.log
        end = self._end()
        link = Link(
            end,
            self._caller.credentials("authority" if self._is_leading else "follower", hosts),
            log.shared.now,
            log.shared.wall,
            SERVER_TIMING,
            has_room=driver.has_room,
            unsent=driver.unsent_bytes,
        )
        if isinstance(end, MeshEnd):
            end.attach(link)
            link.on_live = lambda: log.joined(link, driver, "", is_desk=False)
        watch = asyncio.create_task(self._watch(link, driver, socket.own_host, backoff), name="copy watch")
        try:
            return await driver.run(link)
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            if isinstance(end, MeshEnd):
                end.left()
                log.left(link, "")

    def _end(self) -> FollowerEnd | MeshEnd:
        log = self.session.log
        if self._is_leading:
            return MeshEnd(log.desk)
        return FollowerEnd(log.log, log.shared.wall, log.desk.merged, log.replaced)

    async def _watch(self, link: Link, driver: LinkDriver, own_host: str, backoff: Backoff) -> None:
        """Notes that the link lives, and says what is on disk here as often as that changes."""
        log, told = self.session.log, (-1, "")
        while True:
            if link.is_live:
                self._lives(backoff)
                now = (log.fanout.stable, log.desk.unsaved)
                if not self._is_leading and now != told:
                    told = now
                    row = Standby(self._url_for(own_host), self._caller.name, log.fanout.stable)
                    link.send(StandbysFrame((row,), log.desk.unsaved, log.shared.wall()))
                    driver.kick()
            await asyncio.sleep(TELL_EVERY_S)

    def _lives(self, backoff: Backoff) -> None:
        self.heard_at = self.session.log.shared.now()
        if self.state is not CopyState.LIVE:
            self.state, self.trouble = CopyState.LIVE, ""
            backoff.live(self.heard_at)
            _log.info("session %s: linked to %s at rev %d", self.name, self._leader.url, self.session.log.log.head)

    def _sentence(self, close: Close) -> str:
        if close.code == NOT_TRUSTED:
            return close.detail
        if close.code == NOT_ADMITTED:
            return f"{self._leader.url} does not let this engine in; {self._caller.advice}"
        return f"the link to {self._leader.url} has ended: {close.reason or close.code}"

    def _say(self, level: int, wait_s: float) -> None:
        # Once this engine leads, the other one may well stay away.
        level = logging.INFO if self._is_leading else level
        _log.log(level, "session %s: %s; calling again in %.0f s", self.name, self.trouble, wait_s)
