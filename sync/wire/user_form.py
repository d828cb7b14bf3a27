"""The form in which people write pipelines (``steps``, ``nodes``, ``needs``) → the compiled graph (PROTOCOL.md §17)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Connection, ConnectionMode, Node, Pipeline
from sync.wire.stamp import strip_metadata

MODES = ("dynamic", "oneshot")
CONNECTION_MODES = ("reliable", "best_effort")
BIDIRECTIONAL_KINDS = frozenset({"transport::moq::peer"})
MIXER = "audio::mixer"

__all__ = ["CompileRefused", "Dependency", "compile_pipeline", "find_cycle", "read_needs", "resolve_label"]


class CompileRefused(ValueError):
    """A pipeline that cannot be compiled; the text is the server's sentence, ``path`` where in the data it is."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


class Dependency(msgspec.Struct, frozen=True):
    """One entry of ``needs``: the input pin that it feeds, its ``node[.pin]`` label and its mode."""

    to_pin: str
    label: str
    mode: ConnectionMode | None = None


def compile_pipeline(data: Any) -> Pipeline:
    """The graph in the plain data of a pipeline file.

    Unknown keys are ignored; ``steps`` wins over ``nodes``. Raises CompileRefused.
    """
    root = _mapping(data, "Invalid pipeline: expected a mapping with 'steps' or 'nodes'")
    mode = _mode(root)
    if root.get("steps") is not None:
        nodes, connections = _compile_steps(root["steps"])
    elif root.get("nodes") is not None:
        nodes, connections = _compile_nodes(root["nodes"], mode)
    else:
        raise CompileRefused("Invalid pipeline: neither 'steps' nor 'nodes' is there")
    return Pipeline(
        nodes=nodes,
        connections=connections,
        mode=mode,
        name=_text_or_none(root, "name"),
        description=_text_or_none(root, "description"),
        attributes=_attributes(root.get("attributes")),
        client=_client(root.get("client")),
    )


def resolve_label(label: str, node_ids: JsonObject | dict[str, Node]) -> tuple[str, str] | None:
    """Node and output pin of a ``node[.pin]`` label, None when no such node exists.

    The first dot divides; ids that hold dots themselves are found at a later one.
    """
    parts = label.split(".")
    for count in range(1, len(parts) + 1):
        node_id, pin = ".".join(parts[:count]), ".".join(parts[count:])
        if node_id in node_ids:
            return node_id, pin or "out"
    return None


def read_needs(node_id: str, needs: Any, path: tuple[str | int, ...] = ()) -> list[Dependency]:
    """The entries of a ``needs`` value in any of its forms (PROTOCOL.md §17.2); raises CompileRefused."""
    if needs is None:
        return []
    if isinstance(needs, list):
        pins = ["in"] if len(needs) == 1 else [f"in_{index}" for index in range(len(needs))]
        return [
            _dependency(node_id, pin, dep, (*path, i)) for i, (pin, dep) in enumerate(zip(pins, needs, strict=True))
        ]
    if isinstance(needs, dict) and not _is_dependency(needs):
        if "node" in needs:
            raise CompileRefused(
                f"Node '{node_id}': 'node' cannot be used as a pin name in a needs map "
                "(it collides with the WithMode dependency syntax)",
                *path,
                "node",
            )
        return [_dependency(node_id, pin, dep, (*path, pin)) for pin, dep in needs.items()]
    return [_dependency(node_id, "in", needs, path)]


def find_cycle(nodes: dict[str, Node], connections: list[Connection]) -> list[str] | None:
    """The ids along one cycle, its first id again at the end; None when there is none.

    Nodes of bidirectional kinds may be part of any cycle.
    """
    follow: dict[str, list[str]] = {
        node_id: [] for node_id, node in nodes.items() if node.kind not in BIDIRECTIONAL_KINDS
    }
    for edge in connections:
        if edge.from_node in follow and edge.to_node in follow:
            follow[edge.from_node].append(edge.to_node)
    done: set[str] = set()
    for start in follow:
        if start not in done and (cycle := _cycle_from(start, follow, done)):
            return cycle
    return None


def _cycle_from(start: str, follow: dict[str, list[str]], done: set[str]) -> list[str] | None:
    """Depth first from ``start`` without recursion: a chain of nodes may be as long as a file."""
    trail = {start: iter(follow[start])}
    while trail:
        node_id = next(reversed(trail))
        following = next(trail[node_id], None)
        if following is None:
            done.add(node_id)
            del trail[node_id]
        elif following in trail:
            path = list(trail)
            return [*path[path.index(following) :], following]
        elif following not in done:
            trail[following] = iter(follow[following])
    return None


