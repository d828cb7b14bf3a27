"""PROTOCOL.md §6 and §21: tokens, cookies, origins, roles and who sees what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from engine.serving.auth import COOKIE, Gatekeeper, read_token_file
from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import SOURCE
from tests.engine.harness import Harness, running

TOKENS = {"admin": "secret-of-ada", "user": "secret-of-uma", "viewer": "secret-of-vic"}
PIPELINE = {"yaml": f"nodes: {{a: {{kind: '{SOURCE}'}}}}"}


@pytest_asyncio.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Harness]:
    """A server that wants tokens."""
    path = tmp_path / "tokens"
    path.write_text("".join(f"{role} {token} # {role}'s desk\n" for role, token in TOKENS.items()))
    path.chmod(0o600)
    async with running(Gatekeeper(read_token_file(path))) as harness:
        yield harness


def _bearer(role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[role]}"}


def _denied(what: str) -> dict[str, str]:
    return {"action": "error", "message": f"Permission denied: {what}"}


async def _status(harness: Harness, method: str, path: str, **options: Any) -> tuple[int, str]:
    async with harness.http.request(method, harness.base + path, **options) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize("path", ["/api/v1/control", "/api/v1/sessions", "/api/v1/schema/nodes", "/mjpeg/x/y"])
async def test_without_a_token_nothing_is_answered(guarded: Harness, path: str) -> None:
    """§21.2: 401 as a plain HTTP answer, no upgrade."""
    assert await _status(guarded, "GET", path) == (401, "No authentication token provided")
    wrong = {"Authorization": "Bearer guessed"}
    status, text = await _status(guarded, "GET", path, headers=wrong)
    assert (status, text) == (401, "Invalid token: it is none of this server's tokens")


async def test_the_upgrade_takes_a_bearer_header(guarded: Harness) -> None:
    """§21.2: the header on the handshake; the role is the token's."""
    for role in TOKENS:
        client = await guarded.client(headers=_bearer(role))
        assert (await client.ask("getpermissions"))["role"] == role


async def test_the_upgrade_takes_the_cookie(guarded: Harness) -> None:
    """§21.2: cookie skit_session."""
    client = await guarded.client(headers={"Cookie": f"{COOKIE}={TOKENS['user']}"})
    assert (await client.ask("getpermissions"))["role"] == "user"


async def test_a_token_in_the_url_is_nothing(guarded: Harness) -> None:
    """§21.2: no token in the query string."""
    status, _ = await _status(guarded, "GET", f"/api/v1/sessions?token={TOKENS['admin']}")
    assert status == 401


async def test_login_sets_a_cookie_that_works_and_logout_clears_it(guarded: Harness) -> None:
    """§21.2: 204 with HttpOnly; SameSite=Strict; Path; Max-Age."""
    url = f"{guarded.base}/api/v1/auth"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.post(f"{url}/login", json={"token": TOKENS["user"]}) as answer:
            assert answer.status == 204
            cookie = answer.headers["Set-Cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=86400"))
        assert "Secure" not in cookie
        async with browser.get(f"{url}/me") as answer:
            assert await answer.json() == {"authenticated": True, "auth_enabled": True, "role": "user", "jti": None}
        async with browser.get(f"{guarded.base}/api/v1/sessions") as answer:
            assert answer.status == 200
        async with browser.post(f"{url}/logout") as answer:
            assert answer.status == 204
        async with browser.get(f"{url}/me") as answer:
            assert await answer.json() == {"authenticated": False, "auth_enabled": True, "role": None, "jti": None}


async def test_login_refuses_what_it_does_not_know(guarded: Harness) -> None:
    """§21.2."""
    assert (await _status(guarded, "POST", "/api/v1/auth/login"))[0] == 401
    assert (await _status(guarded, "POST", "/api/v1/auth/login", json={"token": "guessed"}))[0] == 401
    assert (await _status(guarded, "POST", "/api/v1/auth/login", data=b"[]")) == (
        400,
        "Invalid JSON: Expected `object`, got `array`",
    )
    assert (await _status(guarded, "POST", "/api/v1/auth/login", headers=_bearer("viewer")))[0] == 204


async def test_health_needs_no_token(guarded: Harness) -> None:
    """§18."""
    assert (await _status(guarded, "GET", "/healthz"))[0] == 200
    assert (await _status(guarded, "GET", "/health"))[0] == 200
    assert await _status(guarded, "GET", "/mse/x/y") == (404, "No MSE stream registered for this path")


async def test_without_tokens_everyone_is_admin(engine: Harness) -> None:
    """§21.1: authentication off."""
    async with engine.http.get(f"{engine.base}/api/v1/auth/me") as answer:
        assert await answer.json() == {"authenticated": False, "auth_enabled": False, "role": "admin", "jti": None}


