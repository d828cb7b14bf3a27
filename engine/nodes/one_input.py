"""What all nodes with one input ``in`` have in common: its connection, its params and its counters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from engine.flow import Output, Packet
from engine.node import NodeContext, NodeFailed
from engine.report import NodeReport
from sync.wire.compositor import ConfigRefused
from sync.wire.json_value import JsonObject, deep_merge
from sync.wire.stamp import strip_metadata

__all__ = ["OneInput"]

P = TypeVar("P", bound=msgspec.Struct)


class OneInput(Generic[P]):
    """One input ``in``; what ``_pass`` does with a packet, in its source's thread, is the whole node."""

    def __init__(self, context: NodeContext, read: Callable[[JsonObject], P]) -> None:
        """``read`` gives params within their limits or raises ConfigRefused: then this raises NodeFailed."""
        self._read = read
        try:
            self._params = read(context.params)
        except ConfigRefused as refusal:
            raise NodeFailed(f"bad params: {refusal}") from refusal
        self._report = NodeReport(context)
        self._counting = threading.Lock()
        self._source: Output | None = None
        self._detach: Callable[[], None] = _nothing

    @property
    def outputs(self) -> dict[str, Output]:
        return {}

    @property
    def keeps_packets(self) -> bool:
        return False

    def start(self) -> None:
        self._report.running()

    def check(self, message: JsonObject) -> None:
        self._updated(message)

    def update(self, message: JsonObject) -> None:
        self._params = self._updated(message)

    def connect_input(self, pin: str, source: Output) -> None:
        if pin != "in" or self._source is not None:
            raise NodeFailed(f"input pin {pin!r} does not exist or has a source already; the only one is 'in'")
        self._source = source
        self._detach = source.attach(self)

    def disconnect_input(self, pin: str, source: Output) -> None:
        if pin == "in" and source is self._source:
            self._detach()
            self._source = None

    def put(self, packet: Packet) -> None:
        with self._counting:
            self._report.received += 1
            self._pass(packet)
            self._report.beat()

    def close(self) -> None:
        self._report.stopped("input_closed")

    def stop(self) -> None:
        self._detach()
        self._source = None
        self._report.beat(is_last=True)

    def describe(self, key: str) -> Any:
        del key

    def _pass(self, packet: Packet) -> None:
        """What becomes of a packet."""

    def _updated(self, message: JsonObject) -> P:
        return self._read(deep_merge(msgspec.to_builtins(self._params), strip_metadata(message)))


def _nothing() -> None:
    pass
