"""engine/ordered/keeper.py: the disk follows, and losing it fails no edit (sync/log/PROTOCOL.md §10)."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from engine.ordered import keeper as keeping
from engine.ordered.facts import facts_of
from engine.ordered.keeper import LogKeeper
from engine.ordered.logs import OrderedLogs
from engine.running.session import Session
from sync.log.sqlite_store import SqliteStore
from sync.wire.pipeline import Node, Pipeline, SessionInfo
from tests.engine.fake_nodes import SOURCE, FakeKinds

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
