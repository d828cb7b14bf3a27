"""The journal: one round at a time, nothing lost by a failing disk, loud failures (rows SD, HK-24)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.log.edits import add_node, set_params
from sync.log.entries import MemoryEntries
from sync.log.journal import Badge, DamagedJournal, Flush, Journal, JournalFailed, Store
from sync.log.log_journal import BASE_KEY, LogJournal, OutboxJournal, restore_log, restore_outbox
from sync.log.op import Op, OpId
from sync.log.oplog import OpLog
from sync.log.outbox import Outbox
from sync.log.pending_queue import HistoryUpdate, PendingQueue
from sync.log.sqlite_store import SqliteStore
from tests.log.stores import MemoryStore, NullStore
from tests.log.world import World, X, the


def round_of(journal: Journal, store: Store) -> Flush | None:
    """One round, as the caller's thread would run it."""
    flush = journal.begin()
    if flush is not None:
        try:
            flush.write(store)
        except OSError as error:
            journal.done(flush, error)
        else:
            journal.done(flush)
    return flush


class Recorder:
    """A log with a journal on a store."""

    def __init__(self, store: Any, cap: int = 10_000, compact_every: int = 2_500) -> None:
        self.store = store
        self.log = OpLog("e1", entries=MemoryEntries(cap=cap))
        self.journal = Journal("log", cap)
        self.writer = LogJournal(self.log, self.journal, compact_every)
        self.writer.begin()
        self.submit(Op("s", 1, add_node("n", "k")))
        self.flush()

    def submit(self, op: Op) -> None:
        self.writer.record(self.log.submit(op, 1.0).entries)

    def edit(self, count: int = 1) -> None:
        for _ in range(count):
            seq = self.log.authors.get("a", 0) + 1
            self.submit(Op("a", seq, set_params("n", {(f"k{seq % 7}",): seq})))

    def flush(self) -> Flush | None:
        return round_of(self.journal, self.store)

    def restored(self) -> OpLog:
        log = restore_log(self.store, "log", "next")
        assert log is not None
        return log


def test_sd_01_a_round_is_one_history_and_one_meta_call_and_idle_is_none() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    store.calls.clear()
    recorder.edit(5)
    recorder.submit(Op("a", 1, set_params("n", {("k1",): 1})))
    recorder.submit(Op("late", 2, set_params("n", {("k1",): 1})))
    recorder.flush()
    assert store.calls == ["update_history", "save_meta"]
    assert recorder.flush() is None
    recorder.edit(5)
    recorder.flush()
    assert store.calls == ["update_history", "save_meta", "update_history"], "what waits is written when it changed"


def test_sd_02_a_cascade_is_one_history_call_in_delivery_order() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    for seq in range(20, 0, -1):
        recorder.submit(Op("a", seq, set_params("n", {("p",): seq})))
    store.updates.clear()
    recorder.flush()
    (update,) = store.updates
    assert [key for key, _ in update.append] == list(range(2, 22))
    assert [entry.seq for entry in recorder.restored().entries.after(1)] == list(range(1, 21))


def test_sd_03_a_failed_meta_fails_no_edit_and_the_next_round_brings_the_disk_up() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    store.failures = {"save_meta": 1}
    recorder.edit()
    recorder.submit(Op("late", 2, set_params("n", {("p",): 3})))
    recorder.flush()
    assert recorder.log.head == 2
    assert recorder.journal.badge.value == Badge.NOT_SAVING.value
    recorder.edit()
    recorder.flush()
    assert recorder.journal.badge.value == Badge.SAVED.value
    assert recorder.restored().document.digest() == recorder.log.document.digest()
    assert recorder.restored().held == recorder.log.held


def test_sd_03_a_meta_that_failed_goes_again_unless_there_is_a_newer_one() -> None:
    store, journal = MemoryStore(), Journal("c", 10)
    store.failures = {"save_meta": 2}
    journal.note(lambda: b"one")
    round_of(journal, store)
    round_of(journal, store)
    assert store.meta == {}
    flush = journal.begin()
    assert flush is not None
    assert flush.meta == b"one"
    journal.note(lambda: b"two")
    journal.done(flush, OSError("no"))
    round_of(journal, store)
    assert store.meta == {"c": b"two"}


