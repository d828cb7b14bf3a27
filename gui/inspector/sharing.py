"""Others at the same field: what a row's mark says of them, and the one question before their control is taken."""

from __future__ import annotations

from gui.bridge import Bridge
from gui.syncing.badge import colour_of
from gui.syncing.delivery import DELIVERY_TIPS
from gui.theme.tokens import Tokens
from sync.paths import Path

__all__ = ["Courtesy", "shared_detail"]


class Courtesy:
    """Asks once before a control is taken that another operator holds; it never forbids (PROTOCOL.md §12)."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._asked: set[tuple[str, Path, str]] = set()

    def question(self, node: str, paths: list[Path], title: str) -> str:
        """What to say instead of taking the controls; empty when they are free, or when it was said already."""
        held = {(node, path, holder) for path in paths if (holder := self._bridge.people.holder(node, path))}
        fresh, self._asked = held - self._asked, held
        if not fresh:
            return ""
        names = " and ".join(sorted({holder for _node, _path, holder in fresh}))
        return f"{names} is working on {title}. Do it again to take it over."


def shared_detail(bridge: Bridge, node: str, paths: list[Path], tokens: Tokens) -> tuple[str, str]:
    """What a mark adds about others and about the way of our newest edit, and the colour of whose hand is on it.

    The colour is empty while nobody else is on the field.
    """
    if bridge.log is None:
        return ("", "")
    people = {person.author: person for path in paths for person in bridge.people.on_field(node, path)}
    holders = {holder for path in paths if (holder := bridge.people.holder(node, path))}
    sentences = [f"{person.name}’s hand is on this." for person in people.values()]
    sentences += [f"{holder} keeps this control: changing it asks you once." for holder in sorted(holders)]
    ticks = [tick for path in paths if (tick := bridge.deliveries.of(node, path)) is not None]
    sentences += [f"Your newest edit: {DELIVERY_TIPS[min(ticks)]}"] if ticks else []
    first = next(iter(people.values()), None)
    colour = colour_of(first, tokens) if first is not None else tokens.dim if holders else ""
    return (" ".join(sentences), colour)
