"""Checks of edges and new nodes: a server takes anything, its engine does not (PROTOCOL.md §3.5, §4.5-§4.7)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from sync.schema_fields import required_names
from sync.wire.json_value import JsonObject
from sync.wire.packets import KNOWN, PASSTHROUGH, PacketTypes, dynamic_prefix, input_for, output_for, type_id
from sync.wire.pipeline import Connection, InputPin, Node, NodeDefinition, OutputPin, PacketType
from sync.wire.user_form import find_cycle

__all__ = [
    "Graph",
    "GraphRefused",
    "check_connection",
    "check_new_node",
    "free_name",
    "missing_params",
    "new_node_id",
    "produced_type",
    "spoken_type",
]

_HOLE = re.compile(r"\{(\w+)(\|\*)?\}")


class GraphRefused(ValueError):
    """An edit of the graph that would not work; reads as one sentence."""


class Graph(msgspec.Struct, frozen=True):
    """A pipeline as the checks see it: the kind of every node, the edges, what the server says of kinds and types."""

    kinds: dict[str, str]
    connections: tuple[Connection, ...]
    definitions: Mapping[str, NodeDefinition]
    packets: PacketTypes = KNOWN

    def definition(self, node_id: str) -> NodeDefinition | None:
        """What the server says of the node's kind; None when it says nothing."""
        return self.definitions.get(self.kinds.get(node_id, ""))


def check_connection(graph: Graph, edge: Connection) -> None:
    """Raises GraphRefused when nodes or pins are missing, types differ, an end is taken or a circle would close.

    The pins of a kind that the server does not describe are taken on trust.
    """
    for node_id in (edge.from_node, edge.to_node):
        if node_id not in graph.kinds:
            raise GraphRefused(f"{node_id} is not in the pipeline yet.")
    _check_pins(graph, edge)
    _check_free(graph, edge)
    _check_types(graph, edge)
    _check_circle(graph, edge)


def check_new_node(graph: Graph, node_id: str, kind: str, taken: Collection[str] = ()) -> None:
    """Raises GraphRefused for an id that is taken or a kind that this server does not offer."""
    if not node_id.strip():
        raise GraphRefused("A node needs a name.")
    if node_id in graph.kinds or node_id in taken:
        raise GraphRefused(f"There is a node {node_id} already.")
    if kind not in graph.definitions:
        raise GraphRefused(f"This server has no node kind {kind}.")


def new_node_id(kind: str, taken: Collection[str]) -> str:
    """``kind_1``, or the first number that is free."""
    number = 1
    while f"{kind}_{number}" in taken:
        number += 1
    return f"{kind}_{number}"


def free_name(pin: InputPin | OutputPin, used: Iterable[str]) -> str:
    """The concrete name to connect to: a fixed pin's own, or the first free one of a dynamic pin."""
    prefix = dynamic_prefix(pin)
    if prefix is None:
        return pin.name
    names = set(used)
    number = 0
    while f"{prefix}_{number}" in names:
        number += 1
    return f"{prefix}_{number}"


def missing_params(definition: NodeDefinition, params: JsonObject) -> tuple[str, ...]:
    """The required params at top level that have no value yet (§8)."""
    return tuple(name for name in required_names(definition.param_schema) if params.get(name) in (None, ""))


def produced_type(graph: Graph, node_id: str, pin_name: str) -> PacketType | None:
    """What comes out of a pin; what goes in further up for a pass-through, None when that is not known."""
    seen: set[str] = set()
    while node_id not in seen:
        seen.add(node_id)
        definition = graph.definition(node_id)
        pin = None if definition is None else output_for(definition.outputs, pin_name)
        if pin is None or type_id(pin.produces_type) != PASSTHROUGH:
            return None if pin is None else pin.produces_type
        above = next((row for row in graph.connections if row.to_node == node_id), None)
        if above is None:
            return None
        node_id, pin_name = above.from_node, above.from_pin
    return None


def spoken_type(packet: PacketType, packets: PacketTypes = KNOWN) -> str:
    """A packet type in words: its label, with its fields where the registry has a pattern for them."""
    row = packets.row(packet)
    if row is None:
        return type_id(packet) or "unknown"
    body = packet.get(row["id"]) if isinstance(packet, dict) else None
    template = row.get("display_template")
    if template is None or not isinstance(body, dict):
        return str(row["label"])
    return _HOLE.sub(lambda hole: _word(body.get(hole[1])), template)


def _word(value: Any) -> str:
    return "any" if value in (None, 0) else str(value)


def _check_pins(graph: Graph, edge: Connection) -> None:
    source, target = graph.definition(edge.from_node), graph.definition(edge.to_node)
    if source is not None and output_for(source.outputs, edge.from_pin) is None:
        raise GraphRefused(f"{edge.from_node} has no output {edge.from_pin}; {_has(source.outputs)}.")
    if target is not None and input_for(target.inputs, edge.to_pin) is None:
        raise GraphRefused(f"{edge.to_node} has no input {edge.to_pin}; {_has(target.inputs)}.")


def _has(pins: list[InputPin] | list[OutputPin]) -> str:
    return f"it has {', '.join(pin.name for pin in pins)}" if pins else "it has none"


def _check_free(graph: Graph, edge: Connection) -> None:
    definition = graph.definition(edge.to_node)
    target = None if definition is None else input_for(definition.inputs, edge.to_pin)
    definition = graph.definition(edge.from_node)
    source = None if definition is None else output_for(definition.outputs, edge.from_pin)
    for row in graph.connections:
        if row.ends == edge.ends:
            raise GraphRefused(f"{_source(edge)} feeds {_target(edge)} already.")
        is_same_input = (row.to_node, row.to_pin) == (edge.to_node, edge.to_pin)
        if is_same_input and (target is None or target.cardinality != "Broadcast"):
            raise GraphRefused(f"{_target(edge)} is fed by {_source(row)} already; disconnect that first.")
        is_same_output = (row.from_node, row.from_pin) == (edge.from_node, edge.from_pin)
        if is_same_output and source is not None and source.cardinality == "One":
            raise GraphRefused(f"{_source(edge)} can feed one input only, and feeds {_target(row)}.")


def _check_types(graph: Graph, edge: Connection) -> None:
    definition = graph.definition(edge.to_node)
    target = None if definition is None else input_for(definition.inputs, edge.to_pin)
    produced = produced_type(graph, edge.from_node, edge.from_pin)
    if target is None or produced is None or any(type_id(one) == PASSTHROUGH for one in target.accepts_types):
        return
    if not graph.packets.accepts(target, produced):
        takes = dict.fromkeys(spoken_type(one, graph.packets) for one in target.accepts_types)
        gives, wanted = spoken_type(produced, graph.packets), " or ".join(takes) or "nothing"
        raise GraphRefused(f"{_source(edge)} gives {gives}, {_target(edge)} takes {wanted}.")


def _check_circle(graph: Graph, edge: Connection) -> None:
    one_way = {
        node_id: Node(kind)
        for node_id, kind in graph.kinds.items()
        if not (node := graph.definitions.get(kind)) or not node.bidirectional
    }
    before = [row for row in graph.connections if row.from_node in one_way and row.to_node in one_way]
    if edge.from_node in one_way and edge.to_node in one_way and not find_cycle(one_way, before):
        circle = find_cycle(one_way, [*before, edge])
        if circle is not None:
            raise GraphRefused(f"That would close a circle: {' → '.join(circle)}.")


def _source(edge: Connection) -> str:
    return f"{edge.from_node}.{edge.from_pin}"


def _target(edge: Connection) -> str:
    return f"{edge.to_node}.{edge.to_pin}"
