"""What a role may do."""

from __future__ import annotations

from sync.permissions import why_not


def test_a_known_denial_has_a_sentence_and_the_unknown_is_allowed() -> None:
    permissions = {"tune_nodes": False, "list_nodes": True}
    assert why_not("tune", permissions, "viewer") == "The role viewer may not change parameters on this server."
    assert why_not("list_nodes", permissions, "viewer") is None
    assert why_not("edit_graph", permissions, "viewer") is None
    assert why_not("tune_nodes", permissions, None) == "The role of this desk may not tune nodes on this server."
