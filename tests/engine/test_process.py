"""The engine's process: one line on stdout, exit codes, signals, state that survives (design of the command line)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.__main__ import main
from engine.running.state_file import FILE_NAME, VERSION
from tests.engine.control_client import ControlClient
from tests.support.engine_process import DEMO, ROOT, EngineProcess, run_to_end

PIPELINE = """
nodes:
  bars: {kind: "video::colorbars", params: {width: 64, height: 48}}
  clip: {kind: "layerdesk::media", params: {path: clip.mp4}}
  mix: {kind: "video::compositor", params: {width: 64, height: 48}, needs: [bars]}
"""


@pytest.fixture
def show(tmp_path: Path) -> Path:
    path = tmp_path / "show.yaml"
    path.write_text(PIPELINE)
    return path


async def _get(engine: EngineProcess, path: str) -> Any:
    async with aiohttp.ClientSession() as http, http.get(engine.url + path) as answer:
        assert answer.status == 200
        return await answer.json()


@contextlib.asynccontextmanager
async def _client(engine: EngineProcess) -> Any:
    async with aiohttp.ClientSession() as http:
        client = ControlClient(await http.ws_connect(f"{engine.url}/api/v1/control"))
        try:
            yield client
        finally:
            await client.close()


async def test_one_json_line_says_where_it_listens(show: Path) -> None:
    with EngineProcess(show) as engine:
        assert engine.line.keys() == {"event", "http", "control", "pid"}
        assert engine.line["event"] == "listening"
        assert engine.line["control"] == engine.url.replace("http", "ws") + "/api/v1/control"
        assert engine.line["pid"] == engine.process.pid
        (session,) = await _get(engine, "/api/v1/sessions")
        assert session["name"] == "show"
        code, out, _ = engine.stop()
        assert (code, out) == (0, "")
        assert "Traceback" not in engine.errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_within_three_seconds(number: int) -> None:
    """With a client that is connected, and one that does not read any more."""
    with EngineProcess(DEMO) as engine:
        async with _client(engine) as client:
            await client.ask("listsessions")
            with socket.create_connection(("127.0.0.1", engine.port)) as stalled:
                stalled.sendall(b"GET /api/v1/control HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n")
                stalled.sendall(b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n")
                stalled.sendall(b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n")
                code, _, took = await asyncio.to_thread(engine.stop, number)
    assert code == 0
    assert took < 3.0
    assert "Traceback" not in engine.errors


def test_it_stops_with_its_stdin() -> None:
    with EngineProcess(options=["--stop-with-stdin"], stdin=subprocess.PIPE) as engine:
        assert engine.process.stdin is not None
        engine.process.stdin.close()
        assert engine.ended().code == 0


def test_a_port_in_use_is_one_line_and_exit_2() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, out, errors = run_to_end("--port", str(port))
    assert (code, out) == (2, "")
    assert errors == [f"layerdesk: port {port} of 127.0.0.1 is in use; choose another with --port"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nodes: [", "YAML parse error: "),
        ("", "YAML parse error: Invalid pipeline: "),
        ("nodes: {}", "Pipeline is empty"),
        ("nodes: {a: {kind: x, needs: b}}", "Pipeline compilation error: Node 'a' references non-existent node 'b'"),
        ("steps: [{kind: 'streamkit::http_input'}]", "Node 'step_0' kind 'streamkit::http_input' is oneshot-only"),
        ("a: \x00", "YAML parse error: "),
    ],
)
def test_a_bad_file_is_one_line_that_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    assert main([str(path), "--port", "0"]) == 2
    out, errors = capsys.readouterr()
    assert (out, errors.count("\n")) == ("", 1)
    assert errors.startswith(f"layerdesk: {path}: {reason}")


def test_two_files_of_one_name_are_one_line_and_exit_2(show: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    other = tmp_path / "more" / "show.yaml"
    shutil.copy(show, other)
    code, out, errors = run_to_end(show, other, "--port", "0")
    assert (code, out) == (2, "")
    assert errors[-1] == f"layerdesk: {other}: Session with name 'show' already exists"


def test_bad_usage_is_one_line_and_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Missing files, words that mean nothing, a bind that would let everybody in, tokens that others can read."""
    readable = tmp_path / "tokens"
    readable.write_text("admin secret\n")
    readable.chmod(0o644)
    cases: list[tuple[tuple[str | Path, ...], str]] = [
        (("--nonsense",), "unrecognized arguments: --nonsense; see layerdesk engine --help"),
        (("--port", "70000"), "argument --port: must be 0 to 65535; see layerdesk engine --help"),
        ((tmp_path / "no.yaml",), f"cannot read {tmp_path / 'no.yaml'}: No such file or directory"),
        (("--host", "0.0.0.0"), "to listen on 0.0.0.0, others need tokens: give --tokens FILE"),
        (("--tokens", readable), f"the token file {readable} can be read by others; run: chmod 600 {readable}"),
        (("--keys", readable), f"the keys file {readable} can be read by others; run: chmod 600 {readable}"),
        (("--media", tmp_path / "none"), f"--media {tmp_path / 'none'}: no such folder"),
    ]
    for words, sentence in cases:
        assert main([str(word) for word in words]) == 2
        assert capsys.readouterr() == ("", f"layerdesk: {sentence}\n")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_hk_05_without_tokens_only_this_machine_is_served(host: str, tmp_path: Path) -> None:
    """Keys alone do not do: protocol 1 and the pictures know nothing of them."""
    keys = tmp_path / "keys"
    keys.write_text(f"admin {'ab' * 32}\n")
    keys.chmod(0o600)
    for words in ((), ("--keys", keys)):
        code, out, errors = run_to_end("--port", "0", "--host", host, *words)
        assert (code, out) == (2, "")
        assert errors == [f"layerdesk: to listen on {host}, others need tokens: give --tokens FILE"]


