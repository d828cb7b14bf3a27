"""The servers that copy a log, as the end that numbers it knows them (PROTOCOL.md §5.1, §6.4)."""

from __future__ import annotations

import msgspec

from sync.log.frames import Standby, StandbysFrame

MAX_URL, MAX_NAME = 512, 64
MAX_STANDBYS = 16  # more may follow; desks are told of these

__all__ = ["Standbys"]


class Standbys:
    """What each follower's link said last. A link is only a name here."""

    def __init__(self) -> None:
        self._by_link: dict[int, Standby] = {}

    def heard(self, link: object, frame: StandbysFrame) -> None:
        """A follower's word about itself. Whoever is one too many is not kept."""
        is_full = len(self._by_link) >= MAX_STANDBYS and id(link) not in self._by_link
        if len(frame.standbys) != 1 or is_full:
            return
        (row,) = frame.standbys
        is_usable = row.url.startswith(("http://", "https://")) and len(row.url) <= MAX_URL
        url = row.url if is_usable else ""
        self._by_link[id(link)] = msgspec.structs.replace(row, url=url, name=row.name[:MAX_NAME])

    def left(self, link: object) -> None:
        """A link has closed; unknown ones are ignored."""
        self._by_link.pop(id(link), None)

    def upto(self, head: int) -> int:
        """The newest rev that all of them have; ``head`` when there is none."""
        return min((row.rev for row in self._by_link.values()), default=head)

    def rows(self) -> tuple[Standby, ...]:
        """Those that desks can reach."""
        return tuple(row for row in self._by_link.values() if row.url)
