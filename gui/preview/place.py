"""Whose picture is wanted, and which nodes of a pipeline stream it. Loads no HTTP library and no codec."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from gui.preview.access import HttpAccess
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
    """The paths of a pipeline's MSE nodes, those behind ``node_id`` first; ``params`` maps nodes to their ``path``."""
    behind = _behind(node_id, list(connections))
    nodes = [name for name, kind in kinds.items() if kind == MSE_KIND]
    ordered = sorted(nodes, key=lambda name: name not in behind)
    paths = [params.get(name) for name in ordered]
    return tuple(f"/{path.lstrip('/')}" for path in paths if isinstance(path, str) and ".." not in path)


def _behind(node_id: str, connections: Sequence[Connection]) -> set[str]:
    reached, fresh = {node_id}, {node_id}
    while fresh:
        fresh = {row.to_node for row in connections if row.from_node in fresh} - reached
        reached |= fresh
    return reached
