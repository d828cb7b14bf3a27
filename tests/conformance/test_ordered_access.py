"""sync/log/PROTOCOL.md §1, §3.2, §6.1: who may follow a log, what an op may do, and what the limits make of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.serving.auth import Gatekeeper, read_token_file
from sync.log.auth import fingerprint, public_hex
from sync.log.edits import REMOVED, add_node, change, connect, param_place
from sync.log.frames import SUBPROTOCOL
from sync.log.op import Change, Refusal
from sync.log.replica import Replica
from tests.engine.control_client import ControlClient
from tests.engine.fake_nodes import SOURCE
from tests.engine.harness import Harness, running
from tests.engine.log_client import LogClient, connect_log
from tests.engine.raw_link import RawLink

TOKENS = {"admin": "secret-of-ada", "user": "secret-of-uma", "viewer": "secret-of-vic"}
COMPOSITOR = "video::compositor"
LAYER = {"opacity": 0.5, "rect": {"x": 1, "y": 2, "width": 30, "height": 40}}
TEXT = {"id": "t", "text": "hello", "rect": {"x": 0, "y": 0, "width": 0, "height": 0}}


@pytest_asyncio.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Harness]:
    """A server that wants tokens."""
    path = tmp_path / "tokens"
    path.write_text("".join(f"{role} {token}\n" for role, token in TOKENS.items()))
    path.chmod(0o600)
    async with running(Gatekeeper(read_token_file(path))) as harness:
        yield harness


def _bearer(role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[role]}"}


async def _session(guarded: Harness, role: str) -> tuple[ControlClient, str]:
    client = await guarded.client(headers=_bearer(role))
    session = str((await client.ask("createsession", name="studio"))["session_id"])
    await client.ask("addnode", session_id=session, node_id="mix", kind=COMPOSITOR, params={})
    await client.event("nodeadded", node_id="mix")
    return client, session


async def _desk(guarded: Harness, session: str, role: str) -> LogClient:
    key = Ed25519PrivateKey.generate()
    replica = Replica(f"{fingerprint(public_hex(key))}/{role}~1")
    return await (await connect_log(guarded, session, role, replica=replica, key=key, headers=_bearer(role))).live()


async def _refusal(desk: LogClient, *changes: Change) -> Refusal | None:
    """What becomes of an op: None when it was admitted."""
    op = desk.submit(list(changes))
    await desk.decided(op)
    return next((each.refusal for each in desk.replica.conflicts if each.op.id == op.id), None)


async def test_the_upgrade_wants_a_token_and_a_session_that_the_role_may_see(guarded: Harness) -> None:
    """§1: 401, 403, 404 before the upgrade."""
    _, session = await _session(guarded, "admin")
    url = f"{guarded.base}/api/v1/control"
    for headers, name, status in (({}, session, 401), (_bearer("user"), session, 403), (_bearer("user"), "x", 404)):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await guarded.http.ws_connect(url, params={"session": name}, protocols=(SUBPROTOCOL,), headers=headers)
        assert refusal.value.status == status


async def test_where_tokens_are_wanted_a_key_is_wanted_too(guarded: Harness) -> None:
    """§6.1: the bearer token vouches for the key that is shown; without one the door stays shut."""
    _, session = await _session(guarded, "user")
    link = await RawLink.open(guarded, session, headers=_bearer("user"))
    assert "is_open" not in await link.hear("challenge")
    await link.say("auth", install="raw")
    assert await link.closed() == 4401


@pytest.mark.parametrize(("role", "rights"), [("admin", "control"), ("user", "edit"), ("viewer", "view")])
async def test_the_rights_are_those_of_the_role(guarded: Harness, role: str, rights: str) -> None:
    """§6.1."""
    core = guarded.core
    session = core.sessions.create("everybody's", None).id
    desk = await _desk(guarded, session, role)
    assert desk.end.welcome is not None
    assert desk.end.welcome.rights == rights
    await desk.close()


async def test_who_may_only_look_changes_nothing_and_is_told(guarded: Harness) -> None:
    """§3.2: numbered as forbidden; neither params nor nodes."""
    session = guarded.core.sessions.create("everybody's", None)
    session.add_node("a", SOURCE, {"x": 1})
    desk = await _desk(guarded, session.id, "viewer")
    await desk.until(lambda: desk.replica.confirmed.kind("a") == SOURCE)
    for changes in ((change(param_place("a", ("x",)), 2),), add_node("b", SOURCE)):
        refusal = await _refusal(desk, *changes)
        assert refusal is not None
        assert refusal.reason == "forbidden"
    assert list(session.model.nodes) == ["a"]
    assert session.model.nodes["a"].params == {"x": 1}
    await desk.close()


async def test_kinds_go_by_the_role_and_files_stay_in_their_folders(guarded: Harness) -> None:
    """§3.2: what a request of protocol 1 may not do, an op may not do either."""
    _, session = await _session(guarded, "user")
    desk = await _desk(guarded, session, "user")
    for changes, reason, words in (
        (add_node("s", SOURCE), "forbidden", "node type 'test::source' not allowed"),
        (add_node("s", "streamkit::http_input"), "invalid", "oneshot-only"),
        (add_node("s", "layerdesk::media", {"path": "/etc/passwd"}), "invalid", "is no file in the media folders"),
        (add_node("s", "core::file_writer", {"path": "x"}), "forbidden", "not allowed"),
        (connect("mix", "out", "nowhere", "in"), "gone", "nowhere"),
        ((change(("connections", "mix", "out", "mix", "in_0"), "sideways"),), "invalid", "reliable or best_effort"),
    ):
        refusal = await _refusal(desk, *changes)
        assert refusal is not None
        assert refusal.reason == reason
        assert words in refusal.sentence
    await desk.close()


async def test_a_compositors_numbers_are_moved_into_their_range(engine: Harness, client: ControlClient) -> None:
    """§3.2, 6: the author learns the value that counts."""
    session = engine.core.sessions.create("studio", None)
    session.add_node("mix", COMPOSITOR, {"layers": {"in_0": LAYER}, "text_overlays": [TEXT]})
    desk = await (await connect_log(engine, session.id)).live()
    await desk.until(lambda: desk.replica.confirmed.kind("mix") == COMPOSITOR)
    for path, asked, given in (
        ("layers.in_0.opacity", 1.5, 1.0),
        ("layers.in_0.opacity", -1, 0.0),
        ("layers.in_0.crop_zoom", 0.2, 1.0),
        ("layers.in_0.rect.x", -(2**40), -(2**31)),
        ("layers.in_0.rect.width", -5, 0),
        ("layers.in_0.z_index", 2**40, 2**31 - 1),
        ("text_overlays.t.font_size", 9_999, 4_096),
        ("width", 100_000, 7_680),
        ("fps", 0, 1),
    ):
        place = param_place("mix", tuple(path.split(".")))
        assert await _refusal(desk, change(place, asked)) is None
        assert desk.replica.value(place) == given
    params = session.model.nodes["mix"].params or {}
    assert (params["layers"]["in_0"]["opacity"], params["text_overlays"][0]["font_size"]) == (0.0, 4_096)
    await desk.close()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"layers.in_0.opacity": "much"}, "layers.in_0"),
        ({"layers.in_0.colour": 1}, "layers.in_0"),
        ({"layers.in_0.rect.x": 1.5}, "layers.in_0"),
        ({"layers.in_0.rect.x": REMOVED}, "layers.in_0"),
        ({"layers.in_0.crop_shape": "star"}, "layers.in_0"),
        ({"surprise": 1}, "surprise"),
        ({"output_format": "png"}, "output_format: must be one of"),
        ({"text_overlays.t.text": "x" * 10_001}, "text_overlays.t.text: must be at most"),
        ({"image_overlays": [], "image_overlays.i.id": "i", "image_overlays.i.asset_path": "/etc/passwd"}, "rect"),
        ({"text_overlays": [{"id": "t"}]}, "travels item by item"),
        ({"text_overlays.t.id": "u"}, "is the name of its place"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else value.partition(" ")[0],
)
async def test_what_the_compositor_would_refuse_is_refused_before_it_is_numbered(
    engine: Harness, changes: dict[str, Any], words: str
) -> None:
    """§3.2, 6: `invalid`, with the field; the node never hears of it."""
    session = engine.core.sessions.create("studio", None)
    session.add_node("mix", COMPOSITOR, {"layers": {"in_0": LAYER}, "text_overlays": [TEXT]})
    desk = await (await connect_log(engine, session.id)).live()
    await desk.until(lambda: desk.replica.confirmed.kind("mix") == COMPOSITOR)
    before = session.model.nodes["mix"].params
    edits = [change(param_place("mix", tuple(path.split("."))), value) for path, value in changes.items()]
    refusal = await _refusal(desk, *edits)
    assert refusal is not None
    assert refusal.reason == "invalid"
    assert words in refusal.sentence
    assert session.model.nodes["mix"].params == before
    await desk.close()


async def test_the_facts_of_a_log_are_for_those_who_may_list(guarded: Harness) -> None:
    """Where it stands, who follows it, how the disk keeps up."""
    client, session = await _session(guarded, "user")
    desk = await _desk(guarded, session, "user")
    op = desk.tune("mix", 640, "width")
    await desk.decided(op)
    url = f"{guarded.base}/api/v1/sessions/{session}/log"
    async with guarded.http.get(url, headers=_bearer("user")) as answer:
        facts = await answer.json()
    log = guarded.core.sessions.by_id(session)
    assert log is not None
    assert (facts["epoch"], facts["head"], facts["stable"]) == (log.log.log.epoch, desk.replica.applied, facts["head"])
    ((link),) = facts["links"]
    assert (link["author"], link["rights"], link["cursor"]) == (op.author.partition("~")[0], "edit", facts["head"])
    assert facts["journal"] is None
    assert facts["sent"]["frames"]["op"] >= 1
    assert facts["heard"]["frames"]["submit"] == 1
    async with guarded.http.get(url) as answer:
        assert answer.status == 401
    await desk.close()
    del client