def _compile_steps(raw: Any) -> tuple[dict[str, Node], list[Connection]]:
    if not isinstance(raw, list):
        raise CompileRefused("Invalid pipeline: 'steps' must be a list", "steps")
    nodes = {f"step_{i}": _node(f"step_{i}", step, ("steps", i)) for i, step in enumerate(raw)}
    edges = [Connection(f"step_{i - 1}", "out", f"step_{i}", "in") for i in range(1, len(raw))]
    return nodes, edges


def _compile_nodes(raw: Any, mode: str) -> tuple[dict[str, Node], list[Connection]]:
    raw = _mapping(raw, "Invalid pipeline: 'nodes' must be a mapping", "nodes")
    nodes = {node_id: _node(node_id, body, ("nodes", node_id)) for node_id, body in raw.items()}
    connections = [edge for node_id in nodes for edge in _edges(node_id, raw[node_id].get("needs"), nodes)]
    cycle = find_cycle(nodes, connections)
    if cycle is not None:
        raise CompileRefused(f"Circular dependency detected: {' -> '.join(cycle)}", "nodes", cycle[0], "needs")
    return (nodes if mode == "dynamic" else _with_input_counts(nodes, connections)), connections


def _edges(node_id: str, needs: Any, nodes: dict[str, Node]) -> Iterator[Connection]:
    for dep in read_needs(node_id, needs, ("nodes", node_id, "needs")):
        source = resolve_label(dep.label, nodes)
        if source is None:
            missing = dep.label.partition(".")[0]
            raise CompileRefused(
                f"Node '{node_id}' references non-existent node '{missing}' in 'needs' field", "nodes", node_id, "needs"
            )
        yield Connection(*source, node_id, dep.to_pin, dep.mode)


def _node(node_id: str, raw: Any, path: tuple[str | int, ...]) -> Node:
    body = _mapping(raw, f"Invalid pipeline: node '{node_id}' must be a mapping with a 'kind'", *path)
    kind = body.get("kind")
    if not isinstance(kind, str) or not kind:
        raise CompileRefused(f"Invalid pipeline: node '{node_id}' has no 'kind'", *path, "kind")
    params = body.get("params")
    if params is not None and not isinstance(params, dict):
        raise CompileRefused(
            f"Node '{node_id}' (kind '{kind}') params must be an object, got {_type_name(params)}", *path, "params"
        )
    return Node(kind, None if params is None else strip_metadata(params))


def _with_input_counts(nodes: dict[str, Node], connections: list[Connection]) -> dict[str, Node]:
    counts = dict.fromkeys(nodes, 0)
    for edge in connections:
        counts[edge.to_node] += 1
    return {node_id: _with_input_count(node, counts[node_id]) for node_id, node in nodes.items()}


def _with_input_count(node: Node, count: int) -> Node:
    params = node.params or {}
    if node.kind != MIXER or count < 2 or params.get("num_inputs") is not None:
        return node
    return Node(node.kind, {**params, "num_inputs": count})


def _is_dependency(value: dict[str, Any]) -> bool:
    """``{node, mode}`` rather than a map of pins: what decides is whether it reads as one."""
    return isinstance(value.get("node"), str) and value.get("mode", "reliable") in CONNECTION_MODES


def _dependency(node_id: str, pin: str, raw: Any, path: tuple[str | int, ...]) -> Dependency:
    if isinstance(raw, str):
        return Dependency(pin, raw)
    if isinstance(raw, dict) and _is_dependency(raw):
        return Dependency(pin, raw["node"], "best_effort" if raw.get("mode") == "best_effort" else None)
    raise CompileRefused(
        f"Invalid pipeline: node '{node_id}' has a 'needs' entry that is neither a node name nor "
        "{node, mode: reliable|best_effort}",
        *path,
    )


def _mode(root: JsonObject) -> str:
    mode = root.get("mode", "dynamic")
    if mode not in MODES:
        raise CompileRefused("Invalid pipeline: 'mode' must be 'dynamic' or 'oneshot'", "mode")
    return str(mode)


def _mapping(value: Any, sentence: str, *path: str | int) -> JsonObject:
    if not isinstance(value, dict):
        raise CompileRefused(sentence, *path)
    return value


def _text_or_none(root: JsonObject, key: str) -> str | None:
    value = root.get(key)
    if value is not None and not isinstance(value, str):
        raise CompileRefused(f"Invalid pipeline: '{key}' must be a text, got {_type_name(value)}", key)
    return value


def _attributes(raw: Any) -> dict[str, str] | None:
    if raw is None:
        return None
    if not isinstance(raw, dict) or not all(isinstance(value, str) for value in raw.values()):
        raise CompileRefused("Invalid pipeline: 'attributes' must map texts to texts", "attributes")
    return raw


def _client(raw: Any) -> JsonObject | None:
    if raw is not None and not isinstance(raw, dict):
        raise CompileRefused(f"Invalid client section: expected a mapping, got {_type_name(raw)}", "client")
    return raw


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
