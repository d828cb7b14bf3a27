"""What was heard of a node's params: for servers that forget what a patch leaves out (PROTOCOL.md §7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sync.pending import Flight
from sync.wire.json_value import JsonObject, deep_merge
from sync.wire.stamp import stamped

__all__ = ["ParamsMemory"]


@dataclass(slots=True)
class ParamsMemory:
    """``params`` holds every param that was ever there: a server that replaces knows the last patch, a node all.

    ``has_heard``: messages have come since the last snapshot. ``last_landed`` is the last of them, with metadata, if
    it was ours. ``is_at_risk``: a patch of ours went out that such a server takes for all, with no snapshot since.
    """

    params: JsonObject = field(default_factory=dict)
    last_landed: JsonObject | None = None
    has_heard: bool = False
    is_at_risk: bool = False

    def remember(self, params: JsonObject) -> None:
        """These stand there now."""
        self.params = deep_merge(self.params, params)

    def landed(self, flight: Flight) -> None:
        """A commit of ours was acknowledged."""
        params = flight.params if flight.stamp is None else stamped(flight.params, flight.stamp)
        self.last_landed, self.has_heard = params, True

    def heard(self) -> None:
        """A peer's message came."""
        self.last_landed, self.has_heard = None, True

    def read(self) -> None:
        """A snapshot came: it says all."""
        self.has_heard = self.is_at_risk = False

    def link_lost(self) -> None:
        """What comes next is a snapshot on a new connection; a risk is not over with the old one."""
        self.params, self.has_heard = {}, False

    def outlook(self, flights: Iterable[Flight]) -> JsonObject:
        """The node's params when the commits have arrived."""
        params: Any = self.params
        for flight in flights:
            params = deep_merge(params, flight.params)
        return dict(params)
