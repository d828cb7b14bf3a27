"""Small node kinds for tests of the control plane: they report what they are told to and record what they get."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from engine.flow import Output
from engine.node import Kind, NodeContext, NodeFailed
from sync.wire.compositor import ConfigRefused
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import InputPin, NodeDefinition, OutputPin
from sync.wire.state import NodeState

SOURCE = "test::source"
SLOW = "test::slow"
BROKEN = "test::broken"
DEFECTIVE = "test::defective"
UNSTARTABLE = "test::unstartable"

__all__ = ["BROKEN", "DEFECTIVE", "SLOW", "SOURCE", "UNSTARTABLE", "FakeKinds", "FakeNode"]


class FakeNode:
    """Has ``in`` pins of any name and an output ``out``; no params may hold ``bad``, no update ``fixed``."""

    def __init__(self, context: NodeContext) -> None:
        self.context = context
        self.updates: list[JsonObject] = []
        self.inputs: list[tuple[str, Output]] = []
        self.calls: list[str] = []
        self._output = Output()

    @property
    def outputs(self) -> dict[str, Output]:
        return {"out": self._output}

    def start(self) -> None:
        self.calls.append("start")
        self.context.on_state(NodeState("Running"))

    def check(self, message: JsonObject) -> None:
        _check(message)
        if "fixed" in message:
            raise ConfigRefused("fixed", "cannot change while the node runs")

    def update(self, message: JsonObject) -> None:
        self.check(message)
        self.updates.append(message)

    def connect_input(self, pin: str, source: Output) -> None:
        if not pin.startswith("in"):
            raise NodeFailed(f"no input pin {pin}")
        self.inputs.append((pin, source))

    def disconnect_input(self, pin: str, source: Output) -> None:
        self.inputs = [each for each in self.inputs if each != (pin, source)]

    def stop(self) -> None:
        self.calls.append("stop")

    def describe(self, _key: str) -> Any:
        return None


class _Unstartable(FakeNode):
    def start(self) -> None:
        raise NodeFailed("no device")


class FakeKinds:
    """The kinds above and the nodes that were built of them, by node id; ``test::slow`` waits for ``gate``."""

    def __init__(self) -> None:
        self.nodes: dict[str, FakeNode] = {}
        self.gate = threading.Event()

    def library(self) -> dict[str, Kind]:
        """The kinds by name."""
        builders: dict[str, Callable[[NodeContext], FakeNode]] = {
            SOURCE: self._build,
            SLOW: self._build_slowly,
            BROKEN: _refuse,
            DEFECTIVE: _crash,
            UNSTARTABLE: _Unstartable,
        }
        return {name: Kind(_definition(name), build, _check) for name, build in builders.items()}

    def _build(self, context: NodeContext) -> FakeNode:
        node = self.nodes[context.node_id] = FakeNode(context)
        return node

    def _build_slowly(self, context: NodeContext) -> FakeNode:
        assert self.gate.wait(20.0), "the test never opened the gate"
        return self._build(context)


def _check(params: JsonObject) -> None:
    if "bad" in params:
        raise ConfigRefused("bad", "must not be there")


def _refuse(context: NodeContext) -> FakeNode:
    raise NodeFailed(f"{context.node_id} has no picture")


def _crash(context: NodeContext) -> FakeNode:
    raise KeyError(context.node_id)


def _definition(kind: str) -> NodeDefinition:
    inputs = [InputPin("in", ["Any"], {"Dynamic": {"prefix": "in"}})]
    return NodeDefinition(kind, "A test's node.", {"type": "object"}, inputs, [OutputPin("out", "Any")], ["test"])
