"""What one end of a link has: the numbering, how far it goes, and every author's count (PROTOCOL.md §4)."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import msgspec

Role: TypeAlias = Literal["desk", "authority"]
MAX_LINEAGE = 16

__all__ = ["MAX_LINEAGE", "Clock", "Era", "Role", "common_rev", "extended"]


class Era(NamedTuple):
    """One numbering: its name, and the rev after which it began."""

    epoch: str
    start: int


class Clock(msgspec.Struct, frozen=True, omit_defaults=True):
    """A position. ``floor``: revs at or below it are no longer kept one by one. ``lineage`` is oldest first and ends
    with the epoch in force; ``authors`` is the highest contiguous count of each."""

    epoch: str
    rev: int
    floor: int = 0
    authors: dict[str, int] = {}
    lineage: tuple[Era, ...] = ()
    role: Role = "desk"
    lam: int = 0


def extended(lineage: tuple[Era, ...], epoch: str, start: int) -> tuple[Era, ...]:
    """The lineage after a new numbering begins behind ``start``; the oldest eras fall off."""
    return (*lineage, Era(epoch, start))[-MAX_LINEAGE:]


def common_rev(lineage: tuple[Era, ...], epoch: str, rev: int) -> int | None:
    """How far somebody at ``rev`` of ``epoch`` shares the history of ``lineage``; None when the epoch is unknown.

    An epoch that was followed by another is shared only up to where the next began: its later revs were lost.
    """
    for index, era in enumerate(lineage):
        if era.epoch == epoch:
            end = lineage[index + 1].start if index + 1 < len(lineage) else rev
            return min(rev, end)
    return None
