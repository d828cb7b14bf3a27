"""A refused edit in the operator's words: which field of which layer, mine, theirs, and who was first. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from gui.inspector.rows.scale import spoken
from gui.syncing.people import People
from sync.fields import Field, fields_of, fields_of_node
from sync.log.conflict import Conflict
from sync.log.op import CONNECTIONS, NODES, Path
from sync.store import Store
from sync.wire.pipeline import NodeDefinition

__all__ = ["ConflictText", "Place", "Values", "describe", "place_of", "refusal_sentence"]

MAX_ROWS: Final = 4


class Place(NamedTuple):
    """A place of the document: the field's title, whose field it is, and the field where there is a table of it."""

    title: str
    subject: str
    field: Field | None = None

    @property
    def words(self) -> str:
        """“Opacity of Presenter”."""
        return f"{self.title} of {self.subject}" if self.title else self.subject


class Values(NamedTuple):
    """One place that clashed."""

    place: Place
    mine: str
    theirs: str


class ConflictText(NamedTuple):
    """What a card says. ``more`` counts places that it does not show."""

    title: str
    who: str
    rows: tuple[Values, ...]
    more: int = 0


def describe(
    conflict: Conflict, store: Store, definitions: Mapping[str, NodeDefinition], people: People, now: Mapping[Path, Any]
) -> ConflictText:
    """The card of a stale edit. ``now`` has what stands at its places, for a refusal that names no clashes."""
    theirs = {clash.path: clash.theirs for clash in conflict.theirs} or {path: now.get(path) for path in conflict.mine}
    removed = {each.path for each in conflict.op.changes if each.is_removed}
    rows = [
        Values(
            place := place_of(path, store, definitions),
            "remove it" if path in removed else _value(place, path, conflict.mine.get(path)),
            _value(place, path, value),
        )
        for path, value in theirs.items()
    ]
    who = " and ".join(dict.fromkeys(people.name(clash.author) for clash in conflict.theirs))
    sentence = f"{who} changed it before your edit arrived." if who else conflict.refusal.sentence
    return ConflictText(_title(rows), sentence, tuple(rows[:MAX_ROWS]), max(0, len(rows) - MAX_ROWS))


def refusal_sentence(conflict: Conflict, store: Store, definitions: Mapping[str, NodeDefinition]) -> str:
    """One line for a refusal that is no clash: there is nothing to choose from."""
    places = [place_of(path, store, definitions) for path in conflict.mine]
    what = places[0].words if len(places) == 1 else f"your edit of {places[0].subject}" if places else "your edit"
    reason = {
        "gone": "somebody else removed it meanwhile",
        "exists": "there is one of that name already",
        "invalid": "the server does not accept the value",
        "forbidden": "your role may not change it",
        "lost": "it was lost on the way",
    }.get(conflict.refusal.reason, "the server refused it")
    detail = conflict.refusal.sentence.rstrip(".")
    return f"{what[:1].upper()}{what[1:]} was not changed: {reason}{f' ({detail})' if detail else ''}."


def place_of(path: Path, store: Store, definitions: Mapping[str, NodeDefinition]) -> Place:
    """What the operator calls a place of the document (PROTOCOL.md §2.1)."""
    if path[0] == CONNECTIONS:
        return Place("", f"Connection {'.'.join(path[1:3])} → {'.'.join(path[3:5])}")
    node = path[1]
    if path[0] != NODES or len(path) <= 3:
        return Place("", f"Node {node}")
    return _param(node, path[3:], store, definitions)


def _param(node: str, path: Path, store: Store, definitions: Mapping[str, NodeDefinition]) -> Place:
    scene = store.scene(node) if store.has(node) else None
    for layer in () if scene is None else scene.layers:
        if path[: len(layer.path)] == layer.path:
            return _named(path[len(layer.path) :], layer.name, fields_of(layer.kind))
    kind = store.kind(node)
    definition = definitions.get(kind)
    return _named(path, node, fields_of_node(kind, {} if definition is None else definition.param_schema))


def _named(path: Path, subject: str, fields: tuple[Field, ...]) -> Place:
    field = next((each for each in fields if each.path == path), None)
    title = field.title if field is not None else " ".join(path).replace("_", " ").capitalize()
    return Place(title, subject, field)


def _value(place: Place, path: Path, value: Any) -> str:
    if path[0] == NODES and len(path) > 3 and place.title:
        return "removed" if value is None else spoken(place.field, value)
    return "removed" if value is None and path[0] != CONNECTIONS else "there"


def _title(rows: list[Values]) -> str:
    if len(rows) == 1:
        return rows[0].place.words
    subjects = list(dict.fromkeys(row.place.subject for row in rows))
    if len(subjects) > 1:
        return f"{len(rows)} values of {', '.join(subjects[:2])}{' …' if len(subjects) > 2 else ''}"
    titles = [row.place.title for row in rows if row.place.title]
    listed = ", ".join(titles[:3]) + (" …" if len(titles) > 3 else "")
    return f"{listed} of {subjects[0]}" if subjects and listed else "An edit of yours"
