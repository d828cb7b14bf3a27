"""``layerdesk`` as a user meets it: a process, its exit code, and one line that says what to do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.support.engine_process import ROOT, EngineProcess

PIPELINE = Path(__file__).with_name("two_bars.yaml")


def layerdesk(
    *words: str, cwd: Path, without_display: bool = True, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs the command; without a display unless told otherwise."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    if without_display:
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            environment.pop(name, None)
    command = [sys.executable, "-m", "gui", *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    """What it said on stderr, which must be exactly one line of ours."""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("layerdesk: ")
    assert "Traceback" not in result.stderr
    return lines[0]


def test_without_a_display_it_runs_headless_and_leaves_a_picture(tmp_path: Path) -> None:
    result = layerdesk(cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "no display" in result.stderr
    assert result.stderr.count("\n") == 2, result.stderr
    shot = QImage(str(tmp_path / "layerdesk.png"))
    assert shot.width() >= 1200
    middle = [shot.pixelColor(x, shot.height() // 2) for x in range(300, shot.width() - 400, 10)]
    assert len({color.rgb() for color in middle}) > 20, "the programme is in the picture"


def test_the_programme_in_the_picture_moves(tmp_path: Path) -> None:
    for name, seconds in (("a.png", "3"), ("b.png", "4.3")):
        result = layerdesk("--headless", "--for", seconds, "--shot", name, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
    first, second = (QImage(str(tmp_path / name)) for name in ("a.png", "b.png"))
    points = [(x, y) for x in range(300, first.width() - 400, 12) for y in range(150, 600, 12)]
    moved = sum(first.pixel(x, y) != second.pixel(x, y) for x, y in points)
    assert moved > 20


def test_export_on_leaving(tmp_path: Path) -> None:
    result = layerdesk(str(PIPELINE), "--headless", "--for", "3", "--export", "out.yaml", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "out.yaml").read_text("utf-8") == PIPELINE.read_text("utf-8")


def test_a_server_that_nobody_runs_is_exit_3(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    result = layerdesk(f"ws://127.0.0.1:{port}", "--headless", "--for", "1.5", cwd=tmp_path)
    assert result.returncode == 3
    assert "cannot reach" in result.stderr.splitlines()[-1]


def test_a_server_that_refuses_is_exit_4(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("admin right-token # me\n")
    tokens.chmod(0o600)
    with EngineProcess(PIPELINE, options=["--tokens", str(tokens)]) as engine:
        result = layerdesk(engine.url, "--headless", "--for", "2", cwd=tmp_path)
        assert result.returncode == 4
        assert "token" in result.stderr.splitlines()[-1]
        mine = tmp_path / "mine"
        mine.write_text("right-token\n")
        mine.chmod(0o600)
        result = layerdesk(engine.url, "--headless", "--for", "3", "--token-file", str(mine), cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        assert "right-token" not in result.stderr


def test_port_in_use_is_exit_2(tmp_path: Path) -> None:
    with EngineProcess(PIPELINE) as engine:
        result = layerdesk("engine", "--port", str(engine.port), cwd=tmp_path)
    assert result.returncode == 2
    assert "in use" in one_line(result)
    assert result.stdout == ""


def test_a_bind_for_everyone_without_tokens_is_exit_2(tmp_path: Path) -> None:
    result = layerdesk("engine", "--host", "0.0.0.0", "--port", "0", cwd=tmp_path)
    assert result.returncode == 2
    assert "--tokens" in one_line(result)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nodes: [", "line 1"),
        ("nodes:\n  a: {kind: x, needs: nowhere}\n", "nowhere"),
        ("just words", "broken.yaml"),
        ("a: &a [*a]\n", "broken.yaml"),
        (
            "nodes:\n  m:\n    kind: video::compositor\n    params:\n      blend: soft\n",
            "line 5, m.blend: this engine's",
        ),
        ("\x00\x01", "broken.yaml"),
    ],
)
def test_a_broken_pipeline_file_is_exit_2(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    result = layerdesk(str(file), "--headless", cwd=tmp_path)
    assert result.returncode == 2
    assert said in one_line(result)


@pytest.mark.parametrize(
    ("word", "said"), [("shows", "a folder"), ("ftp://host", "wss://"), ("no.yaml", "no such file")]
)
def test_what_cannot_be_opened_is_told_for_what_it_is(tmp_path: Path, word: str, said: str) -> None:
    (tmp_path / "shows").mkdir()
    result = layerdesk(word, cwd=tmp_path)
    assert result.returncode == 2
    assert said in one_line(result)


def test_a_session_that_is_not_there_is_exit_2(tmp_path: Path) -> None:
    words = ["--session", "nosuch", "--headless", "--for", "3", "--shot", "shot.png"]
    result = layerdesk(str(PIPELINE), *words, cwd=tmp_path)
    assert result.returncode == 2
    assert "no session nosuch" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "words",
    [["nothing.yaml"], ["--for", "soon"], ["--nonsense"], ["ftp://host"], ["ws://"], ["--token-file", "nowhere"]],
)
def test_bad_usage_is_exit_2(tmp_path: Path, words: list[str]) -> None:
    result = layerdesk(*words, "--headless", cwd=tmp_path)
    assert result.returncode == 2
    one_line(result)


def test_a_video_file_that_is_no_video_fails_one_node_only(tmp_path: Path) -> None:
    (tmp_path / "words.mp4").write_text("this is no video")
    text = PIPELINE.read_text("utf-8").replace("kind: video::colorbars", "kind: layerdesk::media", 1)
    text = text.replace(
        "params: { width: 1280, height: 720, fps: 30, pixel_format: rgba8 }", "params: { path: words.mp4 }", 1
    )
    (tmp_path / "show.yaml").write_text(text)
    result = layerdesk("show.yaml", "--headless", "--for", "3", "--shot", "shot.png", cwd=tmp_path)
    assert result.returncode == 0, result.stderr


def test_a_display_that_does_not_answer(tmp_path: Path) -> None:
    words = ["--for", "1", "--shot", "shot.png"]
    result = layerdesk(*words, cwd=tmp_path, without_display=False, DISPLAY=":87", QT_QPA_PLATFORM="")
    assert result.returncode == 0, result.stderr
    assert "does not answer" in result.stderr


def test_on_a_real_x_server(tmp_path: Path, virtual_screen: str) -> None:
    words = [str(PIPELINE), "--for", "3", "--shot", "shot.png"]
    result = layerdesk(*words, cwd=tmp_path, without_display=False, DISPLAY=virtual_screen, QT_QPA_PLATFORM="xcb")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert QImage(str(tmp_path / "shot.png")).width() >= 1200


def test_a_key_is_made_once_and_its_public_half_printed(tmp_path: Path) -> None:
    made = layerdesk("key", "--new", "standby.key", cwd=tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    assert len(bytes.fromhex(made.stdout.strip())) == 32
    shown = layerdesk("key", "standby.key", cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (0, made.stdout)
    again = layerdesk("key", "--new", "standby.key", cwd=tmp_path)
    assert again.returncode == 2
    assert "is there already; it was left alone" in one_line(again)
    (tmp_path / "standby.key").chmod(0o644)
    open_to_all = layerdesk("key", "standby.key", cwd=tmp_path)
    assert open_to_all.returncode == 2
    assert "run: chmod 600 standby.key" in one_line(open_to_all)
