"""The link to a session's log as the desk runs it: late answers, standbys, keys that are other ones now. Fake clock."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sync.log.delivery import Tick
from sync.log.edits import change
from sync.log.op import Op
from sync.log.outbox import DEAD_S, LATE_S, RESEND_S, Outbox
from sync.ordered import log_link
from tests.log.world import X, Y
from tests.support.clock import FakeClock
from tests.support.log_server import FollowedLog, LogServer

EDITS = [("open/d~1", 1), ("open/d~1", 2), ("open/d~1", 3)]


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_link, "LOOK_EVERY_S", 0.001)


@pytest.fixture
async def server() -> AsyncIterator[LogServer]:
    running = LogServer(FakeClock())
    yield running
    await running.close()


def decided(server: LogServer) -> list[tuple[str, int]]:
    """What the engine has numbered of desks, in its order."""
    return [(each.author, each.seq) for each in server.engine.log.entries.after(0) if each.author.startswith("open/")]


@pytest.mark.expects_log("no link to the log")
async def test_ep_26_five_seconds_without_an_answer_make_a_new_link_with_every_edit_once(server: LogServer) -> None:
    async with FollowedLog(server) as desk:
        server.pipes[-1].stop_up()
        for value in (5, 6, 7):
            desk.log.propose([change(X, value)])
        await server.until(lambda: len(decided(server)) == 3, "the engine has them, and its answers are held back")
        server.clock.advance(LATE_S)
        assert desk.status.oldest_wait_s >= LATE_S
        assert desk.lost == []
        server.clock.advance(DEAD_S - LATE_S)
        await server.until(lambda: desk.lost, "the link is given up")
        assert desk.lost == ["The server has not answered an edit for 5 s."]
        assert desk.log.replica.value(X) == 7
        assert desk.status.waiting == 3
        server.clock.advance(30.0)
        await server.until(lambda: desk.log.is_live and desk.status.waiting == 0, "a new link has everything")
        assert len(server.pipes) == 2
        assert decided(server) == EDITS
        assert server.engine.log.document.value(X) == 7
        assert desk.log.replica.conflicts == []


@pytest.mark.expects_log("no link to the log")
async def test_ep_26_edits_that_never_arrived_leave_with_the_new_link(server: LogServer) -> None:
    async with FollowedLog(server) as desk:
        pipe = server.pipes[-1].other
        assert pipe is not None
        pipe.stop_up()
        for value in (5, 6, 7):
            desk.log.propose([change(X, value)])
        server.clock.advance(DEAD_S)
        await server.until(lambda: desk.lost, "the link is given up")
        assert decided(server) == []
        server.clock.advance(30.0)
        await server.until(lambda: desk.log.is_live and desk.status.waiting == 0, "a new link has brought them")
        assert decided(server) == EDITS


@pytest.mark.expects_log("no link to the log")
async def test_at_a_standby_what_waits_is_kept_calmly_and_goes_to_it_when_it_leads(server: LogServer) -> None:
    async with FollowedLog(server) as desk:
        server.pipes[-1].cut()
        await server.until(lambda: desk.lost, "the link is gone")
        op = desk.log.propose([change(X, 5)])
        assert op is not None
        server.engine.desk.standby_of = "http://b:4545"
        server.clock.advance(30.0)
        await server.until(lambda: desk.told, "it is told")
        submitted = len(sent_to(server))
        for second in range(60):
            server.clock.advance(1.0)
            server.somebody_writes(change(Y, second))
            await server.until(lambda now=second: desk.log.replica.value(Y) == now, "the link lives")  # type: ignore[misc]
        assert len(desk.lost) == 1
        assert len(server.pipes) == 2, "no other link was needed"
        assert len(sent_to(server)) == submitted, "nothing is sent again"
        assert len(desk.told) == 1
        assert desk.told[0][1].endswith("This engine is a standby of http://b:4545; take over first.")
        assert (desk.status.waiting, desk.status.undelivered, desk.status.oldest_wait_s) == (1, 0, 0.0)
        assert desk.log.replica.delivery.tick(op.id) is Tick.QUEUED, "nobody has it"
        assert desk.log.why_not is not None
        server.pipes[-1].cut()
        await server.until(lambda: len(desk.lost) == 2, "that link is gone")
        server.clock.advance(30.0)
        await server.until(lambda: desk.log.is_live, "another one, to the standby again")
        server.somebody_writes(change(Y, 100))
        await server.until(lambda: desk.log.replica.value(Y) == 100, "it lives")
        assert len(desk.told) == 1, "it is known already"
        server.engine.desk.standby_of = ""
        server.pipes[-1].cut()
        await server.until(lambda: len(desk.lost) == 3, "the part has changed")
        server.clock.advance(30.0)
        await server.until(lambda: desk.status.waiting == 0, "what waited is decided")
        assert server.engine.log.document.value(X) == 5
        assert decided(server) == EDITS[:1]


async def test_what_another_key_of_this_desk_made_is_a_question_and_can_be_made_again(server: LogServer) -> None:
    outbox = Outbox()
    for seq, value in enumerate((3, 4, 5), start=1):
        outbox.add(Op("0123456789abcdef/d~9", seq, (change(X, value),), live=value != 5))
    async with FollowedLog(server, outbox) as desk:
        await server.until(lambda: desk.log.replica.conflicts, "it is turned away")
        await server.until(lambda: desk.status.waiting == 0, "all of it")
        assert [each.mine for each in desk.log.replica.conflicts] == [{X: 5}]
        (conflict,) = desk.log.replica.conflicts
        assert "another key" in conflict.refusal.sentence
        server.clock.advance(RESEND_S + DEAD_S)
        server.somebody_writes(change(Y, 1))
        await server.until(lambda: desk.log.replica.value(Y) == 1, "the link lives")
        assert desk.lost == []
        assert desk.told == []
        desk.log.take_mine(conflict)
        await server.until(lambda: desk.status.waiting == 0, "it is decided")
        assert server.engine.log.document.value(X) == 5
        assert decided(server) == EDITS[:1]
        assert [bill.op.author for bill in desk.log.replica.outbox if bill.is_pending or bill.refusal] == []


@pytest.mark.expects_log("no link to the log")
async def test_what_was_turned_away_is_not_sent_with_every_link(server: LogServer) -> None:
    outbox = Outbox()
    outbox.add(Op("0123456789abcdef/d~9", 1, (change(X, 3),)))
    async with FollowedLog(server, outbox) as desk:
        await server.until(lambda: desk.log.replica.conflicts, "it is turned away")
        server.pipes[-1].cut()
        await server.until(lambda: desk.lost, "the link is gone")
        server.clock.advance(30.0)
        await server.until(lambda: desk.log.is_live, "there is another one")
        assert len(desk.log.replica.conflicts) == 1
        assert '"ops":[{' not in "".join(str(frame) for frame in sent_to(server))
        desk.log.take_theirs(desk.log.replica.conflicts[0])
        assert len(desk.log.replica.outbox) == 0


def sent_to(server: LogServer) -> list[str | bytes]:
    """The frames with ops that came over the newest connection."""
    pipe = server.pipes[-1].other
    assert pipe is not None
    return [each for each in pipe.sent if each[:2] == b"\x01\x93" or (isinstance(each, str) and '"ops":[{' in each)]
