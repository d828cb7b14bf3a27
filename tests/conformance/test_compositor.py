"""PROTOCOL.md §13 and §14.3 over the wire, with a real compositor: view data and the stamp on it."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from tests.engine.control_client import ControlClient, Event
from tests.engine.harness import Harness

PIPELINE = """
nodes:
  bars: {kind: "video::colorbars", params: {width: 160, height: 120, fps: 60}}
  mix:
    kind: video::compositor
    params: {width: 320, height: 180, fps: 60, layers: {in_0: {rect: {x: 0, y: 0, width: 100, height: 100}}}}
    needs: {in_0: bars}
"""

RECT = {"x": 0, "y": 0, "width": 1, "height": 1}


@pytest_asyncio.fixture
async def mixed(engine: Harness, client: ControlClient) -> str:
    """The id of a session that composes one source."""
    async with engine.http.post(f"{engine.base}/api/v1/sessions", json={"yaml": PIPELINE}) as answer:
        session_id = str((await answer.json())["session_id"])
    await client.event("nodeviewdataupdated")
    return session_id


def _config(x: int, **more: Any) -> dict[str, Any]:
    layer = {"rect": {"x": x, "y": 0, "width": 100, "height": 100}, "aspect_fit": False}
    return {"width": 320, "height": 180, "fps": 60, "layers": {"in_0": layer}, **more}


async def _layout(client: ControlClient, x: int, after: int = 0) -> Event:
    """The view data in which in_0 begins at ``x``."""

    def fits(frame: dict[str, Any]) -> bool:
        payload = frame["payload"]
        is_it = payload.get("event") == "nodeviewdataupdated"
        return is_it and any(row["id"] == "in_0" and row["x"] == x for row in payload["data"]["layers"])

    return dict((await client.frame(fits, after))["payload"]["data"])


async def _commit(client: ControlClient, session: str, config: dict[str, Any]) -> dict[str, Any]:
    return await client.ask("tunenode", session_id=session, node_id="mix", message={"UpdateParams": config})


async def test_the_layout_has_its_exact_shape(client: ControlClient, mixed: str) -> None:
    """§13.2: geometry only, fitted; no stamp before the first stamped update; the same in getpipeline."""
    expected = {
        "canvas_width": 320,
        "canvas_height": 180,
        "layers": [
            {"id": "in_0", "x": 0, "y": 12, "width": 100, "height": 75, "source_width": 160, "source_height": 120}
        ],
        "text_overlays": [],
        "image_overlays": [],
    }
    assert await _layout(client, 0) == expected
    pipeline = (await client.ask("getpipeline", session_id=mixed))["pipeline"]
    assert pipeline["view_data"] == {"mix": expected}


async def test_a_stamped_commit_comes_back_in_the_layout(client: ControlClient, mixed: str) -> None:
    """§14.3: the stamp of the last update."""
    await _commit(client, mixed, _config(10, _sender="nonce", _rev=4))
    layout = await _layout(client, 10)
    assert (layout["_sender"], layout["_rev"]) == ("nonce", 4)


async def test_an_unstamped_commit_clears_the_stamp(client: ControlClient, mixed: str) -> None:
    """§14.3, Engine: both keys are absent then."""
    await _commit(client, mixed, _config(10, _sender="nonce", _rev=4))
    await _layout(client, 10)
    await _commit(client, mixed, _config(20))
    assert not {"_sender", "_rev"} & (await _layout(client, 20)).keys()


async def test_a_pin_change_clears_the_stamp(client: ControlClient, mixed: str) -> None:
    """§14.3: so that the last editor does not gate the layout of the new pin."""
    await _commit(client, mixed, _config(10, _sender="nonce", _rev=4))
    await _layout(client, 10)
    mark = len(client.frames)
    edge = {"from_node": "bars", "from_pin": "out", "to_node": "mix", "to_pin": "in_1"}
    await client.ask("connect", session_id=mixed, **edge)

    def has_two(frame: dict[str, Any]) -> bool:
        return len(frame["payload"].get("data", {}).get("layers", ())) == 2

    data = (await client.frame(has_two, mark))["payload"]["data"]
    assert not {"_sender", "_rev"} & data.keys()


async def test_a_refused_config_moves_the_stamp_and_nothing_else(client: ControlClient, mixed: str) -> None:
    """§7, §14.3, Engine: answered, told by telemetry and counted; neither stored nor broadcast."""
    await _commit(client, mixed, _config(10, _sender="nonce", _rev=1))
    await _layout(client, 10)
    stored = (await client.ask("getpipeline", session_id=mixed))["pipeline"]["nodes"]["mix"]["params"]
    mark = len(client.frames)
    bad = _config(30, _sender="nonce", _rev=2)
    bad["layers"]["in_0"]["opacity"] = 1.5
    answer = await _commit(client, mixed, bad)
    assert answer == {
        "action": "error",
        "message": "Node 'mix' refused the update: layers.in_0.opacity: must be 0 to 1",
    }
    told = await client.event("nodetelemetry", mark)
    assert told["data"] == {
        "event_type": "compositor.config_refused",
        "field": "layers.in_0.opacity",
        "reason": "must be 0 to 1",
    }
    assert not [event for event in await client.events_so_far(mixed, mark) if event["event"] == "nodeparamschanged"]
    pipeline = (await client.ask("getpipeline", session_id=mixed))["pipeline"]
    assert pipeline["nodes"]["mix"]["params"] == stored
    edge = {"from_node": "bars", "from_pin": "out", "to_node": "mix", "to_pin": "in_1"}
    await client.tell("tunenodeasync", session_id=mixed, node_id="mix", message={"UpdateParams": bad})
    await client.ask("connect", session_id=mixed, **edge)
    await client.frame(lambda frame: bool(frame["payload"].get("stats", {}).get("errored") == 2), mark)


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"width": 0}, "width"),
        ({"width": 7681}, "width"),
        ({"fps": 0}, "fps"),
        ({"unknown": 1}, ""),
        ({"layers": {"in_0": {"unknown": 1}}}, "layers.in_0"),
        ({"layers": {"in_0": {"crop_zoom": 0.5}}}, "layers.in_0.crop_zoom"),
        ({"layers": {"in_0": {"crop_shape": "star"}}}, "layers.in_0.crop_shape"),
        ({"text_overlays": [{"text": "x"}]}, "text_overlays.0"),
        ({"image_overlays": [{"asset_path": "/x", "rect": RECT, "id": "i"}]}, "image_overlays.i.asset_path"),
    ],
)
async def test_configs_are_parsed_strictly(
    client: ControlClient, mixed: str, config: dict[str, Any], field: str
) -> None:
    """§13.3: limits and unknown keys; the sentence names the field."""
    answer = await _commit(client, mixed, config)
    assert answer["action"] == "error"
    assert answer["message"].startswith(f"Node 'mix' refused the update: {field}")


async def test_an_update_replaces_the_running_config_and_merges_into_the_stored_one(
    client: ControlClient, mixed: str
) -> None:
    """§7, §13.3: what a partial update does to a node that takes it as a whole."""
    await _commit(client, mixed, {"layers": {"in_0": {"opacity": 0.5}}, "width": 320, "height": 180, "fps": 60})

    def is_whole(frame: dict[str, Any]) -> bool:
        rows = frame["payload"].get("data", {}).get("layers", ())
        return any((row["width"], row["height"]) == (320, 180) for row in rows)

    await client.frame(is_whole)
    stored = (await client.ask("getpipeline", session_id=mixed))["pipeline"]["nodes"]["mix"]["params"]
    assert stored["layers"]["in_0"] == {"rect": {"x": 0, "y": 0, "width": 100, "height": 100}, "opacity": 0.5}


async def test_an_opacity_only_commit_brings_no_layout(client: ControlClient, mixed: str) -> None:
    """§13.4: sent only if it differs from the last one, whatever its stamp."""
    await _commit(client, mixed, _config(10, _sender="nonce", _rev=1))
    await _layout(client, 10)
    mark = len(client.frames)
    config = _config(10, _sender="nonce", _rev=2)
    config["layers"]["in_0"]["opacity"] = 0.5
    await _commit(client, mixed, config)
    await _commit(client, mixed, _config(11, _sender="nonce", _rev=3))
    assert (await _layout(client, 11, mark))["_rev"] == 3
    layouts = [event for event in await client.events_so_far(mixed, mark) if event["event"] == "nodeviewdataupdated"]
    assert len(layouts) == 1


async def test_a_compositor_without_sources_sends_nothing(client: ControlClient, session: str) -> None:
    """§13.4: never before the first frame."""
    await client.ask("addnode", session_id=session, node_id="mix", kind="video::compositor", params={"fps": 60})
    await client.state("mix", "Running")
    await client.ask("tunenode", session_id=session, node_id="mix", message={"UpdateParams": {"fps": 30}})
    pipeline = (await client.ask("getpipeline", session_id=session))["pipeline"]
    assert "view_data" not in pipeline


async def test_a_compositor_of_bad_params_fails_with_a_reason(client: ControlClient, session: str) -> None:
    """§4.5, §13.3."""
    params = {"layers": {"in_0": {"opacity": 2}}}
    await client.ask("addnode", session_id=session, node_id="mix", kind="video::compositor", params=params)
    state = (await client.state("mix", "Failed"))["state"]
    assert state == {"Failed": {"reason": "bad params: layers.in_0.opacity: must be 0 to 1"}}