async def test_a_session_survives_a_restart(show: Path, tmp_path: Path) -> None:
    """Id, name, params and connections; the file is not loaded a second time; media beside it are still found."""
    state = tmp_path / "state"
    shutil.copy(ROOT / "resources" / "samples" / "media" / "guest.mp4", tmp_path / "clip.mp4")
    with EngineProcess(show, state_dir=state) as engine:
        (before,) = await _get(engine, "/api/v1/sessions")
        async with _client(engine) as client:
            await client.ask(
                "tunenode", session_id="show", node_id="bars", message={"UpdateParams": {"animate": True, "_rev": 1}}
            )
            edge = {"from_node": "bars", "from_pin": "out", "to_node": "mix", "to_pin": "in_7"}
            await client.ask("connect", session_id="show", **edge, mode="best_effort")
            await client.ask("createsession", name="empty")
        pipeline = await _get(engine, "/api/v1/sessions/show/pipeline")
        engine.stop()
    saved = json.loads((state / FILE_NAME).read_text())
    assert saved["version"] == VERSION
    assert "_rev" not in (state / FILE_NAME).read_text()
    assert saved["media_roots"] == [str(tmp_path)]
    with EngineProcess(state_dir=state) as engine:
        assert [row["name"] for row in await _get(engine, "/api/v1/sessions")] == ["show", "empty"]
        assert (await _get(engine, "/api/v1/sessions"))[0] == before
        again = await _get(engine, "/api/v1/sessions/show/pipeline")
        assert again["connections"] == pipeline["connections"]
        assert {key: node["params"] for key, node in again["nodes"].items()} == {
            key: node["params"] for key, node in pipeline["nodes"].items()
        }
        async with _client(engine) as client:
            clip = (await client.ask("getpipeline", session_id="show"))["pipeline"]["nodes"]["clip"]
            if clip["state"] != "Running":
                await client.state("clip", "Running")


async def test_a_file_whose_session_was_restored_is_not_loaded_again(show: Path, tmp_path: Path) -> None:
    """What an operator has changed since goes before the file; the log says so."""
    with EngineProcess(show, state_dir=tmp_path / "state") as engine:
        before = await _get(engine, "/api/v1/sessions")
        engine.stop()
    with EngineProcess(show, state_dir=tmp_path / "state") as engine:
        assert await _get(engine, "/api/v1/sessions") == before
        engine.stop()
    assert f"{show} was not loaded" in engine.errors


async def test_a_killed_engine_has_kept_its_sessions(show: Path, tmp_path: Path) -> None:
    """No stop, no flush: what was written while it ran is enough."""
    state = tmp_path / "state"
    with EngineProcess(show, state_dir=state) as engine:
        async with _client(engine) as client:
            await client.ask("createsession", name="fresh")
            async with asyncio.timeout(10):
                while "fresh" not in await asyncio.to_thread(_read, state / FILE_NAME):
                    await client.ask("listsessions")
        engine.kill()
    with EngineProcess(state_dir=state) as engine:
        assert [row["name"] for row in await _get(engine, "/api/v1/sessions")] == ["show", "fresh"]


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


async def test_a_damaged_state_file_is_put_aside_and_named(tmp_path: Path) -> None:
    """The engine starts empty; the damaged file keeps its content under another name."""
    (tmp_path / FILE_NAME).write_text("{")
    with EngineProcess(state_dir=tmp_path) as engine:
        assert await _get(engine, "/api/v1/sessions") == []
        code, _, _ = engine.stop()
    assert code == 0
    (kept,) = tmp_path.glob(f"{FILE_NAME}.damaged-*")  # noqa: ASYNC240  (a test's folder)
    assert kept.read_text() == "{"
    assert str(kept) in engine.errors


def test_a_state_file_of_another_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = '{"version": 99, "sessions": []}'
    (tmp_path / FILE_NAME).write_text(text)
    code, out, errors = run_to_end("--state-dir", tmp_path, "--port", "0")
    assert (code, out, len(errors)) == (2, "", 1)
    assert "has version 99, this program reads version 1" in errors[0]
    assert (tmp_path / FILE_NAME).read_text() == text


def test_a_state_folder_belongs_to_one_engine(tmp_path: Path) -> None:
    with EngineProcess(state_dir=tmp_path):
        code, _, errors = run_to_end("--state-dir", tmp_path, "--port", "0")
    assert code == 2
    assert errors == [f"layerdesk: the state folder {tmp_path} is in use by another engine; give each its own"]


async def test_tokens_are_wanted_and_never_shown(tmp_path: Path) -> None:
    """Neither in the log nor in the process's words."""
    tokens = tmp_path / "tokens"
    tokens.write_text("admin sesame-open # the director\n")
    tokens.chmod(0o600)
    with EngineProcess(options=["--tokens", tokens, "--host", "0.0.0.0"]) as engine:
        async with aiohttp.ClientSession() as http:
            async with http.get(f"{engine.url}/api/v1/sessions") as answer:
                assert answer.status == 401
            headers = {"Authorization": "Bearer sesame-open"}
            async with http.get(f"{engine.url}/api/v1/sessions", headers=headers) as answer:
                assert answer.status == 200
            async with http.get(
                f"{engine.url}/api/v1/sessions", headers={"Authorization": "Bearer sesame-shut"}
            ) as answer:
                assert answer.status == 401
        engine.stop()
    assert "sesame" not in engine.errors
