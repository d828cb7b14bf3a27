"""Tells the other desks what our hand is on, and which controls we want to keep while it is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import takewhile
from typing import Final

from PySide6.QtCore import QObject, QTimer

from gui.bridge import Bridge
from gui.syncing.people import control_of
from sync.log.presence import MAX_CLAIMS
from sync.paths import Path
from sync.scene import Scene

__all__ = ["HandReporter", "place_of_hand"]

LOOK_MS: Final = 200
LINGER_S: Final = 2.0
"""How long a control stays ours after the hand left it: a heart-beat goes once a second."""

Hand = tuple[str, str, str]


class HandReporter(QObject):
    """Follows selection and gestures; tells the log only when something is other than before."""

    def __init__(self, bridge: Bridge, parent: QObject, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._bridge, self._now = bridge, now
        self._told: tuple[object, Hand, tuple[str, ...]] | None = None
        self._claims: tuple[str, ...] = ()
        self._let_go_at = 0.0
        self._tick = QTimer(self)
        self._tick.setInterval(LOOK_MS)
        self._tick.timeout.connect(self.look)
        self._tick.start()
        bridge.scene_shown.connect(lambda _scene: self.look())
        bridge.selection_shown.connect(lambda _ids: self.look())

    def look(self) -> None:
        """Tells where the hand is now."""
        log, session = self._bridge.log, self._bridge.session
        if log is None or session is None:
            self._told = None
            return
        gestures = session.open_gestures
        held = {(each.node_id, path) for each in gestures for path in each.held}
        hand = self._at_rest()
        if gestures and held:
            node = gestures[-1].node_id
            hand = place_of_hand(self._bridge.scene, node, [path for at, path in held if at == node])
        claims = self._claims_for(held)
        if (log, hand, claims) != self._told:
            self._told = (log, hand, claims)
            log.focus(*hand)
            log.claim(claims)

    def _claims_for(self, held: Iterable[tuple[str, Path]]) -> tuple[str, ...]:
        controls = tuple(sorted(control_of(node, path) for node, path in held))[:MAX_CLAIMS]
        if controls:
            self._claims, self._let_go_at = controls, self._now()
        elif self._now() - self._let_go_at >= LINGER_S:
            self._claims = ()
        return self._claims

    def _at_rest(self) -> Hand:
        if (node := self._bridge.inspected) is not None:
            return (node, "", "")
        selection = self._bridge.selection
        return (self._bridge.compositor_id or "", selection[0] if selection else "", "")


def place_of_hand(scene: Scene | None, node: str, paths: list[Path]) -> Hand:
    """Node, layer and field under the hand; of several fields, what they have in common, which may be nothing."""
    shared = _common(paths)
    for layer in scene.layers if scene is not None and scene.node_id == node else ():
        if shared[: len(layer.path)] == layer.path:
            return (node, layer.id, ".".join(shared[len(layer.path) :]))
    return (node, "", ".".join(shared))


def _common(paths: list[Path]) -> Path:
    """The names with which all the paths begin."""
    heads = takewhile(lambda names: len(set(names)) == 1, zip(*paths, strict=False))
    return tuple(names[0] for names in heads)