def test_sd_04_two_failed_rounds_travel_with_the_third_in_order() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    store.failures = {"update_history": 2}
    store.updates.clear()
    for _ in range(3):
        recorder.edit()
        recorder.flush()
    (update,) = store.updates
    assert [key for key, _ in update.append] == [2, 3, 4]
    assert recorder.journal.begin() is None


def test_sd_05_a_failed_history_is_flushed_by_a_round_that_adds_none() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    store.failures = {"update_history": 1}
    recorder.edit()
    recorder.flush()
    recorder.submit(Op("a", 3, set_params("n", {("p",): 3})))
    assert recorder.log.held
    recorder.flush()
    assert set(store.history["log"]) == {BASE_KEY, 1, 2}
    assert len(recorder.restored().held) == 1


@pytest.mark.parametrize("last", ["append", "evict"])
def test_sd_06_latest_wins_while_the_disk_is_away(last: str) -> None:
    store, journal = MemoryStore(), Journal("c", 10)
    journal.append(1, b"one")
    round_of(journal, store)
    store.is_down = True
    journal.evict(1)
    round_of(journal, store)
    if last == "append":
        journal.append(1, b"again")
        round_of(journal, store)
    store.is_down = False
    round_of(journal, store)
    assert store.history["c"] == ({1: b"again"} if last == "append" else {})


def test_sd_06_what_never_got_near_the_disk_needs_no_evict() -> None:
    queue = PendingQueue()
    queue.append(1, b"x")
    queue.evict(1)
    assert len(queue) == 0


def test_sd_07_what_is_queued_during_a_flush_stays_queued() -> None:
    store, journal = MemoryStore(), Journal("c", 10)
    journal.append(1, b"one")
    flush = the(journal.begin())
    assert journal.begin() is None, "one round at a time"
    journal.append(1, b"newer")
    journal.append(2, b"two")
    flush.write(store)
    journal.done(flush)
    assert store.history["c"] == {1: b"one"}
    round_of(journal, store)
    assert store.history["c"] == {1: b"newer", 2: b"two"}


steps = st.lists(
    st.tuples(st.sampled_from(["append", "evict", "begin", "succeed", "fail"]), st.integers(1, 4)), max_size=40
)


@given(steps)
def test_the_disk_ends_as_the_last_word_of_every_key(actions: list[tuple[str, int]]) -> None:
    store, journal, flush = MemoryStore(), Journal("c", 10), None
    wanted: dict[int, bytes] = {}
    for index, (action, key) in enumerate(actions):
        if action == "append":
            wanted[key] = str(index).encode()
            journal.append(key, wanted[key])
        elif action == "evict":
            wanted.pop(key, None)
            journal.evict(key)
        elif action == "begin":
            flush = flush or journal.begin()
        elif flush is not None and action == "succeed":
            flush.write(store)
            journal.done(flush)
            flush = None
        elif flush is not None:
            journal.done(flush, OSError("no"))
            flush = None
    if flush is not None:
        flush.write(store)
        journal.done(flush)
    round_of(journal, store)
    assert store.history.get("c", {}) == wanted
    assert journal.badge.value == Badge.SAVED.value


def test_sd_12_a_restart_keeps_time_counts_outbox_and_held_ops() -> None:
    world = World(1)
    desk = world.desks[0]
    desk.join(world.engine)
    desk.edit(X, 1)
    world.run()
    world.engine.desk.submit(Op("late", 2, set_params("mix", {("p",): 2}), lam=900, deps=(OpId("x", 1),)))
    world.engine.desk.submit(Op("lam", 1, set_params("mix", {("q",): 1}), lam=700))
    world.engine.flush()
    lam, authors = world.engine.log.lam, world.engine.log.authors
    desk.wire.cut()
    desk.edit(X, 2)
    world.engine.crash()
    desk.crash()
    assert (world.engine.log.lam, world.engine.log.authors) == (lam, authors)
    assert [op.author for op in world.engine.log.held] == ["late"]
    assert [op.changes[0].value for op in desk.replica.outbox.pending()] == [1, 2]
    desk.join(world.engine)
    world.run()
    assert world.engine.log.document.value(X) == 2
    mine = [entry.id for entry in world.engine.log.entries.after(0) if "/d0~" in entry.author]
    assert len(set(mine)) == len(mine) == 2


