"""engine/ordered/rounds.py on a clock of its own: what is due when, and that a defect ends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
import pytest_asyncio

from engine.ordered.logs import OrderedLogs
from engine.ordered.rounds import DIGEST_S, Rounds
from engine.running.session import Session
from sync.log.authority_end import LogDesk
from sync.log.bloom import may_contain
from sync.log.clock import Clock
from sync.log.fanout import Fanout
from sync.log.frames import DigestFrame, FilterFrame, PresenceFrame, TooLarge, Want, decode_control
from sync.log.op import OpId
from sync.log.pacing import FASTEST_S
from sync.log.repair import T_MAX_S, T_MIN_S
from sync.wire.pipeline import Node, Pipeline, SessionInfo
from tests.engine.fake_nodes import SOURCE, FakeKinds
from tests.log.world import Time


class Peer:
    """A live link and its driver at once."""

    def __init__(self) -> None:
        self.authors: set[str] = set()
        self.caps = frozenset({"batch", "squash"})
        self.has_room = True
        self.live: list[bytes] = []
        self.said: list[object] = []
        self.kicks = 0

    def can_take(self) -> bool:
        return self.has_room

    def unsent_bytes(self) -> int:
        return 0

    @property
    def is_idle(self) -> bool:
        return not (self.live or self.said)

    def hand_over(self, frame: bytes) -> None:
        self.live.append(frame)

    def send(self, frame: object) -> None:
        self.said.append(frame)

    def pass_on(self, text: str) -> None:
        self.said.append(decode_control(text))

    def drop(self, code: int, reason: str) -> None:
        raise AssertionError((code, reason))

    def kick(self) -> None:
        self.kicks += 1


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[tuple[Time, Session, Peer]]:
    time = Time()
    kinds = FakeKinds().library()
    session = Session(
        SessionInfo("s"), None, kinds, lambda *_: None, lambda: None, OrderedLogs(now=time.now, wall=time.wall)
    )
    session.load(Pipeline(nodes={"a": Node(SOURCE, {"x": 1})}))
    peer: Any = Peer()
    session.log.fanout.join(peer, session.log.log.head)
    session.log.joined(peer, peer, "")
    yield time, session, peer
    session.log.left(peer, "")
    await session.stop()


def _step(session: Session) -> float:
    return session.log.rounds.step()


async def test_the_first_change_after_a_pause_goes_at_once_the_next_after_the_gap(stage: Any) -> None:
    """§7.2."""
    time, session, peer = stage
    _step(session)
    session.tune("a", {"x": 2})
    _step(session)
    assert len(peer.live) == 1
    session.tune("a", {"x": 3})
    wait_s = _step(session)
    assert len(peer.live) == 1
    assert wait_s == pytest.approx(FASTEST_S)
    time.pass_by(wait_s)
    _step(session)
    assert len(peer.live) == 2


async def test_heart_beats_every_second_digests_every_thirty(stage: Any) -> None:
    """§11.1, §12."""
    time, session, peer = stage
    for _ in range(int(DIGEST_S * 10) + 5):
        _step(session)
        time.pass_by(0.1)
    leases = [frame for frame in peer.said if isinstance(frame, PresenceFrame) and not frame.author]
    assert 29 <= len(leases) <= 32
    assert sum(isinstance(frame, DigestFrame) for frame in peer.said) == 1


@pytest.mark.parametrize(("caps", "kinds"), [({"present"}, ["present"]), (set(), ["presence"] * 2)])
async def test_many_heart_beats_are_one_frame_to_those_who_read_it(
    stage: Any, caps: set[str], kinds: list[str]
) -> None:
    """§12."""
    time, session, peer = stage
    peer.caps |= caps
    for author in ("a", "b"):
        session.log.desk.presence.heard(PresenceFrame(author, beat=1), time.now())
    peer.said.clear()
    time.pass_by(1.0)
    _step(session)
    told = [type(frame).__struct_config__.tag for frame in peer.said]
    assert told == [*kinds, "presence", "standbys"]


async def test_an_idle_session_sleeps_until_the_next_heart_beat_or_look(stage: Any) -> None:
    time, session, peer = stage
    _step(session)
    assert _step(session) == pytest.approx(0.5)
    assert peer.live == []
    del time


async def test_view_data_goes_out_like_changes_and_only_the_newest(stage: Any) -> None:
    """§9: what there was no room for is replaced, never queued."""
    time, session, peer = stage
    _step(session)
    peer.has_room = False
    for x in range(5):
        session.log.view_data_changed("a", {"x": x, "_sender": "s", "_rev": 1})
        _step(session)
        time.pass_by(0.1)
    assert peer.live == []
    peer.has_room = True
    _step(session)
    assert len(peer.live) == 1
    assert session.log.fanout.traffic.frames["view"] == 1


@pytest.mark.expects_log("a fan-out round of session s failed by a defect")
async def test_a_defect_in_a_round_does_not_end_the_rounds(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, session, peer = stage
    monkeypatch.setattr("engine.ordered.rounds.AFTER_DEFECT_S", 0.0)
    steps: list[int] = []
    right = Rounds.step

    def fails_once(rounds: Rounds) -> float:
        steps.append(1)
        if len(steps) == 1:
            raise KeyError("a defect")
        return right(rounds)

    monkeypatch.setattr(Rounds, "step", fails_once)
    session.tune("a", {"x": 2})
    for _ in range(200):
        if peer.live:
            break
        await asyncio.sleep(0.001)
    assert len(peer.live) == 1


@pytest.mark.expects_log("a beat of session s failed by a defect", "a tick of session s failed by a defect")
async def test_one_work_that_fails_starves_neither_the_others_nor_the_edits(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heart-beats that cannot be encoded are no reason to keep an edit back, and are not tried again at once."""
    time, session, peer = stage
    failed: list[float] = []

    def fails(_desk: LogDesk) -> Any:
        failed.append(time.now())
        raise TooLarge("a frame of two megabytes")

    monkeypatch.setattr(LogDesk, "presence_frames", fails)
    monkeypatch.setattr(LogDesk, "tick", fails)
    time.pass_by(DIGEST_S)
    session.tune("a", {"x": 2})
    assert _step(session) > 0.0, "no work is due again at once"
    assert len(failed) == 2
    assert len(peer.live) == 1
    assert isinstance(peer.said[-1], DigestFrame)
    assert peer.kicks


