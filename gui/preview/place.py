"""Whose picture is wanted, and which nodes of a pipeline stream it. Loads no HTTP library and no codec."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from gui.preview.access import HttpAccess
from sync.wire.compositor import KIND as COMPOSITOR
from sync.wire.pipeline import Connection

MSE_KIND = "transport::http::mse"

__all__ = ["MSE_KIND", "PicturePlace", "mse_paths"]


class PicturePlace(msgspec.Struct, frozen=True):
    """Whose picture is wanted: a compositor of a session on a server. ``mse`` are paths of MSE nodes, best first."""

    access: HttpAccess
    session_id: str
    node_id: str
    mse: tuple[str, ...] = ()


def mse_paths(
    kinds: dict[str, str], params: dict[str, object], connections: Iterable[Connection], node_id: str
) -> tuple[str, ...]:
    """The paths of the MSE nodes that stream the compositor ``node_id``; ``params`` maps nodes to their ``path``.

    What lies behind another compositor is that one's picture. A node that nothing is connected to may be anybody's: it
    counts, after the others, only where there is one compositor.
    """
    rows = list(connections)
    nodes = [name for name, kind in kinds.items() if kind == MSE_KIND]
    behind = _behind(node_id, rows, kinds)
    fed = {row.to_node for row in rows}
    is_alone = sum(kind == COMPOSITOR for kind in kinds.values()) <= 1
    loose = [name for name in nodes if is_alone and name not in fed]
    paths = [params.get(name) for name in (*(name for name in nodes if name in behind), *loose)]
    return tuple(f"/{path.lstrip('/')}" for path in paths if isinstance(path, str) and ".." not in path)


def _behind(node_id: str, connections: Sequence[Connection], kinds: dict[str, str]) -> set[str]:
    reached, fresh = {node_id}, {node_id}
    while fresh:
        found = {row.to_node for row in connections if row.from_node in fresh} - reached
        fresh = {name for name in found if kinds.get(name) != COMPOSITOR}
        reached |= fresh
    return reached
