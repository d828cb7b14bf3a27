"""How a server stores what it is sent, found out from what it does (PROTOCOL.md §7, server generations).

The January 2026 server puts a tune's params in place of the old ones and stores stamps with them; later ones merge.
"""

from __future__ import annotations

from typing import Any

from sync.wire.json_value import JsonObject, deep_merge
from sync.wire.pipeline import Pipeline
from sync.wire.stamp import REV, SENDER

__all__ = ["Dialect", "stores_stamps"]


class Dialect:
    """One server's way; ``replaces`` is None until something showed it."""

    def __init__(self) -> None:
        self.replaces: bool | None = None

    def store(self, stored: JsonObject, params: JsonObject) -> JsonObject:
        """What the server has stored after it took ``params`` (without metadata)."""
        if self.replaces:
            return params
        merged: Any = deep_merge(stored, params)
        return merged if isinstance(merged, dict) else params


def stores_stamps(pipeline: Pipeline) -> bool:
    """True when a pipeline's params hold stamps: only a server that replaces params stores them."""
    return any(SENDER in node.params or REV in node.params for node in pipeline.nodes.values() if node.params)
