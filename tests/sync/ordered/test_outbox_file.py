"""The outbox on disk: written in the background, kept when the disk fails, guarded when another run carries it on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from sync.log.edits import change
from sync.log.journal import Badge
from sync.log.outbox import Outbox, OutboxFull
from sync.log.replica import Replica
from sync.ordered import outbox_file
from sync.ordered.outbox_file import OutboxFile, load_outbox
from tests.faults.socket_desk import until
from tests.log.stores import MemoryStore
from tests.log.world import OPACITY, World, X


def made(store: MemoryStore, *, is_live: Callable[[], bool] = lambda: False) -> tuple[Replica, OutboxFile]:
    replica = Replica("open/d~1", load_outbox(store, "c")[0])
    return replica, OutboxFile(replica.outbox, store, "c", is_live)


async def test_an_edit_without_a_link_is_on_disk_at_once_and_carried_on_guarded() -> None:
    store = MemoryStore()
    replica, file = made(store)
    replica.is_live = True
    running = asyncio.create_task(file.run())
    replica.propose([change(OPACITY, 0.5)])
    file.record()
    await until(lambda: file.badge is Badge.SAVED and bool(store.history), 2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    outbox, trouble = load_outbox(store, "c")
    assert trouble == ""
    (op,) = outbox.pending()
    assert [(each.value, each.seen) for each in op.changes] == [(0.5, 0)]


def test_a_leftover_of_long_ago_does_not_overwrite_what_others_did_since() -> None:
    world = World(desks=1)
    store = MemoryStore()
    replica, file = made(store)
    replica.is_live = True
    replica.propose([change(X, 7)])
    asyncio.run(_write(file))
    world.join_all()
    world.desks[0].edit(X, 400)
    world.run()
    (op,) = load_outbox(store, "c")[0].pending()
    world.engine.desk.submit(op)
    assert world.engine.log.document.value(X) == 400
    assert world.engine.log.refusals[-1].refusal is not None
    assert world.engine.log.refusals[-1].refusal.reason == "stale"


async def _write(file: OutboxFile) -> None:
    file.record()
    await file.close()


@pytest.mark.expects_log("are not saved")
async def test_a_disk_that_fails_is_tried_again_and_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_file, "RETRY_S", 0.01)
    store = MemoryStore()
    replica, file = made(store)
    running = asyncio.create_task(file.run())
    store.is_down = True
    replica.propose([change(OPACITY, 0.5)])
    file.record()
    await until(lambda: file.badge is Badge.NOT_SAVING, 2)
    assert file.reason
    store.is_down = False
    await until(lambda: file.badge is Badge.SAVED, 2)
    assert len(store.history["c"]) == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_is_safe_elsewhere_before_the_round_never_reaches_the_disk() -> None:
    store = MemoryStore()
    replica, file = made(store, is_live=lambda: True)
    op = replica.propose([change(OPACITY, 0.5)])
    assert op is not None
    file.record()
    replica.outbox.forget(op.id)
    file.record()
    await file.close()
    assert not store.history.get("c")


def test_damage_is_named_and_nothing_is_used() -> None:
    store = MemoryStore()
    replica, file = made(store)
    replica.propose([change(OPACITY, 0.5)])
    asyncio.run(_write(file))
    (key,) = store.history["c"]
    store.history["c"][key] = b"\xc1 not an op"
    outbox, trouble = load_outbox(store, "c")
    assert len(outbox) == 0
    assert "cannot be read" in trouble
    store.is_down = True
    assert "cannot be read" in load_outbox(store, "c")[1]


async def test_a_move_writes_everything_first_and_then_drops_what_it_left() -> None:
    store = MemoryStore()
    replica, file = made(store)
    replica.propose([change(OPACITY, 0.5)])
    await _write(file)
    there = OutboxFile(replica.outbox, store, "there", lambda: False)
    there.moves_from("c", Outbox())
    replica.propose([change(X, 7)])
    await _write(there)
    assert "c" not in store.history
    assert [op.changes[0].value for op in load_outbox(store, "there")[0].pending()] == [0.5, 7]
    moved = store.calls.index("drop")
    assert "update_history" in store.calls[:moved]


@pytest.mark.expects_log("are not saved")
async def test_a_move_that_the_disk_refuses_drops_nothing_and_is_tried_again() -> None:
    store = MemoryStore()
    replica, file = made(store)
    replica.propose([change(OPACITY, 0.5)])
    await _write(file)
    there = OutboxFile(replica.outbox, store, "there", lambda: False)
    there.moves_from("c", Outbox())
    store.failures = {"update_history": 1}
    await there.close()
    assert there.reason
    assert len(load_outbox(store, "c")[0]) == 1
    store.failures = {"drop": 1}
    await there.close()
    assert there.reason
    await there.close()
    assert not there.reason
    assert "c" not in store.history
    assert len(load_outbox(store, "there")[0]) == 1


async def test_what_an_earlier_run_left_at_the_new_place_is_taken_in_and_its_rows_make_room() -> None:
    store = MemoryStore()
    earlier, left = made(store)
    for value in (0.1, 0.2, 0.3):
        earlier.propose([change(OPACITY, value)])
    await _write(left)
    replica = Replica("open/d~2")
    replica.propose([change(X, 7)])
    there = load_outbox(store, "c")[0]
    replica.outbox.adopt(there)
    replica.outbox.adopt(there)
    file = OutboxFile(replica.outbox, store, "c", lambda: False)
    file.moves_from("elsewhere", there)
    await _write(file)
    ops = load_outbox(store, "c")[0].pending()
    assert [op.changes[0].value for op in ops] == [7, 0.1, 0.2, 0.3]
    assert len({op.id for op in ops}) == len(ops)


def test_an_outbox_that_would_overflow_takes_nothing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.log.outbox.CAP", 2)
    ours, theirs = Replica("open/d~1"), Replica("open/d~2")
    for replica, count in ((ours, 1), (theirs, 2)):
        for step in range(count):
            replica.propose([change(X, step)])
    with pytest.raises(OutboxFull):
        ours.outbox.adopt(theirs.outbox)
    assert len(ours.outbox) == 1
