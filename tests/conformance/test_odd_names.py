"""PROTOCOL.md §4, §18: names that no file can have are refused in one line, never answered with an internal error."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from yarl import URL

from tests.engine.harness import Harness, running

LONG, WIDE = "x" * 300, "ü" * 200  # a file's name has 255 bytes at most
PATHS = {
    "long": f"{LONG}.mp4",
    "wide": f"{WIDE}.mp4",
    "long folder": f"{LONG}/clip.mp4",
    "deep": "a/" * 2_100 + "clip.mp4",
    "nul": "a\0b.mp4",
    "line": "a\nb.mp4",
    "under a file": "media/guest.mp4/more.mp4",
}
NAMES = {
    "long": f"user/{LONG}.png",
    "shipped": f"system/{LONG}.ttf",
    "wide": f"user/{WIDE}.png",
    "nul": "user/a\0b.png",
    "shipped nul": "system/a\0b.ttf",
    "bare": LONG,
    "line": "user/a\nb.png",
    "no text": b"user/\xff.png",
}
UPLOADS = ["a\0b.png", "a\x01b.png", "a\tb.png", "a\x7fb.png", f"{LONG}.png", f"{'漢' * 110}.png", "\x85.png"]


@pytest_asyncio.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Harness]:
    """With folders for uploads, as after the first one: where there is none, no name is looked at."""
    for sort in ("images", "fonts"):
        (tmp_path / sort / "user").mkdir(parents=True)
    async with running(samples_dir=tmp_path) as harness:
        yield harness


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
async def test_a_media_path_that_no_file_can_have(engine: Harness, path: str) -> None:
    """In a file, over the socket, in a batch, in an update."""
    refused = f"Invalid file path: {path!r} is no file in the media folders"
    yaml = f'nodes: {{a: {{kind: "layerdesk::media", params: {{path: {json.dumps(path)}}}}}}}'
    async with engine.http.post(f"{engine.base}/api/v1/sessions", json={"yaml": yaml}) as answer:
        assert (answer.status, await answer.text()) == (400, refused)
    async with engine.http.post(f"{engine.base}/api/v1/validate", json={"yaml": yaml}) as answer:
        assert [fault["message"] for fault in (await answer.json())["errors"]] == [refused]
    client = await engine.client()
    session = (await client.ask("createsession"))["session_id"]
    node: dict[str, Any] = {"node_id": "a", "kind": "layerdesk::media", "params": {"path": path}}
    assert await client.ask("addnode", session_id=session, **node) == {"action": "error", "message": refused}
    operations = [{"action": "addnode", **node}]
    answered = await client.ask("applybatch", session_id=session, operations=operations)
    assert answered == {"action": "error", "message": refused}
    await client.ask("addnode", session_id=session, **{**node, "params": {"path": "media/guest.mp4"}})
    tune = {"session_id": session, "node_id": "a", "message": {"UpdateParams": {"path": path}}}
    answered = await client.ask("tunenode", **tune)
    assert answered == {"action": "error", "message": "Security policy rejected the UpdateParams payload"}


@pytest.mark.parametrize("sort", ["images", "fonts"])
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
async def test_an_asset_that_cannot_be_is_not_found(engine: Harness, sort: str, name: str | bytes) -> None:
    base, place = f"{engine.base}/api/v1/assets/{sort}", quote(name, safe="/")
    async with engine.http.get(URL(f"{base}/file/{place}", encoded=True)) as answer:
        assert answer.status == 404
    async with engine.http.delete(URL(f"{base}/{place}", encoded=True)) as answer:
        assert answer.status == (403 if place.startswith("system/") else 404)


@pytest.mark.parametrize("way", ["as it is", "in percents"])
@pytest.mark.parametrize("name", UPLOADS)
async def test_an_upload_under_a_name_that_cannot_be_is_refused(
    engine: Harness, tmp_path: Path, name: str, way: str
) -> None:
    """The picture is none; its name is looked at before it."""
    said = f'filename="{name}"' if way == "as it is" else f"filename*=UTF-8''{quote(name)}"
    body = f'--x\r\nContent-Disposition: form-data; name="file"; {said}\r\n\r\nxx\r\n--x--\r\n'.encode()
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    async with engine.http.post(f"{engine.base}/api/v1/assets/images", data=body, headers=headers) as answer:
        text = await answer.text()
        assert answer.status == 400
    assert text.partition(",")[0] in ("Malformed multipart body", "The name may hold letters")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []  # noqa: ASYNC240  (a test's folder)