async def test_a_viewer_looks_and_changes_nothing(guarded: Harness) -> None:
    """§21.4 and the sentences of §4; the permission is checked before the session."""
    viewer = await guarded.client(headers=_bearer("viewer"))
    assert (await viewer.ask("listsessions"))["sessions"] == []
    assert (await viewer.ask("listnodes"))["nodes"] == []
    edge = {"from_node": "a", "from_pin": "out", "to_node": "b", "to_pin": "in"}
    session = {"session_id": "nowhere"}
    modify = _denied("cannot modify sessions")
    assert await viewer.ask("createsession") == _denied("cannot create sessions")
    assert await viewer.ask("destroysession", **session) == _denied("cannot destroy sessions")
    assert await viewer.ask("addnode", **session, node_id="a", kind=SOURCE) == modify
    assert await viewer.ask("removenode", **session, node_id="a") == modify
    assert await viewer.ask("connect", **session, **edge) == modify
    assert await viewer.ask("disconnect", **session, **edge) == modify
    assert await viewer.ask("validatebatch", **session, operations=[]) == modify
    assert await viewer.ask("applybatch", **session, operations=[]) == modify
    tune = await viewer.ask("tunenode", **session, node_id="a", message="Start")
    assert tune == _denied("cannot tune nodes")
    for path in ("/api/v1/sessions", "/api/v1/validate"):
        status, text = await _status(guarded, "POST", path, json=PIPELINE, headers=_bearer("viewer"))
        assert (status, text) == (403, "Permission denied: cannot create sessions")
    assert (await _status(guarded, "GET", "/api/v1/config", headers=_bearer("viewer")))[0] == 403
    assert (await _status(guarded, "GET", "/api/v1/config", headers=_bearer("user"))) == (200, "{}")


async def test_rights_are_those_of_the_role(guarded: Harness) -> None:
    """§21.4: the table."""
    rights: dict[str, set[str]] = {}
    for role in TOKENS:
        client = await guarded.client(headers=_bearer(role))
        answer = await client.ask("getpermissions")
        rights[role] = {name for name, has in answer["permissions"].items() if has}
    assert len(rights["admin"]) == 15
    assert rights["admin"] - rights["user"] == {"load_plugins", "delete_plugins", "access_all_sessions"}
    assert rights["viewer"] == {"list_sessions", "list_nodes", "list_samples", "read_samples"}


async def test_a_kind_outside_the_allow_list_is_denied(guarded: Harness) -> None:
    """§4.5: `Permission denied: node type '…' not allowed`; listnodes leaves it out."""
    user = await guarded.client(headers=_bearer("user"))
    await user.ask("createsession", name="mine")
    denial = _denied("node type 'transport::http::mse' not allowed")
    for kind in ("transport::http::mse", SOURCE):
        answer = await user.ask("addnode", session_id="mine", node_id="a", kind=kind)
        assert answer == _denied(f"node type '{kind}' not allowed")
    operation = {"action": "addnode", "node_id": "a", "kind": "transport::http::mse"}
    assert await user.ask("applybatch", session_id="mine", operations=[operation]) == denial
    kinds = {node["kind"] for node in (await user.ask("listnodes"))["nodes"]}
    assert "video::compositor" in kinds
    assert not {"transport::http::mse", SOURCE} & kinds
    answer = await user.ask("addnode", session_id="mine", node_id="a", kind="plugin::anything")
    assert answer == {"action": "success"}


async def test_sessions_belong_to_roles(guarded: Harness) -> None:
    """§4: `you do not own this session`; the list is filtered; admin may everything."""
    admin = await guarded.client(headers=_bearer("admin"))
    user = await guarded.client(headers=_bearer("user"))
    await admin.ask("createsession", name="show")
    await user.ask("createsession", name="mine")
    denial = _denied("you do not own this session")
    assert await user.ask("getpipeline", session_id="show") == denial
    assert await user.ask("destroysession", session_id="show") == denial
    assert await user.ask("tunenode", session_id="show", node_id="a", message={"UpdateParams": {}}) == denial
    assert [row["name"] for row in (await user.ask("listsessions"))["sessions"]] == ["mine"]
    assert [row["name"] for row in (await admin.ask("listsessions"))["sessions"]] == ["show", "mine"]
    assert (await admin.ask("getpipeline", session_id="mine"))["action"] == "pipeline"
    other = await guarded.client(headers=_bearer("user"))
    assert (await other.ask("getpipeline", session_id="mine"))["action"] == "pipeline"
    status, text = await _status(guarded, "DELETE", "/api/v1/sessions/show", headers=_bearer("user"))
    assert (status, text) == (403, "Permission denied: you do not own this session")


