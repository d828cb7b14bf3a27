"""A small world of engines, desks and wires that runs on a clock of its own, with faults on demand."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sync.log.auth import Credentials, Door, Trust
from sync.log.authority_end import AuthorityEnd, LogDesk
from sync.log.desk_end import DeskEnd
from sync.log.edits import REMOVED, add_node, change, param_place
from sync.log.end import DESK_TIMING, End, LinkState, Timing
from sync.log.fanout import Fanout
from sync.log.frames import decode_control
from sync.log.journal import Journal
from sync.log.link import Link
from sync.log.live_frames import decode_live
from sync.log.log_journal import LogJournal, OutboxJournal, restore_log, restore_outbox
from sync.log.op import Change, Op, Path
from sync.log.oplog import Limits, OpLog, within_json
from sync.log.outbox import Outbox
from sync.log.replica import Replica
from tests.log.stores import MemoryStore

X: Path = param_place("mix", ("layers", "in_1", "rect", "x"))
Y: Path = param_place("mix", ("layers", "in_1", "rect", "y"))
OPACITY: Path = param_place("mix", ("layers", "in_1", "opacity"))


T = TypeVar("T")


def the(value: T | None) -> T:
    """``value``, which is there."""
    assert value is not None
    return value


def control(frame: str | bytes | None) -> Any:
    """A control frame, decoded."""
    assert isinstance(frame, str)
    return decode_control(frame)


def live(frame: str | bytes | None) -> Any:
    """A live frame, decoded."""
    assert isinstance(frame, bytes)
    return decode_live(frame)


class Time:
    """A clock that moves when told; ``wall`` may be off from ``now`` by any amount."""

    def __init__(self) -> None:
        self.at = 1_000.0
        self.skew = 0.0

    def now(self) -> float:
        return self.at

    def wall(self) -> float:
        return 1_700_000_000.0 + self.at + self.skew

    def pass_by(self, seconds: float) -> None:
        self.at += seconds


class Wire:
    """Two links and the frames between them. Nothing moves until it is told to."""

    def __init__(self, caller: Link, called: Link, on_closed: Callable[[], None] = lambda: None) -> None:
        self.caller = caller
        self.called = called
        self.to_called: deque[str | bytes] = deque()
        self.to_caller: deque[str | bytes] = deque()
        self.sent_by_called: list[str | bytes] = []
        self.sent_by_caller: list[str | bytes] = []
        self.is_cut = False
        self._on_closed = on_closed

    def pump(self) -> bool:
        """Takes one frame from each link onto the wire; whether there was one."""
        moved = False
        for link, queue, record in (
            (self.caller, self.to_called, self.sent_by_caller),
            (self.called, self.to_caller, self.sent_by_called),
        ):
            frame = link.next_frame()
            if frame is not None:
                queue.append(frame)
                record.append(frame)
                moved = True
        return moved

    def deliver(self) -> bool:
        """Gives the first frame of each direction to its link; whether there was one."""
        moved = False
        if self.to_called:
            self.called.receive(self.to_called.popleft())
            moved = True
        if self.to_caller:
            self.caller.receive(self.to_caller.popleft())
            moved = True
        if not self.is_cut and LinkState.CLOSED in (self.caller.state, self.called.state) and not moved:
            self.cut()
        return moved

    def settle(self) -> None:
        """Moves frames until none is left."""
        while self.pump() or self.deliver():
            pass

    def cut(self) -> None:
        """The connection is gone with all that was on it."""
        if self.is_cut:
            return
        self.is_cut = True
        self.to_called.clear()
        self.to_caller.clear()
        self.caller.lost("cut")
        self.called.lost("cut")
        self._on_closed()


class Engine:
    """An authority with a journal."""

    def __init__(
        self, time: Time, name: str = "e", store: MemoryStore | None = None, limits: Limits = within_json
    ) -> None:
        self.time = time
        self.name = name
        self.store = store if store is not None else MemoryStore()
        self.limits = limits
        self.starts = 0
        self.wires: list[Wire] = []
        self.start()

    def start(self) -> None:
        """Starts, from the journal when there is one."""
        self.starts += 1
        epoch = f"{self.name}{self.starts}"
        log = restore_log(self.store, "log", epoch, self.limits)
        self.journal = Journal("log", cap=10_000)
        self.log = log if log is not None else OpLog(epoch, self.limits)
        self.log_journal = LogJournal(self.log, self.journal)
        self.fanout = Fanout(self.log, self.time.wall)
        self.desk = LogDesk(self.log, self.fanout, self.time.now, self.time.wall, self.log_journal.record)
        self.log_journal.begin()

    def crash(self) -> None:
        """Dies without writing anything."""
        for wire in list(self.wires):
            wire.cut()
        self.wires.clear()
        self.start()

    def flush(self) -> None:
        """One journal round."""
        flush = self.journal.begin()
        if flush is None:
            return
        try:
            flush.write(self.store)
        except OSError as error:
            self.journal.done(flush, error)
        else:
            self.journal.done(flush)
            self.fanout.stable = self.journal.stable

    def round(self) -> None:
        """One fan-out round, whatever the pacing says."""
        self.fanout.round(self.time.now())

    def document(self) -> str:
        """The document's hash."""
        return self.log.document.digest()


