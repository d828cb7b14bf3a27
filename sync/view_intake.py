"""View data on its way in: kept raw, judged by the gate, and applied where no hand holds a layer (PROTOCOL.md §13)."""

from __future__ import annotations

from typing import Any

from sync.gate import Judgement, judge_view_data
from sync.replica import Replica
from sync.view_geometry import SHAPING
from sync.wire.compositor import KIND, read_layout
from sync.wire.json_value import JsonObject
from sync.wire.stamp import Stamp, read_stamp

__all__ = ["accept_view_data", "follow_params", "reapply"]


def accept_view_data(replica: Replica, data: Any, nonce: str, local_rev: int) -> Judgement | None:
    """Stores the raw value and applies it if it passes the gate; None when it is no layout of a compositor."""
    replica.view_data = data
    layout = read_layout(data) if replica.kind == KIND and isinstance(data, dict) else None
    if layout is None:
        return None
    judgement = _judge(replica, data, nonce, local_rev)
    if judgement is not Judgement.STALE:
        computed_from = replica.last_sent if judgement is Judgement.CURRENT else None
        replica.layout, replica.layout_basis = layout, computed_from or replica.confirmed
        reapply(replica)
    return judgement


def reapply(replica: Replica) -> None:
    """Applies the newest layout that passed the gate once more, now that other layers are held than before."""
    if replica.layout is not None:
        replica.geometry.accept(replica.layout, replica.layout_basis, _frozen(replica))


def follow_params(replica: Replica, stamp: Stamp | None) -> None:
    """A peer's params arrived after the layout that was computed from them: the two belong together."""
    data = replica.view_data
    if stamp is not None and isinstance(data, dict) and read_stamp(data) == stamp:
        replica.layout_basis = replica.confirmed
        reapply(replica)


def _judge(replica: Replica, data: JsonObject, nonce: str, local_rev: int) -> Judgement:
    judgement = judge_view_data(data, nonce, local_rev)
    # A server that writes ""/0 instead of omitting the stamp: stale only while its last word on the config is ours.
    if judgement is Judgement.STALE and replica.is_stamp_cleared and read_stamp(data) == Stamp("", 0):
        return Judgement.FOREIGN
    return judgement


def _frozen(replica: Replica) -> set[tuple[str, str]]:
    return {(path[0], path[1]) for path in replica.held if len(path) > 1 and _is_shaping(path)}


def _is_shaping(path: tuple[str, ...]) -> bool:
    return len(path) == 2 or path[2] in SHAPING.get(path[0], ())
