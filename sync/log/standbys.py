"""The servers that copy a log, as the end that numbers it knows them (PROTOCOL.md §5.1, §6.7)."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from sync.log.frames import Standby, StandbysFrame

MAX_URL, MAX_NAME, MAX_REASON = 512, 64, 200
MAX_STANDBYS = 16  # more may follow; desks are told of these
MISSED_S = 60.0

__all__ = ["MAX_REASON", "MAX_STANDBYS", "MISSED_S", "Standbys"]


class _Row(NamedTuple):
    link: object
    standby: Standby
    unsaved: str = ""
    lost_at: float | None = None


class Standbys:
    """What each follower said last. One whose link was lost is missed for a minute: who loses its standby may be about
    to be lost itself, and what only it has must not be forgotten by the desks before that is known."""

    def __init__(self) -> None:
        self._by_author: dict[str, _Row] = {}

    def heard(self, author: str, link: object, frame: StandbysFrame) -> None:
        """A follower's word about itself. Whoever is one too many is not kept."""
        is_full = len(self._by_author) >= MAX_STANDBYS and author not in self._by_author
        if len(frame.standbys) != 1 or is_full:
            return
        (row,) = frame.standbys
        is_usable = row.url.startswith(("http://", "https://")) and len(row.url) <= MAX_URL
        url = row.url if is_usable else ""
        standby = msgspec.structs.replace(row, url=url, name=row.name[:MAX_NAME])
        self._by_author[author] = _Row(link, standby, frame.unsaved[:MAX_REASON])

    def left(self, author: str, link: object, now: float) -> None:
        """A follower's link has closed; one that has been replaced by a newer link is ignored."""
        row = self._by_author.get(author)
        if row is not None and row.link is link:
            self._by_author[author] = row._replace(lost_at=now)

    def tick(self, now: float) -> None:
        """Those that have been missed for long are given up."""
        for author, row in list(self._by_author.items()):
            if row.lost_at is not None and now - row.lost_at >= MISSED_S:
                del self._by_author[author]

    def upto(self, head: int) -> int:
        """The newest rev that all of them have; ``head`` when there is none."""
        return min((row.standby.rev for row in self._by_author.values()), default=head)

    def unsaved(self) -> str:
        """Which of them does not save, and why; empty when all do."""
        failing = (row for row in self._by_author.values() if row.unsaved and row.lost_at is None)
        row = next(failing, None)
        return "" if row is None else f"the standby {row.standby.name or row.standby.url}: {row.unsaved}"

    def rows(self) -> tuple[Standby, ...]:
        """Those that desks can reach."""
        return tuple(row.standby for row in self._by_author.values() if row.standby.url)
