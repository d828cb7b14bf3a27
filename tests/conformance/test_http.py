"""PROTOCOL.md §18: the REST routes."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from engine.running.session_name import generated_name
from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import BROKEN, SLOW, SOURCE
from tests.engine.harness import Harness, running

TWO = f"""
name: two
description: a pair
client: {{watch: {{audio: false, video: true}}}}
nodes:
  a: {{kind: '{SOURCE}', params: {{x: 1}}}}
  b: {{kind: '{SOURCE}', needs: {{in_4: {{node: a, mode: best_effort}}}}}}
"""


@pytest_asyncio.fixture
async def shelved(tmp_path: Path) -> AsyncIterator[Harness]:
    """A server that keeps samples and uploads."""
    async with running(samples_dir=tmp_path / "kept") as harness:
        yield harness


async def _get(harness: Harness, path: str) -> Any:
    async with harness.http.get(harness.base + path) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def _text(harness: Harness, method: str, path: str, **options: Any) -> tuple[int, str]:
    async with harness.http.request(method, harness.base + path, **options) as answer:
        return answer.status, await answer.text()


async def _create(harness: Harness, yaml: str, **fields: Any) -> tuple[int, str]:
    return await _text(harness, "POST", "/api/v1/sessions", json={"yaml": yaml, **fields})


async def test_a_session_is_created_from_yaml(engine: Harness, client: ControlClient) -> None:
    """200 {session_id, name, created_at}; everything is in the model at once; sessioncreated comes last."""
    await client.ask("getpermissions")
    async with engine.http.post(f"{engine.base}/api/v1/sessions", json={"yaml": TWO, "name": "mine"}) as answer:
        assert answer.status == 200
        created = await answer.json()
    assert created.keys() == {"session_id", "name", "created_at"}
    assert created["name"] == "mine"
    pipeline = await _get(engine, "/api/v1/sessions/mine/pipeline")
    assert list(pipeline["nodes"]) == ["a", "b"]
    assert pipeline["connections"] == [
        {"from_node": "a", "from_pin": "out", "to_node": "b", "to_pin": "in_4", "mode": "best_effort"}
    ]
    assert (pipeline["name"], pipeline["description"]) == ("two", "a pair")
    assert pipeline["client"] == {"watch": {"audio": False, "video": True}}
    await client.state("b", "Running")
    names = [frame["payload"]["event"] for frame in client.frames if frame["type"] == "event"]
    assert names.index("sessioncreated") > 0
    assert names[: names.index("sessioncreated")] == ["nodestatechanged", "nodestatechanged"]
    assert "nodeadded" not in names
    assert [pin for pin, _ in engine.kinds.nodes["b"].inputs] == ["in_4"]


async def test_without_a_name_one_is_generated(engine: Harness) -> None:
    """Blank or missing, whatever the pipeline is called."""
    for name in (None, "  "):
        async with engine.http.post(f"{engine.base}/api/v1/sessions", json={"yaml": TWO, "name": name}) as answer:
            created = await answer.json()
        assert created["name"] == generated_name(created["session_id"])


@pytest.mark.parametrize(
    ("yaml", "status", "message"),
    [
        ("nodes: [", 400, "YAML parse error: "),
        ("nodes: 5", 400, "YAML parse error: Invalid pipeline: "),
        ("name: x", 400, "YAML parse error: Invalid pipeline: "),
        ("nodes: {}", 400, "Pipeline is empty. Add some nodes before creating a session."),
        ("nodes: {a: {kind: x, needs: ghost}}", 400,
         "Pipeline compilation error: Node 'a' references non-existent node 'ghost' in 'needs' field"),
        ("nodes: {a: {kind: x, needs: b}, b: {kind: x, needs: a}}", 400,
         "Pipeline compilation error: Circular dependency detected: "),
        ("nodes: {a: {kind: x, params: 5}}", 400,
         "Pipeline compilation error: Node 'a' (kind 'x') params must be an object, got number"),
        ("steps: [{kind: 'streamkit::http_input'}]", 400,
         "Node 'step_0' kind 'streamkit::http_input' is oneshot-only and cannot be used in dynamic sessions"),
        ("steps: [{kind: 'layerdesk::media', params: {path: '../x'}}]", 400, "Invalid file path: "),
    ],
)  # fmt: skip
async def test_bad_pipelines_are_refused_whole(engine: Harness, yaml: str, status: int, message: str) -> None:
    """Exact beginnings; no session is left behind."""
    got, text = await _create(engine, yaml)
    assert got == status
    assert text.startswith(message)
    assert await _get(engine, "/api/v1/sessions") == []


async def test_a_taken_name_is_a_conflict(engine: Harness) -> None:
    """409."""
    assert (await _create(engine, TWO, name="mine"))[0] == 200
    assert await _create(engine, TWO, name="mine") == (
        409,
        "Failed to create session: Session with name 'mine' already exists",
    )


async def test_too_many_sessions_are_429() -> None:
    """429."""
    async with running(session_limit=1) as engine:
        assert (await _create(engine, TWO))[0] == 200
        assert await _create(engine, TWO) == (429, "Maximum concurrent sessions limit reached")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"yaml": 5}', b"\xff", b'{"name": "x"}'])
async def test_bad_bodies_are_400(engine: Harness, body: bytes) -> None:
    """Plain text, one line."""
    status, text = await _text(engine, "POST", "/api/v1/sessions", data=body)
    assert status == 400
    assert text.startswith("Invalid JSON: ")
    assert "\n" not in text


async def test_a_body_that_is_too_large_is_413(engine: Harness) -> None:
    """Sizes are bounded."""
    status, text = await _text(engine, "POST", "/api/v1/sessions", data=io.BytesIO(b"x" * 3_000_000))
    assert (status, text) == (413, "Request body too large (max 2097152 bytes)")


async def test_sessions_are_listed_bare_and_deleted(engine: Harness) -> None:
    """A bare array; DELETE answers {session_id}; then 404 in the sentence of the control protocol."""
    await _create(engine, TWO, name="mine")
    (row,) = await _get(engine, "/api/v1/sessions")
    assert row.keys() == {"id", "name", "created_at"}
    async with engine.http.delete(f"{engine.base}/api/v1/sessions/mine") as answer:
        assert await answer.json() == {"session_id": row["id"]}
    assert await _text(engine, "DELETE", "/api/v1/sessions/mine") == (404, "Session 'mine' not found")
    assert await _text(engine, "GET", "/api/v1/sessions/mine/pipeline") == (404, "Session 'mine' not found")


async def test_a_failing_node_does_not_take_the_session_with_it(engine: Harness, client: ControlClient) -> None:
    """It is in the model, Failed; the others run."""
    await _create(engine, f"nodes: {{bad: {{kind: '{BROKEN}'}}, good: {{kind: '{SOURCE}', needs: bad}}}}", name="mine")
    await client.state("good", "Running")
    nodes = (await _get(engine, "/api/v1/sessions/mine/pipeline"))["nodes"]
    assert nodes["bad"]["state"] == {"Failed": {"reason": "bad has no picture"}}


async def test_creating_does_not_wait_for_slow_nodes(engine: Harness, client: ControlClient) -> None:
    """Nodes are built in the background; other sessions and requests go on."""
    await _create(engine, f"nodes: {{a: {{kind: '{SLOW}'}}}}", name="slow")
    await _create(engine, f"nodes: {{b: {{kind: '{SOURCE}'}}}}", name="fast")
    await client.state("b", "Running")
    nodes = (await _get(engine, "/api/v1/sessions/slow/pipeline"))["nodes"]
    assert nodes["a"]["state"] in ("Creating", "Initializing")


UNBUILDABLE = (
    ("video::compositor", "{width: 0}", "width: must be 1 to 7680"),
    ("video::compositor", "{bogus: 1}", "Object contains unknown field `bogus`"),
    ("video::compositor", "{layers: {in_0: {opacity: 2}}}", "layers.in_0.opacity: must be 0 to 1"),
    ("video::colorbars", "{animate: 7}", "animate: Expected `bool`, got `int`"),
    ("layerdesk::media", "{loop: 3, path: media/guest.mp4}", "loop: Expected `bool`, got `int`"),
    ("layerdesk::media", "{}", "Object missing required field `path`"),
    ("video::vp9::encoder", "{threads: 65}", "threads: must be 1 to 64"),
    ("video::pixel_convert", "{output_format: x}", "output_format: Invalid enum value 'x'"),
    ("containers::webm::muxer", "{streaming_mode: file}", "streaming_mode: 'file' is not supported: streams are live"),
    ("transport::http::mse", "{path: /a..b}", "path: must not be empty and hold neither .. nor //"),
)


async def test_validation_names_every_fault(engine: Harness) -> None:
    """200 {valid, errors, warnings, graph}; kinds parse, security, schema; graph null when it does not compile."""

    async def validate(yaml: str, **fields: Any) -> Any:
        async with engine.http.post(f"{engine.base}/api/v1/validate", json={"yaml": yaml, **fields}) as answer:
            assert answer.status == 200
            return await answer.json()

    found = await validate("nodes: [")
    assert (found["valid"], found["graph"], found["errors"][0]["kind"]) == (False, None, "parse")
    found = await validate(TWO)
    assert (found["valid"], found["errors"]) == (True, [])
    assert found["graph"]["nodes"] == [{"id": "a", "kind": SOURCE, "params": {"x": 1}}, {"id": "b", "kind": SOURCE}]
    assert found["graph"]["connections"] == [{"from_node": "a", "from_pin": "out", "to_node": "b", "to_pin": "in_4"}]
    oneshot = "mode: oneshot\nsteps: [{kind: 'streamkit::http_input'}, {kind: 'streamkit::http_output'}]"
    assert (await validate(oneshot))["valid"] is True
    assert [fault["node_id"] for fault in (await validate(oneshot, mode="dynamic"))["errors"]] == ["step_0", "step_1"]
    out = "{kind: 'transport::http::mse', params: {path: /x}, needs: bars}"
    found = await validate(f"nodes: {{bars: {{kind: 'video::colorbars'}}, out: {out}}}")
    assert found["errors"] == [
        {"kind": "connection", "message": "RawVideo is not what the input takes", "connection_id": "bars->out"}
    ]
    found = await validate("nodes: {a: {kind: no::such}}")
    assert found["errors"] == [{"kind": "schema", "message": "there is no node kind 'no::such'", "node_id": "a"}]
    linted = "client: {input: {type: text}}\n" + TWO.replace("client", "unused")
    assert (await validate(linted))["warnings"][0]["kind"] == "mode-mismatch-dynamic"
    bad = "steps: [{kind: 'layerdesk::media', params: {path: ../x}}]"
    assert (await validate(bad))["errors"][0]["kind"] == "security"
    for kind, params, reason in UNBUILDABLE:
        found = await validate(f"nodes: {{ok: {{kind: 'core::sink'}}, a: {{kind: '{kind}', params: {params}}}}}")
        assert found["errors"] == [{"kind": "schema", "message": f"bad params: {reason}", "node_id": "a"}], kind
    assert await _get(engine, "/api/v1/sessions") == []


async def test_schemas_are_bare_lists(engine: Harness) -> None:
    """schema/nodes like listnodes; schema/packets in its order."""
    kinds = [node["kind"] for node in await _get(engine, "/api/v1/schema/nodes")]
    assert {"video::compositor", "streamkit::http_input"} <= set(kinds)
    packets = await _get(engine, "/api/v1/schema/packets")
    assert [row["id"] for row in packets] == [
        "Any", "Binary", "Text", "RawAudio", "RawVideo", "EncodedAudio", "EncodedVideo", "Transcription", "Custom",
    ]  # fmt: skip
    video = next(row for row in packets if row["id"] == "RawVideo")
    assert video["color"] == "#1abc9c"
    assert video["compatibility"] == {
        "kind": "structfieldwildcard",
        "fields": [
            {"name": "width", "wildcard_value": None},
            {"name": "height", "wildcard_value": None},
            {"name": "pixel_format"},
        ],
    }
    assert packets[0]["compatibility"] == {"kind": "any"}


async def test_permissions_and_config(engine: Harness) -> None:
    """The same fifteen as over the socket."""
    found = await _get(engine, "/api/v1/permissions")
    assert found["role"] == "admin"
    assert len(found["permissions"]) == 15
    assert await _get(engine, "/api/v1/config") == {}
    assert (await _get(engine, "/healthz"))["status"] == "ok"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_previews_answer_as_a_server_without_moq(engine: Harness, method: str) -> None:
    """§20: 503."""
    await _create(engine, TWO, name="mine")
    assert (await _text(engine, method, "/api/v1/sessions/mine/preview"))[0] == 503
    assert (await _text(engine, "DELETE", "/api/v1/sessions/mine/preview/x"))[0] == 503
    assert (await _text(engine, method, "/api/v1/sessions/ghost/preview"))[0] == 404


@pytest.mark.parametrize("path", ["/", "/nope", "/api/v1/nope", "/api/v1/control/x", "/.well-known/jwks.json"])
async def test_everything_else_is_404(engine: Harness, path: str) -> None:
    """Plain text, with the security headers of every answer."""
    async with engine.http.get(engine.base + path) as answer:
        assert answer.status == 404
        assert answer.content_type == "text/plain"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


async def test_shipped_samples_are_listed_and_read(engine: Harness) -> None:
    """SamplePipeline: id, name, description, yaml, is_system, mode, is_fragment."""
    rows = {row["id"]: row for row in await _get(engine, "/api/v1/samples/dynamic")}
    studio = rows["system/studio"]
    assert studio.keys() == {"id", "name", "description", "yaml", "is_system", "mode", "is_fragment"}
    assert (studio["is_system"], studio["mode"]) == (True, "dynamic")
    assert await _get(engine, "/api/v1/samples/dynamic/system/studio") == studio
    assert "system/studio" not in {row["id"] for row in await _get(engine, "/api/v1/samples/oneshot")}


async def test_samples_are_saved_overwritten_and_deleted(shelved: Harness) -> None:
    """SavePipelineRequest; a system sample cannot be deleted."""
    wanted = {"name": "My Show!", "description": 'it\'s "mine"', "yaml": "mode: oneshot\nsteps: []\n"}
    path = "/api/v1/samples/oneshot"
    async with shelved.http.post(shelved.base + path, json=wanted) as answer:
        saved = await answer.json()
    assert saved == {
        "id": "user/my-show", "name": "My Show!", "description": "it's \"mine\"", "yaml": wanted["yaml"],
        "is_system": False, "mode": "oneshot", "is_fragment": False,
    }  # fmt: skip
    assert await _get(shelved, path) == [saved]
    assert await _get(shelved, f"{path}/user/my-show") == saved
    assert await _text(shelved, "POST", path, json=wanted) == (409, "Sample 'user/my-show' already exists")
    assert (await _text(shelved, "POST", path, json={**wanted, "overwrite": True, "yaml": "steps: []"}))[0] == 200
    assert (await _text(shelved, "POST", path, json={**wanted, "name": "../.."}))[0] == 400
    assert (await _text(shelved, "POST", path, json={**wanted, "name": "x", "yaml": "["}))[0] == 400
    assert (await _text(shelved, "DELETE", "/api/v1/samples/oneshot/system/studio"))[0] == 403
    assert (await _text(shelved, "DELETE", f"{path}/user/my-show"))[0] == 204
    assert await _text(shelved, "GET", f"{path}/user/my-show") == (404, "Sample 'user/my-show' not found")


async def test_samples_are_not_saved_where_there_is_no_folder(engine: Harness) -> None:
    """One sentence that says what to do."""
    body = {"name": "x", "yaml": "steps: []"}
    assert await _text(engine, "POST", "/api/v1/samples/oneshot", json=body) == (
        503,
        "This server keeps no samples; start it with --samples-dir",
    )


@pytest.fixture
def png() -> bytes:
    """A picture of 3 × 2 pixels."""
    from PySide6.QtCore import QBuffer
    from PySide6.QtGui import QImage, QImageWriter

    image = QImage(3, 2, QImage.Format.Format_RGB32)
    image.fill(0xFF3366)
    buffer = QBuffer()
    assert QImageWriter(buffer, b"PNG").write(image)
    return bytes(buffer.data().data())


def _form(name: str, content: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("note", "before the file")
    form.add_field("file", content, filename=name)
    return form


async def test_images_are_uploaded_listed_fetched_and_deleted(shelved: Harness, png: bytes) -> None:
    """The path is what an overlay names; scope and file name fetch it."""
    base = f"{shelved.base}/api/v1/assets/images"
    async with shelved.http.post(base, data=_form("logo.png", png)) as answer:
        assert answer.status == 200, await answer.text()
        row = await answer.json()
    assert row == {
        "id": "user/logo.png", "name": "logo", "path": "samples/images/user/logo.png", "format": "png",
        "size_bytes": len(png), "is_system": False, "width": 3, "height": 2,
    }  # fmt: skip
    assert {"id": "user/logo.png"}.items() <= (await _get(shelved, "/api/v1/assets/images"))[-1].items()
    async with shelved.http.get(f"{base}/file/user/logo.png") as answer:
        assert (await answer.read(), answer.content_type) == (png, "image/png")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    async with shelved.http.post(base, data=_form("logo.png", png)) as answer:
        assert (answer.status, await answer.text()) == (409, "'logo.png' already exists")
    assert (await _text(shelved, "DELETE", "/api/v1/assets/images/user/logo.png"))[0] == 204
    assert (await _text(shelved, "GET", "/api/v1/assets/images/file/user/logo.png"))[0] == 404
    assert (await _text(shelved, "DELETE", "/api/v1/assets/images/user/logo.png"))[0] == 404


@pytest.mark.parametrize(
    ("name", "status"),
    [("virus.exe", 400), ("logo.html", 400), (".png", 400), ("fake.png", 400), ("a\\..\\b.svg", 400)],
)
async def test_what_is_no_image_is_refused_and_leaves_nothing(
    shelved: Harness, tmp_path: Path, name: str, status: int
) -> None:
    """The name and the content are both looked at."""
    async with shelved.http.post(f"{shelved.base}/api/v1/assets/images", data=_form(name, b"no picture")) as answer:
        assert answer.status == status
        assert str(tmp_path) not in await answer.text()
    assert [path for path in (tmp_path / "kept").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["../../../escaped.png", "/tmp/escaped.png", "..\\\\escaped.png"])
async def test_an_upload_cannot_leave_its_folder(shelved: Harness, tmp_path: Path, png: bytes, name: str) -> None:
    """Only the last part of a name counts."""
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body, headers = head.encode() + png + b"\r\n--x--\r\n", {"Content-Type": "multipart/form-data; boundary=x"}
    url = f"{shelved.base}/api/v1/assets/images"
    async with shelved.http.post(url, data=body, headers=headers) as answer:
        assert (await answer.json())["id"] == "user/escaped.png"
    kept = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.png")]  # noqa: ASYNC240  (a test's folder)
    assert kept == ["kept/images/user/escaped.png"]


@pytest.mark.parametrize(
    "tail",
    [
        "..%2f..%2f..%2fetc%2fpasswd",
        "user/..%2f..%2fsecret.png",
        "%2fetc%2fpasswd",
        "user/%00.png",
        "user",
        "x/y/z.png",
    ],
)
async def test_fetching_cannot_leave_the_folders(shelved: Harness, tmp_path: Path, tail: str) -> None:
    """404, and no path of the machine in the answer."""
    (tmp_path / "kept" / "images").mkdir(parents=True)
    (tmp_path / "kept" / "secret.png").write_bytes(b"secret")
    for method, route in (("GET", "images/file/"), ("DELETE", "images/"), ("GET", "fonts/file/"), ("DELETE", "fonts/")):
        status, text = await _text(shelved, method, f"/api/v1/assets/{route}{tail}")
        assert status == 404
        assert str(tmp_path) not in text
    assert (tmp_path / "kept" / "secret.png").exists()


async def test_only_files_of_the_sort_are_shown(shelved: Harness, tmp_path: Path, png: bytes) -> None:
    """Neither others' files nor uploads that are still on their way."""
    folder = tmp_path / "kept" / "images" / "user"
    folder.mkdir(parents=True)
    for name in ("notes.txt", ".upload-x.png", "logo.png"):
        (folder / name).write_bytes(png)
    assert [row["id"] for row in await _get(shelved, "/api/v1/assets/images")] == ["user/logo.png"]
    for name, status in (("notes.txt", 404), (".upload-x.png", 404), ("logo.png", 200)):
        assert (await _status(shelved, f"/api/v1/assets/images/file/user/{name}")) == status


