"""How a session is, in a word and a tone: the worst of its nodes (PROTOCOL.md §9), or of its link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from sync.desk import Desk, LinkState
from sync.health import session_status
from sync.wire.state import NodeState

__all__ = ["Condition", "condition_of"]


class Condition(msgspec.Struct, frozen=True):
    """A word and its tone (good, late, bad or plain); ``reason`` names the node that makes a session unwell."""

    word: str
    tone: str
    reason: str = ""


_BY_STATUS: Final = {
    "failed": Condition("failed", "bad"),
    "stopped": Condition("stopped", "bad"),
    "degraded": Condition("degraded", "late"),
    "recovering": Condition("recovering", "late"),
    "initializing": Condition("starting", ""),
    "running": Condition("running", "good"),
}
_UNWELL: Final = ("bad", "late")


def condition_of(desk: Desk) -> Condition:
    """The open session's condition."""
    if desk.session is None:
        return Condition("", "")
    if desk.link.state is not LinkState.LIVE:
        return Condition("no link", "late")
    if desk.missing:
        return Condition("not here", "late", desk.missing)
    store = desk.session.store
    states = {node_id: state for node_id in store.node_ids() if (state := store.state(node_id)) is not None}
    status = session_status(states.values())
    known = _BY_STATUS.get(status)
    if known is None:
        return _starting(states)
    return msgspec.structs.replace(known, reason=_worst(status, states)) if known.tone in _UNWELL else known


def _starting(states: Mapping[str, NodeState]) -> Condition:
    """Nothing is wrong and not everything runs."""
    names = {state.name for state in states.values()}
    if not names:
        return Condition("empty", "")
    if "Creating" in names:
        return Condition("starting", "")
    return Condition("ready", "good") if names <= {"Ready", "Running"} else Condition("unknown", "")


def _worst(status: str, states: Mapping[str, NodeState]) -> str:
    """The first node in that state, with its reason, and how many more there are."""
    there = [node_id for node_id, state in states.items() if state.name.lower() == status]
    reason = states[there[0]].reason
    more = f" and {len(there) - 1} more" if len(there) > 1 else ""
    return f"{there[0]}{more}: {reason.replace('_', ' ')}" if reason else f"{there[0]}{more}"
