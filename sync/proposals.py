"""What an operator wants to change, made ready to be shown and sent; and the way back from it."""

from __future__ import annotations

from typing import Any

from sync.compositor_edit import EditRefused, check_config, check_edits, prepare, restoring
from sync.gesture import Gesture
from sync.paths import REMOVED, Edits, Path, apply, expand, inverse, is_same, overlaps, read
from sync.plain_edit import prepare_plain
from sync.replica import Replica
from sync.store import Store
from sync.wire.compositor import KIND
from sync.wire.json_value import JsonObject

__all__ = ["Proposals", "is_change", "still_stands", "why_impossible"]


class Proposals:
    """Prepares edits of one session's nodes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sound: dict[str, JsonObject] = {}

    def prepared(self, node_id: str, replica: Replica, edits: Edits) -> dict[Path, Any]:
        """The edits as leaves with the values that travel.

        Raises EditRefused for what the server would reject.
        """
        if replica.kind != KIND:
            return prepare_plain(edits)
        prepared = prepare(replica.shown, edits, self._store.slots(node_id))
        before = replica.proposal
        after = apply(before, prepared)
        if self._is_sound(node_id, before, replica.confirmed):
            check_edits(after, prepared)
        else:
            check_config(after)
        self._sound[node_id] = after
        return prepared

    def values_before(self, gesture: Gesture, replica: Replica) -> dict[Path, Any]:
        """The edits that take a gesture back: to a peer's value where one came under the hand, else to the old one."""
        back = inverse(gesture.begin_params, gesture.edits)
        for path in back:
            if any(overlaps(held, path) for held in replica.parked):
                # What we sent since may be confirmed over it: the peer's value is the one that was parked.
                back[path] = replica.parked.get(path, read(replica.confirmed, path, REMOVED))
        return back

    def restoring(self, node_id: str, replica: Replica, before: Edits) -> dict[Path, Any]:
        """``before`` as edits that a server can take which keeps every key that it once had."""
        if replica.kind != KIND:
            return prepare_plain(before)
        return expand(restoring(before, replica.shown, self._store.slots(node_id)))

    def taking_back(self, node_id: str, replica: Replica, before: Edits) -> dict[Path, Any]:
        """The edits of a cancelled gesture; what never left the desk is simply withdrawn."""
        for path, value in before.items():
            if value is REMOVED and not replica.is_flying(path) and read(replica.confirmed, path, REMOVED) is REMOVED:
                replica.withdraw(path)
        kept = {path: value for path, value in before.items() if not _is_absent(replica, path, value)}
        return self.restoring(node_id, replica, kept)

    def _is_sound(self, node_id: str, proposal: JsonObject, confirmed: JsonObject) -> bool:
        """True when all but what is touched now is known to pass: it is what the last edit left, or the server's."""
        if self._sound.get(node_id) == proposal:
            return True
        try:
            check_config(confirmed)
        except EditRefused:
            return False
        return True


def is_change(gesture: Gesture) -> bool:
    """True when a gesture left something else than it found."""
    return len(restored(gesture)) < len(gesture.edits)


def restored(gesture: Gesture) -> list[Path]:
    """The places that a gesture left as it found them."""
    begun = gesture.begin_params
    return [path for path, value in gesture.edits.items() if is_same(read(begun, path, REMOVED), value)]


def still_stands(replica: Replica, path: Path, expected: Edits) -> bool:
    """True when the shown values around ``path`` are still those that our own step left."""
    near = {other: value for other, value in expected.items() if overlaps(other, path)}
    return all(is_same(read(replica.shown, other, REMOVED), value) for other, value in near.items())


def why_impossible(replica: Replica | None, values: Edits, expected: Edits, title: str) -> str | None:
    """Why a step of the history cannot be applied any more; None when it can."""
    if replica is None:
        return f"{title}: the node is gone."
    for path in values:
        item = path[:2]
        is_overlay = len(path) > 2 and path[0] in ("text_overlays", "image_overlays")
        if is_overlay and expected.get(item) is not REMOVED and read(replica.shown, item, REMOVED) is REMOVED:
            return f"{title}: {item[1]} is gone."
    if not any(still_stands(replica, path, expected) for path in values):
        return f"{title}: somebody else has changed it since."
    return None


def _is_absent(replica: Replica, path: Path, value: Any) -> bool:
    return value is REMOVED and read(replica.proposal, path, REMOVED) is REMOVED
