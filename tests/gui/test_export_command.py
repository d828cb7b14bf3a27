"""``layerdesk export`` and ``layerdesk validate``: a line and an exit code for everything that can happen."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from gui.__main__ import main
from sync.pipeline_yaml import load_pipeline

STUDIO = (Path(__file__).parent.parent / "golden" / "studio.yaml").read_text(encoding="utf-8")


class Server:
    """A server of one session over plain HTTP: what it answers, and what it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.body: bytes = msgspec.json.encode(load_pipeline(STUDIO, "x").pipeline)
        self.asked: list[tuple[str, str | None]] = []
        outer = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("Authorization")))
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_words: object) -> None:
                """Says nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def edit(self, node_id: str, **params: object) -> None:
        pipeline = json.loads(self.body)
        pipeline["nodes"][node_id]["params"].update(params)
        self.body = json.dumps(pipeline).encode()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def test_the_session_goes_to_stdout(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", server.url, "--session", "evening show/1"]) == 0
    out, err = capsys.readouterr()
    assert load_pipeline(out, "x").pipeline.nodes == load_pipeline(STUDIO, "x").pipeline.nodes
    assert err == ""
    assert server.asked == [("/api/v1/sessions/evening%20show%2F1/pipeline", None)]


def test_the_diff_shows_only_what_the_session_changed(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show = tmp_path / "show.yaml"
    show.write_text(STUDIO, encoding="utf-8")
    server.edit("cam", width=800)
    assert main(["export", server.url, "--session", "s", "--diff", str(show)]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[:2] == [f"--- {show}", "+++ session"]
    assert [row for row in rows[2:] if row[0] in "+-"] == [
        "-      width:  640      # two spaces on purpose",
        "+      width:  800      # two spaces on purpose",
    ]
    assert show.read_text(encoding="utf-8") == STUDIO


def test_a_file_with_a_newer_servers_keys_is_compared_and_keeps_them(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "nodes:\n  m:\n    kind: video::compositor\n    params:\n      blend: soft # new\n      width: {}\n"
    server.body = msgspec.json.encode(load_pipeline(text.format(960), "x").pipeline)
    show = tmp_path / "show.yaml"
    show.write_text(text.format(640), encoding="utf-8")
    assert main(["export", server.url, "--session", "s", "--diff", str(show), "-o", str(show)]) == 0
    changed = [line for line in capsys.readouterr().out.splitlines() if line[:2] in {"+ ", "- "}]
    assert changed == ["-      width: 640", "+      width: 960"]
    assert show.read_text("utf-8") == text.format(960)


def test_a_file_that_exists_keeps_its_remarks(server: Server, tmp_path: Path) -> None:
    show = tmp_path / "show.yaml"
    show.write_text(STUDIO, encoding="utf-8")
    server.edit("cam", width=800)
    assert main(["export", server.url, "--session", "s", "-o", str(show)]) == 0
    assert show.read_text(encoding="utf-8") == STUDIO.replace("width:  640", "width:  800")
    assert [path.name for path in tmp_path.iterdir()] == ["show.yaml"]


def test_a_new_file_is_written_whole(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show = tmp_path / "new.yaml"
    assert main(["export", server.url, "--session", "s", "-o", str(show), "--compatible"]) == 0
    assert "cam.out → mix.in_1" not in capsys.readouterr().err
    assert (
        load_pipeline(show.read_text("utf-8"), "x").pipeline.nodes.keys()
        == load_pipeline(STUDIO, "x").pipeline.nodes.keys()
    )


def test_the_token_goes_along_and_nowhere_else(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = tmp_path / "token"
    token.write_text("sesame\n", encoding="utf-8")
    token.chmod(0o600)
    server.status, server.body = 403, b"Permission denied"
    assert main(["export", server.url, "--session", "s", "--token-file", str(token)]) == 4
    assert server.asked[0][1] == "Bearer sesame"
    assert "sesame" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (401, b"", 4, "The server wants a valid token; give a token with --token-file"),
        (404, b"Session 's' not found", 2, "the server has no session 's'"),
        (500, b"boom", 3, "The server failed (HTTP 500): boom"),
        (200, b"<html>", 3, "answered no pipeline"),
        (200, b'{"nodes": []}', 3, "answered no pipeline"),
        (200, b"[" * 100_000, 3, "answered no pipeline"),
    ],
)
def test_an_answer_that_is_none_ends_in_one_line(
    server: Server, status: int, body: bytes, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.status, server.body = status, body
    assert main(["export", server.url, "--session", "s"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


def test_an_unreachable_server_ends_in_one_line(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    url = server.url
    server.close()
    assert main(["export", url, "--session", "s"]) == 3
    assert capsys.readouterr().err.startswith(f"layerdesk: cannot reach {url}")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["export"], "required"),
        (["export", "ftp://x", "--session", "s"], "ftp://x: begin with"),
        (["export", "http://127.0.0.1:1", "--session", "s", "--diff", "/nowhere.yaml"], "cannot read /nowhere.yaml"),
        (["validate"], "required"),
        (["validate", "/nowhere.yaml"], "cannot read /nowhere.yaml: No such file"),
    ],
)
def test_bad_usage_ends_in_one_line(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert sentence in err
    assert (out, err.count("\n")) == ("", 1)


def test_a_broken_file_is_never_written_over(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show = tmp_path / "show.yaml"
    show.write_text("nodes: [", encoding="utf-8")
    assert main(["export", server.url, "--session", "s", "-o", str(show)]) == 2
    assert "to write over it, remove it first" in capsys.readouterr().err
    assert show.read_text(encoding="utf-8") == "nodes: ["
    assert server.asked == []


def test_a_folder_that_takes_no_file_ends_in_one_line(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", server.url, "--session", "s", "-o", str(tmp_path / "no" / "show.yaml")]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_validate_sums_up_and_warns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, odd, bad = tmp_path / "good.yaml", tmp_path / "odd.yaml", tmp_path / "bad.yaml"
    good.write_text(STUDIO, encoding="utf-8")
    odd.write_text("client: {watch: {}}\nnodes: {a: {kind: k}}\n", encoding="utf-8")
    assert main(["validate", str(good), str(odd)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{good}: a dynamic pipeline with 5 nodes, 3 connections; nothing doubtful",
        f"{odd}: warning: client.watch asks for neither audio nor video (watch-no-media)",
        f"{odd}: a dynamic pipeline with 1 node, 0 connections; 1 warning",
    ]
    newer = tmp_path / "newer.yaml"
    newer.write_text("nodes:\n  m:\n    kind: video::compositor\n    params: {blend: soft}\n", encoding="utf-8")
    assert main(["validate", str(newer)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{newer}: warning: m.blend (line 4) is a parameter that this Layerdesk does not know; it travels unchanged "
        "(compositor-unknown-key)",
        f"{newer}: a dynamic pipeline with 1 node, 0 connections; 1 warning",
    ]
    bad.write_bytes(b"nodes:\n  a: \xff\n")
    assert main(["validate", str(bad), str(good)]) == 2
    out, err = capsys.readouterr()
    assert err == f"layerdesk: {bad}, line 2: byte 0xff is not UTF-8 text\n"
    assert out.startswith(f"{good}: ")
