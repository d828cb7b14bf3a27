"""The pipeline graph and the node definitions as they travel (PROTOCOL.md §3)."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from sync.wire.json_value import JsonObject
from sync.wire.state import WireState

ConnectionMode: TypeAlias = Literal["reliable", "best_effort"]
PacketType: TypeAlias = str | dict[str, Any]
Cardinality: TypeAlias = str | dict[str, Any]

__all__ = [
    "Cardinality",
    "Connection",
    "ConnectionMode",
    "InputPin",
    "Node",
    "NodeDefinition",
    "OutputPin",
    "PacketType",
    "Pipeline",
    "SessionInfo",
]


def _null() -> None:
    """A default that is written out: ``omit_defaults`` leaves out plain defaults only."""


class Connection(msgspec.Struct, frozen=True, omit_defaults=True):
    """One edge; ``mode`` is left out when it is ``reliable``."""

    from_node: str
    from_pin: str
    to_node: str
    to_pin: str
    mode: ConnectionMode | None = None

    @property
    def ends(self) -> tuple[str, str, str, str]:
        """The four names that make two rows the same edge."""
        return (self.from_node, self.from_pin, self.to_node, self.to_pin)


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """One node: ``params`` is always written (null when there are none), ``state`` only when known."""

    kind: str
    params: JsonObject | None = msgspec.field(default_factory=_null)
    state: WireState | None = None


class Pipeline(msgspec.Struct, frozen=True, omit_defaults=True):
    """A session's graph; the node map keeps its order. Shape: PROTOCOL.md §3.3."""

    nodes: dict[str, Node] = msgspec.field(default_factory=lambda: {})  # noqa: PIE807  (dict would be left out when empty)
    connections: list[Connection] = msgspec.field(default_factory=lambda: [])  # noqa: PIE807
    mode: str = msgspec.field(default_factory=lambda: "dynamic")
    name: str | None = None
    description: str | None = None
    attributes: dict[str, str] | None = None
    client: JsonObject | None = None
    view_data: dict[str, Any] | None = None
    runtime_schemas: dict[str, Any] | None = None


class SessionInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of the session list."""

    id: str
    name: str | None = None
    created_at: str = ""


class InputPin(msgspec.Struct, frozen=True):
    """An input: ``cardinality`` is ``"One"``, ``"Broadcast"`` or ``{"Dynamic": {"prefix": …}}``."""

    name: str
    accepts_types: list[PacketType]
    cardinality: Cardinality = "One"


class OutputPin(msgspec.Struct, frozen=True):
    """An output and the one packet type that it produces."""

    name: str
    produces_type: PacketType
    cardinality: Cardinality = "Broadcast"


class NodeDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a node kind is: its params as JSON Schema, its pins, its place in a library."""

    kind: str
    description: str | None = None
    param_schema: JsonObject = msgspec.field(default_factory=lambda: {})  # noqa: PIE807
    inputs: list[InputPin] = msgspec.field(default_factory=lambda: [])  # noqa: PIE807
    outputs: list[OutputPin] = msgspec.field(default_factory=lambda: [])  # noqa: PIE807
    categories: list[str] = msgspec.field(default_factory=lambda: [])  # noqa: PIE807
    bidirectional: bool = msgspec.field(default_factory=lambda: False)