async def _status(harness: Harness, path: str) -> int:
    async with harness.http.get(harness.base + path) as answer:
        return answer.status


async def test_a_link_out_of_the_folder_is_not_followed(shelved: Harness, tmp_path: Path, png: bytes) -> None:
    """A symbolic link counts as where it leads to."""
    (tmp_path / "secret.png").write_bytes(png)
    folder = tmp_path / "kept" / "images" / "user"
    folder.mkdir(parents=True)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    assert (await _text(shelved, "GET", "/api/v1/assets/images/file/user/link.png"))[0] == 404


async def test_shipped_fonts_are_listed_and_fetched(engine: Harness) -> None:
    """Under the paths that text overlays use; system assets stay."""
    rows = {row["name"]: row for row in await _get(engine, "/api/v1/assets/fonts")}
    font = rows["DejaVuSans"]
    assert font["path"] == "samples/fonts/system/DejaVuSans.ttf"
    assert font["is_system"] is True
    async with engine.http.get(f"{engine.base}/api/v1/assets/fonts/file/system/DejaVuSans.ttf") as answer:
        assert answer.status == 200
        assert len(await answer.read()) == font["size_bytes"]
    assert (await _text(engine, "DELETE", "/api/v1/assets/fonts/system/DejaVuSans.ttf"))[0] == 403


