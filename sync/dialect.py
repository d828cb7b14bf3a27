"""How a server stores what it is sent, found out from what it does (PROTOCOL.md §7, server generations).

The January 2026 server puts a tune's params in place of the old ones and stores stamps with them; it has no view data.
Later ones merge. Where neither stamps nor view data tell, a patch of a plain node does: no merge takes a key away.
"""

from __future__ import annotations

from typing import Any

from sync.paths import forgotten
from sync.wire.json_value import JsonObject, deep_merge
from sync.wire.pipeline import Pipeline
from sync.wire.stamp import REV, SENDER, strip_metadata

__all__ = ["Dialect", "shown_by", "stores_stamps"]


class Dialect:
    """One server's way; ``replaces`` is None until something showed it, ``is_certain`` when nothing can contradict."""

    def __init__(self) -> None:
        self.replaces: bool | None = None
        self.is_certain = False

    def learn(self, replaces: bool, *, is_certain: bool = False) -> None:
        """Something showed it."""
        self.replaces, self.is_certain = replaces, is_certain

    def doubt(self) -> None:
        """A peer sends the whole set of a plain node: it may know this server for one that replaces."""
        if not self.is_certain:
            self.replaces = self.replaces or None

    def store(self, stored: JsonObject, params: JsonObject) -> JsonObject:
        """What the server has stored after it took ``params`` (without metadata)."""
        if self.replaces:
            return params
        merged: Any = deep_merge(stored, params)
        return merged if isinstance(merged, dict) else params


def stores_stamps(pipeline: Pipeline) -> bool:
    """True when a pipeline's params hold stamps: only a server that replaces params stores them."""
    return any(SENDER in node.params or REV in node.params for node in pipeline.nodes.values() if node.params)


def shown_by(known: JsonObject, landed: JsonObject | None, stored: JsonObject) -> bool | None:
    """Whether a node shows that its server replaces params; None when it shows neither.

    ``known`` is all that was heard of its params, merged; ``landed`` is the last message about them, with metadata, if
    that was ours: a peer's may be older than what is known, where a snapshot came first.
    """
    params = strip_metadata(stored)
    if forgotten(known, params):
        return True
    return False if landed is not None and params == known and stored != landed else None
