"""Which outputs feed which inputs; a connection that cannot be made is told in the log only (PROTOCOL.md §4)."""

from __future__ import annotations

import logging
from functools import partial

from engine.attempt import failure_of
from engine.flow import Output
from engine.node import Node
from sync.wire.pipeline import Connection

Ends = tuple[str, str, str, str]

_log = logging.getLogger(__name__)

__all__ = ["Wiring"]


class Wiring:
    """The connections that carry packets. Lives on the session's thread."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._attached: dict[Ends, tuple[Output, Node]] = {}

    def attach(self, connection: Connection, source: Node, target: Node) -> None:
        """Connects two nodes unless they are; an unknown pin or a refusal by the node is logged."""
        if connection.ends in self._attached:
            return
        output = source.outputs.get(connection.from_pin)
        if output is None:
            refusal: str | None = f"{connection.from_node} has no output pin {connection.from_pin}"
        else:
            self._attached[connection.ends] = (output, target)
            refusal = failure_of(partial(target.connect_input, connection.to_pin, output), connection.to_node)
        if refusal is not None:
            self._attached.pop(connection.ends, None)
            _log.warning("session %s: %s is not connected: %s", self._session_id, _named(connection.ends), refusal)

    def detach(self, ends: Ends) -> None:
        """Takes one connection away; unknown ones are ignored."""
        found = self._attached.pop(ends, None)
        if found is not None:
            output, target = found
            target.disconnect_input(ends[3], output)

    def detach_all(self, node_id: str) -> None:
        """Takes every connection of a node away."""
        for ends in [ends for ends in self._attached if node_id in (ends[0], ends[2])]:
            self.detach(ends)


def _named(ends: Ends) -> str:
    return f"{ends[0]}.{ends[1]} → {ends[2]}.{ends[3]}"
