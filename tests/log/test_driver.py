"""The driver of a link over a connection: it reads, writes and watches the time, and never leaves a task behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from sync.log.auth import Credentials, Door, Trust
from sync.log.authority_end import AuthorityEnd
from sync.log.clock import Clock
from sync.log.desk_end import DeskEnd
from sync.log.driver import FAREWELL_S, LinkDriver
from sync.log.edits import change
from sync.log.end import Close, LinkState, Timing
from sync.log.frames import ErrorFrame
from sync.log.link import Link
from sync.log.replica import Replica
from tests.log.pipes import Pipe, pipes
from tests.log.world import OPACITY, Engine, World, control


class Ends:
    """A desk and an engine, each with a driver, over one connection."""

    def __init__(self, *, at_once: bool = True, timing: Timing = Timing(), engine: Engine | None = None) -> None:
        self.engine = engine if engine is not None else World(desks=0).engine
        self.near, self.far = pipes(at_once=at_once)
        self.replica = Replica("open/d~1")
        self.desk_end = DeskEnd(self.replica, time.monotonic, time.time)
        self.authority_end = AuthorityEnd(self.engine.desk)
        self.desk, self.caller = _driven(self.near, self.desk_end, Credentials("d"), timing)
        self.server, self.called = _driven(self.far, self.authority_end, Door(Trust("e")), timing)
        self.authority_end.attach(self.called)

    async def until(self, is_so: Callable[[], bool]) -> None:
        for _ in range(5_000):
            if is_so():
                return
            await asyncio.sleep(0.001)
        raise AssertionError("it never came to be so")

    async def both(self) -> tuple[Close, Close]:
        return await asyncio.gather(self.desk.run(self.caller), self.server.run(self.called))


def _driven(
    pipe: Pipe, end: DeskEnd | AuthorityEnd, key: Credentials | Door, timing: Timing
) -> tuple[LinkDriver, Link]:
    driver = LinkDriver(pipe)
    link = Link(end, key, time.monotonic, time.time, timing, driver.has_room, driver.unsent_bytes)
    return driver, link


@pytest.mark.parametrize("at_once", [True, False])
async def test_an_edit_goes_round_and_comes_back_as_its_acknowledgement(at_once: bool) -> None:
    ends = Ends(at_once=at_once)
    running = asyncio.create_task(ends.both())
    await ends.until(lambda: ends.caller.is_live and ends.called.is_live)
    op = ends.replica.propose([change(OPACITY, 0.5)])
    assert op is not None
    ends.caller.submit([op])
    ends.desk.kick()
    await ends.until(lambda: ends.engine.log.document.value(OPACITY) == 0.5)
    ends.engine.round()
    ends.server.kick()
    await ends.until(lambda: not ends.replica.outbox.pending())
    assert ends.replica.confirmed.digest() == ends.engine.document()
    ends.near.cut()
    closes = await running
    assert [close.reason for close in closes] == ["The connection was lost."] * 2


async def test_never_two_sends_in_flight_and_the_order_stays() -> None:
    ends = Ends(at_once=False)
    running = asyncio.create_task(ends.both())
    await ends.until(lambda: ends.caller.is_live and ends.called.is_live)
    ends.near.stop_up()
    for step in range(50):
        op = ends.replica.propose([change(OPACITY, step / 100)])
        assert op is not None
        ends.caller.submit([op])
        ends.desk.kick()
        await asyncio.sleep(0)
    assert not ends.desk.has_room()
    assert ends.desk.unsent_bytes() > 0
    ends.near.let_go()
    await ends.until(lambda: ends.engine.log.document.value(OPACITY) == 0.49)
    assert ends.near.most_sending == 1
    assert ends.engine.log.authors["open/d~1"] == 50
    assert not ends.engine.log.held
    ends.near.cut()
    await running


async def test_a_link_that_closes_says_why_before_the_connection_goes() -> None:
    ends = Ends()
    running = asyncio.create_task(ends.both())
    await ends.until(lambda: ends.called.is_live)
    ends.called.drop(1013, "Too far behind: a test.")
    ends.server.kick()
    near, far = await running
    assert (far.code, near.code) == (1013, 1013)
    assert near.reason == "Too far behind: a test."
    assert ends.far.closed_with == (1013, "Too far behind: a test.")
    assert isinstance(control([frame for frame in ends.far.sent if isinstance(frame, str)][-1]), ErrorFrame)


async def test_an_end_that_takes_nothing_does_not_keep_a_closed_link() -> None:
    ends = Ends(at_once=False)
    running = asyncio.create_task(ends.both())
    await ends.until(lambda: ends.called.is_live)
    ends.far.stop_up()
    started = time.monotonic()
    ends.called.drop(1013, "Too far behind: a test.")
    ends.server.kick()
    await running
    assert time.monotonic() - started < FAREWELL_S + 1


async def test_silence_is_noticed_by_the_timer_alone() -> None:
    near, _nobody = pipes()
    driver, link = _driven(
        near, DeskEnd(Replica("d"), time.monotonic, time.time), Credentials("d"), Timing(auth_s=0.05)
    )
    close = await driver.run(link)
    assert link.state is LinkState.CLOSED
    assert close.code == 4408
    assert near.closed_with is not None


async def test_a_cancelled_driver_leaves_no_task_and_closes_the_connection() -> None:
    ends = Ends()
    running = asyncio.create_task(ends.both())
    await ends.until(lambda: ends.called.is_live)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ends.near.closed_with == (1000, "The link was ended here.")
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("link")]


async def test_the_answer_to_an_edit_is_due_before_the_round_of_all() -> None:
    """§7.2"""
    ends = Ends()
    running = asyncio.create_task(ends.both())
    await ends.until(lambda: ends.caller.is_live and ends.called.is_live)
    fanout, now = ends.engine.desk.fanout, ends.engine.desk.now()
    for _ in range(20):
        fanout.pacing.ran(now, 50)
    op = ends.replica.propose([change(OPACITY, 0.5)])
    assert op is not None
    ends.caller.submit([op])
    ends.desk.kick()
    await ends.until(lambda: ends.engine.log.document.value(OPACITY) == 0.5)
    assert fanout.due_at(now) == now
    ends.caller.drop(1000, "")
    ends.desk.kick()
    await running


async def test_a_kick_with_nothing_to_say_costs_no_step_of_the_writer() -> None:
    ends = Ends()
    running = asyncio.create_task(ends.both())
    await ends.until(lambda: ends.caller.is_live and ends.called.is_live)
    await asyncio.sleep(0.01)
    asked = 0
    take = ends.called.next_frame

    def counted() -> str | bytes | None:
        nonlocal asked
        asked += 1
        return take()

    ends.called.next_frame = counted  # type: ignore[method-assign]
    idle = [ends.called.is_idle]
    ends.server.kick()
    await asyncio.sleep(0.01)
    assert asked == 1
    ends.called.drop(1000, "")
    idle.append(ends.called.is_idle)
    ends.server.kick()
    await running
    assert idle == [True, False]


async def test_kicking_a_driver_that_does_not_run_yet_is_harmless() -> None:
    near, _far = pipes()
    LinkDriver(near).kick()
    assert near.sent == []


async def test_a_defect_behind_the_link_closes_the_connection_and_is_raised() -> None:
    class Broken(DeskEnd):
        def heard_clock(self, clock: Clock) -> None:
            raise LookupError(f"a defect at {clock.rev}")

    near, far = pipes()
    engine = World(desks=0).engine
    end = AuthorityEnd(engine.desk)
    desk, caller = _driven(near, Broken(Replica("open/d~1"), time.monotonic, time.time), Credentials("d"), Timing())
    server, called = _driven(far, end, Door(Trust("e")), Timing())
    serving = asyncio.create_task(server.run(called))
    with pytest.raises(LookupError):
        await desk.run(caller)
    assert near.closed_with is not None
    assert caller.state is LinkState.CLOSED
    await serving


async def test_a_cancelled_driver_is_cancelled_even_with_a_defect_behind_it() -> None:
    class Broken(Pipe):
        async def receive(self) -> str | bytes:
            raise LookupError("a defect")

    near, far = Broken(), Pipe()
    near.other, far.other = far, near
    near.stop_up()  # so that the farewell takes its time
    desk, caller = _driven(near, DeskEnd(Replica("open/d~1"), time.monotonic, time.time), Credentials("d"), Timing())
    running = asyncio.create_task(desk.run(caller))
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert near.closed_with is not None


@pytest.mark.parametrize("steps", range(12))
async def test_whenever_it_is_cancelled_the_connection_is_closed(steps: int) -> None:
    """Also while it ends already, because the link was lost a moment before."""
    ends = Ends()
    running = asyncio.create_task(ends.desk.run(ends.caller))
    serving = asyncio.create_task(ends.server.run(ends.called))
    await ends.until(lambda: ends.caller.is_live)
    ends.near.cut()
    for _ in range(steps):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, serving, return_exceptions=True)
    assert ends.near.closed_with is not None
