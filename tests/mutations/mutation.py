"""What breaks a rule, and where its tests are."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Mutation"]


class Mutation(NamedTuple):
    """``old`` occurs exactly once in ``path``; ``tests`` are tried in their order until one fails."""

    rule: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]
