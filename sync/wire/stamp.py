"""The causal stamp ``(_sender, _rev)``: written to, read from and stripped off a payload (PROTOCOL.md §14)."""

from __future__ import annotations

from typing import NamedTuple

from sync.wire.json_value import JsonObject

SENDER = "_sender"
REV = "_rev"

__all__ = ["REV", "SENDER", "Stamp", "read_stamp", "stamped", "strip_metadata"]


class Stamp(NamedTuple):
    """Who changed a config (a connection's nonce) and their how-manieth change it was (from 1)."""

    sender: str
    rev: float


def strip_metadata(params: JsonObject) -> JsonObject:
    """``params`` without its top-level keys that begin with ``_``: the one door into every store (PROTOCOL.md §7)."""
    return {key: value for key, value in params.items() if not key.startswith("_")}


def stamped(params: JsonObject, stamp: Stamp) -> JsonObject:
    """A copy of ``params`` that carries ``stamp`` and no other metadata."""
    return {**strip_metadata(params), SENDER: stamp.sender, REV: stamp.rev}


def read_stamp(data: JsonObject) -> Stamp | None:
    """The stamp on a payload; None without a numeric ``_rev``. A missing or odd sender reads as ``""``."""
    rev = data.get(REV)
    if not isinstance(rev, int | float) or isinstance(rev, bool):
        return None
    sender = data.get(SENDER)
    return Stamp(sender if isinstance(sender, str) else "", rev)
