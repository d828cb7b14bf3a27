"""What an edit leaves alone, as the server gets it: wrapping, order, unknown keys, the name of the only pin."""

from __future__ import annotations

from typing import Any

from sync.wire.pipeline import Connection, Node, Pipeline
from tests.support.link import COMPOSITOR, DEMO_PARAMS, make_session, session_link
from tests.support.server import ModelServer, Storage
from tests.sync.test_session import sent

RECT = {"x": 20, "y": 20, "width": 400, "height": 40}
TEXT: dict[str, Any] = {"id": "title", "text": "Hello", "rect": RECT, "word_wrap": True, "glow": {"px": 3}}
IMAGE: dict[str, Any] = {"id": "logo", "asset_path": "samples/images/a.png", "rect": RECT, "fit": "cover"}
PARAMS: dict[str, Any] = {
    **DEMO_PARAMS,
    "blend": "soft",
    "layers": {**DEMO_PARAMS["layers"], "in_1": {**DEMO_PARAMS["layers"]["in_1"], "shadow": 2}},
    "text_overlays": [TEXT],
    "image_overlays": [IMAGE],
}


def test_an_edit_keeps_wrapping_and_every_key_that_is_not_ours() -> None:
    """At the root, in a layer and in overlays, whatever is edited: PROTOCOL.md §7.4, the node takes what it gets."""
    session, server, clock = make_session(PARAMS)
    edits: list[tuple[tuple[str, ...], Any]] = [
        (("text_overlays", "title", "text"), "Goodbye"),
        (("image_overlays", "logo", "opacity"), 0.5),
        (("layers", "in_1", "opacity"), 0.25),
        (("fps",), 50),
    ]
    for path, value in edits:
        assert session.edit(COMPOSITOR, {path: value}, "Edit")
        clock.advance(0.1)
    configs = sent(session_link(session))
    assert len(configs) == len(edits)
    for config in configs:
        text, image = config["text_overlays"][0], config["image_overlays"][0]
        assert (text["word_wrap"], text["glow"], image["fit"]) == (True, {"px": 3}, "cover")
        assert (config["blend"], config["layers"]["in_1"]["shadow"]) == ("soft", 2)
    stored = server.nodes[COMPOSITOR].stored or {}
    assert stored["text_overlays"] == [{**TEXT, "text": "Goodbye"}]
    assert stored["image_overlays"] == [{**IMAGE, "opacity": 0.5}]


def test_an_overlay_without_an_order_is_where_the_server_draws_it_and_gets_none_by_another_edit() -> None:
    session, _server, _clock = make_session(PARAMS)
    scene = session.store.scene(COMPOSITOR)
    layer = None if scene is None else scene.layer("title")
    assert layer is not None
    assert layer.z_index == 0
    session.edit(COMPOSITOR, {("text_overlays", "title", "opacity"): 0.5}, "Fade")
    assert "z_index" not in sent(session_link(session))[0]["text_overlays"][0]


def test_the_only_input_is_called_what_its_pin_is_called_and_edits_reach_it() -> None:
    """A compositor that was made for one input has the pin ``in``; an entry ``in_0`` would have no effect."""
    params = {"width": 1280, "height": 720, "num_inputs": 1}
    nodes = {"cam": Node("video::colorbars", {}), COMPOSITOR: Node("video::compositor", params)}
    server = ModelServer(Pipeline(nodes, [Connection("cam", "out", COMPOSITOR, "in")]), Storage.MERGE)
    session, _server, _clock = make_session(server=server)
    scene = session.store.scene(COMPOSITOR)
    assert scene is not None
    assert [layer.id for layer in scene.layers] == ["in"]
    session.edit(COMPOSITOR, {("layers", "in", "opacity"): 0.5}, "Fade")
    layers = sent(session_link(session))[0]["layers"]
    assert list(layers) == ["in"]
    assert layers["in"]["opacity"] == 0.5
