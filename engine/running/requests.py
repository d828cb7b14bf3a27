"""Every request of the control protocol: checks in their order, answer, exact sentences (PROTOCOL.md §4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from engine.running import batches
from engine.running.core import Core
from engine.running.kinds import definitions
from engine.running.new_node import check_new_node
from engine.running.path_policy import check_updated_paths
from engine.running.permissions import Role
from engine.running.refused import Refused
from engine.running.session import Session
from sync.wire import requests as wire
from sync.wire.compositor import ConfigRefused
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Connection
from sync.wire.responses import (
    BatchApplied,
    Error,
    NodesListed,
    Permissions,
    PipelineReply,
    Response,
    SessionCreatedReply,
    SessionDestroyedReply,
    SessionsListed,
    Success,
    ValidationIssue,
    ValidationResult,
)

__all__ = ["Requests"]


class Requests:
    """Answers the requests of one caller."""

    def __init__(self, core: Core, role: Role) -> None:
        self._core = core
        self._role = role
        self._answers: dict[type, Callable[[Any], Response | None]] = {
            wire.CreateSession: self._create_session,
            wire.DestroySession: self._destroy_session,
            wire.ListSessions: self._list_sessions,
            wire.ListNodes: self._list_nodes,
            wire.GetPermissions: self._get_permissions,
            wire.GetPipeline: self._get_pipeline,
            wire.AddNode: self._add_node,
            wire.RemoveNode: self._remove_node,
            wire.Connect: self._connect,
            wire.Disconnect: self._disconnect,
            wire.TuneNode: self._tune_node,
            wire.TuneNodeAsync: self._tune_node_async,
            wire.ValidateBatch: self._validate_batch,
            wire.ApplyBatch: self._apply_batch,
        }

    def answer(self, request: wire.Request) -> Response | None:
        """The response, which may be an error; None for the one request that is never answered."""
        try:
            return self._answers[type(request)](request)
        except Refused as refusal:
            return Error(str(refusal))

    def check_new_node(self, kind: str, params: JsonObject | None) -> None:
        """Raises Refused unless the caller may add such a node."""
        check_new_node(self._role, self._core.places, kind, params)

    def _create_session(self, request: wire.CreateSession) -> Response:
        self._role.demand("create_sessions", "create sessions")
        info = self._core.sessions.create(request.name, self._role.name).info
        return SessionCreatedReply(info.id, info.name, info.created_at)

    def _destroy_session(self, request: wire.DestroySession) -> Response:
        return SessionDestroyedReply(self._core.sessions.end(request.session_id, self._role).id)

    def _list_sessions(self, _: wire.ListSessions) -> Response:
        self._role.demand("list_sessions", "list sessions")
        return SessionsListed([session.info for session in self._core.sessions.visible(self._role)])

    def _list_nodes(self, _: wire.ListNodes) -> Response:
        self._role.demand("list_nodes", "list nodes")
        return NodesListed(definitions(self._core.kinds, self._role))

    def _get_permissions(self, _: wire.GetPermissions) -> Response:
        return Permissions(self._role.name, self._role.permissions)

    def _get_pipeline(self, request: wire.GetPipeline) -> Response:
        self._role.demand("list_sessions", "view pipelines")
        return PipelineReply(self._session(request.session_id).pipeline())

    def _add_node(self, request: wire.AddNode) -> Response:
        self._role.demand("modify_sessions", "modify sessions")
        self.check_new_node(request.kind, request.params)
        session = self._session(request.session_id)
        if (reason := session.taken(request.node_id)) is not None:
            raise Refused(f"{reason[0].upper()}{reason[1:]}")
        session.add_node(request.node_id, request.kind, request.params, self._role.name)
        return Success()

    def _remove_node(self, request: wire.RemoveNode) -> Response:
        self._modified(request.session_id).remove_node(request.node_id, self._role.name)
        return Success()

    def _connect(self, request: wire.Connect) -> Response:
        ends = (request.from_node, request.from_pin, request.to_node, request.to_pin)
        self._modified(request.session_id).connect(Connection(*ends, request.mode), by=self._role.name)
        return Success()

    def _disconnect(self, request: wire.Disconnect) -> Response:
        ends = (request.from_node, request.from_pin, request.to_node, request.to_pin)
        self._modified(request.session_id).disconnect(Connection(*ends), by=self._role.name)
        return Success()

    def _tune_node(self, request: wire.TuneNode) -> Response:
        self._role.demand("tune_nodes", "tune nodes")
        self._tune(self._session(request.session_id), request.node_id, request.message)
        return Success()

    def _tune_node_async(self, request: wire.TuneNodeAsync) -> None:
        try:
            self._role.demand("tune_nodes", "tune nodes")
            self._tune(self._session(request.session_id), request.node_id, request.message)
        except Refused:
            return

    def _validate_batch(self, request: wire.ValidateBatch) -> Response:
        session = self._modified(request.session_id)
        found = batches.issues(session, request.operations, self._check_batch_node)
        return ValidationResult([ValidationIssue("error", message, node_id) for node_id, message in found])

    def _apply_batch(self, request: wire.ApplyBatch) -> Response:
        batches.apply(self._modified(request.session_id), request.operations, self._check_batch_node, self._role.name)
        return BatchApplied(success=True, errors=[])

    def _check_batch_node(self, operation: wire.BatchAddNode) -> None:
        self.check_new_node(operation.kind, operation.params)

    def _session(self, id_or_name: str) -> Session:
        return self._core.sessions.resolve(id_or_name, self._role)

    def _modified(self, id_or_name: str) -> Session:
        self._role.demand("modify_sessions", "modify sessions")
        return self._session(id_or_name)

    def _tune(self, session: Session, node_id: str, message: str | JsonObject) -> None:
        if message == "Start":
            session.start_node(node_id)
        elif message == "Shutdown":
            session.shut_down_node(node_id)
        else:
            self._update(session, node_id, cast("JsonObject", message)["UpdateParams"])

    def _update(self, session: Session, node_id: str, params: Any) -> None:
        if not isinstance(params, dict):
            raise Refused(f"Node '{node_id}' refused the update: params must be an object")
        check_updated_paths(self._core.places, session.kind_of(node_id), params)
        try:
            session.tune(node_id, params, self._role.name)
        except ConfigRefused as refusal:
            raise Refused(f"Node '{node_id}' refused the update: {refusal}") from refusal
