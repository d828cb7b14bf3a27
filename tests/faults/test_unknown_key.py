"""A desk whose key the server does not know: told what would help, once; it works by protocol 1 until then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.clock import LoopClock
from sync.desk import Desk
from sync.log.auth import public_hex
from sync.log.transport import Transport
from sync.ordered.logs import Logs
from sync.ordered.status import LogState
from sync.websocket import open_log_socket, open_websocket
from tests.faults.socket_desk import session_of, until
from tests.faults.test_desk_on_a_log import NODE, OPACITY, PIPELINE, log_of
from tests.support.engine_process import EngineProcess

pytestmark = pytest.mark.timeout(60)


class Keys:
    """The server's keys file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._first = f"admin {public_hex(Ed25519PrivateKey.generate())} # somebody else"
        self.write()

    def write(self, *lines: str) -> None:
        """These desks are known from now on."""
        self.path.write_text("\n".join((self._first, *lines, "")))
        self.path.chmod(0o600)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys")


@pytest.fixture
def engine(tmp_path: Path, keys: Keys) -> Iterator[EngineProcess]:
    with EngineProcess(PIPELINE, state_dir=tmp_path / "state", options=["--keys", keys.path]) as running:
        yield running


class Stranger:
    """A desk, what it was told, and how often it tried."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.tries = url, 0
        self.told: list[tuple[str, str]] = []
        logs = Logs(self._open, folder, "Desk 2", url)
        self.desk = Desk(url, LoopClock(), lambda: open_websocket(url, desk="x"), draw=lambda: 0.9, logs=logs)
        self.desk.noticed.connect(lambda severity, sentence: self.told.append((severity, sentence)))

    async def _open(self, session: str) -> Transport:
        self.tries += 1
        return await open_log_socket(self.url, session, desk="x")

    async def open_session(self) -> None:
        """Opens it, from wherever it was."""
        await until(lambda: self.desk.sessions, what="the sessions are listed")
        self.desk._open.leave()
        self.desk.open_session(self.desk.sessions[0].id)
        await until(lambda: self.desk.session is not None, what="the session is open")


@asynccontextmanager
async def stranger_at(engine: EngineProcess, folder: Path) -> AsyncIterator[Stranger]:
    """A running desk."""
    stranger = Stranger(engine.url, folder)
    running = asyncio.create_task(stranger.desk.run())
    try:
        await stranger.open_session()
        yield stranger
    finally:
        await stranger.desk.close()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.mark.expects_log("no link to the log", "keys file lacks this line")
async def test_it_is_told_the_line_that_is_missing_and_works_without_the_log_until_it_is_there(
    engine: EngineProcess, keys: Keys, tmp_path: Path
) -> None:
    async with stranger_at(engine, tmp_path / "desk") as one:
        session = session_of(one.desk)
        assert session.log is None
        assert session.no_log is not None
        line = session.no_log.key_line
        assert one.told == [
            (
                "warning",
                "This server does not know this desk's key. Add the line that the Sync dock shows to its keys file and "
                "open the session again. The session is worked on without it.",
            )
        ]
        assert one.tries == 1, "it is not asked again and again"
        session.edit(NODE, {OPACITY: 0.33}, "Fade")
        await until(lambda: session.store.in_flight() == 0, what="protocol 1 has taken it")
        assert session.store.value(NODE, OPACITY) == 0.33
        keys.write(line)
        await one.open_session()
        assert log_of(one.desk).is_live
        assert session_of(one.desk).no_log is None
        status = log_of(one.desk).status()
        assert status is not None
        assert (status.state, status.rights) == (LogState.LIVE, "edit")
        assert len(one.told) == 1


@pytest.mark.expects_log("no link to the log", "keys file lacks this line")
async def test_a_key_that_is_struck_off_while_it_works_is_told_once_and_nothing_is_lost(
    engine: EngineProcess, keys: Keys, tmp_path: Path
) -> None:
    async with stranger_at(engine, tmp_path / "desk") as one:
        no_log = session_of(one.desk).no_log
        assert no_log is not None
        keys.write(no_log.key_line)
        await one.open_session()
        log = log_of(one.desk)
        keys.write()
        tries = one.tries
        log.faults.cut()
        await until(lambda: not log.is_live, what="the link is gone")
        session_of(one.desk).edit(NODE, {OPACITY: 0.4}, "Fade")
        for count in range(1, 4):
            log.retry_now()
            await until(lambda count=count: one.tries >= tries + count, what="it was tried")  # type: ignore[misc]
            await until(lambda: _reason(one) == "The server does not know this desk's key.", what="it was refused")
        assert [sentence for _, sentence in one.told[1:]] == [
            "This server does not know this desk's key. Add the line that the Sync dock shows to its keys file. "
            "What you do meanwhile is kept."
        ]
        assert log.key_line == no_log.key_line
        keys.write(no_log.key_line)
        log.retry_now()
        await until(lambda: log.is_live and not log.replica.outbox.pending(), what="it is let in, with what waited")
        assert session_of(one.desk).store.value(NODE, OPACITY) == 0.4
        assert log.key_line == ""


def _reason(one: Stranger) -> str:
    status = log_of(one.desk).status()
    return "" if status is None or status.state is not LogState.WAITING else status.reason
