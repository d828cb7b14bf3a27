"""Who else works on the open session, where their hands are, and what they are called. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final, NamedTuple

from sync.fields import fields_of
from sync.log.presence import Present
from sync.ordered.session_log import SessionLog
from sync.paths import Path
from sync.scene import Layer

__all__ = ["HUES", "People", "Person", "control_of", "field_title", "initials_of"]

HUES: Final = 5
"""How many colours there are for operators; the theme names them ``peer_0`` to ``peer_4``."""
MAX_NAMES: Final = 500


class Person(NamedTuple):
    """An operator at another desk. ``node``, ``layer`` and ``field`` say where the hand is, as far as it is known;
    ``field`` is a path within the layer (or within the node's params) joined by dots."""

    author: str
    name: str
    initials: str
    hue: int
    node: str = ""
    layer: str = ""
    field: str = ""


class People:
    """Everybody who is here now, and the names of those who were."""

    def __init__(self) -> None:
        self._log: SessionLog | None = None
        self._names: dict[str, str] = {}
        self.present: tuple[Person, ...] = ()

    def follow(self, log: SessionLog | None) -> None:
        """Reads who is here now."""
        if log is not self._log:
            self._log, self._names = log, {}
        rows = () if log is None else log.present()
        self._names |= {each.author: each.name for each in rows[:MAX_NAMES] if each.name}
        hues = _hues(each.author for each in rows)
        self.present = tuple(self._person(each, hues[each.author]) for each in rows)

    def on_layer(self, node: str, layer: str) -> tuple[Person, ...]:
        """Whose hand is on a layer."""
        if not self.present:
            return ()
        return tuple(each for each in self.present if each.layer == layer != "" and each.node == node)

    def on_field(self, node: str, path: Path) -> tuple[Person, ...]:
        """Whose hand is on a param of a node."""
        return tuple(each for each in self.present if each.node == node and each.field and _covers(each, path))

    def name(self, author: str) -> str:
        """What an author is called: the operator's name where it is known, else as much of the identity as tells."""
        identity, _, run = author.partition("~")
        if self._log is not None and identity == self._log.author.partition("~")[0]:
            return "You" if author in (identity, self._log.author) else f"You, run {run[:4]}"
        if known := self._names.get(identity):
            return known
        if identity.startswith("p1/"):
            role = identity.removeprefix("p1/")
            return "The engine" if role == "engine" else f"Protocol 1, {role}"
        return f"Desk {identity.rpartition('/')[2][:6]}" if identity else "Somebody"

    def holder(self, node: str, path: Path) -> str:
        """Who else holds the lease of the control at a path of a node's params; empty when it is free or ours."""
        held_by = "" if self._log is None else self._log.holder(control_of(node, path))
        is_name = not held_by or held_by in self._names.values()
        return held_by if is_name else self.name(held_by)

    def _person(self, row: Present, hue: int) -> Person:
        name = row.name or self.name(row.author)
        node, layer, field = (*row.focus, "", "", "")[:3]
        return Person(row.author, name, initials_of(name), hue, node, layer, field)


def _covers(person: Person, path: Path) -> bool:
    """Whether a hand on a field, or on a group of fields such as the place, is on the param at ``path``."""
    if person.layer and path[1:2] != (person.layer,):
        return False
    inside = path[2:] if person.layer else path
    return f"{'.'.join(inside)}.".startswith(f"{person.field}.")


def control_of(node: str, path: Path) -> str:
    """The name under which a control is leased: the same at every desk."""
    return "/".join((node, *path))


def field_title(layer: Layer, field: str) -> str:
    """What a field of a layer is called; ``field`` is a path joined by dots."""
    titles = {".".join(each.path): each.title for each in fields_of(layer.kind)} | {"rect": "Place"}
    return titles.get(field, field)


def initials_of(name: str) -> str:
    """One or two letters: of the first two words, or of the only one."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    letters = words[0][0] + words[1][0] if len(words) > 1 else "".join(words)[:2]
    return letters.upper() or "?"


def _hues(authors: Iterable[str]) -> dict[str, int]:
    """The same colour for an operator at every desk, and different ones for the first few who are here."""
    hues: dict[str, int] = {}
    for author in authors:
        hue = blake2b(author.encode(), digest_size=1).digest()[0] % HUES
        while hue in hues.values() and len(hues) < HUES:
            hue = (hue + 1) % HUES
        hues[author] = hue
    return hues
