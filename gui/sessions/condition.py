"""How a session is, in a word and a tone: the worst of its nodes, or of its link."""

from __future__ import annotations

from typing import Final

import msgspec

from sync.desk import Desk, LinkState

__all__ = ["Condition", "condition_of"]


class Condition(msgspec.Struct, frozen=True):
    """A word and its tone (good, late, bad or plain)."""

    word: str
    tone: str


_WORST_FIRST: Final = (
    ("Failed", Condition("failed", "bad")),
    ("Degraded", Condition("degraded", "late")),
    ("Recovering", Condition("recovering", "late")),
    ("Creating", Condition("starting", "")),
    ("Initializing", Condition("starting", "")),
    ("Running", Condition("running", "good")),
    ("Ready", Condition("ready", "good")),
    ("Stopped", Condition("stopped", "")),
)


def condition_of(desk: Desk) -> Condition:
    """The open session's condition."""
    if desk.session is None:
        return Condition("", "")
    if desk.link.state is not LinkState.LIVE:
        return Condition("no link", "late")
    store = desk.session.store
    names = {state.name for node_id in store.node_ids() if (state := store.state(node_id)) is not None}
    return next((condition for name, condition in _WORST_FIRST if name in names), Condition("empty", ""))
