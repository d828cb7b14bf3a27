"""Which outputs feed which inputs; a connection that cannot be made is told in the log only (PROTOCOL.md §4)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial

from engine.flow import Output
from engine.node import Kind, Node, NodeFailed
from engine.running.attempt import failure_of
from engine.running.pin_check import mismatch
from engine.serving.quiet_log import QuietLog, shown
from sync.wire.pipeline import Connection

Ends = tuple[str, str, str, str]
BuiltNode = tuple[str, Node]  # its kind, and itself

_log = logging.getLogger(__name__)

__all__ = ["BuiltNode", "Wiring"]


class Wiring:
    """The connections that carry packets. Lives on the session's thread."""

    def __init__(self, session_id: str, kinds: Mapping[str, Kind]) -> None:
        self._session_id = session_id
        self._kinds = kinds
        self._refusals = QuietLog(_log)
        self._attached: dict[Ends, tuple[Output, Node]] = {}

    def attach(self, connection: Connection, source: BuiltNode, target: BuiltNode) -> None:
        """Connects two nodes unless they are; an unknown pin, a wrong type or a refusal by the node is logged."""
        ends = connection.ends
        if ends in self._attached:
            return
        refusal = failure_of(partial(self._connect, connection, source, target), f"{ends[2]}.{ends[3]}")
        if refusal is not None:
            self._refusals.warn("session %s: %s is not connected: %s", self._session_id, _named(ends), shown(refusal))

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

    def _connect(self, connection: Connection, source: BuiltNode, target: BuiltNode) -> None:
        output = source[1].outputs.get(connection.from_pin)
        if output is None:
            raise NodeFailed(f"there is no output pin {connection.from_pin}")
        reason = mismatch(connection, self._kinds[source[0]].definition, self._kinds[target[0]].definition)
        if reason is not None:
            raise NodeFailed(reason)
        target[1].connect_input(connection.to_pin, output)
        self._attached[connection.ends] = (output, target[1])


def _named(ends: Ends) -> str:
    return shown(f"{ends[0]}.{ends[1]} → {ends[2]}.{ends[3]}")