class Desk:
    """A replica with an outbox journal and at most one link."""

    def __init__(self, time: Time, install: str) -> None:
        self.time = time
        self.install = install
        self.store = MemoryStore()
        self.runs = 0
        self._wire: Wire | None = None
        self.made: list[Op] = []
        self.start()

    @property
    def wire(self) -> Wire:
        """The newest connection, cut or not."""
        assert self._wire is not None, "it never connected"
        return self._wire

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection that was not cut."""
        return self._wire is not None and not self._wire.is_cut

    def start(self) -> None:
        """Starts, with the outbox of earlier runs."""
        self.runs += 1
        self.replica = Replica(f"open/{self.install}~{self.runs}", self.left_behind())
        self.journal = OutboxJournal(self.replica.outbox, Journal("outbox", cap=10_000))
        self.controls: list[Any] = []
        self.end = self._new_end()

    def left_behind(self) -> Outbox:
        """What earlier runs left."""
        return restore_outbox(self.store, "outbox")

    def crash(self) -> None:
        """Dies; the outbox is on disk as far as it was flushed."""
        if self.is_connected:
            self.wire.cut()
        self.start()

    def _new_end(self) -> DeskEnd:
        return DeskEnd(self.replica, self.time.now, self.time.wall, on_control=self.controls.append)

    def connect(self, engine: Engine, trust: Trust | None = None, timing: Timing = DESK_TIMING, **rights: Any) -> Wire:
        """A new connection to ``engine``; nothing has been exchanged yet."""
        if self.is_connected:
            self.wire.cut()
        self.end = self._new_end()
        server_end = AuthorityEnd(engine.desk, **rights)
        door = Door(trust if trust is not None else Trust(engine.name))
        called = Link(server_end, door, self.time.now, self.time.wall, timing)
        server_end.attach(called)
        caller = Link(self.end, Credentials(self.install), self.time.now, self.time.wall, timing)
        end = self.end

        def closed() -> None:
            server_end.left()
            end.left()

        self._wire = Wire(caller, called, closed)
        engine.wires.append(self._wire)
        return self._wire

    def join(self, engine: Engine) -> Wire:
        """A new connection that is live."""
        wire = self.connect(engine)
        wire.settle()
        assert wire.caller.state is LinkState.LIVE, wire.caller.close
        return wire

    def propose(self, changes: Iterable[Change], **how: Any) -> Op:
        """Proposes changes that change something, without sending them."""
        return the(self.replica.propose(changes, **how))

    def edit(self, place: Path, value: Any, **how: Any) -> Op | None:
        """Proposes one change and sends it as far as there is a link."""
        return self.submit(self.replica.propose([change(place, value)], **how))

    def submit(self, op: Op | None) -> Op | None:
        """Sends an op as far as there is a link."""
        if op is None:
            return None
        self.made.append(op)
        self.journal.record()
        self.flush()
        if self.is_connected:
            self.end.submitted(op)
            self.wire.caller.submit([op])
        return op

    def flush(self) -> None:
        """One journal round."""
        journal = self.journal.journal
        flush = journal.begin()
        if flush is None:
            return
        try:
            flush.write(self.store)
        except OSError as error:
            journal.done(flush, error)
        else:
            journal.done(flush)

    def hash(self) -> str:
        """The confirmed document's hash."""
        return self.replica.confirmed.digest()


class World:
    """Engines and desks with one clock; the first engine has a node ``mix`` to work on."""

    def __init__(self, desks: int = 2, limits: Limits = within_json, time: Time | None = None) -> None:
        self.time = Time() if time is None else time
        self.engine = Engine(self.time, limits=limits)
        self.engine.desk.submit(Op("setup", 1, add_node("mix", "video::compositor", {"width": 1280})))
        self.engine.flush()
        self.desks = [Desk(self.time, f"d{index}") for index in range(desks)]

    def join_all(self) -> None:
        """Every desk gets a live link to the engine."""
        for desk in self.desks:
            desk.join(self.engine)

    def run(self, rounds: int = 3) -> None:
        """Frames, fan-out and journal until everything has arrived."""
        for _ in range(rounds):
            for desk in self.desks:
                if desk.is_connected:
                    desk.wire.settle()
            self.time.pass_by(0.040)
            self.engine.round()
            self.engine.flush()
        for desk in self.desks:
            if desk.is_connected:
                desk.wire.settle()

    def hashes(self) -> set[str]:
        """Every document's hash: one when all are equal."""
        return {self.engine.document(), *(desk.hash() for desk in self.desks)}


__all__ = ["OPACITY", "REMOVED", "Desk", "End", "Engine", "Time", "Wire", "World", "X", "Y"]
