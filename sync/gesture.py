"""One interaction: press, change…, release or cancel. It holds fields, and it is one undo step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from sync.paths import Edits, Path
from sync.signals import Signal
from sync.wire.json_value import JsonObject

__all__ = ["RELEASED", "Gesture", "GesturePort"]

RELEASED = "released"


class GesturePort(Protocol):
    """What a gesture needs of its session."""

    def hold(self, node_id: str, paths: Iterable[Path]) -> None:
        """Freezes what is shown at the paths."""

    def propose(self, node_id: str, edits: Edits, *, is_quiet: bool = False) -> dict[Path, Any] | None:
        """Shows the edits and, unless ``is_quiet``, commits them paced; the leaves proposed, None when refused."""

    def finish(self, gesture: Gesture, *, is_cancelled: bool) -> None:
        """Releases what the gesture holds and settles its edits."""


class Gesture:
    """Open from its making until ``end`` or ``cancel``; both do nothing when it is over. ``ended`` tells the reason.

    ``is_quiet``: nothing is committed before the end. ``is_guarded``: where the server can tell, its word counts only
    if nobody else has changed the same since ``base``.
    """

    def __init__(
        self,
        port: GesturePort,
        node_id: str,
        title: str,
        begin_params: JsonObject,
        holds: Iterable[Path],
        *,
        base: int = 0,
        is_quiet: bool = False,
        is_guarded: bool = False,
    ) -> None:
        self.node_id, self.title = node_id, title
        self.begin_params = begin_params
        self.base = base
        self.is_quiet, self.is_guarded = is_quiet or is_guarded, is_guarded
        self.is_open = True
        self.ended: Signal[str] = Signal()
        self.edits: dict[Path, Any] = {}
        self.held: list[Path] = []
        self.parked: dict[Path, Any] = {}
        self._port = port
        self._hold(holds)

    def change(self, edits: Edits) -> None:
        """Proposes the edits at once and holds their fields; a refused proposal changes nothing."""
        if not self.is_open:
            return
        self._hold(edits)
        proposed = self._port.propose(self.node_id, edits, is_quiet=self.is_quiet)
        if proposed is not None:
            self._hold(proposed)
            for path, value in proposed.items():
                self.edits.pop(path, None)
                self.edits[path] = value

    def end(self, reason: str = RELEASED) -> None:
        """The hand let go: the final values are committed and one undo step is recorded if anything changed."""
        self._close(reason, is_cancelled=False)

    def cancel(self, reason: str) -> None:
        """Back to the peer's value where one came meanwhile, else to the value before."""
        self._close(reason, is_cancelled=True)

    def _close(self, reason: str, *, is_cancelled: bool) -> None:
        if not self.is_open:
            return
        self.is_open = False
        self._port.finish(self, is_cancelled=is_cancelled)
        self.ended.emit(reason)

    def _hold(self, paths: Iterable[Path]) -> None:
        fresh = [path for path in paths if path not in self.held]
        self.held += fresh
        self._port.hold(self.node_id, fresh)
