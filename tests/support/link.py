"""A desk's session on a model server: the link between them, with a delay or stepped by hand."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from sync.pacing import Pace
from sync.revision import Revisions
from sync.session import DeskSession
from sync.wire.events import NodeParamsChanged
from sync.wire.pipeline import Connection, Node, Pipeline
from sync.wire.requests import GetPipeline, Request
from sync.wire.responses import PipelineReply
from tests.support.clock import FakeClock
from tests.support.server import Family, ModelServer, Peer, Storage

__all__ = ["COMPOSITOR", "DEMO_PARAMS", "ModelLink", "demo_pipeline", "make_session", "session_link"]

COMPOSITOR = "mix"
DEMO_PARAMS: dict[str, Any] = {
    "width": 1280,
    "height": 720,
    "fps": 30,
    "num_inputs": 3,
    "layers": {
        "in_0": {"opacity": 1.0, "z_index": 0},
        "in_1": {"rect": {"x": 880, "y": 20, "width": 380, "height": 285}, "opacity": 0.9, "z_index": 1},
    },
    "text_overlays": [
        {"id": "title", "text": "Hello", "rect": {"x": 20, "y": 20, "width": 400, "height": 40}, "z_index": 2}
    ],
}


def demo_pipeline(params: Mapping[str, Any] | None = None) -> Pipeline:
    """Three colour bars into a compositor; ``in_2`` has no entry in its params. A gain beside it is a plain node."""
    nodes = {
        "cam_a": Node("video::colorbars", {"width": 1280, "height": 720}),
        "cam_b": Node("video::colorbars", {"width": 640, "height": 480}),
        "cam_c": Node("video::colorbars", {"width": 640, "height": 360}),
        "gain": Node("audio::gain", {"gain": 1.0, "fade": {"in": 0.5, "out": 0.5}}),
        COMPOSITOR: Node("video::compositor", dict(DEMO_PARAMS if params is None else params)),
    }
    edges = [Connection(f"cam_{letter}", "out", COMPOSITOR, f"in_{index}") for index, letter in enumerate("abc")]
    return Pipeline(nodes, edges, name="studio")


class ModelLink:
    """The port of a session whose other end is a ModelServer.

    With ``delay_s`` requests and events travel that long on the fake clock; with None a test moves them by hand
    (``pump_up``, ``pump_down``).
    """

    def __init__(self, server: ModelServer, clock: FakeClock, delay_s: float | None = 0.0) -> None:
        self.server, self.clock, self.delay_s = server, clock, delay_s
        self.revisions = Revisions()
        self.round_trip_s = 2 * (delay_s or 0.0)
        self.is_open = True
        self.backlog = 0
        self.posted: list[Request] = []
        self.session: DeskSession | None = None
        self._peer: Peer = server.connect()
        self._upward: deque[tuple[Request, int]] = deque()
        self._asked: deque[int] = deque()
        self._said_before: deque[dict[Family, int]] = deque()
        self._is_moving = False

    def unsent_bytes(self) -> int:
        """What the test says is stuck."""
        return self.backlog

    def post(self, request: Request) -> None:
        """On its way to the server."""
        self.posted.append(request)
        self._upward.append((request, 0))
        self._move()

    def refetch(self, session_id: str, reason: str) -> None:  # noqa: ARG002  (the port's signature)
        """Asks the model for its pipeline, if there is a link."""
        if not self.is_open:
            return
        order = 0 if self.session is None else self.session.last_order
        self._upward.append((GetPipeline(session_id), order))
        self._move()

    def pump_up(self) -> bool:
        """One request reaches the server; False when none is on its way."""
        if not self._upward:
            return False
        request, order = self._upward.popleft()
        if isinstance(request, GetPipeline):
            self._asked.append(order)
        said_before = {family: len(queue) for family, queue in self._peer.queues.items()}
        replies = len(self._peer.replies)
        self.server.handle(self._peer, request)
        self._said_before += [said_before] * (len(self._peer.replies) - replies)
        return True

    def pump_down(self, family: Family | None = None) -> bool:
        """One event (of ``family``) or reply reaches the desk; False when none waits.

        A reply may overtake events, but no event comes before a reply that the server wrote before it.
        """
        if family is None and self._peer.replies:
            self._take_reply()
            return True
        waiting = self._peer.waiting() if family is None else [family]
        queue = self._peer.queues[waiting[0]] if waiting else None
        if not queue or self.session is None:
            return False
        while self._said_before and not self._said_before[0][family or waiting[0]]:
            self._take_reply()
        for said in self._said_before:
            said[family or waiting[0]] -= 1
        self.session.accept(queue.popleft())
        return True

    def hears_events_after(self, delay_s: float) -> None:
        """From now on events of others arrive by themselves, that long after they were sent."""
        self.delay_s = delay_s
        self._listen()

    def drop_events(self) -> None:
        """All events that wait for this desk are lost."""
        for queue in self._peer.queues.values():
            queue.clear()
        for said in self._said_before:
            said.update(dict.fromkeys(said, 0))

    def double_echo(self) -> None:
        """The next echo of one of our own stamped commits will come a second time, late."""
        queue = self._peer.queues[Family.PARAMS]
        for event in queue:
            if isinstance(event, NodeParamsChanged) and event.params.get("_sender") == self.revisions.nonce:
                queue.append(event)
                return

    def waiting(self) -> list[Family]:
        """The families in which an event waits for this desk."""
        return self._peer.waiting()

    def is_busy(self) -> bool:
        """True while something is on its way in either direction."""
        return bool(self._upward or self._peer.replies or self._peer.waiting())

    def settle(self) -> None:
        """Everything that is on its way arrives, in both directions, view data included."""
        while self.pump_up() or self.pump_down():
            pass
        self.server.tick()
        while self.pump_down():
            pass

    def cut(self, *, takes_sent: bool = False) -> None:
        """The connection breaks. What was on its way to the desk is lost; ``takes_sent``: the server still got ours."""
        self.is_open = False
        while takes_sent and self.pump_up():
            pass
        self.server.disconnect(self._peer)
        self.drop_events()
        self._peer.replies.clear()
        self._upward.clear()
        self._asked.clear()
        self._said_before.clear()
        if self.session is not None:
            self.session.link_lost()

    def reopen(self) -> None:
        """A new connection: new nonce, no revs, then the snapshot."""
        self._peer = self.server.connect()
        self.revisions.reopen()
        self.is_open = True
        if self.session is not None:
            self.session.take_snapshot(self.server.pipeline())

    def _listen(self) -> None:
        if self.waiting():
            self.clock.call_later(self.delay_s or 0.0, self._drain)
        self.clock.call_later(0.001, self._listen)

    def _take_reply(self) -> None:
        reply = self._peer.replies.popleft()
        self._said_before.popleft()
        if isinstance(reply, PipelineReply) and self.session is not None:
            self.session.take_snapshot(reply.pipeline, self._asked.popleft())

    def _move(self) -> None:
        if self.delay_s is not None and not self._is_moving:
            self._is_moving = True
            self.clock.call_later(self.delay_s, self._arrive)

    def _arrive(self) -> None:
        self._is_moving = False
        while self.pump_up():
            pass
        self.clock.call_later(self.delay_s or 0.0, self._drain)

    def _drain(self) -> None:
        while self.pump_down():
            pass


def make_session(
    params: Mapping[str, Any] | None = None,
    *,
    delay_s: float | None = 0.0,
    storage: Storage = Storage.MERGE,
    server: ModelServer | None = None,
    clock: FakeClock | None = None,
    pace: Pace | None = None,
) -> tuple[DeskSession, ModelServer, FakeClock]:
    """An open session on a model server, without any event loop: ``clock.advance`` moves requests and events.

    ``session_link(session)`` is its ModelLink; a second desk is made by passing the first one's server and clock.
    """
    clock = FakeClock() if clock is None else clock
    server = ModelServer(demo_pipeline(params), storage) if server is None else server
    link = ModelLink(server, clock, delay_s)
    session = DeskSession(server.info, clock, link, pace)
    link.session = session
    session.take_snapshot(server.pipeline())
    return session, server, clock


def session_link(session: DeskSession) -> ModelLink:
    """The link that ``make_session`` made for a session."""
    link = session.link
    assert isinstance(link, ModelLink)
    return link
