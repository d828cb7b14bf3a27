"""A play for two desks, a script and a server: any order of moves, and what must hold when the curtain falls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sync.gesture import Gesture
from sync.paths import REMOVED, Path, expand, is_same, read, write
from sync.scene import LayerKind
from sync.session import DeskSession
from sync.wire.compositor import parse_config
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Connection, Node, Pipeline
from sync.wire.requests import TuneNodeAsync
from sync.wire.stamp import strip_metadata
from tests.support.clock import FakeClock
from tests.support.link import COMPOSITOR, ModelLink, demo_pipeline, make_session, session_link
from tests.support.server import Family, ModelServer, Storage

__all__ = ["FIELDS", "LAYER_FIELDS", "PLAIN_FIELDS", "Field", "Play", "value_for"]


class Field(NamedTuple):
    """A place in a node's params."""

    node_id: str
    path: Path


FIELDS: tuple[Path, ...] = (
    ("layers", "in_1", "opacity"),
    ("layers", "in_1", "rect", "x"),
    ("layers", "in_0", "opacity"),
    ("layers", "in_2", "rect", "x"),
    ("text_overlays", "title", "rect", "x"),
    ("text_overlays", "title", "text"),
)
LAYER_FIELDS: tuple[Field, ...] = tuple(Field(COMPOSITOR, path) for path in FIELDS)
# A node that is known by one param only tells nothing of how a server stores them.
PLAIN_NODES: dict[str, JsonObject] = {
    "gain": {"gain": 1.0, "fade": {"in": 0.5, "out": 0.5}, "taps": [1, 2]},
    "solo": {"gain": 1.0},
}
PLAIN_FIELDS: tuple[Field, ...] = (
    Field("gain", ("gain",)),
    Field("gain", ("fade", "in")),
    Field("gain", ("fade", "out")),
    Field("gain", ("taps",)),
    Field("gain", ("new",)),
    Field("solo", ("gain",)),
)


def value_for(path: Path, number: int) -> Any:
    """A value of the field's type; different numbers give different values."""
    if path[-1] == "opacity":
        return round(0.01 * (number % 99 + 1), 2)
    if path[-1] == "taps":
        return [number]
    return f"line {number}" if path[-1] == "text" else number


def stage() -> Pipeline:
    """The demo pipeline with plain nodes beside the compositor."""
    demo = demo_pipeline()
    plain = {node_id: Node("audio::gain", params) for node_id, params in PLAIN_NODES.items()}
    return Pipeline({**demo.nodes, **plain}, demo.connections, name=demo.name)


@dataclass
class Actor:
    """One desk with at most one open gesture."""

    session: DeskSession
    link: ModelLink
    gesture: Gesture | None = None
    hand: dict[Field, Any] = field(default_factory=dict)