@pytest.mark.parametrize("is_sqlite", [False, True])
def test_sd_13_memory_and_disk_hold_the_newest_and_keep_their_order(is_sqlite: bool, tmp_path: Path) -> None:
    store: Any = SqliteStore(tmp_path / "j.db") if is_sqlite else MemoryStore()
    recorder = Recorder(store, cap=1_000, compact_every=100)
    recorder.edit(1_500)
    recorder.flush()
    stored = store.load("log")
    keys = [key for key, _ in stored.history if key != BASE_KEY]
    assert keys == list(range(keys[0], 1_502))
    assert 1_000 <= len(keys) < 1_100
    again = recorder.restored()
    assert again.document.digest() == recorder.log.document.digest()
    assert [entry.rev for entry in again.entries.after(again.head - 3)] == [1_499, 1_500, 1_501]
    if is_sqlite:
        store.close()


def test_sd_33_and_hk_24_a_minute_without_a_disk_fails_no_edit_and_is_made_up_for() -> None:
    store = MemoryStore()
    recorder = Recorder(store, cap=1_000, compact_every=100)
    store.is_down = True
    for _ in range(60 * 30):
        recorder.edit(2)
        recorder.flush()
    assert recorder.log.head == 1 + 60 * 30 * 2
    assert recorder.journal.badge.value == Badge.NOT_SAVING.value
    assert recorder.journal.reason == "the disk is full"
    store.is_down = False
    recorder.flush()
    assert recorder.journal.badge.value == Badge.SAVED.value
    assert recorder.journal.stable == recorder.log.head
    assert recorder.restored().document.digest() == recorder.log.document.digest()


def test_what_was_not_written_is_not_stable() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    recorder.edit()
    flush = the(recorder.journal.begin())
    recorder.edit()
    flush.write(store)
    recorder.journal.done(flush)
    assert recorder.journal.stable == 2
    store.is_down = True
    recorder.flush()
    assert recorder.journal.stable == 2


def test_a_restored_log_counts_on_under_a_new_epoch() -> None:
    recorder = Recorder(MemoryStore())
    recorder.edit(3)
    recorder.flush()
    recorder.edit(2)  # never written
    again = recorder.restored()
    assert (again.head, again.epoch) == (4, "next")
    assert [era.epoch for era in again.lineage] == ["e1", "next"]
    assert again.lineage[-1].start == 4


def test_after_a_restart_what_was_written_is_stable_without_a_new_edit() -> None:
    world = World(1)
    desk = world.desks[0]
    desk.join(world.engine)
    desk.edit(X, 1)
    world.run()
    world.engine.crash()
    world.engine.flush()
    assert world.engine.journal.stable == world.engine.log.head
    desk.join(world.engine)
    desk.wire.called.send(world.engine.desk.digest())
    world.run()
    assert len(desk.replica.outbox) == 0, "the desk may let go of its edit"


def test_rw_22_an_epoch_that_only_the_rows_know_is_still_part_of_the_lineage() -> None:
    class MetaLost(MemoryStore):
        def save_meta(self, channel: str, meta: bytes) -> None:
            """A store without transactions that died before the meta."""

    store = MetaLost()
    recorder = Recorder(store)
    recorder.log.begin_epoch("e2")
    recorder.edit()
    recorder.flush()
    assert [era.epoch for era in recorder.restored().lineage] == ["e1", "e2", "next"]


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryStore()
    else:
        with SqliteStore(tmp_path / "journal.db") as opened:
            yield opened


def test_sd_32_the_four_calls_of_a_store(store: Any) -> None:
    assert store.load("c") is None
    store.save_meta("c", b"m1")
    store.save_meta("c", b"m2")
    store.update_history("c", HistoryUpdate(((2, b"b"), (10, b"j"), (1, b"a"))))
    store.update_history("c", HistoryUpdate(((2, b"B"),), (10, 99)))
    store.save_meta("d", b"other")
    stored = store.load("c")
    assert stored.meta == b"m2"
    assert stored.history == ((1, b"a"), (2, b"B"))
    store.drop("c")
    assert store.load("c") is None
    assert store.load("d").meta == b"other"
    store.drop("never was")


