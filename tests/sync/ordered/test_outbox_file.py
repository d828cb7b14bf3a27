"""The outbox on disk: written in the background, kept when the disk fails, guarded when another run carries it on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from sync.log.edits import change
from sync.log.journal import Badge
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
    replica.propose([change(OPACITY, 0.6)])
    file.record()
    store.is_down = False
    await until(lambda: file.badge is Badge.SAVED, 2)
    assert len(store.history["c"]) == 2
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