async def test_uploads_need_a_folder_and_a_form(engine: Harness, png: bytes) -> None:
    """Sentences that say what to do."""
    url = f"{engine.base}/api/v1/assets/images"
    async with engine.http.post(url, data=_form("logo.png", png)) as answer:
        assert (answer.status, await answer.text()) == (
            503,
            "This server keeps no uploads; start it with --samples-dir",
        )
    assert await _text(engine, "POST", "/api/v1/assets/images", data=b"x") == (
        400,
        "Expected multipart/form-data with a file",
    )


async def test_an_uploaded_image_can_be_an_overlay(shelved: Harness, png: bytes) -> None:
    """The path in the answer is the one that a compositor finds."""
    async with shelved.http.post(f"{shelved.base}/api/v1/assets/images", data=_form("logo.png", png)) as answer:
        path = (await answer.json())["path"]
    client = await shelved.client()
    overlay = f"{{id: logo, asset_path: {path}, rect: {{x: 5, y: 6, width: 30, height: 20}}}}"
    yaml = f"""
nodes:
  bars: {{kind: "video::colorbars", params: {{width: 64, height: 48, fps: 60}}}}
  mix: {{kind: "video::compositor", params: {{fps: 60, image_overlays: [{overlay}]}}, needs: [bars]}}
"""
    assert (await _create(shelved, yaml))[0] == 200

    def shows_logo(frame: dict[str, Any]) -> bool:
        return bool(frame["payload"].get("data", {}).get("image_overlays"))

    data = (await client.frame(shows_logo))["payload"]["data"]
    assert data["image_overlays"] == [{"id": "logo", "x": 5, "y": 6, "width": 30, "height": 20}]
