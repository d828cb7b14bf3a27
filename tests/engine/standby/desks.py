"""Raw desks under load that move from one engine to another with what they have not been told about."""

from __future__ import annotations

import asyncio
from typing import Any

from sync.log.auth import Credentials
from sync.log.clock import Clock, Era
from sync.log.driver import LinkDriver
from sync.log.edits import change, param_place
from sync.log.end import LinkState
from sync.log.entries import MemoryEntries
from sync.log.frames import SUBPROTOCOL
from sync.log.link import Link
from sync.log.op import Entry, Op
from sync.log.oplog import OpLog
from sync.log.replica import Replica
from sync.log.server_ends import FollowerEnd
from tests.engine.log_client import LogClient, SocketTransport
from tests.engine.standby.pair import Place

__all__ = ["MovingDesk", "entries_at"]


class MovingDesk:
    """One replica that outlives its links. It writes 1, 2, 3 … into a text of its own."""

    def __init__(self, number: int) -> None:
        self.place = ("text_overlays", f"t{number}", "text")
        self.install = f"desk{number}"
        self.replica = Replica(f"open/{self.install}~1")
        self.made: list[Op] = []
        self.client: LogClient | None = None

    async def join(self, at: Place) -> None:
        """A live link to ``at``; the one before is left behind."""
        await self.leave()
        self.client = await at.desk(self.install, replica=self.replica)

    async def leave(self) -> None:
        """Hangs up, if the other end has not."""
        if self.client is not None:
            await self.client.close()
            self.client = None

    def edit(self, padding: int = 0) -> None:
        """The next value; it leaves if there is a link."""
        value = str(len(self.made) + 1).rjust(padding)
        op = self.replica.propose([change(param_place("mix", self.place), value)])
        assert op is not None
        self.made.append(op)
        if self.client is not None and self.client.link.state is not LinkState.CLOSED:
            self.client.end.submitted(op)
            self.client.link.submit([op])
            self.client.driver.kick()

    async def edit_for(self, seconds: float) -> None:
        """Edits a hundred times a second."""
        for _ in range(int(seconds * 100)):
            self.edit()
            await asyncio.sleep(0.01)

    async def settled(self) -> None:
        """Everything that was made is decided."""
        assert self.client is not None
        await self.client.settled()

    async def until_same(self, other: MovingDesk) -> None:
        """Both hold the same document."""
        assert self.client is not None
        await self.client.until(lambda: self.replica.confirmed.digest() == other.replica.confirmed.digest())

    @property
    def value(self) -> Any:
        """What its text is, as far as it is confirmed."""
        texts = {each["id"]: each["text"] for each in self.replica.confirmed.params("mix")["text_overlays"]}
        return texts[self.place[1]]


class _Reader(FollowerEnd):
    """Copies from as far back as there are entries."""

    def __init__(self, log: OpLog) -> None:
        super().__init__(log, lambda: 0.0)
        self.heard: Clock | None = None

    def heard_clock(self, clock: Clock) -> None:
        self.heard = clock
        super().heard_clock(clock)


async def entries_at(at: Place, session: str = "show") -> list[Entry]:
    """All entries that an engine still has one by one."""
    clock = (await _read(at, session, OpLog("nobody's"))).heard
    assert clock is not None
    log = OpLog("nobody's", entries=MemoryEntries(floor=clock.floor))
    log.lineage = (Era(_epoch_at(clock, clock.floor), 0),)
    await _read(at, session, log)
    return list(log.entries.after(clock.floor))


def _epoch_at(clock: Clock, rev: int) -> str:
    return next(era.epoch for era in reversed(clock.lineage) if era.start <= rev)


async def _read(at: Place, session: str, log: OpLog) -> _Reader:
    socket = await at.http.ws_connect(
        f"{at.base}/api/v1/control", params={"session": session}, protocols=(SUBPROTOCOL,), headers=at.headers
    )
    end = _Reader(log)
    driver = LinkDriver(SocketTransport(socket))
    link = Link(end, Credentials("reader", role="follower"), lambda: 0.0, lambda: 0.0, has_room=driver.has_room)
    running = asyncio.create_task(driver.run(link), name="reader")
    for _ in range(500):
        if link.is_live:
            break
        await asyncio.sleep(0.01)
    assert link.is_live, link.close
    link.drop(1000, "")
    driver.kick()
    await running
    return end
