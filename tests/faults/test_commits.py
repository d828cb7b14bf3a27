"""What a commit is made of when others edit the same compositor (PROTOCOL.md §14.5), step by step."""

from __future__ import annotations

from typing import Any

from sync.wire.compositor import Rect
from sync.wire.stamp import strip_metadata
from tests.support.link import COMPOSITOR, make_session, session_link

OPACITY = ("layers", "in_1", "opacity")
Z = ("layers", "in_1", "z_index")
BACKGROUND = ("layers", "in_0", "opacity")


def _sent(server: Any) -> dict[str, Any]:
    """The newest config that a desk sent."""
    return dict(server.tunes[-1].message["UpdateParams"])


def _peer(server: Any, layer: str, **values: Any) -> None:
    """Another desk commits its whole config."""
    params = strip_metadata(server.nodes[COMPOSITOR].stored)
    layers = {**params["layers"], layer: {**params["layers"][layer], **values}}
    server.tune(COMPOSITOR, {**params, "layers": layers, "_sender": "a peer", "_rev": 1})


def test_the_base_holds_what_a_peer_changed_between_two_commits() -> None:
    session, server, clock = make_session()
    session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    clock.advance(0.1)
    _peer(server, "in_0", opacity=0.25)
    clock.advance(0.1)
    session.edit(COMPOSITOR, {Z: 5}, "Raise")
    clock.advance(0.1)
    assert _sent(server)["layers"]["in_0"]["opacity"] == 0.25
    assert _sent(server)["layers"]["in_1"] | {"opacity": 0.5, "z_index": 5} == _sent(server)["layers"]["in_1"]


def test_the_base_holds_what_a_peer_changed_in_a_drag_parked_or_not() -> None:
    session, server, clock = make_session()
    gesture = session.begin(COMPOSITOR, "Fade", [OPACITY, BACKGROUND])
    gesture.change({OPACITY: 0.5})
    clock.advance(0.1)
    _peer(server, "in_0", opacity=0.25, z_index=4)
    clock.advance(0.1)
    assert session.store.value(COMPOSITOR, BACKGROUND) == 1.0
    gesture.change({OPACITY: 0.6})
    clock.advance(0.1)
    assert _sent(server)["layers"]["in_0"] | {"opacity": 0.25, "z_index": 4} == _sent(server)["layers"]["in_0"]
    gesture.end()
    assert session.store.value(COMPOSITOR, BACKGROUND) == 0.25


def test_the_configured_rect_is_committed_and_the_fitted_one_is_drawn() -> None:
    session, server, clock = make_session()
    rect = {"x": 100, "y": 100, "width": 400, "height": 100}
    session.edit(COMPOSITOR, {("layers", "in_1", "rect"): rect}, "Move")
    clock.advance(0.1)
    server.deliver_frame(COMPOSITOR, "in_1", (640, 480))
    server.tick()
    session_link(session).settle()
    scene = session.store.scene(COMPOSITOR)
    layer = None if scene is None else scene.layer("in_1")
    assert layer is not None
    assert layer.rect == Rect(100, 100, 400, 100)
    assert layer.drawn == Rect(233, 100, 133, 100)
    session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    clock.advance(0.1)
    assert _sent(server)["layers"]["in_1"]["rect"] == rect
