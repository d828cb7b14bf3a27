"""Any order of hands, peers, frames, broken links and crashes on an ordered log ends with what the log says."""

from __future__ import annotations

from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from sync.gesture import Gesture
from sync.log.op import OpId
from sync.paths import REMOVED, Path, is_same, read
from sync.wire.compositor import parse_config
from tests.guards.profiles import INTERLEAVINGS
from tests.support.link import COMPOSITOR
from tests.support.ordered import OrderedDesk, OrderedWorld
from tests.support.play import FIELDS, value_for

RECT = {"x": 1, "y": 2, "width": 300, "height": 50}
WHO, NUMBER = (0, 1), tuple(range(61))


class Actor:
    """A desk with at most one hand, which remembers what it put where."""

    def __init__(self, desk: OrderedDesk) -> None:
        self.desk = desk
        self.gesture: Gesture | None = None
        self.hand: dict[Path, Any] = {}

    def let_go(self) -> None:
        self.gesture, self.hand = None, {}


class OrderedPlay:
    """Moves are methods; ``check_hands`` is for after each, ``finish`` for the end."""

    def __init__(self) -> None:
        self.world = OrderedWorld()
        self.actors = [Actor(desk) for desk in self.world.desks]

    def begin(self, who: int, path: Path, is_typed: bool) -> None:
        actor = self.actors[who]
        session = actor.desk.desk
        if actor.gesture is None and session.store.value(COMPOSITOR, path[:2], REMOVED) is not REMOVED:
            actor.gesture = session.begin(COMPOSITOR, "Drag", [path], is_guarded=is_typed)
            actor.gesture.ended.connect(lambda _reason: actor.let_go())
            actor.hand = {path: session.store.value(COMPOSITOR, path, REMOVED)}

    def change(self, who: int, number: int) -> None:
        actor = self.actors[who]
        if actor.gesture is not None:
            path = next(iter(actor.hand))
            value = value_for(path, number)
            gesture = actor.gesture
            gesture.change({path: value})
            if path in gesture.edits and is_same(gesture.edits[path], value):
                actor.hand = {path: value}

    def end(self, who: int) -> None:
        if (gesture := self.actors[who].gesture) is not None:
            gesture.end()

    def cancel(self, who: int) -> None:
        if (gesture := self.actors[who].gesture) is not None:
            gesture.cancel("escape")

    def edit(self, who: int, path: Path, number: int) -> None:
        actor = self.actors[who]
        store = actor.desk.desk.store
        if path not in actor.hand and store.value(COMPOSITOR, path[:2], REMOVED) is not REMOVED:
            actor.desk.desk.edit(COMPOSITOR, {path: value_for(path, number)}, "Set")

    def toggle_text(self, who: int, name: str) -> None:
        actor = self.actors[who]
        path = ("text_overlays", name)
        is_there = actor.desk.desk.store.value(COMPOSITOR, path) is not None
        if not any(held[:2] == path for held in actor.hand):
            new = REMOVED if is_there else {"id": name, "text": name, "rect": RECT}
            actor.desk.desk.edit(COMPOSITOR, {path: new}, "Text")

    def undo(self, who: int) -> None:
        if not self.actors[who].hand:
            self.actors[who].desk.desk.history.undo()

    def redo(self, who: int) -> None:
        if not self.actors[who].hand:
            self.actors[who].desk.desk.history.redo()

    def answer(self, who: int, is_mine: bool) -> None:
        log = self.actors[who].desk.log
        if log.replica.conflicts:
            conflict = log.replica.conflicts[0]
            if is_mine and not self.actors[who].hand:
                log.take_mine(conflict)
            else:
                log.take_theirs(conflict)

    def script(self, path: Path, number: int) -> None:
        self.world.set(path, value_for(path, number))

    def pump(self, who: int) -> None:
        self.actors[who].desk.pump()

    def deliver(self, who: int, frames: int) -> None:
        for _ in range(frames):
            self.actors[who].desk.pump()
            self.actors[who].desk.deliver()

    def arrive(self) -> None:
        """A quiet moment: what is on its way arrives."""
        self.world.clock.advance(0.04)
        self.world.round()

    def fan_out(self) -> None:
        self.world.engine.round()

    def flush(self) -> None:
        self.world.engine.flush()

    def wait(self, milliseconds: int) -> None:
        self.world.clock.advance(milliseconds / 1000)

    def trouble(self, who: int, what: int) -> None:
        """Now and then a link breaks, more rarely the engine dies."""
        if what in (0, 1, 2):
            self.actors[who].desk.cut()
        elif what == 3:
            self.world.engine.crash()

    def link(self, who: int, is_whole: bool) -> None:
        desk = self.actors[who].desk
        if not desk.is_linked and is_whole:
            desk.join()
        elif not desk.is_linked:
            desk.link()

    def check_hands(self) -> None:
        """What a hand holds shows what the hand put there, whatever arrived."""
        for actor in self.actors:
            for path, value in actor.hand.items():
                shown = read(actor.desk.desk.store.params(COMPOSITOR), path, REMOVED)
                assert is_same(shown, value), f"{path} was pulled from {value} to {shown}"

    def check_shown(self) -> None:
        """What is shown is what the log says with the own undecided ops over it, but for what only a hand has said."""
        for actor in self.actors:
            session, log = actor.desk.desk, actor.desk.log
            replica = session.store.replica(COMPOSITOR)
            assert replica is not None
            # Two who make a text of one name at the same moment see their own until the log has joined the two.
            makes_text = any(len(path) == 2 and path[0] == "text_overlays" for path in replica.pending)
            if not replica.has_unsent() and not replica.held and not makes_text:
                assert _sorted(session.store.params(COMPOSITOR)) == _sorted(log.replica.params(COMPOSITOR))

    def check_steps(self, actor: Actor) -> None:
        """Nothing that the log refused can be undone or redone."""
        log, history = self.world.engine.log, actor.desk.desk.history
        entries = [entry for entry in log.entries.after(log.entries.floor) if entry.author == actor.desk.log.author]
        refused = {entry.seq for entry in entries if entry.refusal is not None}
        assert not refused & {made.seq for made in (*history._done, *history._undone)}

    def finish(self) -> None:
        """All hands off, all links up, everything delivered: then all agree, and every op was decided once."""
        for who, actor in enumerate(self.actors):
            self.end(who)
            assert actor.gesture is None
            actor.desk.join()
        self.world.run(8)
        stored = self.world.stored()
        parse_config(stored)
        decided = [entry.id for entry in self.world.engine.log.entries.after(self.world.engine.log.entries.floor)]
        assert len(decided) == len(set(decided))
        for actor in self.actors:
            store, log = actor.desk.desk.store, actor.desk.log
            assert log.replica.confirmed.digest() == self.world.engine.document()
            assert store.confirmed(COMPOSITOR) == stored
            assert store.params(COMPOSITOR) == stored
            assert store.in_flight() == 0
            assert not log.replica.outbox.pending()
            self.check_steps(actor)
            for op in actor.desk.submitted:
                assert op.seq <= self.world.engine.log.authors[op.author]
                assert OpId(op.author, op.seq) in decided


