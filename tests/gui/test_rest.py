"""The client of the server's HTTP routes: what it sends, and one sentence for everything that goes wrong."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gui.preview.access import HttpAccess, proxy_of
from gui.server.answers import MAX_ROWS, SampleDraft
from gui.server.failure import RestFailed, one_line, refusal
from gui.server.rest import RestClient
from tests.support.http_server import Reply, ScriptedHttp, raw_answer, scripted_http

SAMPLES = "GET /api/v1/samples/dynamic"
SESSIONS = "POST /api/v1/sessions"
ROW = {"id": "user/a", "name": "A", "description": "", "yaml": "nodes: {}", "is_system": False, "mode": "dynamic"}


def client(server: ScriptedHttp, **options: Any) -> RestClient:
    return RestClient(HttpAccess(server.url, "secret-token"), **options)


async def failure(reply: Reply, ask: Callable[[RestClient], Awaitable[object]], key: str, **options: Any) -> RestFailed:
    async with scripted_http() as server:
        server.answers[key] = reply
        with pytest.raises(RestFailed) as caught:
            await ask(client(server, **options))
    return caught.value


async def test_a_session_is_asked_for_with_its_text_its_name_and_the_token() -> None:
    made = {"session_id": "s1", "name": "show", "created_at": "now"}
    async with scripted_http() as server:
        server.answers[SESSIONS] = raw_answer(made)
        session = await client(server).create_session("nodes: {}", "show")
    assert (session.session_id, session.name) == ("s1", "show")
    assert server.asked[0].json == {"yaml": "nodes: {}", "name": "show"}
    assert server.asked[0].headers["authorization"] == "Bearer secret-token"
    assert "origin" not in server.asked[0].headers


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (400, b"Pipeline is empty.\n", "The server refuses: Pipeline is empty."),
        (401, b"Invalid token", "The server wants a valid token: Invalid token."),
        (403, b"Permission denied: cannot x", "The server does not allow it: Permission denied: cannot x."),
        (404, b"", "The server does not have it."),
        (405, b"", "This server does not offer that."),
        (409, b"'a' already exists", "The server has it already: 'a' already exists."),
        (413, b"max 5 bytes", "It is too large for the server: max 5 bytes."),
        (429, b"limit", "The server takes no more at the moment: limit."),
        (500, b"boom", "The server failed (HTTP 500): boom."),
        (503, b"", "The server failed (HTTP 503)."),
        (302, b"", "The server sends the desk elsewhere (HTTP 302), which is not followed."),
    ],
)
async def test_every_refusal_is_a_sentence(status: int, body: bytes, sentence: str) -> None:
    failed = await failure(raw_answer(body, status, "text/plain"), lambda it: it.create_session("a", None), SESSIONS)
    assert (str(failed), failed.status) == (sentence, status)


def test_a_refusals_words_are_one_line_within_bounds() -> None:
    assert str(refusal(400, b"one\n  two\x1b[31m\r\n" + b"x" * 10_000)).startswith(
        "The server refuses: one two [31m xxx"
    )
    assert len(str(refusal(500, "ß".encode() * 100_000))) < 300
    assert str(refusal(502, b"<html>nginx</html>", "text/html")) == "The server failed (HTTP 502)."
    assert str(refusal(400, b"\xff\xfe\x00")) == "The server refuses: \ufffd\ufffd."
    assert one_line("a\u202eb\u2028c") == "a b c"


async def test_a_redirect_is_not_followed_and_the_token_goes_nowhere_else() -> None:
    async with scripted_http() as elsewhere, scripted_http() as server:
        location = f"HTTP/1.1 307 x\r\nLocation: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n".encode()
        server.answers[SAMPLES] = location
        with pytest.raises(RestFailed, match="not followed"):
            await client(server).samples()
    assert elsewhere.asked == []


async def test_another_machine_is_reached_through_the_environments_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted_http() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "show.invalid")
        proxy.answers["GET http://desk.invalid:4545/api/v1/samples/dynamic"] = raw_answer([ROW])
        assert len((await RestClient(HttpAccess("http://desk.invalid:4545")).samples()).rows) == 1
        assert proxy_of("http://show.invalid/") is None
        assert proxy_of("http://127.0.0.1:4545/") is None
        assert proxy_of("https://desk.invalid/") is None
        monkeypatch.setenv("http_proxy", "socks5://localhost:1")
        assert proxy_of("http://desk.invalid/") is None


async def test_silence_ends_in_a_sentence() -> None:
    failed = await failure(None, lambda it: it.samples(), SAMPLES, limit_s=0.2)
    assert "did not answer within" in str(failed)


async def test_a_server_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(RestFailed, match=r"cannot be reached \(.+\)"):
        await RestClient(HttpAccess("http://127.0.0.1:9")).samples()


async def test_an_answer_that_breaks_off_is_a_sentence() -> None:
    failed = await failure(raw_answer(b'[{"id"', length=5000), lambda it: it.samples(), SAMPLES)
    assert str(failed) == "The server broke off its answer."


@pytest.mark.parametrize("reply", [b"garbage\r\n\r\n", b"", b"HTTP/1.1 200 x\r\nContent-Length: many\r\n\r\n"])
async def test_something_that_is_no_http_is_a_sentence(reply: bytes) -> None:
    failed = await failure(reply, lambda it: it.samples(), SAMPLES)
    assert str(failed).startswith(("The server answered something", "The server cannot be reached"))


async def test_an_answer_without_end_is_cut_off() -> None:
    failed = await failure(raw_answer(b"x" * 3_000_000), lambda it: it.samples(), SAMPLES, max_bytes=2**20)
    assert str(failed) == "The server's answer is longer than 1 MB."


async def test_a_packed_answer_is_not_unpacked() -> None:
    body = gzip.compress(b"[]")
    head = f"HTTP/1.1 200 x\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    failed = await failure(head + body, lambda it: it.samples(), SAMPLES)
    assert "packed" in str(failed)


async def test_a_web_page_in_place_of_a_route_means_that_there_is_no_such_route() -> None:
    failed = await failure(raw_answer(b"<html>", kind="text/html"), lambda it: it.samples(), SAMPLES)
    assert (str(failed), failed.status) == ("This server does not offer that.", 404)


@pytest.mark.parametrize("body", [b"{}", b"[", b"nonsense", b"\xff", b"null", b"[" * 100_000])
async def test_a_list_that_is_none_is_a_sentence(body: bytes) -> None:
    failed = await failure(raw_answer(body), lambda it: it.samples(), SAMPLES)
    assert str(failed) == "The server's answer cannot be read."


async def test_rows_that_cannot_be_read_are_left_out_and_counted() -> None:
    rows = [ROW, {"name": "no id"}, 7, None, {**ROW, "id": 5}, {**ROW, "yaml": None}, {"id": "b", "new_field": [1]}]
    async with scripted_http() as server:
        server.answers[SAMPLES] = raw_answer(rows)
        listed = await client(server).samples()
    assert [row.id for row in listed.rows] == ["user/a", "b"]
    assert (listed.left_out, listed.rows[1].title) == (5, "b")


async def test_a_huge_list_is_cut_off_and_counted() -> None:
    async with scripted_http() as server:
        server.answers[SAMPLES] = raw_answer([{"id": str(number)} for number in range(MAX_ROWS + 50)])
        listed = await client(server).samples()
    assert (len(listed.rows), listed.left_out) == (MAX_ROWS, 50)


@pytest.mark.parametrize("answer", [{}, {"valid": "yes"}, {"valid": True, "errors": 5}, {"valid": True, "errors": [1]}])
async def test_findings_of_the_wrong_shape_are_a_sentence(answer: Any) -> None:
    failed = await failure(raw_answer(answer), lambda it: it.validate("a"), "POST /api/v1/validate")
    assert str(failed) == "The server's answer cannot be read."


async def test_samples_are_saved_and_deleted_where_every_server_keeps_them() -> None:
    async with scripted_http() as server:
        server.answers["POST /api/v1/samples/oneshot"] = raw_answer(ROW)
        server.answers["DELETE /api/v1/samples/oneshot/user/a%20b"] = raw_answer(status=204)
        await client(server).save_sample(SampleDraft("A", "", "nodes: {}"))
        await client(server).delete_sample("user/a b")
    draft = {"name": "A", "description": "", "yaml": "nodes: {}", "overwrite": False, "is_fragment": False}
    assert server.asked[0].json == draft


async def test_a_samples_id_cannot_lead_to_another_route() -> None:
    async with scripted_http() as server:
        for hostile in ("../sessions/s1", "user/../../sessions/s1"):
            with pytest.raises(RestFailed, match="no name"):
                await client(server).delete_sample(hostile)
    assert server.asked == []


async def test_an_upload_tells_how_far_it_is(tmp_path: Path) -> None:
    file = tmp_path / "big.png"
    file.write_bytes(b"p" * 1_000_000)
    shares: list[float] = []
    async with scripted_http() as server:
        server.answers["POST /api/v1/assets/images"] = raw_answer({"path": "samples/images/user/big.png", "width": 3})
        image = await client(server).upload("images", file, shares.append)
    assert (image.path, image.width, image.stem) == ("samples/images/user/big.png", 3, "big")
    assert server.asked[0].body.count(b"p" * 1_000_000) == 1
    assert b'filename="big.png"' in server.asked[0].body
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


async def test_a_file_that_cannot_be_sent_is_a_sentence(tmp_path: Path) -> None:
    nowhere = RestClient(HttpAccess("http://127.0.0.1:9"))
    with pytest.raises(RestFailed, match=r"gone\.png cannot be read: No such file"):
        await nowhere.upload("images", tmp_path / "gone.png", lambda _share: None)
    with pytest.raises(RestFailed, match="cannot be read: Is a directory"):
        await nowhere.upload("images", tmp_path, lambda _share: None)
    huge = tmp_path / "huge.png"
    with huge.open("wb") as file:
        file.truncate(200 * 2**20)
    with pytest.raises(RestFailed, match="larger than 100 MB"):
        await nowhere.upload("images", huge, lambda _share: None)