async def test_events_go_to_those_who_may_see_the_session(guarded: Harness) -> None:
    """§6: visible at connect or by its sessioncreated; gone with sessiondestroyed."""
    admin = await guarded.client(headers=_bearer("admin"))
    user = await guarded.client(headers=_bearer("user"))
    await user.ask("getpermissions")
    hidden = (await admin.ask("createsession", name="show"))["session_id"]
    mine = (await user.ask("createsession", name="mine"))["session_id"]
    await admin.tell("tunenodeasync", session_id=hidden, node_id="x", message={"UpdateParams": {"x": 1}})
    late = await guarded.client(headers=_bearer("user"))
    await late.ask("getpermissions")
    for watcher in (user, late):
        assert {event["session_id"] for event in await watcher.events_so_far(mine)} <= {mine}
    await user.ask("destroysession", session_id=mine)
    await late.event("sessiondestroyed", session_id=mine)
    await admin.event("nodeparamschanged", session_id=hidden)
    await admin.event("sessiondestroyed", session_id=mine)


async def test_sessions_that_nobody_made_belong_to_all(guarded: Harness) -> None:
    """§4: the session has no creator."""
    session = guarded.core.sessions.create("file", None)
    viewer = await guarded.client(headers=_bearer("viewer"))
    assert [row["id"] for row in (await viewer.ask("listsessions"))["sessions"]] == [session.id]
    admin: ControlClient = await guarded.client(headers=_bearer("admin"))
    await admin.tell("tunenodeasync", session_id="file", node_id="x", message={"UpdateParams": {"x": 1}})
    assert (await viewer.event("nodeparamschanged"))["session_id"] == session.id


@pytest.mark.parametrize("origin", ["http://localhost:5173", "https://127.0.0.1:8443", "http://localhost"])
async def test_listed_origins_pass(engine: Harness, origin: str) -> None:
    """§21.3: http and https, localhost and 127.0.0.1, any port or none."""
    client = await engine.client(headers={"Origin": origin})
    assert (await client.ask("getpermissions"))["action"] == "permissions"
    async with engine.http.get(f"{engine.base}/api/v1/sessions", headers={"Origin": origin}) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://localhost.evil.example", "http://localhost:", "http://localhost:80x", "null", ""],
)
async def test_foreign_origins_are_refused(engine: Harness, origin: str) -> None:
    """§21.3: the two sentences; reading is not affected, but gets no CORS header."""
    headers = {"Origin": origin}
    assert await _status(engine, "GET", "/api/v1/control", headers=headers) == (403, "WebSocket Origin not allowed")
    assert await _status(engine, "POST", "/api/v1/sessions", json=PIPELINE, headers=headers) == (
        403,
        "Origin not allowed (configure [server.cors].allowed_origins)",
    )
    assert (await _status(engine, "DELETE", "/api/v1/sessions/x", headers=headers))[0] == 403
    async with engine.http.get(f"{engine.base}/api/v1/sessions", headers=headers) as answer:
        assert answer.status == 200
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_no_origin_is_fine(engine: Harness) -> None:
    """§21.3: native clients send none."""
    assert (await _status(engine, "POST", "/api/v1/sessions", json=PIPELINE))[0] == 200


async def test_a_preflight_is_answered(guarded: Harness) -> None:
    """§21.3: browsers ask first, without a token."""
    headers = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "DELETE"}
    async with guarded.http.options(f"{guarded.base}/api/v1/sessions/x", headers=headers) as answer:
        assert answer.status == 204
        assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4545", "127.0.0.1.evil.example", ""])
async def test_a_foreign_host_name_is_refused_without_tokens(engine: Harness, host: str) -> None:
    """Engine: a page whose name was made to lead to this machine sends no foreign Origin with a GET."""
    status, text = await _status(engine, "GET", "/api/v1/sessions", headers={"Host": host})
    assert (status, text) == (403, "Host not allowed (configure [server.cors].allowed_origins)")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:4545", "[::1]"])
async def test_names_of_this_machine_are_fine(engine: Harness, host: str) -> None:
    """Engine: the negative control."""
    assert (await _status(engine, "GET", "/api/v1/sessions", headers={"Host": host}))[0] == 200


async def test_with_tokens_any_host_name_is_fine(guarded: Harness) -> None:
    """Engine: the token is what counts then."""
    headers = {"Host": "studio.example", **_bearer("viewer")}
    assert (await _status(guarded, "GET", "/api/v1/sessions", headers=headers))[0] == 200