def _sorted(params: dict[str, Any]) -> dict[str, Any]:
    """Without the order of texts: one that is taken away and made again is last until the log has said where it is."""
    return {**params, "text_overlays": sorted(params["text_overlays"], key=lambda item: str(item["id"]))}


Move = tuple[str, tuple[Any, ...]]
KINDS: tuple[tuple[str, tuple[tuple[Any, ...], ...]], ...] = (
    ("fan_out", ()),
    ("begin", (WHO, FIELDS, (False, True))),
    ("begin", (WHO, FIELDS, (False, False, True))),
    ("change", (WHO, NUMBER)),
    ("change", (WHO, NUMBER)),
    ("change", (WHO, NUMBER)),
    ("change", (WHO, NUMBER)),
    ("change", (WHO, NUMBER)),
    ("end", (WHO,)),
    ("cancel", (WHO,)),
    ("edit", (WHO, FIELDS, NUMBER)),
    ("edit", (WHO, FIELDS, NUMBER)),
    ("edit", (WHO, FIELDS[:2], NUMBER)),
    ("arrive", ()),
    ("arrive", ()),
    ("toggle_text", (WHO, ("title", "lower"))),
    ("undo", (WHO,)),
    ("redo", (WHO,)),
    ("answer", (WHO, (False, True))),
    ("script", ((FIELDS[0], FIELDS[1]), NUMBER)),
    ("pump", (WHO,)),
    ("deliver", (WHO, (1, 2, 20))),
    ("deliver", (WHO, (1, 20))),
    ("deliver", (WHO, (1, 20))),
    ("fan_out", ()),
    ("fan_out", ()),
    ("flush", ()),
    ("wait", ((9, 20, 300, 1100),)),
    ("wait", ((9, 20, 40),)),
    ("link", (WHO, (True, False))),
    ("link", (WHO, (True, True, False))),
    ("link", (WHO, (True,))),
    ("trouble", (WHO, tuple(range(8)))),
)


def _move(data: bytes) -> Move:
    name, domains = KINDS[data[0] % len(KINDS)]
    return name, tuple(domain[data[1 + at] % len(domain)] for at, domain in enumerate(domains))


PLAYS = st.sampled_from([5, 12, 30, 80, 120]).flatmap(
    lambda size: st.binary(min_size=4 * size, max_size=4 * size).map(
        lambda data: [_move(data[at : at + 4]) for at in range(0, len(data), 4)]
    )
)


@settings(max_examples=INTERLEAVINGS)
@given(PLAYS)
def test_any_order_ends_with_what_the_log_says_and_no_hand_is_pulled(moves: list[Move]) -> None:
    play = OrderedPlay()
    for name, arguments in moves:
        note(f"{name}{arguments}")
        getattr(play, name)(*arguments)
        play.check_hands()
        play.check_shown()
    play.finish()
