"""How many authors a log may have: a clock names them all and has to fit a frame (PROTOCOL.md §4)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import msgspec

AUTHORS_BYTES = 524_288  # leaves room for a piece of a state beside the clock
COUNT_BYTES = 20

__all__ = ["AUTHORS_BYTES", "AuthorRoom"]


class AuthorRoom:
    """Weighs the names of a table that only grows at its end; a table that is another one needs another room."""

    def __init__(self) -> None:
        self._weighed = self._bytes = 0

    def is_full(self, authors: Mapping[str, int]) -> bool:
        """Whether there is no room for another author."""
        fresh = islice(authors, self._weighed, None)
        self._bytes += sum(len(msgspec.json.encode(author)) + COUNT_BYTES for author in fresh)
        self._weighed = len(authors)
        return self._bytes >= AUTHORS_BYTES
