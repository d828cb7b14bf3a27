"""The running half of a session: builds, connects and starts nodes, and tells what they report (PROTOCOL.md §9)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Protocol

from engine.node import Kind, Node, NodeContext, NodeFailed
from engine.running.attempt import failure_of
from engine.running.resident import Resident
from engine.running.session_thread import SessionThread
from engine.running.wiring import Wiring
from engine.serving.quiet_log import shown
from sync.wire.compositor import ConfigRefused
from sync.wire.events import NodeStats
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Connection
from sync.wire.stamp import strip_metadata
from sync.wire.state import NodeState

SHUT_DOWN = NodeState("Stopped", "shutdown")

_log = logging.getLogger(__name__)

__all__ = ["Runner", "RunnerListener"]


class RunnerListener(Protocol):
    """Whom a runner tells what happens; always on the event loop's thread."""

    def node_built(self, resident: Resident) -> None:
        """A node exists; its connections may be made now."""

    def node_gone(self, resident: Resident) -> None:
        """A node that was to be removed has stopped."""

    def state_changed(self, resident: Resident) -> None:
        """A node has another state."""

    def stats_changed(self, resident: Resident, stats: NodeStats) -> None:
        """A node has new counters."""

    def view_data_changed(self, resident: Resident) -> None:
        """A node has new view data."""

    def told(self, resident: Resident, event_type: str, fields: JsonObject) -> None:
        """A node has sent a telemetry record."""

    def update_refused(self, resident: Resident, refusal: ConfigRefused) -> None:
        """A node has refused an update that had been accepted."""


