"""engine/ordered/keeper.py: the disk follows, and losing it fails no edit (sync/log/PROTOCOL.md §10)."""

from __future__ import annotations

import asyncio
import errno
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from engine.ordered import keeper as keeping
from engine.ordered.facts import facts_of
from engine.ordered.keeper import LogKeeper
from engine.ordered.logs import OrderedLogs
from engine.roots import places_for
from engine.running.core import Core
from engine.running.session import Session
from engine.serving.server import Server
from sync.log.journal import Stored
from sync.log.log_journal import restore_log
from sync.log.pending_queue import HistoryUpdate
from sync.log.sqlite_store import SqliteStore
from sync.wire.pipeline import Node, Pipeline, SessionInfo
from tests.engine.fake_nodes import SOURCE, FakeKinds
from tests.engine.log_client import LogClient, connect_log

PIPELINE = Pipeline(nodes={"a": Node(SOURCE, {"x": 1})})


@pytest_asyncio.fixture
async def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LogKeeper]:
    monkeypatch.setattr(keeping, "RETRY_AFTER_S", 0.01)
    keeper = LogKeeper(tmp_path)
    yield keeper
    await keeper.close()


@pytest_asyncio.fixture
async def session(keeper: LogKeeper) -> AsyncIterator[Session]:
    session = _session(OrderedLogs(keeper=keeper))
    session.load(PIPELINE)
    yield session
    await session.stop()


def _session(logs: OrderedLogs, session_id: str = "s") -> Session:
    return Session(SessionInfo(session_id), None, FakeKinds().library(), lambda *_: None, lambda: None, logs)


async def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if is_so():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("it never came to be so")


def _badge(session: Session) -> str:
    journal = facts_of(session.log).journal
    assert journal is not None
    return journal.badge


async def test_nothing_is_written_before_the_start_has_succeeded(keeper: LogKeeper, session: Session) -> None:
    await asyncio.sleep(0.05)
    assert (session.log.fanout.stable, _badge(session)) == (0, "saving")
    assert keeper._store.load("s") is None
    keeper.begin()
    await _until(lambda: session.log.fanout.stable == session.log.log.head)
    assert _badge(session) == "saved"


