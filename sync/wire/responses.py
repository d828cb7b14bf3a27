"""Responses: one type an action (PROTOCOL.md §4, §5)."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from sync.wire.pipeline import NodeDefinition, Pipeline, SessionInfo

__all__ = [
    "BatchApplied",
    "Error",
    "NodesListed",
    "Permissions",
    "PipelineReply",
    "Response",
    "SessionCreatedReply",
    "SessionDestroyedReply",
    "SessionsListed",
    "Success",
    "ValidationIssue",
    "ValidationResult",
]


def _reply_tag(name: str) -> str:
    return name.removesuffix("Reply").lower()


class _Response(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="action", tag=_reply_tag):
    """Base: ``action`` is the class name in lower case."""


class Success(_Response, frozen=True):
    """Done, or for ``addnode`` accepted."""


class Error(_Response, frozen=True):
    """The only error shape; there are no codes (PROTOCOL.md §2.3)."""

    message: str


class SessionCreatedReply(_Response, frozen=True):
    """The new session."""

    session_id: str
    name: str | None = None
    created_at: str = ""


class SessionDestroyedReply(_Response, frozen=True):
    """The session's real id."""

    session_id: str


class SessionsListed(_Response, frozen=True):
    """The sessions that the caller may see."""

    sessions: list[SessionInfo]


class NodesListed(_Response, frozen=True):
    """The node kinds that the caller may use."""

    nodes: list[NodeDefinition]


class PipelineReply(_Response, frozen=True):
    """A session's graph."""

    pipeline: Pipeline


class Permissions(_Response, frozen=True):
    """The caller's role and its fifteen rights."""

    role: str
    permissions: dict[str, bool]


class ValidationIssue(msgspec.Struct, frozen=True):
    """One finding about a batch; both ids are written, possibly null."""

    error_type: str
    message: str
    node_id: str | None = None
    connection_id: str | None = None


class ValidationResult(_Response, frozen=True):
    """The findings; empty means fine."""

    errors: list[ValidationIssue]


class BatchApplied(_Response, frozen=True):
    """A batch was accepted; ``success`` is always true."""

    success: bool
    errors: list[str]


Response: TypeAlias = (
    Success
    | Error
    | SessionCreatedReply
    | SessionDestroyedReply
    | SessionsListed
    | NodesListed
    | PipelineReply
    | Permissions
    | ValidationResult
    | BatchApplied
)