class Runner:
    """All residents of one session. Called on the event loop's thread; the work is done on the session's."""

    def __init__(self, session_id: str, kinds: Mapping[str, Kind], listener: RunnerListener) -> None:
        self._session_id = session_id
        self._kinds = kinds
        self._listener = listener
        self._thread = SessionThread(f"session-{session_id[:8]}")
        self._wiring = Wiring(session_id, kinds)
        self._built: dict[Resident, Node] = {}  # the session thread's own record
        self.residents: dict[str, Resident] = {}
        self.is_stopped = False

    def add(self, resident: Resident, params: JsonObject | None) -> None:
        """Builds a node; its first state is Creating."""
        self.residents[resident.node_id] = resident
        self._set_state(resident, NodeState("Creating"))
        context = self._context(resident, {} if params is None else strip_metadata(params))
        self._thread.submit(partial(self._build, resident, context))

    def remove(self, node_id: str) -> bool:
        """Stops a node and takes it away; False when there is none."""
        resident = self.residents.pop(node_id, None)
        if resident is None:
            return False
        resident.is_leaving = True
        self._thread.submit(partial(self._take_down, resident))
        self._start_when_all_are_ready()
        return True

    def connect(self, connections: Iterable[Connection]) -> None:
        """Connects what can be connected: rows whose nodes are both built."""
        for connection in connections:
            source = self.residents.get(connection.from_node)
            target = self.residents.get(connection.to_node)
            if source and target and source.node is not None and target.node is not None and not target.has_failed:
                ends = ((source.kind, source.node), (target.kind, target.node))
                self._thread.submit(partial(self._wiring.attach, connection, *ends))

    def disconnect(self, connection: Connection) -> None:
        """Takes a connection away."""
        self._thread.submit(partial(self._wiring.detach, connection.ends))

    def update(self, resident: Resident, message: JsonObject) -> None:
        """Hands an update to a node, later when it is not built yet. Raises ConfigRefused."""
        if resident.node is not None and resident.takes_updates:
            resident.node.update(message)
        elif resident.is_becoming:
            resident.waiting.append(message)

    def start_node(self, resident: Resident) -> None:
        """The ``Start`` message."""
        if resident.node is not None and not resident.is_started:
            self._start(resident, resident.node)

    def shut_down(self, resident: Resident) -> None:
        """The ``Shutdown`` message: the node stops and stays."""
        if resident.node is not None and not resident.has_ended:
            self._set_state(resident, SHUT_DOWN)
            self._thread.submit(resident.node.stop)

    async def stop(self) -> None:
        """Stops all nodes; nothing is reported any more. May be called twice."""
        if not self.is_stopped:
            self.is_stopped = True
            self._thread.close(self._stop_all)
        await self._thread.ended()

    def _context(self, resident: Resident, params: JsonObject) -> NodeContext:
        def later(report: Callable[..., None], *details: Any) -> None:
            self._thread.call_loop(partial(self._hear, resident, report, *details))

        return NodeContext(
            session_id=self._session_id,
            node_id=resident.node_id,
            params=params,
            on_state=partial(later, self._set_state),
            on_stats=partial(later, self._listener.stats_changed),
            on_view_data=partial(later, self._set_view_data),
            on_telemetry=partial(later, self._listener.told),
        )

    def _hear(self, resident: Resident, report: Callable[..., None], *details: Any) -> None:
        """Passes a report on, unless its node is gone (PROTOCOL.md §9)."""
        if not self.is_stopped and not resident.is_leaving:
            report(resident, *details)

    def _set_state(self, resident: Resident, state: NodeState) -> None:
        if resident.state == SHUT_DOWN or resident.state.name == "Failed":
            return
        if resident.state == state and state.name != "Creating":
            return
        resident.state = state
        self._listener.state_changed(resident)
        if resident.has_failed and resident.node is not None:
            self._thread.submit(resident.node.stop)  # what it feeds hears that nothing follows
        if resident.has_ended:
            self._start_when_all_are_ready()

    def _set_view_data(self, resident: Resident, data: Any) -> None:
        resident.view_data = data
        self._listener.view_data_changed(resident)

    def _build(self, resident: Resident, context: NodeContext) -> None:
        if resident.is_leaving or self.is_stopped:
            return
        context.on_state(NodeState("Initializing"))

        def build() -> None:
            kind = self._kinds.get(resident.kind)
            if kind is None:
                raise NodeFailed(f"there is no node kind '{resident.kind}'")
            node = self._built[resident] = kind.build(context)
            self._claim_stream(resident, node)
            self._thread.call_loop(partial(self._hear, resident, self._settle, node))

        reason = failure_of(build, shown(resident.node_id))
        if reason is not None:
            context.on_state(NodeState("Failed", reason))

    def _claim_stream(self, resident: Resident, node: Node) -> None:
        """Raises NodeFailed when another node streams under the same path (PROTOCOL.md §19)."""
        path = _stream_path(node)
        if path is not None and any(_stream_path(each) == path for each in self._built.values() if each is not node):
            del self._built[resident]
            node.stop()
            raise NodeFailed(f"another node streams to {path} already")

    def _settle(self, resident: Resident, node: Node) -> None:
        resident.node = node
        for message in resident.waiting:
            self.update_late(resident, message)
        resident.waiting.clear()
        self._listener.node_built(resident)
        self._set_state(resident, NodeState("Ready"))
        self._start_when_all_are_ready()

    def update_late(self, resident: Resident, message: JsonObject) -> None:
        """An update that was accepted before the node could be asked: its author is not told, everyone else is."""
        try:
            self.update(resident, message)
        except ConfigRefused as refusal:
            name, reason = shown(resident.node_id), shown(str(refusal))
            _log.warning("node %s of session %s refused an update: %s", name, self._session_id, reason)
            self._listener.update_refused(resident, refusal)

    def _start_when_all_are_ready(self) -> None:
        if any(resident.is_becoming for resident in self.residents.values()):
            return
        for resident in self.residents.values():
            if resident.node is not None and not resident.is_started and not resident.has_ended:
                self._start(resident, resident.node)

    def _start(self, resident: Resident, node: Node) -> None:
        resident.is_started = True
        self._thread.submit(partial(self._start_job, resident, node))

    def _start_job(self, resident: Resident, node: Node) -> None:
        reason = failure_of(node.start, shown(resident.node_id))
        if reason is not None:
            self._thread.call_loop(partial(self._hear, resident, self._set_state, NodeState("Failed", reason)))

    def _take_down(self, resident: Resident) -> None:
        try:
            self._wiring.detach_all(resident.node_id)
            node = self._built.pop(resident, None)
            if node is not None:
                node.stop()
        finally:
            self._thread.call_loop(partial(self._gone, resident))

    def _gone(self, resident: Resident) -> None:
        if not self.is_stopped:
            self._listener.node_gone(resident)
        resident.node = None  # it reports to its resident: together they would wait for the collector

    def _stop_all(self) -> None:
        for resident, node in self._built.items():
            failure_of(node.stop, shown(resident.node_id))
        self._built.clear()


def _stream_path(node: Node) -> str | None:
    stream = node.describe("mse")
    return None if stream is None else str(stream.path)