@pytest.mark.expects_log("the ordered logs cannot be saved: .*No space left on device; edits go on, trying again")
async def test_a_full_disk_fails_no_edit_and_is_told_once(
    keeper: LogKeeper, session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keeper.begin()
    await _until(lambda: session.log.fanout.stable == session.log.log.head)
    before = session.log.fanout.stable

    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(SqliteStore, "update_history", no_space)
        for value in range(5):
            session.tune("a", {"x": 100 + value})
            await asyncio.sleep(0.02)
        await _until(lambda: _badge(session) == "not saving")
        await _until(lambda: keeper._kept["s"].journal.journal.failures > 2)
        assert session.log.fanout.stable == before
        assert session.model.nodes["a"].params == {"x": 104}
    await _until(lambda: session.log.fanout.stable == session.log.log.head)
    assert _badge(session) == "saved"
    assert sum("cannot be saved" in record.message for record in caplog.records) == 1


async def test_the_file_is_its_owners_alone(keeper: LogKeeper, session: Session) -> None:
    keeper.begin()
    await _until(lambda: session.log.fanout.stable == session.log.log.head)
    for path in keeper.path.parent.glob("logs.sqlite*"):
        assert path.stat().st_mode & 0o077 == 0, path


async def test_what_was_written_is_restored_under_a_new_epoch(
    keeper: LogKeeper, session: Session, tmp_path: Path
) -> None:
    keeper.begin()
    session.tune("a", {"x": 2})
    session.log.desk.log.lam += 5
    session.tune("a", {"x": 3})
    await _until(lambda: session.log.fanout.stable == session.log.log.head)
    logs = OrderedLogs(keeper=keeper)
    restored = logs.restored("s")
    assert restored is not None
    assert (restored.document.params("a"), restored.epoch, restored.head) == ({"x": 3}, logs.run, session.log.log.head)
    assert [era.epoch for era in restored.lineage] == [session.log.shared.run, logs.run]
    assert restored.shared_rev(session.log.log.clock()) == session.log.log.head


async def test_a_session_that_is_destroyed_takes_its_log_along(keeper: LogKeeper, session: Session) -> None:
    keeper.begin()
    await _until(lambda: keeper._store.channels() == {"s"})
    session.log.shared.forget("s")
    session.tune("a", {"x": 9})  # its nodes are still stopping
    await _until(lambda: keeper._store.channels() == frozenset())


async def test_logs_of_sessions_that_are_no_more_are_put_aside(keeper: LogKeeper, session: Session) -> None:
    """A crash between the end of a session and the end of its log; nothing is thrown away unseen."""
    keeper.begin()
    await _until(lambda: session.log.fanout.stable == session.log.log.head)
    keeper.set_others_aside(["s"])
    assert keeper._store.channels() == {"s"}
    keeper.set_others_aside(["other"])
    assert keeper._store.channels() == frozenset()
    rows = keeper._store._db.execute("SELECT name FROM quarantine WHERE channel = 's'").fetchall()
    assert {name for (name,) in rows} >= {"meta", "row 0", "row 1"}


async def test_a_round_that_is_under_way_at_the_end_is_not_written_twice(keeper: LogKeeper, session: Session) -> None:
    keeper.begin()
    await asyncio.sleep(0)
    for value in range(50):
        session.tune("a", {"x": value})
    await keeper.close()
    store = SqliteStore(keeper.path)
    stored = store.load("s")
    store.close()
    assert stored is not None
    assert [key for key, _ in stored.history] == list(range(session.log.log.head + 1))


@pytest.mark.expects_log("two is busy")
async def test_sd_09_and_sd_10_logs_that_cannot_be_dropped_are_told_and_the_others_go(
    keeper: LogKeeper, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    logs = OrderedLogs(keeper=keeper)
    sessions = [_session(logs, name) for name in ("one", "two", "three")]
    keeper.begin()
    await _until(lambda: keeper._store.channels() == {"one", "two", "three"})
    drop, tries = SqliteStore.drop, Counter[str]()

    def stubborn(store: SqliteStore, channel: str) -> None:
        tries[channel] += 1
        if channel == "two" and tries[channel] < 3:
            raise OSError("two is busy")
        drop(store, channel)

    monkeypatch.setattr(SqliteStore, "drop", stubborn)
    before = keeper._store.load("two")
    for session in sessions:
        logs.forget(session.id)
    await _until(lambda: keeper._store.channels() == {"two"})
    await _until(lambda: tries["two"] == 2)
    assert keeper._store.load("two") == before, "all of it"
    await _until(lambda: keeper._store.channels() == frozenset())
    assert tries == {"one": 1, "two": 3, "three": 1}
    (told,) = [each.message for each in caplog.records if each.levelname == "ERROR"]
    assert "two is busy" in told
    await asyncio.gather(*(session.stop() for session in sessions))


async def test_sd_16_two_desks_that_edit_a_fresh_session_at_once_find_it_loaded_once(
    keeper: LogKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real links of two tasks: nothing is read again, and nothing replaces what the other has made."""
    loads: Counter[str] = Counter()
    load = SqliteStore.load

    def counting(store: SqliteStore, channel: str) -> Stored | None:
        loads[channel] += 1
        return load(store, channel)

    monkeypatch.setattr(SqliteStore, "load", counting)
    server = Server(Core(FakeKinds().library(), places_for(), log_keeper=keeper))
    base = await server.start()
    keeper.begin()
    async with aiohttp.ClientSession() as http:
        opened = server.core.sessions.create("fresh", None, PIPELINE)
        desks = await asyncio.gather(*(connect_log(_Served(base, http), opened.id, name) for name in ("d", "e")))

        async def edit(desk: LogClient, place: str) -> None:
            await desk.live()
            for value in range(20):
                desk.tune("a", value, place)
                await asyncio.sleep(0)
            await desk.settled()

        await asyncio.gather(*(edit(desk, place) for desk, place in zip(desks, "pq", strict=True)))
        log = opened.log.log
        assert loads == {opened.id: 1}
        assert [log.document.params("a")[place] for place in "pq"] == [19, 19]
        counts = Counter(entry.author for entry in log.entries.after(0))
        assert [counts[desk.replica.author] for desk in desks] == [20, 20]
        await _until(lambda: opened.log.fanout.stable == log.head)
        again = OrderedLogs(keeper=keeper).restored(opened.id)
        assert again is not None
        assert again.document.digest() == log.document.digest()
        for desk in desks:
            await desk.close()
    assert await server.stop()


class _Served:
    def __init__(self, base: str, http: aiohttp.ClientSession) -> None:
        self.base, self.http = base, http


async def test_sd_31_the_end_waits_for_the_round_under_way_only_and_everything_is_on_disk(
    keeper: LogKeeper, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk hangs in a write when the engine is told to stop; the task that would go on waiting is ended first."""
    entered, may_go_on = threading.Event(), threading.Event()
    update = SqliteStore.update_history

    def hanging(store: SqliteStore, channel: str, rows: HistoryUpdate) -> None:
        entered.set()
        assert may_go_on.wait(30)
        update(store, channel, rows)

    monkeypatch.setattr(SqliteStore, "update_history", hanging)
    keeper.begin()
    await _until(entered.is_set)
    session.tune("a", {"x": 7})
    closing = asyncio.create_task(keeper.close())
    await _until(lambda: keeper._task is not None and keeper._task.cancelled())
    session.tune("a", {"x": 8})
    assert not closing.done(), "a transaction is not torn apart"
    may_go_on.set()
    async with asyncio.timeout(10):
        await closing
    store = SqliteStore(keeper.path)
    log = restore_log(store, "s", "next")
    store.close()
    assert log is not None
    assert (log.head, log.document.params("a")) == (session.log.log.head, {"x": 8})
