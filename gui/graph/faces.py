"""What the graph shows: the store, the drafts and the kinds of a server read into nodes, pins and edges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from gui.health.tones import STATE_TONES
from sync.graph_checks import free_name, spoken_type
from sync.graph_edit import Draft, Stage
from sync.health import EdgeAlert, Rates, edge_alerts
from sync.store import Store
from sync.wire.packets import KNOWN, PacketTypes, dynamic_prefix
from sync.wire.pipeline import Connection, InputPin, NodeDefinition, OutputPin, PacketType

__all__ = ["EdgeFace", "GraphFace", "Library", "NodeFace", "PinFace", "read_graph"]

_STAGE_TONES: Final = {Stage.FILLING: "accent", Stage.ASKED: "", Stage.FAILED: "bad"}


class PinFace(msgspec.Struct, frozen=True):
    """A pin: ``colour`` is its packet type's, empty when unknown; ``is_spare`` is one that a connection would make."""

    name: str
    words: str
    colour: str
    is_spare: bool = False


class NodeFace(msgspec.Struct, frozen=True):
    """A node as it is drawn; ``reason`` says why it is not well."""

    node_id: str
    kind: str
    state: str
    tone: str
    reason: str
    rates: str
    inputs: tuple[PinFace, ...]
    outputs: tuple[PinFace, ...]
    is_draft: bool = False


class EdgeFace(msgspec.Struct, frozen=True):
    """A connection as it is drawn; ``alert`` when it holds its target up."""

    edge: Connection
    alert: EdgeAlert | None = None


class GraphFace(msgspec.Struct, frozen=True):
    """All of it."""

    nodes: tuple[NodeFace, ...] = ()
    edges: tuple[EdgeFace, ...] = ()


class Library(msgspec.Struct, frozen=True):
    """What the server says of node kinds and packet types."""

    definitions: Mapping[str, NodeDefinition]
    packets: PacketTypes = KNOWN


def read_graph(store: Store, drafts: Mapping[str, Draft], library: Library, rates: Rates) -> GraphFace:
    """The graph as it is now, previews left out, drafts last."""
    edges = store.connections()
    alerts = {alert.edge: alert for alert in edge_alerts(store.states(), edges)}
    built = [_built(store, node_id, edges, library, rates) for node_id in store.node_ids()]
    planned = [_planned(draft, library) for draft in drafts.values()]
    return GraphFace((*built, *planned), tuple(EdgeFace(row, alerts.get(row.ends)) for row in edges))


def _built(
    store: Store,
    node_id: str,
    edges: tuple[Connection, ...],
    library: Library,
    rates: Rates,
) -> NodeFace:
    state, stats = store.state(node_id), store.stats(node_id)
    flow = None if stats is None else rates.take(node_id, stats, store.stats_age_s(node_id))
    kind = store.kind(node_id)
    definition = library.definitions.get(kind)
    return NodeFace(
        node_id,
        kind,
        "unknown" if state is None else state.name,
        "" if state is None else STATE_TONES.get(state.name, ""),
        "" if state is None or not state.reason else state.reason,
        "" if flow is None else _rates(flow.received, flow.sent, flow.discarded + flow.errored),
        _pins(
            () if definition is None else definition.inputs,
            [row.to_pin for row in edges if row.to_node == node_id],
            library.packets,
        ),
        _pins(
            () if definition is None else definition.outputs,
            [row.from_pin for row in edges if row.from_node == node_id],
            library.packets,
        ),
    )


def _planned(draft: Draft, library: Library) -> NodeFace:
    definition = library.definitions.get(draft.kind)
    reason = draft.reason or (f"Needs {', '.join(draft.missing)}." if draft.missing else "")
    return NodeFace(
        draft.node_id,
        draft.kind,
        draft.stage.value,
        _STAGE_TONES[draft.stage],
        reason,
        "",
        _pins(() if definition is None else definition.inputs, (), library.packets),
        _pins(() if definition is None else definition.outputs, (), library.packets),
        is_draft=True,
    )


def _pins(defined: Iterable[InputPin | OutputPin], used: Iterable[str], packets: PacketTypes) -> tuple[PinFace, ...]:
    """Fixed pins, the dynamic ones that are connected and one to spare, and what only the connections know."""
    left = list(dict.fromkeys(used))
    faces: list[PinFace] = []
    for pin in defined:
        prefix = dynamic_prefix(pin)
        types = pin.accepts_types if isinstance(pin, InputPin) else [pin.produces_type]
        names = [name for name in left if name == (prefix or pin.name) or (prefix and name.startswith(f"{prefix}_"))]
        left = [name for name in left if name not in names]
        if prefix is None:
            faces.append(_pin(pin.name, types, packets))
        else:
            faces += [_pin(name, types, packets) for name in sorted(names, key=_natural)]
            faces.append(_pin(free_name(pin, names), types, packets, is_spare=True))
    return (*faces, *(_pin(name, [], packets) for name in left))


def _pin(name: str, types: list[PacketType], packets: PacketTypes, *, is_spare: bool = False) -> PinFace:
    words = " or ".join(dict.fromkeys(spoken_type(one, packets) for one in types)) or "type not known"
    row = packets.row(types[0]) if types else None
    colour = "" if row is None else row["color"]
    return PinFace(name, words, colour, is_spare)


def _natural(name: str) -> tuple[int, str]:
    tail = name.rpartition("_")[2]
    return (int(tail) if tail.isdecimal() else -1, name)


def _rates(received: float, sent: float, dropped: float) -> str:
    flows = ((received, "in"), (sent, "out"), (dropped, "dropped"))
    parts = [f"{flow:.0f} {word}" for flow, word in flows if flow >= 0.5]
    return f"{' · '.join(parts)} /s" if parts else ""
