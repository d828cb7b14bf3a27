"""What the role at this server may do, and the sentence for what it may not (PROTOCOL.md §3.7, §4)."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CHANGING", "RIGHTS", "why_not"]

RIGHTS = {
    "tune": ("tune_nodes", "change parameters"),
    "edit_graph": ("modify_sessions", "change the graph"),
    "create_session": ("create_sessions", "create sessions"),
    "destroy_session": ("destroy_sessions", "end sessions"),
    "list_sessions": ("list_sessions", "see sessions"),
    "list_nodes": ("list_nodes", "see the node library"),
    "list_samples": ("list_samples", "see sample pipelines"),
    "read_samples": ("read_samples", "read sample pipelines"),
    "write_samples": ("write_samples", "save sample pipelines"),
    "delete_samples": ("delete_samples", "delete sample pipelines"),
    "upload_assets": ("upload_assets", "upload files"),
    "delete_assets": ("delete_assets", "delete files"),
    "take_over": ("access_all_sessions", "let a standby take over"),
}

CHANGING = frozenset({"tune", "edit_graph", "create_session", "destroy_session"})
"""What a server withholds from every role while it only copies another one (sync/log/PROTOCOL.md §6.7)."""


def why_not(action: str, permissions: Mapping[str, bool], role: str | None) -> str | None:
    """None when the action is allowed, or not known to be forbidden; else why it is not.

    ``action`` is a key of RIGHTS or a permission's own name.
    """
    right, words = RIGHTS.get(action, (action, action.replace("_", " ")))
    if permissions.get(right, True):
        return None
    return f"The role {role or 'of this desk'} may not {words} on this server."
