"""The two gates: what a stamp on an incoming payload says about it (PROTOCOL.md §14.4). Pure."""

from __future__ import annotations

from enum import Enum

from sync.wire.json_value import JsonObject
from sync.wire.stamp import SENDER, read_stamp

__all__ = ["Judgement", "judge_params", "judge_view_data"]


class Judgement(Enum):
    """What to do with a payload."""

    OWN = "own"
    """An echo of a commit of this connection: an acknowledgement."""
    CURRENT = "current"
    """View data computed from our newest commit."""
    FOREIGN = "foreign"
    """Somebody else's, unstamped, or of an earlier connection."""
    STALE = "stale"
    """View data computed from an older commit of ours."""


def judge_params(params: JsonObject, nonce: str, local_rev: int) -> Judgement:
    """Own nonce and revision at or below ours is our own echo; everything else is somebody else's word."""
    stamp = read_stamp(params)
    if stamp is not None and stamp.sender == nonce and stamp.rev <= local_rev:
        return Judgement.OWN
    return Judgement.FOREIGN


def judge_view_data(data: JsonObject, nonce: str, local_rev: int) -> Judgement:
    """Strictly below our revision is stale; at our revision it carries the geometry of our newest commit.

    An empty sender counts as ours, a missing one does not.
    """
    stamp = read_stamp(data)
    if stamp is None or not isinstance(data.get(SENDER), str) or stamp.sender not in ("", nonce):
        return Judgement.FOREIGN
    return Judgement.STALE if stamp.rev < local_rev else Judgement.CURRENT