@pytest.mark.expects_log("a fan-out round of session s failed by a defect")
async def test_heart_beats_leave_while_the_fan_out_fails(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    time, session, peer = stage

    def fails(_fanout: Fanout, _now: float) -> Any:
        raise KeyError("a defect")

    monkeypatch.setattr(Fanout, "serve", fails)
    time.pass_by(1.0)
    session.tune("a", {"x": 2})
    for _ in range(200):
        if peer.kicks:
            break
        await asyncio.sleep(0.001)
    assert [frame for frame in peer.said if isinstance(frame, PresenceFrame)]


async def test_one_heart_beat_full_of_claims_stops_nobody(stage: Any) -> None:
    """§12: 64 claims that fit the frame that they came in, and would not fit the one that goes to all."""
    time, session, peer = stage
    session.log.desk.leases.claim("bad", tuple(f"{each:02}" + "x" * 16_000 for each in range(64)), time.now())
    time.pass_by(1.0)
    session.tune("a", {"x": 2})
    _step(session)
    assert len(peer.live) == 1
    assert [frame.leases for frame in peer.said if isinstance(frame, PresenceFrame)][-1] == {}


async def test_another_engine_is_told_the_filter_of_the_newest_ops_and_desks_those_of_other_engines(stage: Any) -> None:
    """§11.1."""
    time, session, peer = stage
    log, other = session.log, cast("Any", Peer())
    log.joined(other, other, "", is_desk=False)
    log.desk.mesh.join(other)
    log.desk.mesh.heard(DigestFrame(Clock("theirs", 0), "", b"\1\2"))
    time.pass_by(DIGEST_S)
    _step(session)
    (to_engine,) = [frame for frame in other.said if isinstance(frame, DigestFrame)]
    (to_desk,) = [frame for frame in peer.said if isinstance(frame, DigestFrame)]
    assert to_desk.bloom == b""
    assert all(may_contain(to_engine.bloom, entry.id) for entry in log.log.entries.after(0))
    told = [(frame.of, frame.bloom) for frame in peer.said if isinstance(frame, FilterFrame)]
    assert told == [("theirs", b"\1\2")]
    assert not any(isinstance(frame, FilterFrame) for frame in other.said)
    log.left(other, "")


async def test_a_missing_op_is_asked_for_at_its_time_and_not_at_the_next_look(stage: Any) -> None:
    """§11.2: with several other engines the times are spread, and are kept to the millisecond."""
    time, session, _ = stage
    log = session.log
    others: list[Any] = [Peer(), Peer()]
    for other in others:
        log.joined(other, other, "", is_desk=False)
        log.desk.mesh.join(other)
    _step(session)
    missing = OpId("x", 1)
    log.desk.mesh.miss([missing])
    due = log.desk.mesh.next_at()
    assert time.now() + T_MIN_S <= due < time.now() + T_MAX_S
    while time.now() < due:
        assert not any(isinstance(frame, Want) for other in others for frame in other.said)
        time.pass_by(min(_step(session), due - time.now()))
    _step(session)
    for other in others:
        assert [frame.ids for frame in other.said if isinstance(frame, Want)] == [(missing,)]
        assert other.kicks
        log.left(other, "")
