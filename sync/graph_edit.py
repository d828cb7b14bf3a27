"""Editing the open session's graph: drafts of new nodes, checked requests, batches, the wait for the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from enum import Enum
from typing import Any, Protocol

import msgspec

from sync.clock import Clock
from sync.errors import LinkLost, RequestProblem
from sync.graph_checks import (
    Graph,
    GraphRefused,
    check_connection,
    check_new_node,
    missing_params,
    new_node_id,
)
from sync.paths import Path, write
from sync.signals import Signal
from sync.store import Store
from sync.wire.json_value import JsonObject
from sync.wire.packets import PacketTypes
from sync.wire.pipeline import Connection, ConnectionMode, NodeDefinition
from sync.wire.requests import (
    AddNode,
    ApplyBatch,
    BatchConnect,
    BatchDisconnect,
    BatchOperation,
    BatchRemoveNode,
    Connect,
    Disconnect,
    RemoveNode,
    Request,
    ValidateBatch,
)
from sync.wire.responses import Response, ValidationResult

__all__ = ["BUILD_LIMIT_S", "Draft", "GraphEdit", "GraphPort", "Stage"]

BUILD_LIMIT_S = 8.0

Ends = tuple[str, str, str, str]


class Stage(Enum):
    """FILLING: required params are missing; ASKED: the server builds it; FAILED: it did not."""

    FILLING = "to be filled in"
    ASKED = "being built"
    FAILED = "failed"


class Draft(msgspec.Struct, frozen=True):
    """A node that is not in the pipeline yet; ``reason`` says why it failed."""

    node_id: str
    kind: str
    params: JsonObject
    stage: Stage = Stage.FILLING
    reason: str = ""
    missing: tuple[str, ...] = ()


class GraphPort(Protocol):
    """What graph editing needs of the desk."""

    definitions: dict[str, NodeDefinition]
    packets: PacketTypes

    def request(self, request: Request) -> Awaitable[Response]:
        """Asks the server; raises RequestProblem or LinkLost."""

    def why_not(self, action: str) -> str | None:
        """The sentence when the role may not, or there is no link."""


class GraphEdit:
    """One per open session. Nothing here is in the undo history: a server cannot put a node back as it ran.

    ``changed``: the drafts changed; ``refused``: one sentence for the operator. ``spawn`` runs a coroutine.
    """

    def __init__(
        self, store: Store, port: GraphPort, clock: Clock, spawn: Callable[[Coroutine[Any, Any, object]], object]
    ) -> None:
        self.changed: Signal[()] = Signal()
        self.refused: Signal[str] = Signal()
        self._store, self._port, self._clock, self._spawn = store, port, clock, spawn
        self._drafts: dict[str, Draft] = {}
        self._limits: dict[str, Callable[[], None]] = {}
        self._asked: dict[Ends, Connection] = {}
        self._ties = (
            store.structure_changed.connect(self._settle),
            store.state_changed.connect(self._watch_state),
        )

    @property
    def drafts(self) -> Mapping[str, Draft]:
        """The nodes that are not there yet."""
        return self._drafts

    def graph(self) -> Graph:
        """The pipeline for the checks: drafts left out, edges that were just asked for counted."""
        kinds = {node_id: self._store.kind(node_id) for node_id in self._store.node_ids()}
        edges = {row.ends: row for row in self._store.connections()} | self._asked
        return Graph(kinds, tuple(edges.values()), self._port.definitions, self._port.packets)

    def add(self, kind: str, node_id: str | None = None) -> str | None:
        """A new node: asked for at once, or kept as a draft while required params are missing. Its id, or None."""
        taken = {*self._store.replicas(), *self._store.states(), *self._drafts}
        name = new_node_id(kind, taken) if node_id is None else node_id.strip()
        try:
            self._may_edit()
            check_new_node(self.graph(), name, kind, taken)
        except GraphRefused as refused:
            self.refused.emit(str(refused))
            return None
        definition = self._port.definitions[kind]
        self._keep(Draft(name, kind, {}, missing=missing_params(definition, {})))
        if not self._drafts[name].missing:
            self.submit(name)
        return name

    def fill(self, node_id: str, path: Path, value: Any) -> None:
        """Gives a draft a value; nothing is sent."""
        draft = self._drafts.get(node_id)
        if draft is None or draft.stage is Stage.ASKED:
            return
        params = write(draft.params, path, value)
        missing = missing_params(self._port.definitions[draft.kind], params)
        self._keep(msgspec.structs.replace(draft, params=params, missing=missing, stage=Stage.FILLING))

    def submit(self, node_id: str) -> None:
        """Asks the server for a draft; one that failed before is removed there first."""
        draft = self._drafts.get(node_id)
        if draft is None or draft.stage is Stage.ASKED:
            return
        if draft.missing:
            self.refused.emit(f"{node_id} needs {', '.join(draft.missing)} first.")
        elif self._is_allowed():
            self._keep(msgspec.structs.replace(draft, stage=Stage.ASKED, reason=""))
            self._limits[node_id] = self._clock.call_later(BUILD_LIMIT_S, lambda: self._too_late(node_id))
            self._spawn(self._ask(draft))

    def discard(self, node_id: str) -> None:
        """Forgets a draft; what the server has of it is removed there."""
        draft = self._drafts.get(node_id)
        if draft is not None:
            self._forget(node_id)
            if draft.stage is not Stage.FILLING or draft.reason:
                self._send(RemoveNode(self._store.info.id, node_id))

    def why_not_connect(self, edge: Connection) -> str | None:
        """Why an edge cannot be; None when it can."""
        try:
            self._may_edit()
            self._must_be_built(edge.from_node, edge.to_node)
            check_connection(self.graph(), edge)
        except GraphRefused as refused:
            return str(refused)
        return None

    def connect(self, edge: Connection) -> bool:
        """Adds an edge after the checks; False when it was refused here."""
        reason = self.why_not_connect(edge)
        if reason is not None:
            self.refused.emit(reason)
            return False
        self._asked[edge.ends] = edge
        self._clock.call_later(BUILD_LIMIT_S, lambda: self._forget_edge(edge.ends))
        self._spawn(self._connect(edge))
        return True

    def disconnect(self, ends: Ends) -> bool:
        """Removes an edge."""
        return self._send(Disconnect(self._store.info.id, *ends)) if self._is_allowed() else False

    def set_mode(self, edge: Connection, mode: ConnectionMode | None) -> bool:
        """Makes an edge reliable or best effort: one batch that takes it out and puts it back."""
        if not self._is_allowed():
            return False
        self._spawn(self._batch([BatchDisconnect(*edge.ends), BatchConnect(*edge.ends, mode)]))
        return True

    def remove(self, node_ids: Iterable[str], edges: Iterable[Ends] = ()) -> bool:
        """Removes nodes with their edges, and edges: one request for one thing, a validated batch for more."""
        nodes = list(node_ids)
        for node_id in [node_id for node_id in nodes if node_id in self._drafts]:
            self.discard(node_id)
            nodes.remove(node_id)
        loose = [ends for ends in edges if ends[0] not in nodes and ends[2] not in nodes]
        if not nodes and not loose:
            return True
        if not self._is_allowed():
            return False
        if len(nodes) + len(loose) == 1:
            return self._send(RemoveNode(self._store.info.id, nodes[0])) if nodes else self.disconnect(loose[0])
        operations: list[BatchOperation] = [BatchDisconnect(*ends) for ends in loose]
        self._spawn(self._batch([*operations, *(BatchRemoveNode(node_id) for node_id in nodes)]))
        return True

    def close(self) -> None:
        """The session is left: no timer, no listener stays."""
        for untie in self._ties:
            untie()
        for cancel in self._limits.values():
            cancel()
        self._limits.clear()

    # asking

    def _may_edit(self) -> None:
        reason = self._port.why_not("edit_graph")
        if reason is not None:
            raise GraphRefused(reason)

    def _must_be_built(self, *node_ids: str) -> None:
        for node_id in node_ids:
            if node_id in self._drafts:
                raise GraphRefused(f"{node_id} is still a draft; it can be connected when it is built.")

    def _is_allowed(self) -> bool:
        reason = self._port.why_not("edit_graph")
        if reason is not None:
            self.refused.emit(reason)
        return reason is None

    def _send(self, request: Request) -> bool:
        self._spawn(self._request(request))
        return True

    async def _request(self, request: Request) -> Response | None:
        try:
            return await self._port.request(request)
        except (RequestProblem, LinkLost) as problem:
            self.refused.emit(_sentence(problem))
            return None

    async def _ask(self, draft: Draft) -> None:
        session_id, node_id = self._store.info.id, draft.node_id
        try:
            if draft.reason:
                await self._port.request(RemoveNode(session_id, node_id))
            await self._port.request(AddNode(session_id, node_id, draft.kind, draft.params or None))
        except (RequestProblem, LinkLost) as problem:
            self._fail(node_id, _sentence(problem))

    async def _connect(self, edge: Connection) -> None:
        answer = await self._request(Connect(self._store.info.id, *edge.ends, edge.mode))
        if answer is None:
            self._forget_edge(edge.ends)
        if answer is not None and edge.mode is not None and self._store.has(edge.to_node):
            # The event tells four names only; the mode is ours to remember until the next snapshot.
            self._store.connect(edge)

    async def _batch(self, operations: list[BatchOperation]) -> None:
        session_id = self._store.info.id
        found = await self._request(ValidateBatch(session_id, operations))
        if not isinstance(found, ValidationResult):
            return
        errors = [issue.message for issue in found.errors if issue.error_type == "error"]
        if errors:
            self.refused.emit(errors[0] if len(errors) == 1 else f"{errors[0]} (and {len(errors) - 1} more)")
            return
        await self._request(ApplyBatch(session_id, operations))

    # waiting

    def _settle(self) -> None:
        for row in self._store.connections():
            self._forget_edge(row.ends)
        for node_id in [node_id for node_id in self._drafts if self._store.has(node_id)]:
            self._forget(node_id)

    def _watch_state(self, node_id: str) -> None:
        draft, state = self._drafts.get(node_id), self._store.state(node_id)
        if draft is not None and draft.stage is Stage.ASKED and state is not None and state.name == "Failed":
            self._fail(node_id, f"{node_id} could not be built: {state.reason or 'no reason was given'}.")

    def _too_late(self, node_id: str) -> None:
        self._fail(node_id, f"The server did not build {node_id} within {BUILD_LIMIT_S:g} s.")

    def _fail(self, node_id: str, sentence: str) -> None:
        draft = self._drafts.get(node_id)
        if draft is not None:
            self._stop_waiting(node_id)
            self._keep(msgspec.structs.replace(draft, stage=Stage.FAILED, reason=sentence))
            self.refused.emit(sentence)

    def _keep(self, draft: Draft) -> None:
        self._drafts[draft.node_id] = draft
        self.changed.emit()

    def _forget(self, node_id: str) -> None:
        self._stop_waiting(node_id)
        del self._drafts[node_id]
        self.changed.emit()

    def _forget_edge(self, ends: Ends) -> None:
        self._asked.pop(ends, None)

    def _stop_waiting(self, node_id: str) -> None:
        cancel = self._limits.pop(node_id, None)
        if cancel is not None:
            cancel()


def _sentence(problem: Exception) -> str:
    text = str(problem)
    return text if text.endswith(".") else f"{text}."
