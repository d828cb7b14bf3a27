"""Desks at engines whose disk does not take the log, or that decide nothing: what an operator is told, and when."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from pathlib import Path

import pytest

from sync.log.edits import change, param_place
from sync.log.transport import Transport
from sync.ordered.session_log import SessionLog
from sync.ordered.status import LogStatus
from sync.websocket import open_log_socket
from tests.engine.standby.pair import follower_of, is_live, start
from tests.engine.standby.pair import until as so
from tests.faults.socket_desk import drag, session_of, until
from tests.faults.test_desk_on_a_log import NODE, OPACITY, PIPELINE, desk_at, log_of
from tests.support.engine_process import EngineProcess

pytestmark = pytest.mark.timeout(90)


@contextmanager
def held_fast(state_dir: Path) -> Iterator[None]:
    """Another program writes into the journal without end: the engine cannot."""
    with closing(sqlite3.connect(state_dir / "logs.sqlite", isolation_level=None)) as journal:
        journal.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            journal.execute("ROLLBACK")


class Swallowing:
    """A way on which frames with ops get lost while ``is_on``; links over it become live."""

    is_on = False

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    async def send(self, frame: str | bytes) -> None:
        if not self._swallows(frame):
            await self._inner.send(frame)

    def send_at_once(self, frame: str | bytes) -> bool:
        return self._swallows(frame) or self._inner.send_at_once(frame)

    async def receive(self) -> str | bytes:
        return await self._inner.receive()

    async def close(self, code: int, reason: str) -> None:
        await self._inner.close(code, reason)

    def unsent_bytes(self) -> int:
        return self._inner.unsent_bytes()

    def _swallows(self, frame: str | bytes) -> bool:
        return self.is_on and (isinstance(frame, bytes) or '"ops"' in frame)


def status_of(log: SessionLog) -> LogStatus:
    status = log.status()
    assert status is not None
    return status


async def test_a_server_that_does_not_save_is_told_to_every_desk_and_so_is_the_end_of_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with EngineProcess(PIPELINE, state_dir=state) as engine:
        async with desk_at(engine.url, "one", tmp_path / "desk") as one, desk_at(engine.url, "two") as two:
            told: list[str] = []
            log_of(two).told.connect(lambda severity, sentence: told.append(f"{severity}: {sentence}"))
            with held_fast(state):
                hand = await drag(session_of(one), OPACITY, [step / 100 for step in range(10, 40)], NODE)
                hand.end()
                await until(lambda: bool(log_of(two).server_unsaved), what="the other desk knows too")
                await until(lambda: bool(status_of(log_of(one)).server_unsaved), what="this desk knows")
                await until(
                    lambda: not log_of(one).replica.outbox.pending(), what="every edit was decided all the same"
                )
                assert status_of(log_of(one)).unsafe > 0
                assert told[0].startswith("warning: The server does not save: ")
                assert "locked" in told[0]
            await until(lambda: not log_of(two).server_unsaved, 20, "it saves again")
            await until(lambda: status_of(log_of(one)).unsafe == 0, 20, "and nothing is kept here any more")
            assert told[1:] == ["info: The server saves again."]


async def test_a_standby_that_does_not_save_is_named_at_the_desks_of_its_leader(tmp_path: Path) -> None:
    state = tmp_path / "standby"
    async with AsyncExitStack() as stack:
        leader = await start(stack, EngineProcess(PIPELINE))
        standby = await start(stack, follower_of(leader.base, state_dir=state))
        await so(lambda: is_live(standby))
        async with desk_at(leader.base, "one", tmp_path / "desk") as desk:
            with held_fast(state):
                hand = await drag(session_of(desk), OPACITY, [0.1, 0.2, 0.3], NODE)
                hand.end()
                await until(lambda: "locked" in log_of(desk).server_unsaved, 20, "the desk knows")
                assert log_of(desk).server_unsaved.startswith("the standby ")
            await until(lambda: not log_of(desk).server_unsaved, 20, "it saves again")


@pytest.mark.expects_log("no link to the log")
async def test_an_edit_that_no_server_decides_is_undelivered_after_two_dead_links_and_kept(tmp_path: Path) -> None:
    """The 5 s rule makes a new link before the fifth try: tries count over links."""
    ways: list[Swallowing] = []

    async def opener(session: str) -> Swallowing:
        ways.append(Swallowing(await open_log_socket(engine.url, session, desk="one")))
        return ways[-1]

    with EngineProcess(PIPELINE) as engine:
        async with desk_at(engine.url, "one", tmp_path / "desk", opener) as desk:
            log = log_of(desk)
            lost: list[str] = []
            log.lost.connect(lost.append)
            await until(lambda: log.is_live, what="there is a link")
            Swallowing.is_on = True
            try:
                log.propose([change(param_place(NODE, OPACITY), 0.5)])
                await until(lambda: status_of(log).undelivered == 1, 40, "it is undelivered")
                assert lost == ["The server has not answered an edit for 5 s."]
                assert len(ways) == 2
                assert status_of(log).waiting == 1
            finally:
                Swallowing.is_on = False
            await until(lambda: status_of(log).waiting == 0, 40, "a new link brings it there")
            assert status_of(log).undelivered == 0
