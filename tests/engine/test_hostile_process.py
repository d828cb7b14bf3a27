"""A real engine with absurd configs that are allowed: it stays on air, ends when it is asked to, and starts again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tests.engine.control_client import ControlClient
from tests.engine.test_streams import parts
from tests.support.engine_process import EngineProcess

PIPELINE = """
nodes:
  bars: {kind: "video::colorbars", params: {width: 64, height: 48}}
  mix: {kind: "video::compositor", params: {width: 1280, height: 720}, needs: [bars]}
"""
MAX_RESIDENT_BYTES = 900_000_000
TOO_LONG = "compositor.overlay_refused"
NOWHERE = {"x": 0, "y": 0, "width": 0, "height": 0}


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10" fill="red"/></svg>'
EVERYWHERE = {"x": 0, "y": 0, "width": 2**32 - 1, "height": 2**32 - 1}
LAYER = {"rect": {**NOWHERE, "width": 30, "height": 2_000_000_000}, "aspect_fit": False, "z_index": 1}
FONT = {"text": "x", "rect": NOWHERE, "font_name": "x" * 256}


def _everything(image: str) -> dict[str, Any]:
    """Every absurdity at once; ``image`` is the asset path of a picture."""
    texts = [{"id": f"t{n}", "text": f"W{n}", "rect": NOWHERE, "font_size": 4096} for n in range(100)]
    paths = ["samples/images/" + "x" * 300, *[image] * 12]
    images = [{"id": f"i{n}", "asset_path": path, "rect": EVERYWHERE} for n, path in enumerate(paths)]
    return {"layers": {"in": LAYER}, "text_overlays": [FONT, *texts], "image_overlays": images}


async def _upload(http: aiohttp.ClientSession, url: str) -> str:
    form = aiohttp.FormData()
    form.add_field("file", SVG, filename="red.svg", content_type="image/svg+xml")
    async with http.post(f"{url}/api/v1/assets/images", data=form) as answer:
        return str((await answer.json())["path"])


async def _pictures(http: aiohttp.ClientSession, url: str, count: int) -> None:
    """Returns when so many pictures of the programme have come."""
    async with http.get(f"{url}/api/v1/sessions/show/frames") as answer:
        (stream,) = await answer.json()
    async with http.get(url + stream["mjpeg"]) as answer:
        assert answer.status == 200
        pictures = parts(answer.content)
        for _ in range(count):
            await anext(pictures)


async def test_an_engine_stays_on_air_ends_and_starts_again(tmp_path: Path) -> None:
    show = tmp_path / "show.yaml"
    show.write_text(PIPELINE)
    with EngineProcess(show, options=["--samples-dir", tmp_path / "shelf"], state_dir=tmp_path / "state") as engine:
        async with aiohttp.ClientSession() as http:
            client = ControlClient(await http.ws_connect(f"{engine.url}/api/v1/control"))
            everything = _everything(await _upload(http, engine.url))
            for config in ({"layers": {"in": {"rect": EVERYWHERE}}}, {"layers": {"in": LAYER}}, everything):
                update = {"UpdateParams": {"width": 1280, "height": 720, **config}}
                answer = await client.ask("tunenode", session_id="show", node_id="mix", message=update)
                assert answer["action"] == "success"
                await _pictures(http, engine.url, 2)
            told = await client.frame(lambda each: TOO_LONG in str(each))
            assert told["payload"]["event"] == "nodetelemetry"
            await _pictures(http, engine.url, 5)
            pipeline = (await client.ask("getpipeline", session_id="show"))["pipeline"]
            assert pipeline["nodes"]["mix"]["state"] == "Running"
            assert psutil.Process(engine.process.pid).memory_info().rss < MAX_RESIDENT_BYTES
            await client.close()
        assert engine.stop().code == 0
        assert "defect" not in engine.errors
        engine.restart()
        async with aiohttp.ClientSession() as http:
            await _pictures(http, engine.url, 2)
        assert engine.stop().code == 0
        assert "defect" not in engine.errors
