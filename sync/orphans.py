"""Pending edits of an overlay that is gone: they would bring back a fragment that no server takes."""

from __future__ import annotations

from sync.compositor_edit import OVERLAYS, is_whole_overlay, is_whole_rect
from sync.paths import REMOVED, Path, read
from sync.replica import Replica

__all__ = ["drop_orphans"]


def drop_orphans(replica: Replica) -> list[Path]:
    """Withdraws the pending edits of overlays that neither exist nor would be made whole by them, and tells which.

    The same goes for a part of a layer's rect where there is no rect.
    """
    items = {path[:2] for path in replica.pending if len(path) > 2 and path[0] in OVERLAYS}
    rects = {path[:3] for path in replica.pending if len(path) == 4 and path[0] == "layers" and path[2] == "rect"}
    fragments = [item for item in sorted(items) if _is_fragment(replica, item)]
    fragments += [rect for rect in sorted(rects) if not is_whole_rect(read(replica.proposal, rect))]
    for item in fragments:
        replica.withdraw(item)
    return fragments


def _is_fragment(replica: Replica, item: Path) -> bool:
    proposed = read(replica.proposal, item, REMOVED)
    is_there = read(replica.confirmed, item, REMOVED) is not REMOVED
    return not is_there and proposed is not REMOVED and not is_whole_overlay(item[0], proposed)
