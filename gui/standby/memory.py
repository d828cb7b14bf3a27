"""The standbys that servers have named, over a restart of the desk: for the day on which a server does not answer."""

from __future__ import annotations

import logging

from gui.settings.state import KnownStandby, StateFile
from sync.log.frames import Standby

_log = logging.getLogger(__name__)

__all__ = ["StandbyMemory"]


class StandbyMemory:
    """Servers are named by their HTTP address. No token is kept here: a standby is asked with its own."""

    def __init__(self, state: StateFile) -> None:
        self._state = state

    def of(self, server: str) -> tuple[Standby, ...]:
        """What ``server`` named last; how far they are is not known any more."""
        return tuple(Standby(each.url, each.name, 0) for each in self._state.state.standbys.get(server, ()))

    def keep(self, server: str, rows: tuple[Standby, ...]) -> None:
        """Writes down what ``server`` names now, where that is news. A disk that does not take it is no loss yet."""
        known = [KnownStandby(row.url, row.name) for row in rows]
        if not server or self._state.state.standbys.get(server) == known:
            return
        self._state.remember_standbys(server, known)
        try:
            self._state.save()
        except OSError as error:
            _log.warning("the standbys of this server could not be written down: %s", error)
