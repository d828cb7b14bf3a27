"""Events: hints that something changed, one type an event (PROTOCOL.md §6)."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from sync.wire.json_value import JsonObject
from sync.wire.state import WireState

__all__ = [
    "ConnectionAdded",
    "ConnectionRemoved",
    "Event",
    "NodeAdded",
    "NodeParamsChanged",
    "NodeRemoved",
    "NodeStateChanged",
    "NodeStats",
    "NodeStatsUpdated",
    "NodeTelemetry",
    "NodeViewDataUpdated",
    "RuntimeSchemasUpdated",
    "SessionCreated",
    "SessionDestroyed",
]


def _null() -> None:
    """A default that is written out: ``omit_defaults`` leaves out plain defaults only."""


class _Event(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="event", tag=str.lower):
    """Base: ``event`` is the class name in lower case."""

    session_id: str


class SessionCreated(_Event, frozen=True):
    """A session is there; over HTTP it comes after the session's first node events."""

    name: str | None = None
    created_at: str = msgspec.field(default_factory=str)


class SessionDestroyed(_Event, frozen=True):
    """A session is gone; late node events of it may still follow."""


class NodeStateChanged(_Event, frozen=True):
    """A node's state."""

    node_id: str
    state: WireState
    timestamp: str = ""


class NodeStats(msgspec.Struct, frozen=True):
    """Cumulative counters since the node's start."""

    received: int = 0
    sent: int = 0
    discarded: int = 0
    errored: int = 0
    duration_secs: float = 0.0


class NodeStatsUpdated(_Event, frozen=True):
    """A node's counters."""

    node_id: str
    stats: NodeStats
    timestamp: str = ""


class NodeParamsChanged(_Event, frozen=True):
    """The raw message of a tune: a patch, with metadata and stamp, to everyone including its sender."""

    node_id: str
    params: Any


class NodeAdded(_Event, frozen=True):
    """A node exists; ``params`` is always written."""

    node_id: str
    kind: str
    params: JsonObject | None = msgspec.field(default_factory=_null)


class NodeRemoved(_Event, frozen=True):
    """A node is gone."""

    node_id: str


class ConnectionAdded(_Event, frozen=True):
    """An edge exists; its mode is known from the pipeline only."""

    from_node: str
    from_pin: str
    to_node: str
    to_pin: str


class ConnectionRemoved(_Event, frozen=True):
    """An edge is gone."""

    from_node: str
    from_pin: str
    to_node: str
    to_pin: str


class NodeTelemetry(_Event, frozen=True):
    """One telemetry record of a node."""

    node_id: str
    type_id: str
    data: Any
    timestamp_us: int | None = None
    timestamp: str = ""


class NodeViewDataUpdated(_Event, frozen=True):
    """What a node computed from its params and sources (PROTOCOL.md §13); ``sync.wire.view_data`` reads ``data``."""

    node_id: str
    data: Any
    timestamp: str = ""


class RuntimeSchemasUpdated(_Event, frozen=True):
    """One node's schema, found out at run time."""

    node_id: str
    schema: Any


Event: TypeAlias = (
    SessionCreated
    | SessionDestroyed
    | NodeStateChanged
    | NodeStatsUpdated
    | NodeParamsChanged
    | NodeAdded
    | NodeRemoved
    | ConnectionAdded
    | ConnectionRemoved
    | NodeTelemetry
    | NodeViewDataUpdated
    | RuntimeSchemasUpdated
)
