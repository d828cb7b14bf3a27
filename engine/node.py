"""What every node is to its session: built from a context, started, tuned, connected and stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from engine.flow import Output
from sync.wire.events import NodeStats
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import NodeDefinition
from sync.wire.state import NodeState

__all__ = ["Kind", "Node", "NodeContext", "NodeFailed"]


class NodeFailed(Exception):
    """A node cannot be built or started; the text is the reason of its Failed state."""


class NodeContext(msgspec.Struct, frozen=True):
    """What a node knows of its place, and how it reports; every report may be called from any thread."""

    session_id: str
    node_id: str
    params: JsonObject
    on_state: Callable[[NodeState], None]
    on_stats: Callable[[NodeStats], None]
    on_view_data: Callable[[JsonObject], None]
    on_telemetry: Callable[[str, JsonObject], None]  # event_type, fields


class Node(Protocol):
    """One running node. Called on the session's thread, where all but ``stop`` are done within a frame; ``update`` is
    called on the event loop's and returns at once."""

    @property
    def outputs(self) -> dict[str, Output]:
        """The output pins by name."""

    def start(self) -> None:
        """Begins to work; reports Ready or Running itself. Raises NodeFailed."""

    def check(self, message: JsonObject) -> None:
        """Raises ConfigRefused where ``update`` would; changes nothing."""

    def update(self, message: JsonObject) -> None:
        """Takes an UpdateParams message as it was sent, stamp included.

        Raises ConfigRefused; then nothing but the stamp has changed.
        """

    def connect_input(self, pin: str, source: Output) -> None:
        """Connects an output to an input pin, which is made when it is dynamic. Raises NodeFailed."""

    def disconnect_input(self, pin: str, source: Output) -> None:
        """Takes a connection away; unknown ones are ignored."""

    def stop(self) -> None:
        """Ends all threads within 2 s and frees everything; may be called twice."""

    def describe(self, key: str) -> Any:
        """Something that only this kind offers (``"frames"``: a programme to watch, ``"mse"``: a stream), else None."""


class Kind(msgspec.Struct, frozen=True):
    """An entry of the node library: what it is, how one is built, and which params it can be built with.

    ``build`` raises NodeFailed. ``check`` looks at params only, never at files, from any thread; raises ConfigRefused.
    """

    definition: NodeDefinition
    build: Callable[[NodeContext], Node]
    check: Callable[[JsonObject], object]
