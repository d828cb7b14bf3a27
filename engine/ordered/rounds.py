"""The one task of a session with links: fan-out, view data, presence, digests, each when it is due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator

from sync.log.authority_end import LogDesk
from sync.log.driver import LinkDriver
from sync.log.frames import ControlFrame, encode_control
from sync.log.link import Link
from sync.log.presence import HEARTBEAT_S, gathered
from sync.log.view_slot import ViewRounds, ViewSlots

DIGEST_S = 30.0
TICK_S = 0.5
AFTER_DEFECT_S = 1.0

_log = logging.getLogger(__name__)

__all__ = ["DIGEST_S", "TICK_S", "Rounds"]


class Rounds:
    """Live links with their drivers. Without one there is no task and nothing is done."""

    def __init__(self, desk: LogDesk, views: ViewSlots, name: str) -> None:
        self._desk = desk
        self._slots = views
        self._views = ViewRounds(views, desk.fanout.traffic)
        self._name = name
        self._links: dict[Link, LinkDriver] = {}
        self._has_news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._every_s = {self._beat: HEARTBEAT_S, self._digest: DIGEST_S, self._tick: TICK_S}
        self._due = dict.fromkeys(self._every_s, 0.0)

    @property
    def links(self) -> dict[Link, LinkDriver]:
        """The live links with their drivers."""
        return dict(self._links)

    def join(self, link: Link, driver: LinkDriver, *, is_desk: bool = True) -> None:
        """A link is live; with the first one the task begins. Only desks are sent view data."""
        self._links[link] = driver
        if is_desk:
            self._views.join(link)
        if self._task is None:
            now = self._desk.now()
            self._due = {self._beat: now, self._digest: now + DIGEST_S, self._tick: now + TICK_S}
            self._task = asyncio.create_task(self._run(), name=f"log rounds {self._name[:8]}")
        self.wake()

    def leave(self, link: Link) -> None:
        """A link has closed; unknown ones are ignored. With the last one the task ends."""
        self._views.leave(link)
        if self._links.pop(link, None) is not None and not self._links and self._task is not None:
            self._task.cancel()
            self._task = None

    def wake(self) -> None:
        """There is something to send, perhaps."""
        self._has_news.set()

    async def close(self) -> None:
        """Ends the task."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def step(self) -> float:
        """Does what is due; the seconds until something else is. Whatever fails, what can be sent is sent."""
        now = self._desk.now()
        self._due[self._tick] = min(self._due[self._tick], self._desk.mesh.next_at())
        due = [work for work, at in self._due.items() if at <= now]
        is_sending = bool(due)
        try:
            for work in due:
                self._do(work, now)
            self._slots.settle(now, self._desk.wall())
            if self._send_due(now) <= now:
                is_sending = True
                self._desk.fanout.serve(now)
                self._views.round()
        finally:
            if is_sending:
                for driver in [driver for link, driver in self._links.items() if not link.is_idle]:
                    driver.kick()
        return max(0.0, min(self._all_due(now)) - now)

    def _all_due(self, now: float) -> Iterator[float]:
        yield self._send_due(now)
        yield from self._due.values()
        yield self._desk.mesh.next_at()
        if (at := self._slots.settle_at()) is not None:
            yield at

    def _send_due(self, now: float) -> float:
        fanout = self._desk.fanout
        due = fanout.due_at(now)
        if due is None and self._views.is_behind:
            due = fanout.pacing.due_at(now)
        return due if due is not None else float("inf")

    async def _run(self) -> None:
        while True:
            self._has_news.clear()
            try:
                wait_s = self.step()
            except Exception:  # noqa: BLE001  (a defect must not end the session's fan-out)
                _log.exception("a fan-out round of session %s failed by a defect", self._name)
                wait_s = AFTER_DEFECT_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._has_news.wait()
            except TimeoutError:
                continue

    def _do(self, work: Callable[[], None], now: float) -> None:
        """Whatever becomes of it, it is done again in its time, and nobody else waits for it."""
        self._due[work] = now + self._every_s[work]
        try:
            work()
        except Exception:  # noqa: BLE001  (a defect of one must not starve the others)
            _log.exception("a %s of session %s failed by a defect", work.__name__.strip("_"), self._name)

    def _beat(self) -> None:
        frames = self._desk.presence_frames()
        alone = [encode_control(frame) for frame in frames]
        together = [encode_control(frame) for frame in gathered(frames, self._desk.wall())]
        for link in self._links:
            for text in together if "present" in link.caps else alone:
                link.pass_on(text)

    def _digest(self) -> None:
        desk, mesh = self._desk, self._desk.mesh
        plain = desk.digest()
        for_engines = [encode_control(mesh.digest(plain))]
        told: list[ControlFrame] = [plain, *mesh.filters()]
        for_others = [encode_control(frame) for frame in told]
        for link in self._links:
            for text in for_engines if link in mesh else for_others:
                link.pass_on(text)

    def _tick(self) -> None:
        self._desk.tick()
