"""Node states: a bare word or ``{"Word": {"reason": …}}`` on the wire (PROTOCOL.md §9)."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

WireState: TypeAlias = str | dict[str, Any]

__all__ = ["STATE_NAMES", "STOP_REASONS", "NodeState", "WireState", "state_from_wire", "state_to_wire"]

STATE_NAMES = ("Creating", "Initializing", "Ready", "Running", "Recovering", "Degraded", "Failed", "Stopped")
STOP_REASONS = ("completed", "input_closed", "output_closed", "shutdown", "no_inputs", "unknown")
_WITH_DETAILS = ("Recovering", "Degraded")


class NodeState(msgspec.Struct, frozen=True):
    """One state: its word, and for the four spoken ones the reason and details."""

    name: str
    reason: str | None = None
    details: Any = None


def state_from_wire(raw: WireState) -> NodeState:
    """Reads any state; an unknown word is kept as it is, an unreadable value becomes ``Unknown``."""
    if isinstance(raw, str):
        return NodeState(raw)
    name, body = next(iter(raw.items()), ("Unknown", None))
    if not isinstance(body, dict):
        return NodeState(name)
    reason = body.get("reason")
    return NodeState(name, reason if isinstance(reason, str) else None, body.get("details"))


def state_to_wire(state: NodeState) -> WireState:
    """The wire form: unit states are bare strings, ``details`` is null rather than absent."""
    if state.reason is None:
        return state.name
    body: dict[str, Any] = {"reason": state.reason}
    if state.name in _WITH_DETAILS:
        body["details"] = state.details
    return {state.name: body}
