"""View data on its way in: judged by the gate and matched with the config that it was computed from (PROTOCOL.md §13).

A server sends a layout only when it differs from the last one, so a stale layout may be the last word on every layer
that our newer commit did not move. It is therefore not thrown away: its rows count where the geometry that they were
computed from is still the shown one, and nowhere else.
"""

from __future__ import annotations

from typing import Any

from sync.gate import Judgement, judge_view_data
from sync.replica import NO_STAMP, Replica
from sync.view_geometry import SHAPING
from sync.wire.compositor import KIND
from sync.wire.json_value import JsonObject
from sync.wire.stamp import Stamp, read_stamp
from sync.wire.view_data import metadata_of, read_stamped_layout, stamp_keys

__all__ = ["accept_view_data", "follow_params", "reapply"]


def accept_view_data(replica: Replica, data: Any, nonce: str, local_rev: int) -> Judgement | None:
    """Stores the raw value and applies what is true of it; None when it is no layout of a compositor."""
    replica.view_data = data
    layout = read_stamped_layout(data) if replica.kind == KIND else None
    if layout is None:
        return None
    metadata = stamp_keys(layout)
    judgement = judge_view_data(metadata, nonce, local_rev)
    computed_from = _config_behind(replica, read_stamp(metadata), judgement)
    if computed_from is not None:
        replica.layout, replica.layout_basis = layout, computed_from
        reapply(replica)
    return judgement


def reapply(replica: Replica) -> None:
    """Applies the newest layout once more, now that other layers are held than before."""
    if replica.layout is not None:
        replica.geometry.accept(replica.layout, replica.layout_basis, _frozen(replica))


def follow_params(replica: Replica, stamp: Stamp | None, config: JsonObject) -> None:
    """A peer's params came: view data with this stamp, also if it came first, was computed from ``config``."""
    replica.remember_config(NO_STAMP if stamp is None else stamp, config)
    if stamp is not None and read_stamp(metadata_of(replica.view_data)) == stamp:
        replica.layout_basis = config
        reapply(replica)


def _config_behind(replica: Replica, stamp: Stamp | None, judgement: Judgement) -> JsonObject | None:
    """The config that a layout was computed from; None for a stale one of a config that is forgotten."""
    known = None if stamp is None else replica.configs.get(stamp)
    if known is None and judgement is not Judgement.STALE:
        return replica.confirmed
    return known


def _frozen(replica: Replica) -> set[tuple[str, str]]:
    return {(path[0], path[1]) for path in replica.held if len(path) > 1 and _is_shaping(path)}


def _is_shaping(path: tuple[str, ...]) -> bool:
    return len(path) == 2 or path[2] in SHAPING.get(path[0], ())