def test_sd_32_a_round_that_fails_leaves_nothing(store: Any) -> None:
    store.save_meta("c", b"m1")
    with pytest.raises(OSError, match="stop"), store.round():  # noqa: PT012 - the failure is what a round is about
        store.update_history("c", HistoryUpdate(((1, b"a"),)))
        store.save_meta("c", b"m2")
        raise OSError("stop")
    stored = store.load("c")
    assert (stored.meta, stored.history) == (b"m1", ())


def test_sd_32_a_session_without_a_journal_and_one_whose_disk_is_gone_edit_all_the_same() -> None:
    for backend in (NullStore(), MemoryStore()):
        recorder = Recorder(backend)
        if isinstance(backend, MemoryStore):
            backend.is_down = True
        recorder.edit(10)
        recorder.flush()
        assert recorder.log.head == 11


def test_sd_08_a_load_that_fails_is_loud() -> None:
    backend = MemoryStore()
    recorder = Recorder(backend)
    backend.failures = {"load": 1}
    with pytest.raises(OSError, match="load failed"):
        recorder.restored()


@pytest.mark.parametrize("key", [BASE_KEY, 1, 2])
def test_sd_08_a_row_that_is_missing_or_unreadable_is_named_and_nothing_is_used(key: int) -> None:
    for damage in ("missing", "garbage"):
        backend = MemoryStore()
        recorder = Recorder(backend)
        recorder.edit(3)
        recorder.flush()
        rows = backend.history["log"]
        before = dict(rows)
        if damage == "missing":
            del before[key]
            rows.pop(key)
        else:
            before[key] = rows[key] = b"\xc1garbage"
        if damage == "missing" and key == 1:
            continue  # the log merely begins later: the base stands for what is older
        with pytest.raises(DamagedJournal) as failure:
            recorder.restored()
        assert "log" in str(failure.value)
        assert backend.history["log"] == before


def test_sd_08_an_unknown_schema_is_refused() -> None:
    import msgspec

    backend = MemoryStore()
    recorder = Recorder(backend)
    backend.meta["log"] = msgspec.msgpack.encode({"schema": 99, "held": []})
    with pytest.raises(JournalFailed, match="schema 99"):
        recorder.restored()


def test_hk_20_an_outbox_survives_and_its_rows_go_when_it_is_safe() -> None:
    backend, outbox = MemoryStore(), Outbox()
    journal = OutboxJournal(outbox, Journal("outbox", 100))
    for seq in range(1, 4):
        outbox.add(Op("a~1", seq, set_params("n", {("p",): seq})))
    journal.record()
    round_of(journal.journal, backend)
    again = restore_outbox(backend, "outbox")
    assert [op.seq for op in again.pending()] == [1, 2, 3]
    writer = OutboxJournal(again, Journal("outbox", 100))
    again.add(Op("a~2", 1, set_params("n", {("p",): 9})))
    again.decided(OpId("a~1", 1), 5)
    again.stable(5)
    writer.record()
    round_of(writer.journal, backend)
    assert [op.id for op in restore_outbox(backend, "outbox").pending()] == [("a~1", 2), ("a~1", 3), ("a~2", 1)]


def test_sd_27_what_was_met_or_waived_before_a_restart_is_not_missing_afterwards() -> None:
    recorder = Recorder(MemoryStore(), cap=5, compact_every=1)
    for seq in range(1, 30):
        recorder.submit(Op("dep", seq, set_params("n", {("d",): seq})))
    recorder.submit(Op("early", 1, set_params("n", {("p",): 1}), deps=(OpId("nobody", 4),)))
    recorder.writer.record(recorder.log.give_up([OpId("nobody", 4)], 1.0).entries)
    recorder.flush()
    again = recorder.restored()
    assert again.entries.floor > 2, "the history of the dependency is gone"
    later = Op("late", 1, set_params("n", {("q",): 1}), deps=(OpId("dep", 2), OpId("nobody", 4)))
    assert again.submit(later, 1.0).entries
    assert again.missing() == ()


def test_an_outbox_that_nobody_writes_down_forgets_what_came_and_went() -> None:
    outbox = Outbox()
    for seq in range(1, 101):
        outbox.add(Op("a~1", seq, set_params("n", {("p",): seq})))
        outbox.decided(OpId("a~1", seq), seq)
        outbox.stable(seq - 1)
    added, gone = outbox.take_history()
    assert [bill.op.seq for bill in added] == [100]
    assert gone == []
    outbox.stable(100)
    assert outbox.take_history() == ([], [added[0].slot])