class Play:
    """Moves are methods; ``check_hands`` is for after each, ``finish`` for the end."""

    def __init__(
        self, storage: Storage = Storage.MERGE, *, writes_empty_stamp: bool = False, round_trip_s: float = 0.0
    ) -> None:
        self.clock = FakeClock()
        self.server = ModelServer(stage(), storage, writes_empty_stamp=writes_empty_stamp)
        self.actors = [self._enter(), self._enter()]
        for actor in self.actors:
            actor.link.round_trip_s = round_trip_s
        self.has_partial_update = False

    def begin(self, who: int, place: Field) -> None:
        """Presses on a field."""
        actor = self.actors[who]
        if actor.gesture is None and self._is_there(actor, place):
            actor.gesture = actor.session.begin(place.node_id, "Drag", [place.path])
            actor.gesture.ended.connect(lambda _reason: self._let_go(actor))
            actor.hand = {place: actor.session.store.value(*place, REMOVED)}

    def change(self, who: int, number: int) -> None:
        """Moves the hand."""
        actor = self.actors[who]
        if actor.gesture is not None:
            place = next(iter(actor.hand))
            value = value_for(place.path, number)
            actor.gesture.change({place.path: value})
            actor.hand = {place: value}

    def end(self, who: int) -> None:
        """Lets go."""
        gesture = self.actors[who].gesture
        if gesture is not None:
            gesture.end()

    def cancel(self, who: int) -> None:
        """Escape."""
        gesture = self.actors[who].gesture
        if gesture is not None:
            gesture.cancel("escape")

    def edit(self, who: int, place: Field, number: int) -> None:
        """A discrete edit."""
        actor = self.actors[who]
        if self._is_there(actor, place) and place not in actor.hand:
            actor.session.edit(place.node_id, {place.path: value_for(place.path, number)}, "Set")

    def toggle(self, who: int, layer: str) -> None:
        """Hides or shows a layer that no hand holds."""
        actor = self.actors[who]
        if not actor.hand and not actor.session.hide(COMPOSITOR, layer):
            actor.session.show(COMPOSITOR, layer)

    def toggle_text(self, who: int, name: str) -> None:
        """Adds a text, or removes it if it is there."""
        actor = self.actors[who]
        path = ("text_overlays", name)
        rect = {"x": 1, "y": 2, "width": 300, "height": 50}
        is_there = actor.session.store.value(COMPOSITOR, path) is not None
        if not any(held.path[:2] == path for held in actor.hand):
            new = REMOVED if is_there else {"id": name, "text": name, "rect": rect}
            actor.session.edit(COMPOSITOR, {path: new}, "Text")

    def undo(self, who: int) -> None:
        """Takes back, when no hand is down."""
        if not self.actors[who].hand:
            self.actors[who].session.history.undo()

    def redo(self, who: int) -> None:
        """Does again, when no hand is down."""
        if not self.actors[who].hand:
            self.actors[who].session.history.redo()

    def up(self, who: int) -> None:
        """One request reaches the server."""
        self.actors[who].link.pump_up()

    def down(self, who: int, family: Family) -> None:
        """One event of a family reaches a desk."""
        self.actors[who].link.pump_down(family)

    def double(self, who: int) -> None:
        """An own echo will come twice."""
        self.actors[who].link.double_echo()

    def script(self, place: Field, number: int) -> None:
        """Somebody sends one unstamped field; a running compositor resets the rest, a replacing server forgets it."""
        node_id, path = place
        if path[0] == "layers":
            self.server.tune(node_id, {"layers": {path[1]: {path[2]: value_for(path, number)}}})
            self.has_partial_update = True
        elif node_id != COMPOSITOR:
            self.server.tune(node_id, write({}, path, value_for(path, number)))
            self.has_partial_update = True

    def tick(self) -> None:
        """The server composes a frame."""
        self.server.tick()

    def frame(self, pin: str, width: int) -> None:
        """A frame arrives at an input."""
        self.server.deliver_frame(COMPOSITOR, pin, (width, 360))

    def pin(self, name: str) -> None:
        """An input is connected, or disconnected."""
        row = Connection("cam_b", "out", COMPOSITOR, name)
        if any(known.ends == row.ends for known in self.server.connections):
            self.server.remove_connection(row.ends)
        else:
            self.server.add_connection(row)

    def wait(self, milliseconds: int) -> None:
        """Time passes."""
        self.clock.advance(milliseconds / 1000)

    def refetch(self, who: int) -> None:
        """The desk asks for the truth."""
        actor = self.actors[who]
        if actor.link.is_open:
            actor.link.refetch(actor.session.info.id, "test")

    def cut(self, who: int, takes_sent: bool) -> None:
        """The link of a desk breaks."""
        if self.actors[who].link.is_open:
            self.actors[who].link.cut(takes_sent=takes_sent)

    def reopen(self, who: int) -> None:
        """And comes back."""
        if not self.actors[who].link.is_open:
            self.actors[who].link.reopen()

    def check_hands(self) -> None:
        """What a hand holds shows what the hand put there, whatever arrived."""
        for actor in self.actors:
            for place, value in actor.hand.items():
                shown = read(actor.session.store.params(place.node_id), place.path, REMOVED)
                assert is_same(shown, value), f"{place} was pulled from {value} to {shown}"

    def finish(self) -> None:
        """All hands off, all links up, everything delivered: then all must agree, and traffic must end."""
        for who, actor in enumerate(self.actors):
            self.end(who)
            self.reopen(who)
            assert actor.gesture is None
        self._settle()
        for actor in self.actors:
            for node_id in (COMPOSITOR, *PLAIN_NODES):
                stored = self.stored(node_id)
                assert actor.session.store.confirmed(node_id) == stored
                assert actor.session.store.params(node_id) == stored
            assert actor.session.store.in_flight() == 0
            self._check_places(actor)
        if not self.has_partial_update:
            assert self.server.nodes[COMPOSITOR].running == parse_config(self.stored(COMPOSITOR))

    def check_whole(self) -> None:
        """No plain node has fewer params than it began with."""
        for node_id, params in PLAIN_NODES.items():
            assert not missing(params, self.stored(node_id)), "an edit of one param has cost others"

    def stored(self, node_id: str) -> JsonObject:
        """What the server holds of a node, without metadata."""
        return strip_metadata(self.server.nodes[node_id].stored)

    def check_stamps(self) -> None:
        """Each nonce counts 1, 2, 3… and no commit repeats a stamp."""
        seen: dict[str, list[int]] = {}
        for request in self._tunes():
            assert isinstance(request.message, dict)
            params = request.message["UpdateParams"]
            seen.setdefault(params["_sender"], []).append(params["_rev"])
        for revs in seen.values():
            assert revs == sorted(set(revs))

    def _settle(self) -> None:
        for _ in range(80):
            before = len(self.server.tunes)
            for actor in self.actors:
                actor.link.settle()
            self.clock.advance(0.05)
            if len(self.server.tunes) == before and not any(actor.link.is_busy() for actor in self.actors):
                break
        else:
            raise AssertionError("the traffic does not end")

    def _check_places(self, actor: Actor) -> None:
        node = self.server.nodes[COMPOSITOR]
        scene = actor.session.store.scene(COMPOSITOR)
        assert scene is not None
        if node.last_layout is None or self.has_partial_update or not self.server.sources:
            return  # a compositor without a running input tells nothing new
        for row in node.last_layout["layers"]:
            layer = scene.layer(row["id"])
            assert layer is not None
            assert layer.kind is LayerKind.VIDEO
            drawn = (layer.drawn.x, layer.drawn.y, layer.drawn.width, layer.drawn.height)
            assert drawn == (row["x"], row["y"], row["width"], row["height"]), row["id"]

    def _tunes(self) -> Iterable[TuneNodeAsync]:
        return (request for request in self.server.tunes if request.node_id == COMPOSITOR)

    def _enter(self) -> Actor:
        session, _, _ = make_session(delay_s=None, server=self.server, clock=self.clock)
        return Actor(session, session_link(session))

    def _let_go(self, actor: Actor) -> None:
        actor.gesture = None
        actor.hand = {}

    def _is_there(self, actor: Actor, place: Field) -> bool:
        if place.node_id != COMPOSITOR:
            return True
        scene = actor.session.store.scene(COMPOSITOR)
        return scene is not None and scene.layer(place.path[1]) is not None


def missing(wanted: JsonObject, params: JsonObject) -> list[Path]:
    """The leaves of ``wanted`` that ``params`` has no key for."""
    return [
        path
        for path in expand({(key,): value for key, value in wanted.items()})
        if read(params, path, REMOVED) is REMOVED
    ]
