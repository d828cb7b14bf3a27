"""What the ordered logs of all sessions have in common: this run, the clocks, who may what, the journal."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

from engine.ordered.keeper import LogKeeper
from engine.ordered.roles import Roles
from engine.places import Places
from sync.log.oplog import OpLog

__all__ = ["OrderedLogs"]


class OrderedLogs:
    """Shared by all sessions. ``run`` names this start of the engine: it is the epoch of every log."""

    def __init__(
        self,
        places: Places = Places(),
        keeper: LogKeeper | None = None,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.run = uuid4().hex[:12]
        self.standby_of = ""  # whom the logs of all sessions copy
        self.places = places
        self.keeper = keeper
        self.now = now
        self.wall = wall
        self.roles = Roles()
        self._live_desks: Counter[tuple[str, str]] = Counter()

    def author(self, by: str) -> str:
        """The author name of what a client of protocol 1 with the role ``by`` changes, or the engine itself."""
        return f"p1/{by}~{self.run}"

    def is_own(self, author: str) -> bool:
        """Whether ``author`` is a name of this run: what it wrote has happened already."""
        return author.startswith("p1/") and author.endswith(f"~{self.run}")

    def restored(self, session_id: str) -> OpLog | None:
        """A session's log from the run before; one that numbers gets a new epoch. Raises JournalFailed."""
        return None if self.keeper is None else self.keeper.restored(session_id, None if self.standby_of else self.run)

    def forget(self, session_id: str) -> None:
        """The session has been destroyed."""
        if self.keeper is not None:
            self.keeper.forget(session_id)

    # ---- desks that follow a session by its log

    def joined(self, desk: str, session_id: str) -> None:
        """A link of ``desk`` is live."""
        self._live_desks[desk, session_id] += 1

    def left(self, desk: str, session_id: str) -> None:
        """A live link of ``desk`` has closed."""
        self._live_desks[desk, session_id] -= 1
        if not self._live_desks[desk, session_id]:
            del self._live_desks[desk, session_id]

    def follows(self, desk: str, session_id: str) -> bool:
        """Whether ``desk`` hears of a session's changes by its log."""
        return bool(desk) and (desk, session_id) in self._live_desks
