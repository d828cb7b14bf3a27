"""A pipeline text before it becomes a session: parsed, compiled, checked whole, every fault named (PROTOCOL.md §17)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from engine.node import Kind
from engine.running.kinds import is_oneshot_only, known_kinds
from engine.running.params_check import check_new
from engine.running.pin_check import mismatch
from engine.running.refused import Refused
from engine.running.session import MAX_CONNECTIONS, MAX_NODES
from sync.wire.client_lint import lint_client
from sync.wire.compositor import ConfigRefused
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import NodeDefinition, Pipeline
from sync.wire.user_form import CompileRefused, compile_pipeline
from sync.wire.yaml_text import YamlRefused, parse_yaml

NodeCheck = Callable[[str, JsonObject | None], None]

__all__ = ["Fault", "Findings", "NodeCheck", "check_pipeline", "compile_yaml", "find_faults"]


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One finding of a validation; ``kind`` is parse, schema, connection, permission or security."""

    kind: str
    message: str
    node_id: str | None = None
    connection_id: str | None = None


class Findings(msgspec.Struct, frozen=True):
    """The answer of ``POST /api/v1/validate``; ``graph`` is null when the text does not compile."""

    valid: bool
    errors: list[Fault]
    warnings: list[Fault]
    graph: Any


def compile_yaml(text: str) -> Pipeline:
    """The pipeline in ``text``. Raises Refused with the server's sentences."""
    try:
        return compile_pipeline(parse_yaml(text))
    except YamlRefused as refusal:
        raise Refused(f"YAML parse error: {refusal}") from refusal
    except CompileRefused as refusal:
        stage = "YAML parse error" if str(refusal).startswith("Invalid ") else "Pipeline compilation error"
        raise Refused(f"{stage}: {refusal}") from refusal


def check_pipeline(pipeline: Pipeline, check_node: NodeCheck) -> Pipeline:
    """``pipeline`` when it can become a session for this caller; raises Refused."""
    if (reason := _size_fault(pipeline)) is not None:
        raise Refused(reason)
    for node_id, node in pipeline.nodes.items():
        if is_oneshot_only(node.kind):
            raise Refused(f"Node '{node_id}' kind '{node.kind}' is oneshot-only and cannot be used in dynamic sessions")
    for node in pipeline.nodes.values():
        check_node(node.kind, node.params)
    return pipeline


def find_faults(text: str, mode: str | None, kinds: Mapping[str, Kind], check_node: NodeCheck) -> Findings:
    """Everything but what only a start can show; ``mode`` overrides the pipeline's own."""
    try:
        pipeline = compile_yaml(text)
    except Refused as refusal:
        return Findings(valid=False, errors=[Fault("parse", str(refusal))], warnings=[], graph=None)
    definitions = {definition.kind: definition for definition in known_kinds(kinds)}
    errors = list(_node_faults(pipeline, mode or pipeline.mode, check_node))
    errors += _unknown_kinds(pipeline, definitions)
    errors += _params_faults(pipeline, kinds)
    errors += _connection_faults(pipeline, definitions)
    warnings = [Fault(finding.rule, finding.message) for finding in lint_client(pipeline)]
    return Findings(valid=not errors, errors=errors, warnings=warnings, graph=_graph(pipeline))


def _node_faults(pipeline: Pipeline, mode: str, check_node: NodeCheck) -> Iterator[Fault]:
    if (reason := _size_fault(pipeline)) is not None:
        yield Fault("schema", reason)
    for node_id, node in pipeline.nodes.items():
        if is_oneshot_only(node.kind) and mode == "oneshot":
            continue
        try:
            check_node(node.kind, node.params)
        except Refused as refusal:
            yield Fault(_fault_kind(refusal), str(refusal), node_id)


def _size_fault(pipeline: Pipeline) -> str | None:
    if not pipeline.nodes:
        return "Pipeline is empty. Add some nodes before creating a session."
    if len(pipeline.nodes) > MAX_NODES:
        return f"Pipeline is too large (max {MAX_NODES} nodes)"
    if len(pipeline.connections) > MAX_CONNECTIONS:
        return f"Pipeline is too large (max {MAX_CONNECTIONS} connections)"
    return None


def _unknown_kinds(pipeline: Pipeline, definitions: Mapping[str, NodeDefinition]) -> Iterator[Fault]:
    for node_id, node in pipeline.nodes.items():
        if node.kind not in definitions:
            yield Fault("schema", f"there is no node kind '{node.kind}'", node_id)


def _params_faults(pipeline: Pipeline, kinds: Mapping[str, Kind]) -> Iterator[Fault]:
    for node_id, node in pipeline.nodes.items():
        if (kind := kinds.get(node.kind)) is not None:
            try:
                check_new(kind, node.params)
            except ConfigRefused as refusal:
                yield Fault("schema", f"bad params: {refusal}", node_id)


def _connection_faults(pipeline: Pipeline, definitions: Mapping[str, NodeDefinition]) -> Iterator[Fault]:
    for row in pipeline.connections:
        source = definitions.get(pipeline.nodes[row.from_node].kind)
        target = definitions.get(pipeline.nodes[row.to_node].kind)
        reason = mismatch(row, source, target) if source and target else None
        if reason is not None:
            yield Fault("connection", reason, connection_id=f"{row.from_node}->{row.to_node}")


def _fault_kind(refusal: Refused) -> str:
    if str(refusal).startswith("Permission denied"):
        return "permission"
    return "security" if str(refusal).startswith("Invalid ") else "schema"


def _graph(pipeline: Pipeline) -> JsonObject:
    nodes = [
        {"id": node_id, "kind": node.kind} | ({} if node.params is None else {"params": node.params})
        for node_id, node in pipeline.nodes.items()
    ]
    names = ("from_node", "from_pin", "to_node", "to_pin")
    return {"nodes": nodes, "connections": [dict(zip(names, row.ends, strict=True)) for row in pipeline.connections]}
