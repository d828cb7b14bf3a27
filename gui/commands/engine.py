"""``layerdesk engine``: the embedded server on its own."""

from __future__ import annotations

from collections.abc import Sequence

from gui.embedded import serve

__all__ = ["run"]


def run(argv: Sequence[str]) -> int:
    """Runs the engine in this process until it is told to stop."""
    return serve(list(argv))
