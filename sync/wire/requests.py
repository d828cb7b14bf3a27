"""Requests and batch operations: one type an action, tagged by its squashed lowercase name (PROTOCOL.md §4, §5)."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from sync.wire.json_value import JsonObject
from sync.wire.pipeline import ConnectionMode

__all__ = [
    "AddNode",
    "ApplyBatch",
    "BatchAddNode",
    "BatchConnect",
    "BatchDisconnect",
    "BatchOperation",
    "BatchRemoveNode",
    "Connect",
    "CreateSession",
    "DestroySession",
    "Disconnect",
    "GetPermissions",
    "GetPipeline",
    "ListNodes",
    "ListSessions",
    "RemoveNode",
    "Request",
    "TuneNode",
    "TuneNodeAsync",
    "ValidateBatch",
    "update_params",
]


def _batch_tag(name: str) -> str:
    return name.removeprefix("Batch").lower()


class _Request(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="action", tag=str.lower):
    """Base: ``action`` is the class name in lower case; null and absent options are the same."""


class _BatchOperation(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="action", tag=_batch_tag):
    """Base of the operations inside a batch."""


class CreateSession(_Request, frozen=True):
    """Makes an empty dynamic session."""

    name: str | None = None


class DestroySession(_Request, frozen=True):
    """Ends a session; ``session_id`` is an id or a name, as in every request."""

    session_id: str


class ListSessions(_Request, frozen=True):
    """Asks for the sessions that the caller may see."""


class ListNodes(_Request, frozen=True):
    """Asks for the node kinds that the caller may use."""


class GetPermissions(_Request, frozen=True):
    """Asks for the caller's role and rights."""


class GetPipeline(_Request, frozen=True):
    """Asks for a session's graph, states and view data: the truth behind all events."""

    session_id: str


class AddNode(_Request, frozen=True):
    """Adds a node; success means accepted, ``nodeadded`` means built."""

    session_id: str
    node_id: str
    kind: str
    params: JsonObject | None = None


class RemoveNode(_Request, frozen=True):
    """Removes a node and its connections."""

    session_id: str
    node_id: str


class Connect(_Request, frozen=True):
    """Adds an edge; the server checks nothing."""

    session_id: str
    from_node: str
    from_pin: str
    to_node: str
    to_pin: str
    mode: ConnectionMode | None = None


class Disconnect(_Request, frozen=True):
    """Removes every edge equal in the four names."""

    session_id: str
    from_node: str
    from_pin: str
    to_node: str
    to_pin: str


class TuneNode(_Request, frozen=True):
    """Sends a control message to a node and waits for the answer."""

    session_id: str
    node_id: str
    message: str | dict[str, Any]


class TuneNodeAsync(_Request, frozen=True):
    """Sends a control message to a node; never answered."""

    session_id: str
    node_id: str
    message: str | dict[str, Any]


class BatchAddNode(_BatchOperation, frozen=True):
    """Batch form of AddNode."""

    node_id: str
    kind: str
    params: JsonObject | None = None


class BatchRemoveNode(_BatchOperation, frozen=True):
    """Batch form of RemoveNode."""

    node_id: str


class BatchConnect(_BatchOperation, frozen=True):
    """Batch form of Connect."""

    from_node: str
    from_pin: str
    to_node: str
    to_pin: str
    mode: ConnectionMode | None = None


class BatchDisconnect(_BatchOperation, frozen=True):
    """Batch form of Disconnect."""

    from_node: str
    from_pin: str
    to_node: str
    to_pin: str


BatchOperation: TypeAlias = BatchAddNode | BatchRemoveNode | BatchConnect | BatchDisconnect


class ValidateBatch(_Request, frozen=True):
    """Asks what would be wrong with a batch."""

    session_id: str
    operations: list[BatchOperation]


class ApplyBatch(_Request, frozen=True):
    """Applies a batch; its connect and disconnect raise no events."""

    session_id: str
    operations: list[BatchOperation]


Request: TypeAlias = (
    CreateSession
    | DestroySession
    | ListSessions
    | ListNodes
    | GetPermissions
    | GetPipeline
    | AddNode
    | RemoveNode
    | Connect
    | Disconnect
    | TuneNode
    | TuneNodeAsync
    | ValidateBatch
    | ApplyBatch
)


def update_params(params: JsonObject) -> dict[str, Any]:
    """The control message that carries ``params`` to a node (PROTOCOL.md §3.4)."""
    return {"UpdateParams": params}
