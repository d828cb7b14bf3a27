"""Puts standbys into a desk: the watch, the strip, and the actions that the strip, the menu and the palette share."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final

from gui.actions.table import Action
from gui.bridge import Bridge
from gui.connecting.connector import Connector
from gui.server.actions import ServerActions
from gui.server.answers import StandbyPart
from gui.server.rest import RestClient
from gui.settings.state import StateFile
from gui.standby.candidate import Candidate, here_text, offer_text, place_name
from gui.standby.continuing import Continuing
from gui.standby.memory import StandbyMemory
from gui.standby.strip import CONTINUE, TAKE_OVER, WAIT, StandbyStrip, put_under
from gui.standby.watch import StandbyWatch
from gui.window import MainWindow

ASK_LIMIT_S: Final = 3.0

__all__ = ["Standbys"]


class Standbys:
    """Made before the window is finished. ``move`` takes the desk to a server by its URL; see ``moved``."""

    def __init__(
        self,
        window: MainWindow,
        server: ServerActions,
        connector: Connector,
        move: Callable[[str], Awaitable[None]],
        state: StateFile,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._window, self._server, self._connector = window, server, connector
        bridge = window.bridge
        self.watch = StandbyWatch(bridge, self._ask, server.errands.tasks, StandbyMemory(state), now)
        self._continuing = Continuing(window, connector, server.errands, server.client, move)
        window.actions_table.add(*self._actions())
        window.actions_table.add_source(self._others)
        self.strip = StandbyStrip(window.actions_table, window.tokens)
        put_under(window.banner, self.strip)
        self.watch.changed.connect(self._show)
        bridge.link_shown.connect(lambda _link: self.watch.look())

    def moved(self, left: str) -> None:
        """The desk has gone on at another server than the one at ``left``."""
        self.watch.moved(left)

    def stop(self) -> None:
        """The desk ends."""
        self.watch.stop()

    def _actions(self) -> tuple[Action, ...]:
        return (
            Action(CONTINUE, "Continue on a standby", self._continue,
                   "Let a server that copies this session lead it, and go there with everything that waits",
                   menu="Session", spoken=lambda _now: self._continue_title(), why_not=self._why_not_continue),
            Action(WAIT, "Keep waiting for the server", self.watch.decline,
                   "Go on trying to reach the server; what you do meanwhile is kept", menu="Session",
                   is_enabled=lambda _now: self.watch.is_offered),
            Action(TAKE_OVER, "Take over here", self._continuing.take_over_here,
                   "Let this standby lead the session from now on", menu="Session",
                   is_enabled=lambda now: now.session is not None, why_not=self._why_not_take_over),
        )  # fmt: skip

    def _others(self) -> tuple[Action, ...]:
        """In the palette each server has its own entry."""
        return tuple(
            Action(f"standby.continue.{each.url}", f"Continue on {each.name}", self._going_on_at(each),
                   f"Go on with this session at {each.url}")
            for each in self.watch.candidates
        )  # fmt: skip

    def _going_on_at(self, there: Candidate) -> Callable[[], None]:
        return lambda: self._continuing.go_on_at(there)

    def _continue(self) -> None:
        if (there := self.watch.best) is not None:
            self._continuing.go_on_at(there)

    def _continue_title(self) -> str:
        there = self.watch.best
        return "Continue on a standby" if there is None else f"Continue on {there.name}"

    def _why_not_continue(self, now: Bridge) -> str | None:
        if self.watch.best is not None:
            return None
        return "No session is open." if now.session is None else "No other server has a copy of this session."

    def _why_not_take_over(self, now: Bridge) -> str | None:
        if self.watch.here is None:
            return "This server is no standby."
        return now.desk.why_not("take_over")

    async def _ask(self, url: str) -> StandbyPart:
        if not url:
            return await self._server.client().standby()
        return await RestClient(await self._connector.access(url), ASK_LIMIT_S).standby()

    def _show(self) -> None:
        self._withhold()
        self._window.bound.refresh()
        watch, session = self.watch, self._window.bridge.session
        there, log = watch.best, watch.log
        if session is not None and watch.here is not None:
            offered = (TAKE_OVER,) if there is None else (CONTINUE, TAKE_OVER)
            self.strip.say(here_text(watch.here, session.info.id, watch.waiting), *offered)
        elif watch.is_offered and there is not None:
            applied = 0 if log is None else log.replica.applied
            self.strip.say(offer_text(there, applied, watch.waiting), WAIT, CONTINUE)
        else:
            self.strip.say("")

    def _withhold(self) -> None:
        here = self.watch.here
        sentence = "" if here is None else f"This server is a standby of {place_name(here.leader)}: it takes no edits."
        self._window.bridge.desk.withhold(sentence)
