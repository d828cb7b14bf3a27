"""Changes that a server had taken and lost again when it went away: to be sent once more after the reconnect.

A server that keeps its sessions writes them a moment after a change. When it dies inside that moment it comes back with
an older value, although it had acknowledged ours. The snapshot after the reconnect shows it: a field that we changed
shortly before the link broke stands again at a value that we ourselves had replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sync.paths import REMOVED, Path, is_same, read
from sync.pending import Flight
from sync.wire.json_value import JsonObject

__all__ = ["WINDOW_S", "UnsavedEdits"]

WINDOW_S = 3.0


class _Taken(NamedTuple):
    value: Any
    earlier: tuple[Any, ...]
    at: float


@dataclass(slots=True)
class UnsavedEdits:
    """The edits of one node that were acknowledged during the last seconds of a connection."""

    _taken: dict[Path, _Taken] = field(default_factory=dict)

    def taken(self, landed: list[Flight], confirmed: JsonObject, now: float) -> None:
        """Commits were acknowledged; ``confirmed`` is what stood before them."""
        self._taken = {path: entry for path, entry in self._taken.items() if now - entry.at <= WINDOW_S}
        for flight in landed:
            for path, value in flight.edits.items():
                known = self._taken.get(path)
                before = (read(confirmed, path, REMOVED),) if known is None else (*known.earlier, known.value)
                self._taken[path] = _Taken(value, before, now)

    def overtaken(self, changes: Mapping[Path, Any]) -> None:
        """Somebody else changed these fields after us: what stands there is theirs."""
        for path in changes:
            self._taken.pop(path, None)

    def gone_from(self, changes: Mapping[Path, Any], lost_at: float) -> dict[Path, Any]:
        """Our values that a first snapshot does not hold any more; ``changes`` is where it differs from confirmed."""
        return {
            path: entry.value
            for path, entry in self._taken.items()
            if path in changes
            and lost_at - entry.at <= WINDOW_S
            and any(is_same(changes[path], earlier) for earlier in entry.earlier)
        }
