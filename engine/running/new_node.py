"""Who may add which node: the checks that every way into a session passes (PROTOCOL.md §4, §21)."""

from __future__ import annotations

from engine.places import Places
from engine.running.kinds import is_oneshot_only
from engine.running.path_policy import check_paths
from engine.running.permissions import Role
from engine.running.refused import Refused
from sync.wire.json_value import JsonObject

__all__ = ["check_new_node"]


def check_new_node(role: Role, places: Places, kind: str, params: JsonObject | None) -> None:
    """Raises Refused unless ``role`` may add such a node."""
    if is_oneshot_only(kind):
        raise Refused(f"Node type '{kind}' is oneshot-only and cannot be used in dynamic sessions")
    if (denial := role.refusal_of(kind)) is not None:
        raise Refused(denial, 403)
    check_paths(places, kind, params)
