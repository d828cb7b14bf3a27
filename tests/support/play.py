"""A play for two desks, a script and a server: any order of moves, and what must hold when the curtain falls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sync.gesture import Gesture
from sync.paths import REMOVED, Path, is_same, read
from sync.scene import LayerKind
from sync.session import DeskSession
from sync.wire.compositor import parse_config
from sync.wire.pipeline import Connection
from sync.wire.requests import TuneNodeAsync
from sync.wire.stamp import strip_metadata
from tests.support.clock import FakeClock
from tests.support.link import COMPOSITOR, ModelLink, demo_pipeline, make_session, session_link
from tests.support.server import Family, ModelServer, Storage

__all__ = ["FIELDS", "Play", "value_for"]

FIELDS: tuple[Path, ...] = (
    ("layers", "in_1", "opacity"),
    ("layers", "in_1", "rect", "x"),
    ("layers", "in_0", "opacity"),
    ("layers", "in_2", "rect", "x"),
    ("text_overlays", "title", "rect", "x"),
    ("text_overlays", "title", "text"),
)


def value_for(path: Path, number: int) -> Any:
    """A value of the field's type; different numbers give different values."""
    if path[-1] == "opacity":
        return round(0.01 * (number % 99 + 1), 2)
    return f"line {number}" if path[-1] == "text" else number


@dataclass
class Actor:
    """One desk with at most one open gesture."""

    session: DeskSession
    link: ModelLink
    gesture: Gesture | None = None
    hand: dict[Path, Any] = field(default_factory=dict)


class Play:
    """Moves are methods; ``check_hands`` is for after each, ``finish`` for the end."""

    def __init__(
        self, storage: Storage = Storage.MERGE, *, writes_empty_stamp: bool = False, round_trip_s: float = 0.0
    ) -> None:
        self.clock = FakeClock()
        self.server = ModelServer(demo_pipeline(), storage, writes_empty_stamp=writes_empty_stamp)
        self.actors = [self._enter(), self._enter()]
        for actor in self.actors:
            actor.link.round_trip_s = round_trip_s
        self.has_partial_update = False

    def begin(self, who: int, path: Path) -> None:
        """Presses on a field."""
        actor = self.actors[who]
        if actor.gesture is None and self._is_there(actor, path):
            actor.gesture = actor.session.begin(COMPOSITOR, "Drag", [path])
            actor.gesture.ended.connect(lambda _reason: self._let_go(actor))
            actor.hand = {path: actor.session.store.value(COMPOSITOR, path, REMOVED)}

    def change(self, who: int, number: int) -> None:
        """Moves the hand."""
        actor = self.actors[who]
        if actor.gesture is not None:
            path = next(iter(actor.hand))
            value = value_for(path, number)
            actor.gesture.change({path: value})
            actor.hand = {path: value}

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

    def edit(self, who: int, path: Path, number: int) -> None:
        """A discrete edit."""
        actor = self.actors[who]
        if self._is_there(actor, path) and path not in actor.hand:
            actor.session.edit(COMPOSITOR, {path: value_for(path, number)}, "Set")

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
        if not any(held[:2] == path for held in actor.hand):
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

    def script(self, path: Path, number: int) -> None:
        """Somebody sends one unstamped field; the running compositor resets all others."""
        if path[0] == "layers":
            self.server.tune(COMPOSITOR, {"layers": {path[1]: {path[2]: value_for(path, number)}}})
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
            for path, value in actor.hand.items():
                shown = read(actor.session.store.params(COMPOSITOR), path, REMOVED)
                assert is_same(shown, value), f"{path} was pulled from {value} to {shown}"

    def finish(self) -> None:
        """All hands off, all links up, everything delivered: then all must agree, and traffic must end."""
        for who, actor in enumerate(self.actors):
            self.end(who)
            self.reopen(who)
            assert actor.gesture is None
        self._settle()
        stored = strip_metadata(self.server.nodes[COMPOSITOR].stored)
        for actor in self.actors:
            store = actor.session.store
            assert store.confirmed(COMPOSITOR) == stored
            assert store.params(COMPOSITOR) == stored
            assert store.in_flight() == 0
            self._check_places(actor)
        if not self.has_partial_update:
            assert self.server.nodes[COMPOSITOR].running == parse_config(stored)

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

    def _is_there(self, actor: Actor, path: Path) -> bool:
        layer_id = path[1]
        scene = actor.session.store.scene(COMPOSITOR)
        return scene is not None and scene.layer(layer_id) is not None
