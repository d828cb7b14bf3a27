"""Every node kind that the server knows: what the library builds, and two that exist in oneshot pipelines only."""

from __future__ import annotations

from collections.abc import Mapping

from engine.node import Kind
from engine.running.permissions import Role
from sync.wire.pipeline import InputPin, NodeDefinition, OutputPin

ONESHOT_KINDS = (
    NodeDefinition(
        kind="streamkit::http_input",
        description="Receives the media fields of a oneshot request.",
        param_schema={
            "type": "object",
            "properties": {
                "field": {"type": "string"},
                "fields": {"type": "array", "items": {"type": "string"}},
                "required": {"type": "boolean", "default": True},
            },
        },
        outputs=[OutputPin("out", "Binary")],
        categories=["transport", "oneshot"],
    ),
    NodeDefinition(
        kind="streamkit::http_output",
        description="Answers a oneshot request.",
        inputs=[InputPin("in", ["Binary"])],
        categories=["transport", "oneshot"],
    ),
)
_ONESHOT_NAMES = frozenset(definition.kind for definition in ONESHOT_KINDS)

__all__ = ["ONESHOT_KINDS", "definitions", "is_oneshot_only", "known_kinds"]


def is_oneshot_only(kind: str) -> bool:
    """True for the kinds that no dynamic session may hold."""
    return kind in _ONESHOT_NAMES


def known_kinds(kinds: Mapping[str, Kind]) -> list[NodeDefinition]:
    """What this server can build, and what it only knows."""
    return [kind.definition for kind in kinds.values()] + list(ONESHOT_KINDS)


def definitions(kinds: Mapping[str, Kind], role: Role) -> list[NodeDefinition]:
    """What ``role`` may use, by name."""
    return sorted((each for each in known_kinds(kinds) if role.may_use(each.kind)), key=lambda each: each.kind)
