"""The desk without its window on a real socket, watched field by field."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from sync.clock import LoopClock
from sync.desk import Desk, LinkState
from sync.gesture import Gesture
from sync.paths import Path, read
from sync.session import DeskSession
from sync.websocket import open_websocket
from tests.faults.scripted_server import ScriptedServer
from tests.support.link import COMPOSITOR

__all__ = ["OPACITY", "Witness", "X", "desk_on", "drag", "session_of", "settled", "until"]

OPACITY: Path = ("layers", "in_1", "opacity")
X: Path = ("layers", "in_1", "rect", "x")
HAND_S = 0.004


class Witness:
    """Every value that the desk showed and believed of one field of the compositor, and where the layer was drawn."""

    def __init__(self, session: DeskSession, path: Path, node_id: str = COMPOSITOR) -> None:
        self._session, self._path, self._node_id = session, path, node_id
        self.shown: list[Any] = []
        self.confirmed: list[Any] = []
        self.drawn_x: list[int] = []
        session.store.node_changed.connect(self._look)

    def _look(self, node_id: str) -> None:
        if node_id != self._node_id:
            return
        store = self._session.store
        self.shown.append(store.value(node_id, self._path))
        self.confirmed.append(read(store.confirmed(node_id), self._path))
        scene = store.scene(node_id)
        layer = None if scene is None else scene.layer(self._path[1])
        if layer is not None:
            self.drawn_x.append(layer.drawn.x)

    def check_never_back(self) -> None:
        """For a hand that only goes up: nothing that is shown, believed or drawn ever goes down again."""
        assert self.shown == sorted(self.shown)
        assert self.confirmed == sorted(self.confirmed)
        if self._path == X:
            assert self.drawn_x == sorted(self.drawn_x)


@asynccontextmanager
async def desk_on(url: str, session: str = "studio") -> AsyncIterator[Desk]:
    """A running desk with its session open; it draws the shortest waits between two tries."""
    desk = Desk(url, LoopClock(), functools.partial(open_websocket, url), draw=lambda: 1.0)
    running = asyncio.create_task(desk.run())
    desk.open_session(session)
    try:
        await until(lambda: desk.session is not None and desk.link.state is LinkState.LIVE, what="the desk is live")
        yield desk
    finally:
        await desk.close()
        await running


def session_of(desk: Desk) -> DeskSession:
    """The open session."""
    assert desk.session is not None
    return desk.session


async def until(condition: Callable[[], Any], within_s: float = 10.0, what: str = "") -> None:
    """Lets the desk work until ``condition`` holds."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"not within {within_s} s: {what or condition}"
        await asyncio.sleep(0.005)


async def drag(session: DeskSession, path: Path, values: Iterable[Any], node_id: str = COMPOSITOR) -> Gesture:
    """Moves a hand through the values at the rate of a fast mouse; the hand is still down afterwards."""
    gesture = session.begin(node_id, "Drag", [path])
    for value in values:
        gesture.change({path: value})
        await asyncio.sleep(HAND_S)
    return gesture


async def settled(session: DeskSession, server: ScriptedServer) -> None:
    """Nothing is on its way, and both ends hold the same of every node."""
    await until(lambda: _is_equal(session, server), what="both ends are equal")
    scene = session.store.scene(COMPOSITOR)
    layout = server.model.nodes[COMPOSITOR].last_layout
    assert scene is not None
    if layout is not None and scene.layers:
        places = {layer.id: (layer.drawn.x, layer.drawn.y) for layer in scene.layers}
        assert {row["id"]: (row["x"], row["y"]) for row in layout["layers"]}.items() <= places.items()


def _is_equal(session: DeskSession, server: ScriptedServer) -> bool:
    store = session.store
    return store.in_flight() == 0 and all(
        store.confirmed(node_id) == store.params(node_id) == server.stored(node_id) for node_id in store.node_ids()
    )
