"""A peer whose socket takes nothing for a while: what it costs the others, in milliseconds of a clock of our own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import ceil

import pytest

from sync.log.auth import Credentials, Door, Trust
from sync.log.authority_end import AuthorityEnd
from sync.log.desk_end import DeskEnd
from sync.log.edits import change, param_place
from sync.log.fanout import STALL_S as STALL_LIMIT_S
from sync.log.frames import SnapshotPart, decode_control
from sync.log.link import Link
from sync.log.live_frames import BatchFrame, OpFrame, SquashFrame
from sync.log.replica import Replica
from tests.log.world import Engine, World, live

STEP_S = 0.002
STALL_S = 5.0
EDIT_EVERY = 16  # steps: 30 edits a second and desk
DESKS = 3


class Line:
    """One direction of a connection: what is put on it arrives after ``delay_s``. A stopped one takes nothing."""

    def __init__(self, now: Callable[[], float], delay_s: float) -> None:
        self._now = now
        self._delay_s = delay_s
        self._frames: deque[tuple[float, str | bytes]] = deque()
        self.is_stopped = False
        self.live: list[bytes] = []
        self.texts: list[str] = []

    def carry(self, sender: Link, receiver: Link) -> None:
        """Takes what ``sender`` has, as far as there is room, and delivers what is due."""
        while not self.is_stopped and (frame := sender.next_frame()) is not None:
            self._frames.append((self._now() + self._delay_s, frame))
            self.live += [frame] if isinstance(frame, bytes) else []
            self.texts += [frame] if isinstance(frame, str) else []
        while self._frames and self._frames[0][0] <= self._now() + 1e-9:
            receiver.receive(self._frames.popleft()[1])


class Party:
    """A desk with its link over two lines."""

    def __init__(self, engine: Engine, name: str, delay_s: float, replica: Replica | None = None) -> None:
        time = engine.time
        self.replica = replica if replica is not None else Replica(f"open/{name}~1")
        self.end = DeskEnd(self.replica, time.now, time.wall)
        self.up, self.down = Line(time.now, delay_s), Line(time.now, delay_s)
        server_end = AuthorityEnd(engine.desk)
        self.called = Link(server_end, Door(Trust("e")), time.now, time.wall, has_room=lambda: not self.down.is_stopped)
        server_end.attach(self.called)
        self.caller = Link(self.end, Credentials(name), time.now, time.wall)
        self.place = param_place("mix", ("desks", name))
        self.sent_at: dict[int, float] = {}
        self._count = 0

    def edit(self, now: float) -> None:
        """The hand moves on."""
        self._count += 1
        op = self.replica.propose([change(self.place, self._count)], live=True)
        assert op is not None
        self.sent_at[op.seq] = now
        self.end.submitted(op)
        self.caller.submit([op])

    def carry(self) -> None:
        """One moment of both lines."""
        self.up.carry(self.caller, self.called)
        self.down.carry(self.called, self.caller)


class Hall:
    """An engine whose rounds run when they are due, and desks that are all seen and measured."""

    def __init__(self, delay_s: float) -> None:
        self.engine = World(0).engine
        self.parties = [Party(self.engine, f"d{index}", delay_s) for index in range(DESKS)]
        self.watcher = Party(self.engine, "w", delay_s)
        self.delays: list[float] = []
        self._open: list[tuple[Party, int]] = []
        self.pass_steps(lambda: all(each.caller.is_live for each in self.everybody), 5_000)

    @property
    def everybody(self) -> list[Party]:
        return [*self.parties, self.watcher]

    def step(self) -> None:
        """A moment."""
        time, fanout = self.engine.time, self.engine.fanout
        time.pass_by(STEP_S)
        for each in self.everybody:
            each.carry()
        due = fanout.due_at(time.now())
        if due is not None and due <= time.now():
            fanout.serve(time.now())
        self._measure(time.now())

    def pass_steps(self, is_so: Callable[[], bool], most: int) -> None:
        for _ in range(most):
            if is_so():
                return
            self.step()
        raise AssertionError("it never came to be so")

    def edit_for(self, seconds: float) -> list[float]:
        """Everybody but the watcher edits; seconds from each edit until the last of them has it."""
        self.delays = []
        for step in range(round(seconds / STEP_S)):
            for index, party in enumerate(self.parties):
                if step % EDIT_EVERY == 5 * index:
                    party.edit(self.engine.time.now())
                    self._open.append((party, party.replica.last_seq))
            self.step()
        self.pass_steps(lambda: not self._open, 1_000)
        return self.delays

    def _measure(self, now: float) -> None:
        still = []
        for party, seq in self._open:
            author = party.replica.author
            if all(each.replica.clock().authors.get(author, 0) >= seq for each in self.parties):
                self.delays.append(now - party.sent_at[seq])
            else:
                still.append((party, seq))
        self._open = still


def p95(delays: list[float]) -> float:
    return sorted(delays)[ceil(0.95 * len(delays)) - 1]


@pytest.mark.parametrize("delay_s", [0.0, 0.020])
def test_ep_19_and_ep_20_a_stall_of_five_seconds_costs_the_others_nothing_and_ends_in_one_frame(delay_s: float) -> None:
    hall = Hall(delay_s)
    baseline = p95(hall.edit_for(STALL_S / 3))
    hall.watcher.down.is_stopped = True
    before, had = hall.watcher.replica.applied, len(hall.watcher.down.live)
    stalled = p95(hall.edit_for(STALL_S))
    assert stalled <= 1.2 * baseline, f"p95 {1000 * baseline:.0f} ms became {1000 * stalled:.0f} ms"
    assert hall.watcher.replica.applied == before, "it was really cut off"
    hall.watcher.down.is_stopped = False
    log = hall.engine.log
    hall.pass_steps(lambda: hall.watcher.replica.applied == log.head, 1_000)
    resumed = [live(frame) for frame in hall.watcher.down.live[had:]]
    assert [type(frame) for frame in resumed if isinstance(frame, SquashFrame | BatchFrame | OpFrame)] == [SquashFrame]
    assert {each.replica.confirmed.digest() for each in hall.everybody} == {log.document.digest()}
    assert hall.watcher.called.is_live


def test_hk_15_a_peer_that_takes_nothing_for_too_long_is_dropped_and_comes_back_by_its_delta() -> None:
    hall = Hall(0.003)
    baseline = p95(hall.edit_for(1.0))
    watcher, engine = hall.watcher, hall.engine
    watcher.down.is_stopped = True
    had = watcher.replica.applied
    assert p95(hall.edit_for(STALL_LIMIT_S + 1.0)) <= 1.2 * baseline
    assert watcher.called.close is not None
    assert (watcher.called.close.code, "nothing could be sent" in watcher.called.close.reason) == (1013, True)
    watcher.end.left()
    again = Party(engine, "w", 0.003, watcher.replica)
    hall.watcher = again
    hall.pass_steps(lambda: again.caller.is_live and again.replica.applied == engine.log.head, 2_000)
    texts = [decode_control(frame) for frame in again.down.texts]
    (delta,) = [part for part in texts if isinstance(part, SnapshotPart) and part.registers]
    assert delta.after == had, "only what changed since"
    assert {register.path for register in delta.registers} <= {party.place for party in hall.parties}
    assert {each.replica.confirmed.digest() for each in hall.everybody} == {engine.log.document.digest()}
