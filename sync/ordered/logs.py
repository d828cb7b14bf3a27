"""The ordered log of the session that is open on a desk: found out whether there is one, attached, followed, let go."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sync.clock import Clock
from sync.log.outbox import Outbox, OutboxFull
from sync.log.transport import Transport
from sync.ordered.faults import Faults, FaultyStore
from sync.ordered.session_log import SessionLog
from sync.ordered.status import NoLog
from sync.signals import Signal
from sync.wire.pipeline import SessionInfo

if TYPE_CHECKING:
    from sync.ordered.installation import Installation
    from sync.ordered.log_link import LogLink
    from sync.ordered.outbox_file import OutboxFile

ATTACH_LIMIT_S = 10.0

_log = logging.getLogger(__name__)

__all__ = ["ATTACH_LIMIT_S", "Logs", "OpenLog"]

OpenLog = Callable[[str], Awaitable[Transport]]


class Logs:
    """At most one attached log. ``noticed``: severity and sentence; ``not_ordered``: the server keeps no log any more.
    ``no_log`` says why there was none at the last try, though the server keeps one.

    ``opener`` opens a session's log by its id; ``folder`` keeps key and outbox, None keeps nothing; ``name`` is what
    other operators read.
    """

    def __init__(
        self,
        opener: OpenLog,
        folder: Path | None,
        name: str,
        place: str,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.noticed: Signal[str, str] = Signal()
        self.not_ordered: Signal[()] = Signal()
        self.faults = Faults()
        self.no_log: NoLog | None = None
        self._opener, self._folder, self._name, self._place, self._draw = opener, folder, name, place, draw
        self._installation: Installation | None = None
        self._info: SessionInfo | None = None
        self._clock: Clock | None = None
        self._log: SessionLog | None = None
        self._channel = ""
        self._left_place = ""  # where the desk was before it moved, with what earlier runs left for it
        self._unkept: dict[str, Outbox] = {}  # by channel, where there is no file to keep it
        self._running: asyncio.Task[None] | None = None
        self._verdict: asyncio.Future[bool] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._hosts: frozenset[str] = frozenset()  # where the link under way leads

    async def attach(self, info: SessionInfo, clock: Clock) -> SessionLog | None:
        """The session's log, live; None when the server keeps none, or none that becomes live in time."""
        self.detach()
        await self._until_written()
        self._info, self._clock = info, clock
        self.no_log = None
        log, link = self._make(info, clock)
        if not await self._is_live(log, link):
            self.detach()
            return None
        self._log = log
        link.not_ordered.connect(lambda _: self.not_ordered.emit())
        return log

    async def _is_live(self, log: SessionLog, link: LogLink) -> bool:
        """Runs the link; whether it becomes live in time. Otherwise the operator is told why, once."""
        verdict: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._verdict = verdict
        ties = [
            log.opened.connect(lambda: _decide(verdict, True)),
            link.not_ordered.connect(lambda _: _decide(verdict, False)),
            link.not_admitted.connect(lambda: _decide(verdict, False)),
            link.untrusted.connect(lambda _: _decide(verdict, False)),
        ]
        self._running = asyncio.create_task(link.run(), name="session log")
        try:
            async with asyncio.timeout(ATTACH_LIMIT_S):
                return await verdict
        except TimeoutError:
            reason = link.status().reason.rstrip(".") or "it does not answer"
            self._go_without(NoLog(f"The ordered log of this session cannot be opened: {reason}."))
            return False
        finally:
            for untie in ties:
                untie()

    def _go_without(self, why: NoLog) -> None:
        if why != self.no_log:
            self.no_log = why
            self.noticed.emit("warning", f"{why.sentence} The session is worked on without it.")

    def _known(self) -> None:
        self.no_log = None
        if self._log is not None:
            self._log.key_line = ""

    def _not_known(self) -> None:
        """The server does not know our key: said once, with what would help."""
        line = self._identity().key_line(self._name)
        what = "This server does not know this desk's key. Add the line that the Sync dock shows to its keys file"
        why = NoLog(f"{what} and open the session again." if self._log is None else f"{what}.", line)
        if why == self.no_log:
            return
        _log.warning("the server's keys file lacks this line: %s", line)
        if self._log is None:
            self._go_without(why)
        else:
            self.no_log, self._log.key_line = why, line
            self.noticed.emit("error", f"{why.sentence} What you do meanwhile is kept.")

    def _not_trusted(self, sentence: str) -> None:
        """Our key is not used there: said once."""
        why = NoLog(f"{sentence}.")
        if self._log is None:
            self._go_without(why)
        elif why != self.no_log:
            self.no_log = why
            self.noticed.emit("error", f"{sentence}. What you do meanwhile is kept.")

    def _vouch(self, server: str) -> None:
        self._identity().known_servers.meet(server, self._hosts)

    def rebind(self, info: SessionInfo) -> None:
        """The server gave the session of this name another id."""
        self._info = info

    async def move(self, place: str) -> None:
        """The opener leads to another server now: the attached log goes on there, with all that waits for a server.

        Its author stays the same, so whatever the other server has already is not done again.
        """
        log, clock, left = self._log, self._clock, self._channel
        self._hang_up()
        await self._until_written()
        self._left_place, self._place = self._place, place
        if log is None or clock is None or self._log is not log:
            return
        self._unkept.pop(left, None)
        link = self._link(log, clock, self._moved(log, left))
        link.not_ordered.connect(lambda _: self.not_ordered.emit())
        self._running = asyncio.create_task(link.run(), name="session log")

    def detach(self) -> None:
        """Lets the attached log go; what waits is written in the background."""
        self._log = None
        if self._verdict is not None:
            _decide(self._verdict, False)
        self._hang_up()

    async def close(self) -> None:
        """Ends everything and waits until it is written."""
        self.detach()
        await self._until_written()
        if self._installation is not None:
            self._installation.close()

    def _hang_up(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            self._ending.add(running)
            running.add_done_callback(self._ending.discard)

    async def _until_written(self) -> None:
        """One file is written by one log at a time."""
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _make(self, info: SessionInfo, clock: Clock) -> tuple[SessionLog, LogLink]:
        outbox, trouble = self._left_behind(info)
        self._tell(trouble)
        log = SessionLog(self._identity().new_author(), clock, outbox, self.faults)
        file = None if trouble else self._outbox_file(log, info)
        if file is not None and self._left_place not in ("", self._place):
            self._bring_along(outbox, file, info)
        return log, self._link(log, clock, file)

    def _bring_along(self, outbox: Outbox, file: OutboxFile, info: SessionInfo) -> None:
        """The desk came here without the session: what earlier runs left for it at the other place goes along."""
        from sync.ordered.outbox_file import load_outbox

        store, channel = self._identity().store, f"{self._left_place}/{info.name or info.id}"
        there, trouble = (Outbox(), "") if store is None else load_outbox(store, channel)
        if len(there):
            trouble = _adopted(outbox, there)
            if not trouble:
                file.moves_from(channel, Outbox())
        self._tell(trouble)

    def _identity(self) -> Installation:
        # The key library is loaded with the first log, not before the window.
        from sync.ordered.installation import claim_installation

        if self._installation is None:
            self._installation = claim_installation(self._folder)
            self._tell(self._installation.trouble)
        return self._installation

    def _left_behind(self, info: SessionInfo) -> tuple[Outbox, str]:
        """What was left for this session at this place, and a sentence when that cannot be read."""
        from sync.ordered.outbox_file import guard_all, load_outbox

        store, channel = self._identity().store, self._channel_of(info)
        if store is not None:
            return load_outbox(store, channel)
        outbox = self._unkept.setdefault(channel, Outbox())
        guard_all(outbox)
        return outbox, ""

    def _outbox_file(self, log: SessionLog, info: SessionInfo) -> OutboxFile | None:
        from sync.ordered.outbox_file import OutboxFile

        store, self._channel = self._identity().store, self._channel_of(info)
        if store is None:
            self._unkept[self._channel] = log.replica.outbox
            return None
        return OutboxFile(log.replica.outbox, FaultyStore(store, self.faults), self._channel, lambda: log.is_live)

    def _moved(self, log: SessionLog, left: str) -> OutboxFile | None:
        """The outbox with all that waits, at the new place.

        None, and the old rows stay, when nothing is kept or what is there cannot be read.
        """
        assert self._info is not None
        file = self._outbox_file(log, self._info)
        if file is None:
            return None
        there, trouble = self._left_behind(self._info)
        trouble = trouble or _adopted(log.replica.outbox, there)
        if trouble:
            self._tell(trouble)
            return None
        file.moves_from(left, there)
        return file

    def _link(self, log: SessionLog, clock: Clock, file: OutboxFile | None) -> LogLink:
        from sync.ordered.log_link import LogLink

        credentials = self._identity().credentials(self._name, self._vouch)
        link = LogLink(log, clock, self._open, credentials, file, self._draw, self._name)
        link.not_admitted.connect(self._not_known)
        link.untrusted.connect(self._not_trusted)
        log.opened.connect(self._known)
        return link

    def _channel_of(self, info: SessionInfo) -> str:
        return f"{self._place}/{info.name or info.id}"

    async def _open(self) -> Transport:
        from sync.log.known_servers import hosts_of

        assert self._info is not None
        hosts = await hosts_of(self._place)  # first: whoever is cancelled then has opened nothing
        transport = await self._opener(self._info.id)
        self._hosts = hosts
        return transport

    def _tell(self, trouble: str) -> None:
        if trouble:
            self.noticed.emit("error", trouble)


def _adopted(outbox: Outbox, there: Outbox) -> str:
    """Takes over what earlier runs left; a sentence when there is no room for it, and then nothing was taken."""
    try:
        outbox.adopt(there)
    except OutboxFull as full:
        return f"Edits of an earlier run stay where they are. {full}"
    return ""


def _decide(verdict: asyncio.Future[bool], is_ordered: bool) -> None:
    if not verdict.done():
        verdict.set_result(is_ordered)
