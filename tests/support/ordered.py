"""Desks on an ordered log without sockets: an engine of the log's own tests, links that are pumped by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.log.auth import Credentials, Door, Trust
from sync.log.authority_end import AuthorityEnd
from sync.log.desk_end import DeskEnd
from sync.log.edits import add_node, connect, set_params
from sync.log.link import Link
from sync.log.op import Op
from sync.log.outbox import Outbox
from sync.ordered.session_log import SessionLog
from sync.ordered.status import LogState, LogStatus
from sync.session import DeskSession
from sync.wire.pipeline import SessionInfo
from tests.log.world import Engine, Time, Wire
from tests.support.clock import FakeClock
from tests.support.link import COMPOSITOR, DEMO_PARAMS, ModelLink, demo_pipeline
from tests.support.server import ModelServer

__all__ = ["ClockTime", "OrderedDesk", "OrderedWorld"]


class ClockTime(Time):
    """The log world's time on a fake clock."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> float:
        return self._clock.now()

    def wall(self) -> float:
        return 1_700_000_000.0 + self._clock.now() + self.skew

    def pass_by(self, seconds: float) -> None:
        self._clock.advance(seconds)


class OrderedDesk:
    """A session on a log, and at most one link of it. It is its log's wire."""

    def __init__(self, world: OrderedWorld, name: str, outbox: Outbox | None = None) -> None:
        self.world, self.name = world, name
        self.log = SessionLog(f"open/{name}~1", world.clock, outbox)
        self.log.wire = self
        self.session: DeskSession | None = None
        self.submitted: list[Op] = []
        self._end: DeskEnd | None = None
        self._wire: Wire | None = None
        self._was_live = False

    @property
    def desk(self) -> DeskSession:
        """The session, once it is open."""
        assert self.session is not None
        return self.session

    @property
    def is_linked(self) -> bool:
        """Whether there is a connection that was not cut."""
        return self._wire is not None and not self._wire.is_cut

    def open(self) -> DeskSession:
        """Links and opens the session."""
        self.join()
        port = ModelLink(ModelServer(demo_pipeline()), self.world.clock)
        self.session = DeskSession(SessionInfo("s1", "studio"), self.world.clock, port, log=self.log)
        self.session.take_snapshot(demo_pipeline())
        return self.session

    def link(self) -> Wire:
        """A new connection; nothing has been exchanged yet."""
        self.cut()
        time, engine = self.world.time, self.world.engine
        log = self.log
        end = DeskEnd(log.replica, time.now, time.wall, log.view_came.emit, log.take_control, self._settled)
        server_end = AuthorityEnd(engine.desk)
        called = Link(server_end, Door(Trust(engine.name)), time.now, time.wall)
        server_end.attach(called)
        caller = Link(end, Credentials(self.name), time.now, time.wall)

        def closed() -> None:
            server_end.left()
            end.left()
            if self._was_live:
                self._was_live = False
                log.went_dark("cut")

        self._end, self._wire = end, Wire(caller, called, closed)
        engine.wires.append(self._wire)
        return self._wire

    def join(self) -> None:
        """A new connection that is live."""
        self.link().settle()
        assert self.log.is_live

    def cut(self) -> None:
        """The connection breaks, with all that was on it."""
        if self._wire is not None and not self._wire.is_cut:
            self._wire.cut()

    def pump(self) -> bool:
        """One frame of each end onto the wire."""
        return self.is_linked and self._wire is not None and self._wire.pump()

    def deliver(self) -> bool:
        """One frame off the wire at each end."""
        return self.is_linked and self._wire is not None and self._wire.deliver()

    def settle(self) -> None:
        """Moves frames until none is left."""
        while self.pump() or self.deliver():
            pass

    # the log's wire

    def submit(self, op: Op) -> None:
        self.submitted.append(op)
        if self.is_linked and self._wire is not None and self._end is not None:
            self._end.submitted(op)
            self._wire.caller.submit([op])

    def record(self) -> None:
        pass

    def unsent_bytes(self) -> int:
        return 0

    def status(self) -> LogStatus:
        return LogStatus(LogState.LIVE if self.is_linked else LogState.WAITING)

    def retry_now(self) -> None:
        self.join()

    def _settled(self) -> None:
        if self._wire is not None and self._wire.caller.is_live and not self._was_live:
            self._was_live = True
            self.log.went_live()
        self.log.took()


class OrderedWorld:
    """An engine with the demo pipeline in its log, and desks on it."""

    def __init__(self, desks: int = 2, params: Mapping[str, Any] = DEMO_PARAMS) -> None:
        self.clock = FakeClock()
        self.time = ClockTime(self.clock)
        self.engine = Engine(self.time)
        self._seq = 0
        pipeline = demo_pipeline(params)
        for node_id, node in pipeline.nodes.items():
            self.write(add_node(node_id, node.kind, node.params))
        for row in pipeline.connections:
            self.write(connect(*row.ends))
        self.engine.flush()
        self.desks = [OrderedDesk(self, f"d{index}") for index in range(desks)]
        for desk in self.desks:
            desk.open()

    def write(self, changes: Any) -> None:
        """Somebody else changes the session: a client of protocol 1, or the engine itself."""
        self._seq += 1
        self.engine.desk.submit(Op("p1/script~1", self._seq, tuple(changes)))

    def set(self, path: tuple[str, ...], value: Any, node: str = COMPOSITOR) -> None:
        """Somebody else sets one field."""
        self.write(set_params(node, {path: value}))

    def round(self) -> None:
        """Everything that is under way arrives, a fan-out round and a journal round included."""
        for desk in self.desks:
            desk.settle()
        self.engine.round()
        for desk in self.desks:
            desk.settle()
        self.engine.flush()

    def run(self, rounds: int = 4, seconds: float = 0.04) -> None:
        """Several rounds with time between them."""
        for _ in range(rounds):
            self.round()
            self.clock.advance(seconds)
        self.round()

    def stored(self, node: str = COMPOSITOR) -> dict[str, Any]:
        """What the log says of a node's params."""
        return self.engine.log.document.params(node)
